"""Short motion of what comes on screen. It only shows: whatever moves is there, and can be used, from the start."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QApplication, QStyle, QWidget

from .clock import Clock

SECONDS = 0.12
"""How long a motion takes."""

FRAME = 0.016

Step = Callable[[float], object]
"""Shows how far a motion is, from 0 to 1."""


class Motion:
    """Moves things, unless the system asks for less motion. Nothing moves until `allow`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._allowed = False

    def allow(self, allowed: bool) -> None:
        """Let things move, or not any more."""
        self._allowed = allowed

    @property
    def seconds(self) -> float:
        """How long a motion takes now: 0 if nothing may move."""
        style = QApplication.style()
        hint = QStyle.StyleHint.SH_Widget_Animation_Duration  # 0 where the desktop has switched it off
        return SECONDS if self._allowed and style.styleHint(hint) > 0 else 0

    def run(self, owner: QObject, step: Step) -> None:
        """Call `step` with 1, or several times on the way there. owner: an earlier motion of the same ends first."""
        self._end(owner)
        seconds = self.seconds
        if seconds:
            _Glide(self._clock, seconds, step, owner)
        else:
            step(1)

    def slide(self, widget: QWidget, by: QPoint) -> None:
        """Have the widget come to where it is, over so many pixels. It stops where it is put elsewhere meanwhile."""
        self._end(widget)
        if not self.seconds:
            return
        place = last = widget.pos()

        def step(done: float) -> None:
            nonlocal last
            if widget.pos() == last:
                last = place - by * (1 - done)
                widget.move(last)

        self.run(widget, step)

    def _end(self, owner: QObject) -> None:
        for glide in owner.findChildren(_Glide, options=Qt.FindChildOption.FindDirectChildrenOnly):
            glide.end()


class _Glide(QObject):
    """One motion, on its way."""

    def __init__(self, clock: Clock, seconds: float, step: Step, owner: QObject) -> None:
        super().__init__(owner)
        self._clock = clock
        self._seconds = seconds
        self._step = step
        self._begin = clock.now()
        self._timer = clock.timer(self)
        self._timer.timeout.connect(self._go_on)
        step(0)
        self._timer.start(FRAME)

    @Slot()
    def _go_on(self) -> None:
        passed = self._clock.now() - self._begin
        if passed >= self._seconds:
            self.end()
            return
        self._step(1 - (1 - passed / self._seconds) ** 3)  # slower towards the end
        self._timer.start(min(FRAME, self._seconds - passed))

    def end(self) -> None:
        """Go to the end at once."""
        self._timer.stop()
        self.setParent(None)
        self._step(1)
        self.deleteLater()
