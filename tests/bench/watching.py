"""What the measured processes share: when something has been painted, and how long the GUI thread was away."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

PATIENCE_MS = 60_000
"""After this a measured process gives up; the machine, not the program, is then to blame or the program is broken."""


class AfterPaint(QObject):
    """Calls `act` once, after the first repaint of one of the widgets that finds `ready` true.

    The call comes from the event loop: by then the whole pass has been painted and handed to the screen.
    """

    def __init__(
        self, widgets: list[QWidget], act: Callable[[], None], ready: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__()
        self._widgets = widgets
        self._act = act
        self._ready = ready
        for widget in widgets:  # these alone: a filter on the application would slow down every event
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._ready():
            for widget in self._widgets:
                widget.removeEventFilter(self)
            QTimer.singleShot(0, self._act)
        return False


class Heartbeat:
    """Beats each millisecond in the event loop. The longest gap is how long the GUI thread did not come back to it.

    For each beat it keeps the time and the CPU time that the GUI thread has used, both in seconds: a long gap with
    little CPU time in it was spent waiting (for Python's lock, or for a processor), not working.
    """

    def __init__(self) -> None:
        self._beats: list[tuple[float, float]] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Forget what was, and beat."""
        self._beats = []
        self._beat()
        self._timer.start(1)

    def stop(self) -> tuple[float, float]:
        """Beat no more. The longest gap in ms, and the GUI thread's CPU time in it in ms."""
        self._timer.stop()
        self._beat()
        pairs = zip(self._beats, self._beats[1:], strict=False)
        return max(((b[0] - a[0]) * 1000, (b[1] - a[1]) * 1000) for a, b in pairs)

    def _beat(self) -> None:
        self._beats.append((time.perf_counter(), time.thread_time()))


def pause(milliseconds: int) -> None:
    """Let the program run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait(until: Callable[[], object], what: str) -> None:
    """Let the program run until the condition holds; looks each 20 ms. Raises TimeoutError."""
    clock = QElapsedTimer()
    clock.start()
    while not until():
        if clock.elapsed() > PATIENCE_MS:
            raise TimeoutError(what)
        pause(20)


def timed(act: Callable[[], object], widgets: list[QWidget], ready: Callable[[], bool]) -> float:
    """Run `act` in the event loop; the ms from its begin until the widgets have been repainted with `ready` true."""
    loop = QEventLoop()
    times: list[float] = []

    def begin() -> None:
        times.append(time.perf_counter())
        try:
            act()
        except BaseException:
            loop.quit()  # nothing will be painted
            raise

    def painted() -> None:
        times.append(time.perf_counter())
        loop.quit()

    watch = AfterPaint(widgets, painted, lambda: bool(times) and ready())
    QTimer.singleShot(0, begin)
    QTimer.singleShot(PATIENCE_MS, loop, loop.quit)
    loop.exec()
    if len(times) < 2:
        raise TimeoutError("nothing was painted")
    watch.deleteLater()
    return (times[1] - times[0]) * 1000
