"""Starts the program and notes when the apps can be read in the table.

child_rows.py FOLDER APPS: prints {"rows": [seconds on the clock of time.monotonic()]}.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from opened import AfterPaint, OpenProgram, wait


def main() -> None:
    opened = OpenProgram(Path(sys.argv[1]), wait_until_loaded=False)
    model, table, rows = opened.apps.model, opened.apps.page.table.viewport(), opened.found["rows"]
    AfterPaint([table], lambda: rows.append(time.monotonic()), lambda: model.total == int(sys.argv[2]))
    wait(lambda: rows, "the rows were not painted")
    wait(lambda: opened.workspace.status is not None, "the keychain gave no answer")
    opened.close_and_print()


if __name__ == "__main__":
    main()
