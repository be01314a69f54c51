"""Marks: the parts of a chart that mean something. Each is a button of its own, so that a screen reader finds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    Qt,  # this module's has the functions for texts
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from .focus_ring import RING
from .plain import tip
from .widgets import Look

_BACK, _ON = (Qt.Key.Key_Left, Qt.Key.Key_Up), (Qt.Key.Key_Right, Qt.Key.Key_Down)


@dataclass(frozen=True)
class Sign:
    """What a mark means. name: for a screen reader, and its tool tip; act: where it leads, None for nowhere."""

    name: str
    act: Callable[[], object] | None = None


class Mark(QAbstractButton):
    """A part of a chart that leads somewhere. Its chart paints it and moves the keyboard."""

    paints_focus = True

    def __init__(self, chart: Chart) -> None:
        super().__init__(chart)
        self._chart = chart
        self.sign = Sign("")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self._follow)

    def set_sign(self, sign: Sign) -> None:
        """Mean this from now on."""
        self.sign = sign
        self.setAccessibleName(sign.name)
        # A label may look like HTML.
        self.setToolTip(tip(sign.name))
        self.setEnabled(sign.act is not None)
        self.setCursor(Qt.CursorShape.PointingHandCursor if sign.act else Qt.CursorShape.ArrowCursor)

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._chart.paint_mark(painter, self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._chart.take_focus(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._chart.noticed.emit(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._chart.noticed.emit(self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._chart.noticed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif not self._chart.move_from(self, Qt.Key(event.key())):
            super().keyPressEvent(event)

    def _follow(self) -> None:
        if self.sign.act is not None:
            self.sign.act()


class Chart(QWidget):
    """A widget with marks. Tab reaches it once, arrows, Home and End go from mark to mark.

    A subclass places its marks in `place`, and paints what stands still in `paint` and each mark in `paint_mark`, all
    as if text ran from left to right; `visual` turns it over where it does not.

    entered(QWidget): this mark has the keyboard now; noticed(Mark or None): this mark is under the pointer now, None
    when the pointer or the keyboard has left one.
    """

    entered = Signal(QWidget)
    noticed = Signal(object)

    def __init__(self, look: Look, name: str = "") -> None:
        super().__init__()
        self.look = look
        self.marks: list[Mark] = []
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        look.theme.changed.connect(self._restyle)

    def set_signs(self, signs: Sequence[Sign]) -> None:
        """Have a mark for each of these, in the order of the arrow keys."""
        focused = next((number for number, mark in enumerate(self.marks) if mark.hasFocus()), -1)
        for mark in self.marks[len(signs) :]:
            mark.hide()
            mark.deleteLater()
        del self.marks[len(signs) :]
        while len(self.marks) < len(signs):
            self.marks.append(Mark(self))
        for mark, sign in zip(self.marks, signs, strict=True):
            mark.set_sign(sign)
            mark.show()
        self._let_tab_reach(max(0, focused))
        if focused >= 0 and not any(mark.hasFocus() for mark in self.marks):
            self.take_keyboard()
        self.place()
        self.update()

    def take_keyboard(self) -> bool:
        """Put the keyboard on the mark that had it last. False if there is none to put it on."""
        for mark in self.marks:
            if mark.focusPolicy() is Qt.FocusPolicy.StrongFocus and mark.isEnabled():
                mark.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return False

    def take_focus(self, mark: Mark) -> None:
        """The keyboard has come to this mark: Tab comes back to it."""
        self._let_tab_reach(self.marks.index(mark))
        self.entered.emit(mark)

    def move_from(self, mark: Mark, key: Qt.Key) -> bool:
        """Move the keyboard as this key asks. False if it is no key for that."""
        if self.isRightToLeft() and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            key = Qt.Key.Key_Right if key is Qt.Key.Key_Left else Qt.Key.Key_Left
        usable = [each for each in self.marks if each.isEnabled()]
        at = usable.index(mark)
        if key in _BACK:
            at = max(0, at - 1)
        elif key in _ON:
            at = min(len(usable) - 1, at + 1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            at = 0 if key is Qt.Key.Key_Home else len(usable) - 1
        else:
            return False
        usable[at].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    # For subclasses

    def place(self) -> None:
        """Give each mark its geometry."""

    def paint(self, painter: QPainter) -> None:
        """Draw what is no mark."""

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        """Draw this mark, in its own coordinates."""

    def visual(self, rect: QRect) -> QRect:
        """The rectangle where it stands in the direction of the person's writing."""
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def inside(self, mark: Mark, rect: QRect) -> QRect:
        """The same for what is painted in a mark."""
        return QStyle.visualRect(self.layoutDirection(), mark.rect(), rect)

    def color(self, token: str) -> QColor:
        """A colour of the theme."""
        return self.look.theme.color(token)

    def ink(self, mark: Mark) -> QColor:
        """The colour of what leads somewhere."""
        if not mark.isEnabled():
            return self.color("muted")
        return self.color("accent_hover" if mark.underMouse() or mark.isDown() else "accent")

    def write(
        self,
        painter: QPainter,
        rect: QRect | QRectF,
        text: str,
        token: str | QColor,
        size: float = 13,
        weight: QFont.Weight = QFont.Weight.Normal,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeading,
    ) -> None:
        """Write one line in the middle of `rect`'s height, shortened where it does not fit."""
        font = self.look.theme.font(size, weight)
        painter.setFont(font)
        painter.setPen(token if isinstance(token, QColor) else self.color(token))
        room = QRectF(rect)
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width() + 1)
        side = QStyle.visualAlignment(self.layoutDirection(), align)
        painter.setLayoutDirection(self.layoutDirection())
        painter.drawText(room, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine), shown)

    def width_of(self, text: str, size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> int:
        """The width of this text in pixels."""
        return round(QFontMetricsF(self.look.theme.font(size, weight)).horizontalAdvance(text) + 0.5)

    def ring(self, painter: QPainter, mark: Mark, rect: QRectF | None = None, radius: float = 6) -> None:
        """Draw the focus ring around what `rect` holds, the whole mark unless given, if the mark has the keyboard."""
        if not mark.hasFocus():
            return
        half = RING / 2
        room = QRectF(mark.rect()) if rect is None else rect
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.color("accent"), RING))
        painter.drawRoundedRect(room.adjusted(half, half, -half, -half), radius, radius)

    # For Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.LayoutDirectionChange, QEvent.Type.FontChange):
            self._restyle()

    # Inside

    def _let_tab_reach(self, number: int) -> None:
        """Have Tab stop at this mark, or at the first that leads somewhere."""
        usable = [mark for mark in self.marks if mark.isEnabled()]
        wanted = self.marks[number] if number < len(self.marks) else None
        if wanted not in usable:
            wanted = usable[0] if usable else None
        for mark in self.marks:
            policy = Qt.FocusPolicy.StrongFocus if mark is wanted else Qt.FocusPolicy.ClickFocus
            mark.setFocusPolicy(policy if mark.isEnabled() else Qt.FocusPolicy.NoFocus)

    def _restyle(self) -> None:
        self.updateGeometry()
        self.place()
        for mark in self.marks:
            mark.update()
        self.update()


def paint_bar(painter: QPainter, bar: QRectF, ink: QColor, *, dashed: bool = False) -> None:
    """Draw a bar that stands on a line, round at its upper end. dashed: its outline alone, of what is not over."""
    radius = min(3.0, bar.height() / 2)
    inset = 0.5 if dashed else 0
    bar = bar.adjusted(inset, inset, -inset, 0)
    path = QPainterPath(QPointF(bar.left(), bar.bottom()))
    path.lineTo(bar.left(), bar.top() + radius)
    path.quadTo(bar.topLeft(), QPointF(bar.left() + radius, bar.top()))
    path.lineTo(bar.right() - radius, bar.top())
    path.quadTo(bar.topRight(), QPointF(bar.right(), bar.top() + radius))
    path.lineTo(bar.right(), bar.bottom())
    if not dashed:
        painter.fillPath(path, ink)
        return
    pen = QPen(ink, 1.25)
    pen.setDashPattern([2.4, 2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path.closeSubpath()
    painter.drawPath(path)
