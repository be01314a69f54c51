"""What the measured processes share: the open program, when something was painted, how long the GUI thread was away."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from cortex_desktop.ui.app import make_application, open_program

PATIENCE_MS = 60_000
"""A measured process gives up waiting after this."""


class OpenProgram:
    """The program in its real window on a data folder. `found`: what was measured, by name, a value for each time."""

    def __init__(self, folder: Path, *, wait_until_loaded: bool = True) -> None:
        self.app = make_application()
        self.program = open_program(self.app, folder)
        self.apps = self.program.apps.presenter
        self.workspace = self.program.workspace
        self.heart = Heartbeat()
        self.found: dict[str, list[float]] = defaultdict(list)
        self.program.window.show()
        self.program.start()
        if wait_until_loaded:
            wait(lambda: self.workspace.org is not None, "the apps were not loaded")
            wait(lambda: self.workspace.status is not None, "the keychain gave no answer")
            pause(400)

    def watch(self, name: str, act: Callable[[], object], settle_ms: int = 0) -> None:
        """Run `act`, and note the longest stall until `settle_ms` after it, with the GUI thread's own work in it."""
        self.heart.start()
        act()
        pause(settle_ms)
        stall, busy = self.heart.stop()
        self.found[f"stall {name}"].append(stall)
        self.found[f"busy {name}"].append(busy)

    def measure(self, round_of_measures: Callable[[], object], rounds: int) -> None:
        """Run it once for what is loaded and drawn for the first time, and then so many times for `found`."""
        round_of_measures()
        self.found.clear()
        for _ in range(rounds):
            round_of_measures()

    def close_and_print(self) -> None:
        """End the program as a person would, and print `found` as JSON."""
        self.program.window.close()
        self.program.close()
        print(json.dumps(self.found))


class AfterPaint(QObject):
    """Calls `act` once, after the first repaint of one of the widgets that finds `ready` true.

    The call comes from the event loop: by then the whole pass has been painted and handed to the screen.
    """

    def __init__(
        self, widgets: list[QWidget], act: Callable[[], None], ready: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(widgets[0])
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
            self.deleteLater()
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
    """Let the program run until the condition holds; looks each 5 ms. Raises TimeoutError."""
    clock = QElapsedTimer()
    clock.start()
    while not until():
        if clock.elapsed() > PATIENCE_MS:
            raise TimeoutError(what)
        pause(5)


def until_called(act: Callable[[Callable[..., None]], object]) -> float:
    """Run `act` in the event loop; the ms from its begin until it calls the function that it is given."""
    loop = QEventLoop()
    times: list[float] = []

    def done(*_: object) -> None:
        times.append(time.perf_counter())
        loop.quit()

    def begin() -> None:
        times.append(time.perf_counter())
        try:
            act(done)
        except BaseException:
            loop.quit()
            raise

    QTimer.singleShot(0, begin)
    QTimer.singleShot(PATIENCE_MS, loop, loop.quit)
    loop.exec()
    if len(times) < 2:
        raise TimeoutError("what was waited for did not come")
    return (times[1] - times[0]) * 1000


def until_painted(act: Callable[[], object], widgets: list[QWidget], ready: Callable[[], bool]) -> float:
    """Run `act` in the event loop; the ms from its begin until the widgets have been repainted with `ready` true."""

    def act_and_watch(done: Callable[..., None]) -> None:
        AfterPaint(widgets, done, ready)
        act()

    return until_called(act_and_watch)
