"""The table of the Activity page, and how its cells are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QEvent, QLocale, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, QTime, Signal, Slot
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
)

from ...domain.activity import ACTION_WORDS, Action
from ...domain.text import Text
from ..kit.i18n import translate_text
from ..kit.table import ELIDE, LEADING, PADDING, Index, RowDelegate, RowTable
from ..kit.widgets import Look, announce
from .model import ActivityColumn, ActivityModel

ICONS = {
    Action.CREATED: "plus",
    Action.IMPORTED: "key-round",
    Action.DUPLICATED: "plus",
    Action.EDITED: "pencil",
    Action.ENABLED: "power",
    Action.DISABLED: "circle-off",
    Action.KEY_COPIED: "copy",
    Action.SECRET_COPIED: "copy",
    Action.REQUEST_COPIED: "terminal",
    Action.KEY_REVEALED: "eye",
    Action.SECRET_REVEALED: "eye",
    Action.ROTATED: "rotate-cw",
    Action.ROLLED_BACK: "undo-2",
    Action.KEY_TYPED: "key-round",
    Action.KEY_TAKEN: "key-round",
    Action.KEY_GIVEN: "key-round",
    Action.CHECKED: "external-link",
    Action.ORIGIN_NOTED: "key-round",
    Action.LOGIN_REMEMBERED: "bookmark",
    Action.LOGIN_FORGOTTEN: "circle-off",
    Action.BROUGHT_BACK: "undo-2",
    Action.OWN_KEYS: "key-round",
    Action.KEPT_REMOVED: "trash-2",
    Action.DELETED: "trash-2",
    Action.RESTORED: "undo-2",
    Action.PURGED: "trash-2",
    Action.REPAIRED: "check",
    Action.FINISHED: "check",
    Action.UNDONE: "undo-2",
    Action.ORG_ADDED: "building-2",
    Action.ORG_CHANGED: "building-2",
    Action.ORG_REMOVED: "building-2",
    Action.ORG_RESTORED: "building-2",
    Action.ORG_PURGED: "building-2",
    Action.EXPORTED: "external-link",
    Action.REPORT_SAVED: "external-link",
    Action.UNKNOWN: "info",
}
"""The picture of each kind of entry."""

ICON_ROOM = 24
"""Pixels for the picture and the gap behind it."""

FOLD_HEIGHT = 22
FOLD_PADDING = 8
CHEVRON = 12
"""Of the button that opens a run, in pixels at 13 px text."""

GIVEN_UP_FIRST = (ActivityColumn.WHO, ActivityColumn.ORG, ActivityColumn.DETAILS)
"""Which columns go, in this order, when the table gets narrow."""

WIDENED_FIRST = (ActivityColumn.WHAT, ActivityColumn.APP, ActivityColumn.ORG, ActivityColumn.DETAILS)
"""Which columns get what they lack, in this order, where there is room."""


@dataclass(frozen=True)
class Shown:
    """What an entry's row shows. times: how often, empty for once; is_part: it stands under its open run."""

    icon: str
    texts: tuple[str, ...]
    times: str
    is_open: bool
    is_part: bool


