"""Toasts when nobody has used the window for a while."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

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
    """idle: for as many minutes as Preferences say no key was pressed and no pointer moved over our windows; away: none
    of them had the keyboard for a minute.

    Looks only at what the system sends to our native windows: a filter on the application would be called for every
    event of every widget. Preferences are asked whenever another window gets the keyboard, so when theirs closes.
    """

    idle = Signal()
    away = Signal()

    def __init__(self, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._seconds = 0.0
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._away = QTimer(self)
        self._away.setSingleShot(True)
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
            # Only the time is noted; the timer finds out by itself that it has to wait longer.
            self._last = time.monotonic()
            if self._seconds and not self._timer.isActive():
                self._wait(self._seconds)
        return False

    @Slot(QWindow)
    def _focused(self, window: QWindow | None) -> None:
        if window is None:
            self._away.start(round(MINUTE * 1000))
            return
        self._away.stop()
        window.installEventFilter(self)  # once more is no more than once
        self._last = time.monotonic()
        self._seconds = self._settings.idle_minutes * MINUTE
        if self._seconds:
            self._wait(self._seconds)
        else:
            self._timer.stop()

    @Slot()
    def _look(self) -> None:
        left = self._last + self._seconds - time.monotonic()
        if left > 0:
            self._wait(left)
        else:
            self.idle.emit()

    def _wait(self, seconds: float) -> None:
        self._timer.start(max(1, round(seconds * 1000)))
