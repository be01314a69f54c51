"""When to say that something takes long."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

BUSY_MS = 400
"""Shorter work ends without a word; a busy sign that flashes by disturbs more than it tells."""

SLOW_MS = 10_000
"""After this the keychain is probably waiting for a person, at a prompt they may not see."""


class Waiting(QObject):
    """Watches work that may wait for a person.

    busy(bool): something has taken long enough to say so, or nothing does any more; slow: very long.
    """

    busy = Signal(bool)
    slow = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running = 0
        self._said = False
        self._busy = QTimer(self)
        self._busy.setSingleShot(True)
        self._busy.setInterval(BUSY_MS)
        self._busy.timeout.connect(self._show_busy_now)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self.slow)

    def begin(self) -> None:
        """One more piece of work has started."""
        self._running += 1
        if self._running == 1:
            self._busy.start()
            self._slow.start()

    def end(self) -> None:
        """One piece of work is over."""
        self._running -= 1
        if self._running == 0:
            self._busy.stop()
            self._slow.stop()
            if self._said:
                self._said = False
                self.busy.emit(False)

    @Slot()
    def _show_busy_now(self) -> None:
        self._said = True
        self.busy.emit(True)
