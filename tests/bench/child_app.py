"""Cortex Desktop as a person starts it, with a watch on its window.

child_app.py FOLDER SECONDS APPS: run on this data folder with so many apps, stay up for SECONDS after rows and
keychain were there. Prints {"shown": ..., "rows": monotonic seconds, "peak_kb": ...} as JSON.
"""

from __future__ import annotations

import json
import sys
import time

from cortex_desktop import bootstrap
from cortex_desktop.__main__ import main as run_program
from PySide6.QtCore import QTimer
from watching import AfterPaint


def main() -> int:
    """Run the program through its front door, and close its window once all was seen."""
    folder, seconds, apps = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    found: dict[str, float] = {}
    watches: list[object] = []

    def show(program: bootstrap.Program) -> None:
        window, page = program.window, program.window.page

        def look() -> None:
            if "rows" in found and program.controller.status is not None:
                QTimer.singleShot(int(seconds * 1000), window.close)
            else:
                QTimer.singleShot(20, look)

        def shown() -> None:
            found["shown"] = time.monotonic()
            look()

        places = [page.table.viewport() if apps else page.empty]
        watches.append(AfterPaint([window], shown))
        watches.append(AfterPaint(places, lambda: found.setdefault("rows", time.monotonic()), lambda: _loaded(program, apps)))
        original(program)

    original, bootstrap.Program.show = bootstrap.Program.show, show
    status = run_program(["--data-dir", folder])
    found["peak_kb"] = _peak_kb()
    print(json.dumps(found))
    return status


def _loaded(program: bootstrap.Program, apps: int) -> bool:
    return program.controller.org is not None and program.window.model.total == apps


def _peak_kb() -> float:
    from child_bare import peak_kb  # only now, so that it adds nothing to the start

    return peak_kb()


if __name__ == "__main__":
    sys.exit(main())
