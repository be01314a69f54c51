"""The table of the Activity page, and how its cells are drawn."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Signal, Slot
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyleOptionViewItem,
    QTableView,
)

from ...domain.activity import ACTION_WORDS, Action
from ...domain.text import Text
from ..kit.i18n import translate_text
from ..kit.table import ELIDE, LEADING, PADDING, Index, RowDelegate, RowTable, widest_date
from ..kit.widgets import Look
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

GIVEN_UP_FIRST = (ActivityColumn.WHO, ActivityColumn.ORG, ActivityColumn.DETAILS)
"""Which columns go, in this order, when the table gets narrow."""


class ActivityDelegate(RowDelegate):
    """Draws a cell: what was done in heavier type behind a picture of its kind, the rest around it muted."""

    def __init__(self, look: Look, view: QTableView) -> None:
        super().__init__(look, view)
        model = view.model()
        assert isinstance(model, ActivityModel)
        self._model = model
        self.refresh()
        look.theme.changed.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Read fonts and colours of the theme."""
        theme = self._look.theme
        self.take_colors()
        self._font = theme.font(13)
        self._strong = theme.font(13, QFont.Weight.DemiBold)
        self._metrics, self._strong_metrics = QFontMetrics(self._font), QFontMetrics(self._strong)
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
                return max(self._metrics.horizontalAdvance(self.tr("Yesterday")), widest_date(self._metrics))
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

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width_of(ActivityColumn(index.column())), self.row_height)

    def look_at(self, row: int) -> tuple[str, tuple[str, ...]] | None:
        """The name of the row's picture, and its texts."""
        line = self._model.line(row)
        if line is None:
            return None
        return ICONS[line.entry.action] if line.entry else "triangle-alert", self._model.texts(line)

    def paint_cell(
        self, painter: QPainter, rect: QRect, row: int, column: int, known: tuple[str, tuple[str, ...]] | None
    ) -> None:
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        if known is None:  # it is being read
            bar = QRect(inner.left(), inner.center().y() - 3, min(inner.width(), 40), 6)
            painter.fillRect(bar, self._colors["line"])
        elif text := known[1][column]:
            strong = column == ActivityColumn.WHAT
            if strong:
                place = QRect(inner.left(), inner.top(), 16, inner.height())
                inner = inner.adjusted(ICON_ROOM, 0, 0, 0)
                if self._view.isRightToLeft():
                    place.moveRight(rect.right() - PADDING)
                    inner.translate(-ICON_ROOM, 0)
                self._look.icons.paint(painter, place, known[0], self.ink_token("muted"))
            painter.setFont(self._strong if strong else self._font)
            painter.setPen(self.ink("text" if strong or column == ActivityColumn.APP else "muted"))
            metrics = self._strong_metrics if strong else self._metrics
            painter.drawText(inner, LEADING, metrics.elidedText(text, ELIDE, inner.width()))


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
        self._with_org = False
        self.take_sizes()
        look.theme.changed.connect(self.take_sizes)

    def show_org(self, shown: bool) -> None:
        """Show or hide the column with the org's name."""
        self._with_org = shown

    def fit(self, width: int) -> None:
        """Share `width` pixels: When, What and App stay, App and Details share what is left over."""
        columns = [column for column in ActivityColumn if column is not ActivityColumn.ORG or self._with_org]
        widths = {column: self.painter.width_of(column) for column in columns}
        for column in GIVEN_UP_FIRST:
            if sum(widths.values()) > width:
                widths.pop(column, None)
        if ActivityColumn.DETAILS in widths:
            widths[ActivityColumn.APP] += max(0, width - sum(widths.values())) // 2
        last = ActivityColumn.DETAILS if ActivityColumn.DETAILS in widths else ActivityColumn.APP
        widths[last] = max(self.painter.width_of(ActivityColumn.WHEN), widths[last] + width - sum(widths.values()))
        for column in ActivityColumn:
            self.setColumnHidden(column, column not in widths)
            if column in widths:
                self.setColumnWidth(column, widths[column])

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Copy)
        ):  # elsewhere it copies the selected app's key
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.indexAt(event.position().toPoint()).isValid():
            self.opened.emit()
