"""The ring around what has the keyboard: the same for every control, and never cut by what the control lies in."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Slot
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLineEdit, QPlainTextEdit, QWidget

from .theme import Theme

RING = 2
"""Width in pixels."""

GAP = 2
"""Pixels between a control's edge and the ring."""

AROUND = RING + GAP
RADIUS = 10

FRAMED = ("keyText", "pathText")
"""Fields whose edge is that of the frame around them, by their names in the style sheet."""

MARKED = ("orgs", "paletteEdit", "rows")
"""What shows the keyboard in another way: lists that mark the row at hand, and the palette's field."""

_MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class FocusRing(QWidget):
    """Lies over a window and paints the ring."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.color("accent"), RING))
            half = RING / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), RADIUS, RADIUS)


class FocusRings(QObject):
    """Keeps a ring around the control that has the keyboard, in whichever window.

    A control that got it by a click has none until a key is pressed, except for fields to type in. One with the
    attribute `paints_focus` shows it itself.
    """

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ring: FocusRing | None = None
        self._frame: QWidget | None = None
        self._watched: list[QWidget] = []
        self._by_mouse = False
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._move)
        self._move()

    @Slot()
    def _move(self) -> None:
        """The keyboard is elsewhere."""
        self._leave()
        widget = QApplication.focusWidget()
        if widget is None or not _has_ring(widget):
            return
        frame = widget.parentWidget() if widget.objectName() in FRAMED else widget
        assert frame is not None
        self._frame = frame
        types = isinstance(widget, QLineEdit | QPlainTextEdit)
        self._by_mouse = bool(QGuiApplication.mouseButtons()) and not types
        at: QWidget | None = widget
        while at is not None:
            at.installEventFilter(self)
            self._watched.append(at)
            at = None if at.isWindow() else at.parentWidget()
        window = frame.window()
        ring = window.findChild(FocusRing, options=Qt.FindChildOption.FindDirectChildrenOnly)
        self._ring = ring or FocusRing(self._theme, window)
        self._place()
        self._ring.raise_()

    def _leave(self) -> None:
        if self._ring is not None and shiboken6.isValid(self._ring):
            self._ring.hide()
        for widget in self._watched:
            if shiboken6.isValid(widget):
                widget.removeEventFilter(self)
        self._watched, self._frame, self._ring = [], None, None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES:
            self._place()
        elif event.type() is QEvent.Type.KeyPress and self._by_mouse:
            self._by_mouse = False
            self._place()
        return False

    def _place(self) -> None:
        ring, frame = self._ring, self._frame
        if ring is None or frame is None or not shiboken6.isValid(ring) or not shiboken6.isValid(frame):
            return
        place = _room_around(frame)
        is_seen = frame.isVisible() and place.height() > 2 * AROUND and place.width() > 2 * AROUND
        ring.setVisible(is_seen and not self._by_mouse)
        ring.setGeometry(place)


def _has_ring(widget: QWidget) -> bool:
    if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.window().windowType() is Qt.WindowType.Popup:
        return False
    return not getattr(widget, "paints_focus", False) and widget.objectName() not in MARKED


def _room_around(frame: QWidget) -> QRect:
    """Where the ring is in its window: around the frame, and within what shows of it."""
    window = frame.window()
    room = QRect(frame.mapTo(window, QPoint()), frame.size()).adjusted(-AROUND, -AROUND, AROUND, AROUND)
    at: QWidget | None = frame
    while at is not None and at is not window:
        around = at.parentWidget()
        if isinstance(around, QAbstractScrollArea) and at is around.viewport():
            seen = QRect(at.mapTo(window, QPoint()), at.size())
            room &= seen.adjusted(-AROUND, -AROUND, AROUND, AROUND)
        at = around
    return room & window.rect()
