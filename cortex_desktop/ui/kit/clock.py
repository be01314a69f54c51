"""Time for the interface: a clock that goes on while the computer sleeps, timers and a countdown on it."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

LONGEST_WAIT = 5.0
"""Seconds. A QTimer stands still while the computer sleeps, so a timer looks at the clock at least this often."""


class Timer(QObject):
    """A single-shot timer of a `Clock`. timeout: the seconds it was started for have passed."""

    timeout = Signal()

    def start(self, seconds: float) -> None:
        """Emit `timeout` in `seconds` from now. A timer that is running starts anew."""
        raise NotImplementedError

    def stop(self) -> None:
        """Emit nothing any more."""
        raise NotImplementedError

    @property
    def is_active(self) -> bool:
        """True between `start` and `timeout` or `stop`."""
        raise NotImplementedError


class Clock(Protocol):
    """What time it is, for the window: tests give a clock of their own and move it forward."""

    def now(self) -> float:
        """Seconds since some moment in the past. Never goes back, and counts the time that the computer sleeps."""
        ...

    def timer(self, parent: QObject) -> Timer:
        """A timer on this clock, which lives as long as its parent."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> float:
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_MONOTONIC)  # `time.monotonic` stands still there during sleep
        return time.monotonic()

    def timer(self, parent: QObject) -> Timer:
        return _SystemTimer(self, parent)


class _SystemTimer(Timer):
    def __init__(self, clock: SystemClock, parent: QObject) -> None:
        super().__init__(parent)
        self._clock = clock
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._check)

    def start(self, seconds: float) -> None:
        self._due = self._clock.now() + seconds
        self._wait(seconds)

    def stop(self) -> None:
        self._timer.stop()

    @property
    def is_active(self) -> bool:
        return self._timer.isActive()

    @Slot()
    def _check(self) -> None:
        left = self._due - self._clock.now()
        if left > 0:
            self._wait(left)
        else:
            self.timeout.emit()

    def _wait(self, seconds: float) -> None:
        self._timer.start(max(1, round(min(seconds, LONGEST_WAIT) * 1000)))


class Countdown(QObject):
    """Counts seconds down. ticked(int): the seconds left, each second; ended: none is left."""

    ticked = Signal(int)
    ended = Signal()

    def __init__(self, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._clock = clock
        self._end = 0.0
        self._left = 0
        self._timer = clock.timer(self)
        self._timer.timeout.connect(self._tick)

    @property
    def seconds_left(self) -> int:
        """Whole seconds until `ended`; 0 when it is not running."""
        return self._left

    def start(self, seconds: int) -> None:
        """Count from `seconds`."""
        self._end = self._clock.now() + seconds
        self._left = seconds
        self._timer.start(min(1, seconds))

    def stop(self) -> None:
        """Count no further, and emit nothing any more."""
        self._left = 0
        self._timer.stop()

    @Slot()
    def _tick(self) -> None:
        left = self._end - self._clock.now()
        self._left = max(0, round(left))
        if self._left:
            self._timer.start(left - (self._left - 1))
            self.ticked.emit(self._left)
        else:
            self.ended.emit()
