"""Draws the table's cells, the key chip among them, and lets mouse and keyboard work in them."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
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
from ..widgets import PILL_TEXT, Look, paint_pill, pill_size
from .model import AppRole, AppsModel, Column, Status

Index = QModelIndex | QPersistentModelIndex
PADDING = 12
LEADING = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
BUTTON = 26

# Enumerations as plain values: looking them up takes longer than drawing a cell.
COLUMNS = tuple(Column)
SELECTED = QStyle.StateFlag.State_Selected.value
KEYBOARD = (QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange).value


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
        self._colors = {name: QColor(value) for name, value in theme.tokens._asdict().items() if name != "dark"}
        self._pictures: dict[tuple[object, ...], QPixmap] = {}
        self._widths: dict[Column, int] = {}
        self._label_font = theme.font(13, QFont.Weight.Medium)
        self._text_font = theme.font(13)
        self._pill_font = theme.font(12)
        self._mono_metrics = QFontMetrics(theme.mono)
        self._text_metrics = QFontMetrics(self._text_font)
        self._label_metrics = QFontMetrics(self._label_font)
        self._chip_text = self._mono_metrics.horizontalAdvance("M" * 22)
        self.row_height = max(44, theme.px(44))

    def width_of(self, column: Column) -> int:
        """The width in pixels that the column needs for what it shows; for Label the least that is of use."""
        if column not in self._widths:
            self._widths[column] = self._measure(column)
        return self._widths[column]

    def _measure(self, column: Column) -> int:
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
        if column is Column.OWNER:
            width = max(width, self._look.theme.px(120))
        if column in (Column.CREATED, Column.EXPIRES):
            width = max(
                width,
                QFontMetrics(self._text_font).horizontalAdvance(long_date(datetime(2028, 9, 28, tzinfo=UTC))),
            )
        return width + 2 * PADDING

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width_of(Column(index.column())), self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, AppsModel)
        app = model.app_at(index.row())
        if app is None:
            return
        theme, colors = self._look.theme, self._colors
        rect: QRect = option.rect
        state = option.state.value
        selected = bool(state & SELECTED)
        painter.fillRect(rect, colors["accent_soft" if selected else "surface"])
        if index.row() + 1 < model.rowCount():  # the card's own edge ends the last row
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors["line"])
        column = COLUMNS[index.column()]
        # A bar tells the selected row where its ground does not (high contrast), and that the table has the focus.
        told_by_ground = theme.tokens.accent_soft != theme.tokens.surface
        if selected and rect.left() == 0 and (self._view.hasFocus() or not told_by_ground):
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), colors["accent"])
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        match column:
            case Column.LABEL:
                painter.setFont(self._label_font)
                painter.setPen(colors["text" if app.enabled else "muted"])
                text = self._label_metrics.elidedText(app.label, Qt.TextElideMode.ElideRight, inner.width())
                painter.drawText(inner, LEADING, text)
            case Column.KEY:
                self._paint_chip(painter, rect, app, index.row())
            case Column.SESSIONS | Column.CSRF:
                on = app.sessions if column is Column.SESSIONS else app.csrf
                place = QRect(inner.left(), rect.top(), 16, rect.height())
                self._look.icons.paint(painter, place, "check" if on else "minus", "text" if on else "muted")
            case Column.STATUS:
                self._paint_status(painter, inner, model, model.status(app))
            case Column.CREATED:
                painter.setFont(self._text_font)
                painter.setPen(colors["muted"])
                painter.drawText(inner, LEADING, model.created_words(index.row()))
            case Column.OWNER | Column.EXPIRES:
                text = app.owner if column is Column.OWNER else model.expires_words(index.row())
                if text:
                    painter.setFont(self._text_font)
                    painter.setPen(colors["muted"])
                    text = self._text_metrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
                    painter.drawText(inner, LEADING, text)
                else:
                    place = QRect(inner.left(), rect.top(), 16, rect.height())
                    self._look.icons.paint(painter, place, "minus", "muted")
            case Column.MENU:
                self._paint_button(painter, self._parts(rect, column)["menu"], "ellipsis-vertical", index.row(), "menu")
        if state & KEYBOARD == KEYBOARD:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colors["accent"], 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(4, 4, -4, -4), 6, 6)
            painter.restore()

    def _paint_status(self, painter: QPainter, inner: QRect, model: AppsModel, status: Status) -> None:
        ratio = painter.device().devicePixelRatioF()
        text, tone = model.status_words(status)
        key = (status, ratio)
        if key not in self._pictures:
            size = pill_size(self._look, text)
            picture = _canvas(size, ratio)
            with QPainter(picture) as pen:
                paint_pill(pen, self._look, QRectF(QPointF(0, 0), size.toSizeF()), "", tone)
            self._pictures[key] = picture
        picture = self._pictures[key]
        size = picture.deviceIndependentSize().toSize()
        place = QRect(inner.left(), inner.center().y() - size.height() // 2 + 1, size.width(), size.height())
        painter.drawPixmap(place.topLeft(), picture)
        painter.setFont(self._pill_font)
        painter.setPen(self._colors[tone])
        painter.drawText(place.adjusted(PILL_TEXT, 0, 0, 0), LEADING, text)

    def _paint_chip(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        chip = self._chip(rect)
        secret = self._reveal.secret if app.id == self._reveal.app_id else None
        usable = app.state is AppState.ACTIVE
        painter.drawPixmap(chip.topLeft(), self._chip_picture(chip.size(), usable, secret is not None, painter))
        if usable and self._hovered[0] == row:
            parts = self._parts(rect, Column.KEY)
            self._paint_button(painter, parts["reveal"], "eye" if secret is None else "eye-off", row, "reveal")
            self._paint_button(painter, parts["copy"], "copy", row, "copy")
        painter.setFont(self._look.theme.mono)
        painter.setPen(self._colors["text" if app.enabled else "muted"])
        room = QRect(chip.left() + 9, chip.top(), self._chip_text + 4, chip.height())
        painter.drawText(room, LEADING, masked(app) if secret is None else secret.reveal())

    def _chip_picture(self, size: QSize, usable: bool, revealed: bool, painter: QPainter) -> QPixmap:
        """The chip without its text: the same for all rows, so it is drawn once."""
        ratio = painter.device().devicePixelRatioF()
        key = (size.width(), size.height(), usable, revealed, ratio)
        if key not in self._pictures:
            picture = _canvas(size, ratio)
            with QPainter(picture) as pen:
                pen.setRenderHint(QPainter.RenderHint.Antialiasing)
                pen.setPen(QPen(self._colors["line"], 1))
                pen.setBrush(self._colors["code"])
                pen.drawRoundedRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), 6, 6)
                if usable:
                    parts = self._parts_of(QRect(QPoint(0, 0), size))
                    self._look.icons.paint(pen, parts["reveal"], "eye-off" if revealed else "eye", "muted", 15)
                    self._look.icons.paint(pen, parts["copy"], "copy", "muted", 15)
            self._pictures[key] = picture
        return self._pictures[key]

    def _paint_button(self, painter: QPainter, rect: QRect, icon: str, row: int, part: str) -> None:
        hovered = self._hovered == (row, part)
        if hovered:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colors["line"])
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)
            painter.restore()
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
        return self._parts_of(self._chip(rect)) if column is Column.KEY else {}

    def _parts_of(self, chip: QRect) -> dict[str, QRect]:
        """Where the buttons of a chip lie."""
        copy = QRect(chip.right() - BUTTON - 1, chip.center().y() - BUTTON // 2 + 1, BUTTON, BUTTON)
        return {"reveal": copy.translated(-BUTTON, 0), "copy": copy}

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


def _canvas(size: QSize, ratio: float) -> QPixmap:
    """A transparent picture of `size` logical pixels for a screen with this pixel ratio."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture
