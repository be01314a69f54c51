"""Goes from org to org in the real window.

child_orgs.py FOLDER ROUNDS: prints one JSON object: the ms from the choice of another org until its apps, or the
sentence that there are none, have been painted; with the details closed and open.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from cortex_desktop.bootstrap import Program, make_application
from watching import pause, timed, wait


class Bench:
    """One program on a data folder."""

    def __init__(self, folder: Path) -> None:
        self.app = make_application()
        self.program = Program(self.app, folder)
        self.program.furnish()
        self.console, self.controller = self.program.console, self.program.controller
        self._entered = False
        self.console.model.rearranged.connect(self._note)
        self.program.show()
        wait(lambda: self.controller.orgs and self.console.model.total, "the apps were not loaded")
        wait(lambda: self.controller.status is not None, "the keychain gave no answer")
        pause(300)

    def switch(self) -> list[float]:
        """Enter each org once."""
        page = self.console.page
        times = []
        for org in [*self.controller.orgs[1:], self.controller.orgs[0]]:
            self._entered = False
            act = partial(self.controller.enter, org.id)
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
            bench.console.page.open_details()
            bench.switch()
        found[what] = [time for _ in range(int(sys.argv[2])) for time in bench.switch()]
    bench.close()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
