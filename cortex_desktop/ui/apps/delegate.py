"""Draws the table's cells, the key chip among them, and lets mouse and keyboard work in them."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from ...domain.model import App, AppState
from ...services.requests import masked
from ..i18n import long_date
from ..reveal import Reveal
from ..widgets import Look, paint_pill, pill_size
from .model import AppRole, AppsModel, Column, Status

Index = QModelIndex | QPersistentModelIndex
PADDING = 12
BUTTON = 26


class AppsDelegate(QStyledItemDelegate):
    """reveal_asked, copy_asked(app id): a chip's eye or copy button; menu_asked(row): the three dots of a row.

    The model holds no key. While one is revealed the text comes from `Reveal` at the moment of painting.
    """

    reveal_asked = Signal(str)
    copy_asked = Signal(str)
    menu_asked = Signal(int)

    def __init__(self, look: Look, reveal: Reveal, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._reveal = reveal
        self._view = view
        self._hovered = (-1, "")  # row and part under the pointer
        self.refresh()
        look.theme.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Take up the fonts of the theme."""
        theme = self._look.theme
        self._label_font = theme.font(13, QFont.Weight.Medium)
        self._text_font = theme.font(13)
        self._mono_metrics = QFontMetrics(theme.mono)
        self._label_metrics = QFontMetrics(self._label_font)
        self._chip_text = self._mono_metrics.horizontalAdvance("M" * 22)
        self.row_height = max(44, theme.px(44))

    def width_of(self, column: Column) -> int:
        """The width in pixels that the column needs for what it shows; for Label the least that is of use."""
        if column is Column.KEY:
            return self._chip_text + 2 * BUTTON + 12 + 2 * PADDING
        if column is Column.MENU:
            return BUTTON + 2 * PADDING - 6
        if column is Column.LABEL:
            return self._look.theme.px(130)
        model = self._view.model()
        assert isinstance(model, AppsModel)
        header = QFontMetrics(self._look.theme.font(12, QFont.Weight.DemiBold))
        width = header.horizontalAdvance(model.headerData(column, Qt.Orientation.Horizontal)) + 26
        if column is Column.STATUS:
            width = max(width, *(pill_size(self._look, model.status_words(s)[0]).width() for s in Status))
        if column is Column.CREATED:
            width = max(
                width,
                QFontMetrics(self._text_font).horizontalAdvance(long_date(datetime(2028, 9, 28, tzinfo=UTC))),
            )
        return width + 2 * PADDING

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width_of(Column(index.column())), self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        app = index.data(AppRole)
        if app is None:
            return
        theme = self._look.theme
        rect: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.color("accent_soft" if selected else "surface"))
        if index.row() + 1 < index.model().rowCount():  # the card's own edge ends the last row
            painter.setPen(theme.color("line"))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        column = Column(index.column())
        # A bar tells the selected row where its ground does not (high contrast), and that the table has the focus.
        told_by_ground = theme.tokens.accent_soft != theme.tokens.surface
        if selected and rect.left() == 0 and (self._view.hasFocus() or not told_by_ground):
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), theme.color("accent"))
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        match column:
            case Column.LABEL:
                painter.setFont(self._label_font)
                painter.setPen(theme.color("text" if app.enabled else "muted"))
                text = self._label_metrics.elidedText(app.label, Qt.TextElideMode.ElideRight, inner.width())
                painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, text)
            case Column.KEY:
                self._paint_chip(painter, rect, app, index.row())
            case Column.SESSIONS | Column.CSRF:
                on = app.sessions if column is Column.SESSIONS else app.csrf
                self._look.icons.paint(
                    painter,
                    QRect(inner.left(), rect.top(), 16, rect.height()),
                    "check" if on else "minus",
                    "text" if on else "muted",
                )
            case Column.STATUS:
                model = index.model()
                assert isinstance(model, AppsModel)
                text, tone = model.status_words(model.status(app))
                size = pill_size(self._look, text)
                place = QRectF(inner.left(), rect.center().y() - size.height() / 2 + 0.5, size.width(), size.height())
                paint_pill(painter, self._look, place, text, tone)
            case Column.CREATED:
                painter.setFont(self._text_font)
                painter.setPen(theme.color("muted"))
                painter.drawText(
                    inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, str(index.data())
                )
            case Column.MENU:
                self._paint_button(painter, self._parts(rect, column)["menu"], "ellipsis-vertical", index.row(), "menu")
        keyboard = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if option.state & keyboard == keyboard:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(4, 4, -4, -4), 6, 6)
        painter.restore()

    def _paint_chip(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        theme = self._look.theme
        chip = self._chip(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(QBrush(theme.color("code")))
        painter.drawRoundedRect(QRectF(chip).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        revealed = app.id == self._reveal.app_id and self._reveal.secret is not None
        text = self._reveal.secret.reveal() if revealed and self._reveal.secret else masked(app)
        painter.setFont(theme.mono)
        painter.setPen(theme.color("text" if app.enabled else "muted"))
        room = QRect(chip.left() + 9, chip.top(), self._chip_text + 4, chip.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if app.state is AppState.ACTIVE:
            parts = self._parts(rect, Column.KEY)
            self._paint_button(painter, parts["reveal"], "eye-off" if revealed else "eye", row, "reveal")
            self._paint_button(painter, parts["copy"], "copy", row, "copy")

    def _paint_button(self, painter: QPainter, rect: QRect, icon: str, row: int, part: str) -> None:
        hovered = self._hovered == (row, part)
        if hovered:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.theme.color("line"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)
        self._look.icons.paint(painter, rect, icon, "text" if hovered else "muted", 15)

    def _chip(self, rect: QRect) -> QRect:
        height = self._look.theme.px(28)
        return QRect(
            rect.left() + PADDING,
            rect.center().y() - height // 2 + 1,
            self._chip_text + 2 * BUTTON + 14,
            height,
        )

    def _parts(self, rect: QRect, column: Column) -> dict[str, QRect]:
        """Where the buttons of a cell lie."""
        if column is Column.MENU:
            return {"menu": QRect(rect.center().x() - BUTTON // 2, rect.center().y() - BUTTON // 2 + 1, BUTTON, BUTTON)}
        if column is Column.KEY:
            chip = self._chip(rect)
            top = chip.center().y() - BUTTON // 2 + 1
            copy = QRect(chip.right() - BUTTON - 1, top, BUTTON, BUTTON)
            return {"reveal": copy.translated(-BUTTON, 0), "copy": copy}
        return {}

    def _part_at(self, index: Index, position: object) -> str:
        rect = self._view.visualRect(index)
        for name, place in self._parts(rect, Column(index.column())).items():
            if place.contains(position):  # type: ignore[call-overload]
                return name
        return ""

    def hover(self, event: QMouseEvent | None) -> None:
        """The pointer moved over the table, or left it (None): light up the button under it."""
        hovered = (-1, "")
        if event is not None:
            position = event.position().toPoint()
            index = self._view.indexAt(position)
            if index.isValid():
                hovered = (index.row(), self._part_at(index, position))
        if hovered != self._hovered:
            self._hovered = hovered
            self._view.viewport().setCursor(
                Qt.CursorShape.PointingHandCursor if hovered[1] else Qt.CursorShape.ArrowCursor
            )
            self._view.viewport().update()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            if event.button() == Qt.MouseButton.LeftButton:
                return self._do(self._part_at(index, event.position().toPoint()), index)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            return self._do({Column.KEY: "reveal", Column.MENU: "menu"}.get(Column(index.column()), ""), index)
        return False

    def _do(self, part: str, index: Index) -> bool:
        app = index.data(AppRole)
        if part == "menu":
            self.menu_asked.emit(index.row())
        elif app is None or app.state is not AppState.ACTIVE:
            return False
        elif part == "reveal":
            self.reveal_asked.emit(app.id)
        elif part == "copy":
            self.copy_asked.emit(app.id)
        return bool(part)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        app = index.data(AppRole) if index.isValid() else None
        part = self._part_at(index, event.pos()) if app is not None else ""
        revealed = app is not None and app.id == self._reveal.app_id
        tips = {"copy": self.tr("Copy API key"), "menu": self.tr("More actions")}
        if revealed and part != "copy" and index.column() == Column.KEY:
            left = self._reveal.seconds_left
            tips["reveal"] = tips[""] = self.tr("Hides again in %n s", "", left)
        else:
            tips["reveal"] = self.tr("Reveal API key")
        if tip := tips.get(part):
            QToolTip.showText(event.globalPos(), tip, view)
            return True
        return super().helpEvent(event, view, option, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        return None  # type: ignore[return-value]  # cells are not edited in place; Qt takes a null pointer for that
