"""Disables a thousand of many apps in the real window, and takes it back.

child_bulk.py FOLDER ROUNDS APPS CHANGED: prints one JSON object with lists of ms, one entry for each round.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from watching import AfterPaint, Heartbeat, pause, wait

from cortex_desktop.ui.app import make_application, open_program

SETTLE_MS = 400


class Bench:
    """One program on a data folder."""

    def __init__(self, folder: Path, apps: int, changed: int) -> None:
        self.app = make_application()
        self.program = open_program(self.app, folder)
        self.console = self.program.console
        self.changed = changed
        self.heart = Heartbeat()
        self.found: dict[str, list[float]] = defaultdict(list)
        self.program.window.show()
        self.program.start()
        wait(lambda: self.program.apps.presenter.model.total == apps, "the apps were not loaded")
        wait(lambda: self.program.workspace.status is not None, "the keychain gave no answer")
        pause(SETTLE_MS)

    def round(self) -> None:
        """Disable, and undo: watched, and not."""
        for watched in (False, True):
            self.select()
            self.note("disable", self.program.apps.presenter.disable_several, watched)
            self.note("undo", self.program.apps.presenter.bulk.undo, watched)

    def select(self) -> None:
        """Select the first apps that are listed, all of them enabled."""
        model, last = self.program.apps.presenter.model, self.program.apps.presenter.model.columnCount() - 1
        self.program.apps.presenter.page.search.setText("is:enabled")
        rows = QItemSelection(model.index(0, 0), model.index(self.changed - 1, last))
        ids = {app.id for row in range(self.changed) if (app := model.app_at(row)) is not None}
        flags = QItemSelectionModel.SelectionFlag
        self.program.apps.presenter.page.table.selectionModel().select(rows, flags.ClearAndSelect | flags.Rows)
        self.program.apps.presenter.page.search.clear()
        if len(self.program.apps.presenter.page.several()) != len(ids):
            raise RuntimeError("another number of apps is selected")
        pause(SETTLE_MS)

    def note(self, name: str, act: Callable[[], object], watched: bool) -> None:
        """Note how long it takes until it is told and painted; or the longest stall until 100 ms after."""
        ended: list[float] = []
        bulk = self.program.apps.presenter.bulk
        watch = AfterPaint(
            [self.program.apps.presenter.page.bulk], lambda: ended.append(time.perf_counter()), lambda: not bulk.running
        )
        if watched:
            self.heart.start()
        begin = time.perf_counter()
        act()
        wait(lambda: ended, "it did not end")
        if watched:
            pause(100)
            stall, busy = self.heart.stop()
            self.found[f"stall {name}"].append(stall)
            self.found[f"busy {name}"].append(busy)
        else:
            self.found[name].append((ended[0] - begin) * 1000)
        if len(bulk._bulk.changed) != self.changed:  # type: ignore[union-attr]
            raise RuntimeError("another number of apps was changed")
        watch.deleteLater()
        pause(SETTLE_MS)

    def close(self) -> None:
        """End the program as a person would."""
        self.program.window.close()
        self.program.close()


def main() -> int:
    """Measure and tell."""
    bench = Bench(Path(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4]))
    bench.round()  # once for nothing: pictures and fonts that are drawn for the first time
    bench.found.clear()
    for _ in range(int(sys.argv[2])):
        bench.round()
    bench.close()
    print(json.dumps(bench.found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
