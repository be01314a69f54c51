"""When to show that something takes long."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from .clock import Clock

BUSY_SECONDS = 0.4
"""Shorter work shows no busy sign: one that flashes by disturbs more than it helps."""

SLOW_SECONDS = 10
"""After this the keychain is probably waiting for a person, at a prompt they may not see."""


class Waiting(QObject):
    """Watches work that may wait for a person.

    busy(bool): True when something has taken BUSY_SECONDS, False when all of it is over; slow: it has taken
    SLOW_SECONDS.
    """

    busy = Signal(bool)
    slow = Signal()

    def __init__(self, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._running = 0
        self._is_busy = False
        self._busy = clock.timer(self)
        self._busy.timeout.connect(self._show_busy)
        self._slow = clock.timer(self)
        self._slow.timeout.connect(self.slow)

    def begin(self) -> None:
        """Count one more piece of work as running."""
        self._running += 1
        if self._running == 1:
            self._busy.start(BUSY_SECONDS)
            self._slow.start(SLOW_SECONDS)

    def end(self) -> None:
        """Count one piece of work as over."""
        self._running -= 1
        if self._running == 0:
            self._busy.stop()
            self._slow.stop()
            if self._is_busy:
                self._is_busy = False
                self.busy.emit(False)

    @Slot()
    def _show_busy(self) -> None:
        self._is_busy = True
        self.busy.emit(True)
