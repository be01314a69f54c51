"""Notices when nobody has used the window for a while."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

from ..kit.clock import Clock
from ..kit.settings import Settings

MINUTE = 60.0

_INPUT = frozenset(
    {
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletMove,
        QEvent.Type.TabletPress,
    }
)


class Idle(QObject):
    """Watches for input to our windows.

    idle: for as many minutes as Preferences set no key was pressed and no pointer moved over our windows; away: none of
    them had the keyboard for a minute.

    It filters the events of native windows: a filter on the application would be called for every event of every
    widget. It reads Preferences whenever another window gets the keyboard, so also when their dialog closes.
    """

    idle = Signal()
    away = Signal()

    def __init__(self, settings: Settings, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._clock = clock
        self._seconds = 0.0
        self._last = 0.0
        self._timer = clock.timer(self)
        self._timer.timeout.connect(self._look)
        self._away = clock.timer(self)
        self._away.timeout.connect(self.away)

    def watch(self, window: QWindow | None) -> None:
        """Watch this window, and from now on every one that gets the keyboard."""
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.focusWindowChanged.connect(self._focused)
        self._focused(window)
        if (focused := app.focusWindow()) not in (None, window):
            self._focused(focused)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _INPUT:
            # Note the time only; when the timer runs out it waits for the rest.
            self._last = self._clock.now()
            if self._seconds and not self._timer.is_active:
                self._timer.start(self._seconds)
        return False

    @Slot(QWindow)
    def _focused(self, window: QWindow | None) -> None:
        if window is None:
            self._away.start(MINUTE)
            return
        self._away.stop()
        window.installEventFilter(self)  # once more is no more than once
        self._last = self._clock.now()
        self._seconds = self._settings.idle_minutes * MINUTE
        if self._seconds:
            self._timer.start(self._seconds)
        else:
            self._timer.stop()

    @Slot()
    def _look(self) -> None:
        left = self._last + self._seconds - self._clock.now()
        if left > 0:
            self._timer.start(left)
        else:
            self.idle.emit()
