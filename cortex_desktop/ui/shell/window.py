"""The window itself. It is shown and painted before what fills it is loaded.

Loading and making all of the console takes longer than showing a bare window, and who starts a program looks for its
window first. So this module imports little.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QColor, QFontInfo, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QMainWindow

from ..kit.settings import Settings
from ..kit.tokens import DARK, LIGHT

WIDTH, HEIGHT = 1200, 760
"""Of the window at its first start, in pixels at 13 px text."""

LEAST = 560, 380
"""Its least width and height, in pixels at 13 px text."""

TITLE_BAR = 40
"""About so high, in pixels."""


class MainWindow(QMainWindow):
    """The one window. Remembers its size and place.

    painted: once, after the first paint; resized; closing: it is about to close.
    """

    painted = Signal()
    resized = Signal()
    closing = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._was_painted = False
        self.holds: list[Callable[[], bool]] = []
        """Asked before it closes: whether it should stay, since something must come to its end first."""
        self._after_paint = QTimer(self)
        self._after_paint.setSingleShot(True)
        self._after_paint.timeout.connect(self.painted)
        self.setWindowTitle("Cortex Desktop")  # the page, once it is there, puts its name before
        room = self.screen().availableGeometry()
        larger = max(1, QFontInfo(self.font()).pixelSize() / 13)
        least_width, least_height = (round(length * larger) for length in LEAST)
        self.setMinimumSize(min(least_width, room.width()), min(least_height, room.height() - TITLE_BAR))
        self._take_ground()
        geometry = settings.blob("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            width, height = round(WIDTH * larger), round(HEIGHT * larger)
            self.resize(min(width, room.width() - 40), min(height, room.height() - 60))

    def remember_place(self) -> None:
        """Put size and place into the settings."""
        self._settings.set_blob("geometry", self.saveGeometry())

    @Slot()
    def come_up(self) -> None:
        """Show the window in front; a second start asks for it."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            from ..kit.keyboard import (
                leave_to_focus,
            )  # for the budget of the start: nobody types before the first paint

            if leave_to_focus(event):
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._was_painted:
            self._was_painted = True
            self._after_paint.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        if any(hold() for hold in self.holds):
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)

    def _take_ground(self) -> None:
        """The page's own colour from the first paint on, so that what comes next does not flash."""
        mode, system = self._settings.theme, self.palette()
        system_is_dark = system.color(QPalette.ColorRole.Window).lightness() < 128
        tokens = DARK if mode == "dark" or (mode == "system" and system_is_dark) else LIGHT
        system.setColor(QPalette.ColorRole.Window, QColor(tokens.background))
        self.setPalette(system)
