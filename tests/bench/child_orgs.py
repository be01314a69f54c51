"""Goes from org to org in the real window.

child_orgs.py FOLDER ROUNDS: prints one JSON object: the ms from the choice of another org until its apps, or the
sentence that there are none, have been painted; with the details closed and open.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from watching import pause, timed, wait

from cortex_desktop.ui.app import make_application, open_program


class Bench:
    """One program on a data folder."""

    def __init__(self, folder: Path) -> None:
        self.app = make_application()
        self.program = open_program(self.app, folder)
        self.workspace = self.program.workspace
        self._entered = False
        self.program.apps.presenter.model.rearranged.connect(self._note)
        self.program.window.show()
        self.program.start()
        wait(lambda: self.workspace.orgs and self.program.apps.presenter.model.total, "the apps were not loaded")
        wait(lambda: self.workspace.status is not None, "the keychain gave no answer")
        pause(300)

    def switch(self) -> list[float]:
        """Enter each org once."""
        page = self.program.apps.presenter.page
        times = []
        for org in [*self.workspace.orgs[1:], self.workspace.orgs[0]]:
            self._entered = False
            act = partial(self.workspace.enter, org.id)
            times.append(timed(act, [page.table.viewport(), page.empty], lambda: self._entered))
            pause(30)
        return times

    def close(self) -> None:
        """End the program as a person would."""
        self.program.window.close()
        self.program.close()

    def _note(self) -> None:
        self._entered = True


def main() -> int:
    """Measure and tell."""
    bench = Bench(Path(sys.argv[1]))
    found: dict[str, list[float]] = {}
    bench.switch()  # once for nothing: pictures and fonts that are drawn for the first time
    for what in ("closed", "open"):
        if what == "open":
            bench.program.apps.presenter.page.open_details()
            bench.switch()
        found[what] = [time for _ in range(int(sys.argv[2])) for time in bench.switch()]
    bench.close()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
