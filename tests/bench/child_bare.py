"""The bare window that Cortex Desktop is compared with: an empty QMainWindow of the same size.

child_bare.py SECONDS: stay up that long; prints {"shown": monotonic seconds, "peak_kb": ...} as JSON.
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
from watching import AfterPaint


def main() -> int:
    """Show the window, stay, tell, quit."""
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setWindowTitle("Bare window")
    window.resize(1200, 760)
    found: dict[str, float] = {}

    def shown() -> None:
        found["shown"] = time.monotonic()
        QTimer.singleShot(int(float(sys.argv[1]) * 1000), app.quit)

    watch = AfterPaint([window], shown)
    window.show()
    app.exec()
    del watch
    found["peak_kb"] = peak_kb()
    print(json.dumps(found))
    return 0


def peak_kb() -> float:
    """The most memory that this process has had resident so far, in kB; 0 where the system does not tell."""
    # Not getrusage: its peak counts what the parent had before this program was loaded.
    try:
        with open("/proc/self/status") as status:
            return next((float(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
