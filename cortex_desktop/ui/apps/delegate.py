"""Draws the cells of the table of apps, and handles mouse and keyboard in them."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from ...domain.model import App, AppState
from ...services.snippets import masked
from ..kit.reveal import Reveal
from ..kit.table import ELIDE, LEADING, PADDING, Index, RowDelegate, widest_date
from ..kit.widgets import CONFIRM_SECONDS, Look, badge_size, paint_badge
from .model import YEAR, AppColumn, AppRole, AppsModel, Status

BUTTON = 26
HEADING_ROOM = 3
"""Pixels beside a heading's word for the arrow, which also uses the padding."""

BAR = 3
"""Height of the bar under an age, in pixels."""


KEY_SIDE = LEADING | Qt.AlignmentFlag.AlignAbsolute
"""A key is read from left to right, whatever the language."""


class AppsDelegate(RowDelegate):
    """reveal_asked, copy_asked(app id): a chip's eye or copy button; menu_asked(row): the three dots of a row.

    The model holds no key. While one is revealed the text comes from `Reveal` at the moment of painting.
    """

    reveal_asked = Signal(str)
    copy_asked = Signal(str)
    menu_asked = Signal(int)

    def __init__(self, look: Look, reveal: Reveal, view: QTableView) -> None:
        super().__init__(look, view)
        self._reveal = reveal
        model = view.model()
        assert isinstance(model, AppsModel)
        self._model = model
        self._hovered = (-1, "")  # row and part under the pointer
        self._pressed = (-1, "")  # and those that the mouse holds down
        self._copied = ""  # the app whose key was copied a moment ago
        self._confirming = look.clock.timer(self)
        self._confirming.timeout.connect(self._stop_confirming)
        self._revealed = 1.0  # how far the key has come on screen
        reveal.changed.connect(self._show_revealed)
        self._painters = (  # by column
            self._paint_label,
            self._paint_chip,
            self._paint_sessions,
            self._paint_csrf,
            self._paint_status,
            self._paint_created,
            self._paint_menu,
            self._paint_owner,
            self._paint_expires,
            self._paint_origin,
            self._paint_age,
        )
        self.refresh()
        look.theme.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Read fonts and colours of the theme."""
        theme = self._look.theme
        self.take_colors()
        self._widths: dict[AppColumn, int] = {}
        self._label_font = theme.font(13, QFont.Weight.Medium)
        self._text_font = theme.font(13)
        self._mono = theme.mono
        self._text_metrics = QFontMetrics(self._text_font)
        self._label_metrics = QFontMetrics(self._label_font)
        self._chip_text = QFontMetrics(self._mono).horizontalAdvance("M" * 22)
        self._chip_size = QSize(self._chip_text + 2 * BUTTON + 14, theme.px(28))
        self.row_height = max(44, theme.px(44))

    def width_of(self, column: AppColumn) -> int:
        """The width in pixels that the column needs; for Label the minimum."""
        if column not in self._widths:
            self._widths[column] = self._measure(column)
        return self._widths[column]

    def least_width_of(self, column: AppColumn) -> int:
        """The width in pixels below which a person cannot make the column: dates and owners can be cut short."""
        if column in (AppColumn.OWNER, AppColumn.CREATED, AppColumn.EXPIRES):
            return self._heading_width(column) + 2 * PADDING
        return self.width_of(column)

    def _heading_width(self, column: AppColumn) -> int:
        header = QFontMetrics(self._look.theme.font(12, QFont.Weight.DemiBold))
        return header.horizontalAdvance(self._model.headerData(column, Qt.Orientation.Horizontal)) + HEADING_ROOM

    def _measure(self, column: AppColumn) -> int:
        if column is AppColumn.KEY:
            return self._chip_size.width() + PADDING + 2
        if column is AppColumn.MENU:
            heading = QFontMetrics(self._look.theme.font(12, QFont.Weight.DemiBold))
            return max(BUTTON + PADDING, heading.horizontalAdvance("+9") + 2 * PADDING + 1)
        if column is AppColumn.LABEL:
            return self._look.theme.px(126)
        width = self._heading_width(column)
        if column is AppColumn.STATUS:
            width = max(width, *(badge_size(self._look, self._model.status_words(s)[0]).width() for s in Status))
        if column is AppColumn.ORIGIN:
            width = max(width, self._look.theme.px(150))
        if column is AppColumn.OWNER:
            width = max(width, self._look.theme.px(120))
        if column in (AppColumn.CREATED, AppColumn.EXPIRES):
            width = max(
                width,
                widest_date(QFontMetrics(self._text_font)),
            )
        if column is AppColumn.AGE:
            width = max(width, self._text_metrics.horizontalAdvance(self._model.age_words(8888)))
        return width + 2 * PADDING

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width_of(AppColumn(index.column())), self.row_height)

    def look_at(self, row: int) -> App | None:
        return self._model.app_at(row)

    def paint_cell(self, painter: QPainter, rect: QRect, row: int, column: int, known: App | None) -> None:
        if known is not None:
            self._painters[column](painter, rect, known, row)

    def _paint_label(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        painter.setFont(self._label_font)
        painter.setPen(self.ink("text" if app.enabled else "muted"))
        text = self._label_metrics.elidedText(app.label, ELIDE, inner.width())
        painter.drawText(inner, LEADING, text)

    def _paint_sessions(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        self._paint_sign(painter, rect, "check" if app.sessions else "minus", "text" if app.sessions else "muted")

    def _paint_csrf(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        self._paint_sign(painter, rect, "check" if app.csrf else "minus", "text" if app.csrf else "muted")

    def _paint_sign(self, painter: QPainter, rect: QRect, icon: str, token: str) -> None:
        place = self._turned(QRect(rect.left() + PADDING, rect.top(), 16, rect.height()), rect)
        self._look.icons.paint(painter, place, icon, self.ink_token(token))

    def _paint_created(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        painter.setFont(self._text_font)
        painter.setPen(self.ink("muted"))
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        painter.drawText(
            inner, LEADING, self._text_metrics.elidedText(self._model.created_words(row), ELIDE, inner.width())
        )

    def _paint_origin(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        self._paint_text(painter, rect, self._model.index(row, AppColumn.ORIGIN).data())

    def _paint_owner(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        self._paint_text(painter, rect, app.owner)

    def _paint_expires(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        self._paint_text(painter, rect, self._model.expires_words(row))

    def _paint_age(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        """Draw the age over a bar that is full after a year."""
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        height = self._text_metrics.height()
        words = QRect(inner.left(), inner.center().y() - (height + BAR + 3) // 2 + 1, inner.width(), height)
        painter.setFont(self._text_font)
        painter.setPen(self.ink("muted"))
        age = self._model.age(app)
        painter.drawText(words, LEADING, self._model.age_words(age))
        groove = QRect(inner.left(), words.bottom() + 3, inner.width(), BAR)
        filled = groove.width() * min(age, YEAR) // YEAR
        painter.fillRect(groove, self._colors["disabled_ground"])
        if self._view.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            groove.setLeft(groove.right() + 1 - filled)
        else:
            groove.setWidth(filled)
        painter.fillRect(groove, self.ink("warning" if age > YEAR else "accent"))

    def _paint_text(self, painter: QPainter, rect: QRect, text: str) -> None:
        if not text:
            self._paint_sign(painter, rect, "minus", "muted")
            return
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        painter.setFont(self._text_font)
        painter.setPen(self.ink("muted"))
        painter.drawText(inner, LEADING, self._text_metrics.elidedText(text, ELIDE, inner.width()))

    def _paint_menu(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        self._paint_button(painter, self._parts(rect, AppColumn.MENU)["menu"], "ellipsis-vertical", row, "menu")

    def _paint_status(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        status = self._model.status(app)
        text, tone = self._model.status_words(status)
        if status is Status.ENABLED:  # quiet, so that what needs attention stands out
            self._paint_text(painter, rect, text)
            return
        size = badge_size(self._look, text)
        top = rect.center().y() - size.height() // 2 + 1
        place = self._turned(QRect(QPoint(rect.left() + PADDING, top), size), rect)
        paint_badge(painter, self._look, QRectF(place), text, tone)

    def _paint_chip(self, painter: QPainter, rect: QRect, app: App, row: int) -> None:
        chip = self._chip(rect)
        is_readable = app.id == self._reveal.app_id  # here, or in the details
        secret = self._reveal.secret if is_readable and app.id == self._model.revealed else None
        usable = app.state is AppState.ACTIVE
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colors["line"], 1))
        painter.setBrush(self._colors["code"])
        painter.drawRoundedRect(QRectF(chip).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.restore()
        if usable:
            parts = self._parts_of(chip)
            self._paint_button(
                painter, parts["reveal"], "eye-off" if is_readable else "eye", row, "reveal", on_chip=True
            )
            copied = app.id == self._copied
            self._paint_button(
                painter,
                parts["copy"],
                "check" if copied else "copy",
                row,
                "copy",
                on_chip=True,
                token="success" if copied else "",
            )
        painter.setFont(self._mono)
        painter.setPen(self._colors["text" if app.enabled else "muted"])
        room = QRect(chip.left() + 9, chip.top(), self._chip_text + 4, chip.height())
        if secret is not None and self._revealed < 1:
            painter.save()
            painter.setOpacity(self._revealed)
            painter.drawText(room, KEY_SIDE, secret.reveal())
            painter.restore()
        else:
            painter.drawText(room, KEY_SIDE, masked(app) if secret is None else secret.reveal())

    def _paint_button(
        self, painter: QPainter, rect: QRect, icon: str, row: int, part: str, *, on_chip: bool = False, token: str = ""
    ) -> None:
        hovered = self._hovered == (row, part)
        if hovered:
            pressed = self._pressed == (row, part)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._colors["hover_line"])
            painter.setBrush(self._colors["pressed" if pressed else "hover"])
            painter.drawRoundedRect(QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5), 5, 5)
            painter.restore()
        token = token or ("text" if hovered else "muted")
        own_ground = on_chip or hovered
        self._look.icons.paint(painter, rect, icon, token if own_ground else self.ink_token(token), 15)

    def _chip(self, rect: QRect) -> QRect:
        size = self._chip_size
        chip = QRect(QPoint(rect.left() + PADDING, rect.center().y() - size.height() // 2 + 1), size)
        return self._turned(chip, rect)

    def _turned(self, place: QRect, cell: QRect) -> QRect:
        """The place within a cell in the direction of the person's writing."""
        return QStyle.visualRect(self._view.layoutDirection(), cell, place)

    def _parts(self, rect: QRect, column: AppColumn) -> dict[str, QRect]:
        """The rectangles of a cell's buttons, by name."""
        if column is AppColumn.MENU:
            return {"menu": QRect(rect.center().x() - BUTTON // 2, rect.center().y() - BUTTON // 2 + 1, BUTTON, BUTTON)}
        return self._parts_of(self._chip(rect)) if column is AppColumn.KEY else {}

    def _parts_of(self, chip: QRect) -> dict[str, QRect]:
        """The rectangles of a chip's buttons, by name."""
        copy = QRect(chip.right() - BUTTON - 1, chip.center().y() - BUTTON // 2 + 1, BUTTON, BUTTON)
        return {"reveal": copy.translated(-BUTTON, 0), "copy": copy}

    def _part_at(self, index: Index, position: object) -> str:
        rect = self._view.visualRect(index)
        for name, place in self._parts(rect, AppColumn(index.column())).items():
            if place.contains(position):  # type: ignore[call-overload]
                return name
        return ""

    def hover(self, event: QMouseEvent | None) -> None:
        """Highlight the button under the pointer. event: None when the pointer left the table."""
        hovered = (-1, "")
        if event is not None:
            position = event.position().toPoint()
            index = self._view.indexAt(position)
            if index.isValid():
                hovered = (index.row(), self._part_at(index, position))
        if hovered != self._hovered:
            self._hovered = hovered
            self.hovered_row = hovered[0]
            self._view.viewport().setCursor(
                Qt.CursorShape.PointingHandCursor if hovered[1] else Qt.CursorShape.ArrowCursor
            )
            self._view.viewport().update()

    def confirm_copy(self, app_id: str) -> None:
        """Show a check for a second where the key of this app is copied."""
        self._copied = app_id
        self._confirming.start(CONFIRM_SECONDS)
        self._view.viewport().update()

    @Slot()
    def _stop_confirming(self) -> None:
        self._copied = ""
        self._view.viewport().update()

    @Slot()
    def _show_revealed(self) -> None:
        if self._reveal.app_id:
            self._look.motion.run(self, self._reveal_so_far)

    def _reveal_so_far(self, done: float) -> None:
        self._revealed = done
        self._view.viewport().update()

    def press(self, pressed: bool) -> None:
        """The mouse button goes down on what is under the pointer, or up."""
        now = self._hovered if pressed and self._hovered[1] else (-1, "")
        if now != self._pressed:
            self._pressed = now
            self._view.viewport().update()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            if event.button() == Qt.MouseButton.LeftButton:
                return self._do(self._part_at(index, event.position().toPoint()), index)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            return self._do({AppColumn.KEY: "reveal", AppColumn.MENU: "menu"}.get(AppColumn(index.column()), ""), index)
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
        if revealed and part != "copy" and index.column() == AppColumn.KEY:
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
