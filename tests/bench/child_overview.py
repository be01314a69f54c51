"""Opens the Overview page in the real window, on a long activity log.

child_overview.py FOLDER ROUNDS: prints one JSON object: the ms until the page was painted for the first time and again
later, until copies were counted for the first time and after one more, and the longest stalls meanwhile.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from opened import OpenProgram, pause, until_painted, wait

from cortex_desktop.domain.activity import Action


class Bench(OpenProgram):
    """One program on a data folder with a long log of its orgs."""

    def __init__(self, folder: Path) -> None:
        checked: list[object] = []
        super().__init__(folder)
        self.program.activity.reader.check()
        self.program.activity.reader.broken.connect(checked.append)
        wait(lambda: checked, "the log was not checked")
        self.entry = self.program.overview
        loaded = [name for name in sys.modules if name.startswith("cortex_desktop.ui.overview.")]
        assert loaded == ["cortex_desktop.ui.overview.entry"], loaded

    def open_first(self) -> None:
        """Open the page for the first time, and wait for the copies."""
        begin = time.perf_counter()
        self.entry.open()
        self.page = self.entry.presenter.page
        until_painted(self.page.figures.update, [self.page.figures], self._has_figures)
        self.found["first open"].append((time.perf_counter() - begin) * 1000)
        wait(self._has_copies, "copies were not counted")
        self.found["copies"].append((time.perf_counter() - begin) * 1000)

    def round(self) -> None:
        """Go away and come back; copy a key; go to another org."""
        self.program.apps.open()
        pause(50)
        self.watch("open", self._reopen, 300)
        app = self.workspace.current_apps()[0].app
        self.found["one more"].append(self._until_renamed(lambda: self._record(app)))
        orgs = [org.id for org in self.workspace.orgs]
        after = orgs[(orgs.index(self.workspace.org.id) + 1) % len(orgs)]
        self.watch("enter", lambda: self._enter(after), 300)

    def _reopen(self) -> None:
        self.found["open"].append(until_painted(self.entry.open, [self.page.figures], self._has_figures))

    def _enter(self, org_id: str) -> None:
        begin = time.perf_counter()
        self.workspace.enter(org_id)
        wait(lambda: not self._has_copies(), "the other org's copies stayed")
        wait(self._has_copies, "copies were not counted")
        self.found["copies of another"].append((time.perf_counter() - begin) * 1000)

    def _record(self, app: object) -> None:
        self.workspace.on_disk(lambda: self.program.services.recorder.app(Action.KEY_COPIED, app), lambda _: None)

    def _until_renamed(self, act: Callable[[], object]) -> float:
        begin, before = time.perf_counter(), self.page.copies.marks[-1].accessibleName()
        act()
        wait(lambda: self._has_copies() and self.page.copies.marks[-1].accessibleName() != before, "it was not counted")
        return (time.perf_counter() - begin) * 1000

    def _has_figures(self) -> bool:
        return bool(self.page.figures.marks)

    def _has_copies(self) -> bool:
        return bool(self.page.copies.marks)


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    bench.open_first()
    for _ in range(int(sys.argv[2])):
        bench.round()
    bench.close_and_print()


if __name__ == "__main__":
    main()