class ActivityDelegate(RowDelegate):
    """Draws a cell: what was done in heavier type behind a picture of its kind, the rest around it muted.

    Behind what was done several times in a row stands how often, as a button that opens the run."""

    def __init__(self, look: Look, view: QTableView) -> None:
        super().__init__(look, view)
        model = view.model()
        assert isinstance(model, ActivityModel)
        self._model = model
        self.is_fold_hovered = False
        """True while the pointer is on the button of the row under it."""
        self.refresh()
        look.theme.changed.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Read fonts and colours of the theme."""
        theme = self._look.theme
        self.take_colors()
        self._font = theme.font(13)
        self._strong = theme.font(13, QFont.Weight.DemiBold)
        self._small = theme.font(12)
        self._day_font = theme.font(13, QFont.Weight.DemiBold)
        self._metrics, self._strong_metrics = QFontMetrics(self._font), QFontMetrics(self._strong)
        self._small_metrics = QFontMetrics(self._small)
        self._widths: dict[ActivityColumn, int] = {}
        self.row_height = max(44, theme.px(44))

    def width_of(self, column: ActivityColumn) -> int:
        """The width in pixels that the column needs; for App and Details the minimum."""
        if column not in self._widths:
            self._widths[column] = self._measure(column) + 2 * PADDING
        return self._widths[column]

    def _measure(self, column: ActivityColumn) -> int:
        px = self._look.theme.px
        match column:
            case ActivityColumn.WHEN:
                locale, short = QLocale(), QLocale.FormatType.ShortFormat
                times = (locale.toString(QTime(hour, 58), short) for hour in (10, 12, 20, 22))
                return max(map(self._metrics.horizontalAdvance, times))
            case ActivityColumn.WHAT:
                texts = tuple(translate_text(Text(words)) for words in ACTION_WORDS.values())
                return ICON_ROOM + min(px(136), max(map(self._strong_metrics.horizontalAdvance, texts)))
            case ActivityColumn.APP:
                return px(132)
            case ActivityColumn.ORG:
                return px(120)
            case ActivityColumn.DETAILS:
                return px(140)
            case ActivityColumn.WHO:
                return px(76)

    def wanted_width(self, column: ActivityColumn, row: int) -> int:
        """The width in pixels at which nothing of this row is cut short in the column."""
        known = self.look_at(row)
        if not isinstance(known, Shown):
            return 0
        text = known.texts[column]
        if column is not ActivityColumn.WHAT:
            return self._metrics.horizontalAdvance(text) + 2 * PADDING + 1
        fold = self._fold_width(known.times) + FOLD_PADDING if known.times else 0
        return ICON_ROOM + self._strong_metrics.horizontalAdvance(text) + fold + 2 * PADDING + 1

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width_of(ActivityColumn(index.column())), self.row_height)

    def look_at(self, row: int) -> date | Shown | None:
        """What the row shows; None while it is being read."""
        day = self._model.day_of(row)
        if day is not None:
            return day
        line = self._model.line(row)
        if line is None:
            return None
        icon = ICONS[line.entry.action] if line.entry else "triangle-alert"
        model = self._model
        return Shown(icon, model.texts(line), model.times_words(row), model.is_open(row), model.is_part(row))

    def paint_whole(self, painter: QPainter, rect: QRect, known: date | Shown | None) -> bool:
        if not isinstance(known, date):
            return False
        painter.setFont(self._day_font)
        painter.setPen(self._colors["text"])
        place = rect.adjusted(PADDING, self.row_height // 5, -PADDING, 0)
        painter.drawText(place, LEADING, self._model.day_words(known))
        return True

    def paint_cell(self, painter: QPainter, rect: QRect, row: int, column: int, known: Shown | None) -> None:
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        if known is None:  # it is being read
            bar = QRect(inner.left(), inner.center().y() - 3, min(inner.width(), 40), 6)
            painter.fillRect(bar, self._colors["line"])
        elif column == ActivityColumn.WHAT:
            self._paint_what(painter, rect, row, known)
        elif text := known.texts[column]:
            painter.setFont(self._font)
            painter.setPen(self.ink("text" if column == ActivityColumn.APP and not known.is_part else "muted"))
            painter.drawText(inner, LEADING, self._metrics.elidedText(text, ELIDE, inner.width()))

    def _paint_what(self, painter: QPainter, rect: QRect, row: int, known: Shown) -> None:
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        if not known.is_part:
            icon = QRect(inner.left(), inner.top(), 16, inner.height())
            self._look.icons.paint(painter, self._turned(rect, icon), known.icon, self.ink_token("muted"))
        font, metrics = (self._font, self._metrics) if known.is_part else (self._strong, self._strong_metrics)
        words = self._turned(rect, self._words_place(rect, known))
        painter.setFont(font)
        painter.setPen(self.ink("muted" if known.is_part else "text"))
        painter.drawText(words, LEADING, metrics.elidedText(known.texts[ActivityColumn.WHAT], ELIDE, words.width()))
        if known.times:
            self._paint_fold(painter, self._turned(rect, self._fold_place(rect, known)), row, known)

    def _paint_fold(self, painter: QPainter, place: QRect, row: int, known: Shown) -> None:
        px = self._look.theme.px
        hovered = row == self.hovered_row and self.is_fold_hovered
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._colors["hover_line" if hovered else "line"])
        painter.setBrush(self._colors["hover" if hovered else "code"])
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), place.height() / 2, place.height() / 2)
        painter.restore()
        token = "text" if hovered else "muted"
        inside = place.adjusted(px(FOLD_PADDING), 0, -px(FOLD_PADDING), 0)
        painter.setFont(self._small)
        painter.setPen(self._colors[token])
        painter.drawText(inside, LEADING, known.times)
        chevron = QRect(inside.right() - CHEVRON + 3, place.top(), CHEVRON, place.height())
        aside = "chevron-left" if self._view.isRightToLeft() else "chevron-right"
        icon = "chevron-down" if known.is_open else aside
        self._look.icons.paint(painter, self._turned(place, chevron), icon, token, CHEVRON)

    def _fold_width(self, times: str) -> int:
        return self._small_metrics.horizontalAdvance(times) + CHEVRON + 2 * self._look.theme.px(FOLD_PADDING) + 1

    def _words_place(self, rect: QRect, known: Shown) -> QRect:
        room = rect.width() - 2 * PADDING - ICON_ROOM
        if known.times:
            room -= self._fold_width(known.times) + FOLD_PADDING
        return QRect(rect.left() + PADDING + ICON_ROOM, rect.top(), max(0, room), rect.height())

    def _fold_place(self, rect: QRect, known: Shown) -> QRect:
        words = self._words_place(rect, known)
        taken = min(words.width(), self._strong_metrics.horizontalAdvance(known.texts[ActivityColumn.WHAT]))
        height = self._look.theme.px(FOLD_HEIGHT)
        x = words.left() + taken + FOLD_PADDING
        return QRect(x, rect.center().y() - height // 2 + 1, self._fold_width(known.times), height)

    def _turned(self, around: QRect, place: QRect) -> QRect:
        """The place as it is where text runs from right to left."""
        return QStyle.visualRect(self._view.layoutDirection(), around, place)

    def is_fold_at(self, position: QPoint) -> bool:
        """True if the button that opens or closes a run is there."""
        index = self._view.indexAt(position)
        if index.column() != ActivityColumn.WHAT:
            return False
        known = self.look_at(index.row())
        if not isinstance(known, Shown) or not known.times:
            return False
        rect = self._view.visualRect(index)
        return self._turned(rect, self._fold_place(rect, known)).contains(position)

    def hover(self, position: QPoint | None) -> None:
        """Highlight the row under the pointer, and its button. position: None when the pointer left the table."""
        row = self._view.indexAt(position).row() if position is not None else -1
        if row >= 0 and self._model.day_of(row) is not None:
            row = -1
        on_fold = position is not None and self.is_fold_at(position)
        if (row, on_fold) != (self.hovered_row, self.is_fold_hovered):
            self.hovered_row, self.is_fold_hovered = row, on_fold
            hand, arrow = Qt.CursorShape.PointingHandCursor, Qt.CursorShape.ArrowCursor
            self._view.viewport().setCursor(hand if on_fold else arrow)
            self._view.viewport().update()


class ActivityTable(RowTable):
    """The table of activity. copy_asked: copy the current row."""

    copy_asked = Signal()

    def __init__(self, model: ActivityModel, look: Look) -> None:
        super().__init__()
        self.setModel(model)
        self.painter: ActivityDelegate = ActivityDelegate(look, self)
        self.setItemDelegate(self.painter)
        self.setAccessibleName(self.tr("Activity"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMouseTracking(True)
        self._model = model
        self._with_org = False
        self._held = -1  # the row whose run's button the mouse holds down
        self._wanted: dict[ActivityColumn, int] = {}
        self.take_sizes()
        look.theme.changed.connect(self.take_sizes)
        model.dataChanged.connect(self._widen)
        model.modelReset.connect(self._begin_anew)
        self.verticalScrollBar().valueChanged.connect(self._widen)

    def show_org(self, shown: bool) -> None:
        """Show or hide the column with the org's name."""
        self._with_org = shown
        self._fit()

    def _fit(self) -> None:
        """Share the width: When, What and App stay, and where there is room nothing is cut short."""
        width = self.viewport().width()
        columns = [column for column in ActivityColumn if column is not ActivityColumn.ORG or self._with_org]
        widths = {column: self.painter.width_of(column) for column in columns}
        for column in GIVEN_UP_FIRST:
            if sum(widths.values()) > width:
                widths.pop(column, None)
        app = widths[ActivityColumn.APP]
        widths[ActivityColumn.APP] = max(app * 3 // 4, min(app, self._wanted.get(ActivityColumn.APP, app)))
        for column in WIDENED_FIRST:
            if column in widths:
                lacking = self._wanted.get(column, 0) - widths[column]
                widths[column] += max(0, min(lacking, width - sum(widths.values())))
        last = ActivityColumn.DETAILS if ActivityColumn.DETAILS in widths else ActivityColumn.APP
        widths[last] = max(self.painter.width_of(ActivityColumn.WHEN), widths[last] + width - sum(widths.values()))
        for column in ActivityColumn:
            self.setColumnHidden(column, column not in widths)
            if column in widths:
                self.setColumnWidth(column, widths[column])

    @Slot()
    def _begin_anew(self) -> None:
        self._wanted.clear()

    @Slot()
    def _widen(self) -> None:
        """Give the columns room for what is on screen now. They get no narrower until another list begins."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        rows = range(max(0, first), (last if last >= 0 else self._model.rowCount() - 1) + 1)
        more: dict[ActivityColumn, int] = {}
        for column in WIDENED_FIRST:
            width = max((self.painter.wanted_width(column, row) for row in rows), default=0)
            if width > self._wanted.get(column, 0):
                more[column] = width
        if more:
            self._wanted.update(more)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._widen()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Copy)
        ):  # elsewhere it copies the selected app's key
            event.accept()
            return True
        return super().event(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        index = super().moveCursor(action, modifiers)
        if index.isValid() and self._model.day_of(index.row()) is not None:  # Qt begins and pages with those too
            return self._model.index(index.row() + 1, index.column())
        return index

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event.isAutoRepeat() or not self._fold_by_key(Qt.Key(event.key())):
            super().keyPressEvent(event)

    def _fold_by_key(self, key: Qt.Key) -> bool:
        """Open or close the run at hand, or go to it from its entry. False if the key does neither."""
        row, model = self.currentIndex().row(), self._model
        if row < 0:
            return False
        if self.isRightToLeft() and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            key = Qt.Key.Key_Right if key is Qt.Key.Key_Left else Qt.Key.Key_Left
        is_run, is_open = model.count_of(row) > 1, model.is_open(row)
        if is_run and (
            key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            or (key is Qt.Key.Key_Right and not is_open)
            or (key is Qt.Key.Key_Left and is_open)
        ):
            self.toggle(row)
        elif is_run and key is Qt.Key.Key_Right:
            self.setCurrentIndex(model.index(row + 1, self.currentIndex().column()))
        elif key is Qt.Key.Key_Left and model.is_part(row):
            self.setCurrentIndex(model.index(model.run_of(row), self.currentIndex().column()))
        else:
            return False
        return True

    def toggle(self, row: int) -> None:
        """Open or close the run in this row, and have it read out."""
        if self._model.toggle(row):
            announce(self, self._model.state_words(row))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.painter.hover(event.position().toPoint())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.painter.hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        held = event.button() is Qt.MouseButton.LeftButton and self.painter.is_fold_at(place)
        self._held = self.indexAt(place).row() if held else -1
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        place, held = event.position().toPoint(), self._held
        self._held = -1
        if held >= 0 and self.indexAt(place).row() == held and self.painter.is_fold_at(place):
            self.toggle(held)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if self.painter.is_fold_at(place):
            self.mousePressEvent(event)  # two quick clicks on a button are two clicks
        elif self.indexAt(place).isValid() and self._model.count_of(self.indexAt(place).row()):
            self.opened.emit()
