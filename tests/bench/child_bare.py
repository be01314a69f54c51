"""The bare window that Cortex Desktop is compared with: an empty QMainWindow of the same size.

child_bare.py SECONDS: stay up that long; prints {"shown": monotonic seconds, "shown_cpu": seconds of CPU time,
"peak_kb": ...} as JSON. It imports nothing but what the window needs: some of Qt's classes cost tens of ms when they
are touched for the first time.
"""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class BareWindow(QMainWindow):
    """Notes when it was painted for the first time, and ends `stay_ms` later."""

    def __init__(self, stay_ms: int) -> None:
        super().__init__()
        self._stay_ms = stay_ms
        self.shown = self.shown_cpu = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.shown:
            self.shown = -1.0
            QTimer.singleShot(0, self._painted)  # from the event loop: what was painted is on the screen by then

    def _painted(self) -> None:
        self.shown = time.monotonic()
        self.shown_cpu = time.process_time()
        QTimer.singleShot(self._stay_ms, self.close)


def main() -> int:
    """Show the window, stay, tell, quit."""
    app = QApplication(sys.argv[:1])
    window = BareWindow(int(float(sys.argv[1]) * 1000))
    window.setWindowTitle("Bare window")
    window.resize(1200, 760)
    window.show()
    status: int = app.exec()
    print(f'{{"shown": {window.shown}, "shown_cpu": {window.shown_cpu}, "peak_kb": {peak_kb()}}}')
    return status


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
