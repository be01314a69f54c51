"""A quiet line at the foot of the sidebar: what runs for a page, and where."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from ..kit.page import PageEntry
from ..kit.plain import set_tip
from ..kit.widgets import Look

DOT = 8


class StatusLine(QAbstractButton):
    """Shows the status of a page while there is one; a click opens the page. The dot alone where there is no room."""

    def __init__(self, entry: PageEntry, look: Look) -> None:
        super().__init__()
        self._look = look
        self._more = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        look.theme.changed.connect(self.update)
        entry.status_changed.connect(self.show_status)
        self.clicked.connect(entry.open)
        self.hide()

    @Slot(str, str)
    def show_status(self, line: str, more: str) -> None:
        """Show this line, with more about it below; nothing if it is empty."""
        self.setVisible(bool(line))
        self.setText(line)
        self._more = more
        self.setAccessibleName(line)
        self.setAccessibleDescription(more)
        set_tip(self, f"{line}\n{more}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, 2 * self._metrics().height() + 10)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._look.theme.font(11))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 2 if self.hasFocus() else 1))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 7, 7)
        metrics = self._metrics()
        room = self.rect().adjusted(28, 5, -6, -5)
        is_narrow = room.width() < 40
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("success"))
        left = (self.width() - DOT) // 2 if is_narrow else 9
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and not is_narrow:
            left = self.width() - left - DOT
            room = self.rect().adjusted(6, 5, -28, -5)
        middle = self.rect().center().y() if is_narrow else room.top() + metrics.height() // 2
        painter.drawEllipse(left, middle - DOT // 2, DOT, DOT)
        if is_narrow:
            return
        painter.setFont(theme.font(11))
        flags = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop
        for text, token, top in ((self.text(), "text", 0), (self._more, "muted", metrics.height())):
            painter.setPen(theme.color(token))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room.adjusted(0, top, 0, 0), flags, shown)
