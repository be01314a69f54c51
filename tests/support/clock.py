"""A clock that a test moves forward."""

from __future__ import annotations

from weakref import WeakSet

import shiboken6
from PySide6.QtCore import QObject

from cortex_desktop.ui.kit.clock import Timer


class TestClock:
    """Stands still until `advance`."""

    __test__ = False

    def __init__(self) -> None:
        self._now = 1_000.0
        self._timers: WeakSet[_TestTimer] = WeakSet()

    def now(self) -> float:
        return self._now

    def timer(self, parent: QObject) -> Timer:
        timer = _TestTimer(self, parent)
        self._timers.add(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let so much time pass: timers run out one after the other, each at its own time."""
        end = self._now + seconds
        while timer := self._next(end):
            self._now = max(self._now, timer.due)
            timer.stop()
            timer.timeout.emit()
        self._now = end

    def sleep(self, seconds: float) -> None:
        """Have the computer sleep: time passes, and what was due meanwhile follows when it wakes up."""
        self._now += seconds
        self.advance(0)

    def _next(self, end: float) -> _TestTimer | None:
        running = [timer for timer in self._timers if shiboken6.isValid(timer) and timer.due <= end]
        return min(running, key=lambda timer: timer.due, default=None)


class _TestTimer(Timer):
    def __init__(self, clock: TestClock, parent: QObject) -> None:
        super().__init__(parent)
        self._clock = clock
        self.due = float("inf")

    def start(self, seconds: float) -> None:
        self.due = self._clock.now() + seconds

    def stop(self) -> None:
        self.due = float("inf")

    @property
    def is_active(self) -> bool:
        return self.due < float("inf")
