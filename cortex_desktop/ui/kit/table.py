"""What the tables of apps and of activity share: their card, and how rows are drawn."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QTableView,
)

from .focus_ring import RING
from .i18n import long_day
from .widgets import Card, Look

Index = QModelIndex | QPersistentModelIndex
PADDING = 12
LEADING = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading

ELIDE = Qt.TextElideMode.ElideRight

ARROW = 12
"""Width of the arrow beside a heading, in pixels."""

SELECTED_BAR = 3
"""Width of the bar that marks a selected row, in pixels."""

_DIGIT = re.compile(r"\d")

QWIDGETSIZE_MAX = 16_777_215
"""The most pixels that Qt allows."""


class TableCard(Card):
    """A card around a table."""

    def fit(self, height: int) -> None:
        """Limit the height to that of a table of `height` pixels."""
        self.setMaximumHeight(min(height + 2, QWIDGETSIZE_MAX))


def widest_date(metrics: QFontMetrics) -> int:
    """The width in pixels of the widest date, as `i18n.long_date` writes it."""
    digit = max("0123456789", key=metrics.horizontalAdvance)
    days = (long_day(date(2026, month, 28)) for month in range(1, 13))
    return max(metrics.horizontalAdvance(_DIGIT.sub(digit, day)) for day in days)


class Headings(QHeaderView):
    """The headings of a table, with the arrow of the sorting beside its word."""

    def __init__(self, look: Look) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._look = look
        self.setSectionsClickable(True)

    def setSelectionModel(self, selection: QItemSelectionModel) -> None:
        """Keep out of the table's selection: Qt would look at each row for each heading that it draws."""
        super().setSelectionModel(QItemSelectionModel(selection.model(), self))

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        painter.save()
        super().paintSection(painter, rect, section)
        painter.restore()
        if not self.isSortIndicatorShown() or section != self.sortIndicatorSection():
            return
        word = str(self.model().headerData(section, Qt.Orientation.Horizontal))
        font = self._look.theme.font(12, QFont.Weight.DemiBold)
        x = PADDING + QFontMetrics(font).horizontalAdvance(word) + 2
        place = QRect(rect.left() + x, rect.top(), ARROW, rect.height())
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            place.moveRight(rect.right() - x)
        icon = "arrow-up" if self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder else "arrow-down"
        self._look.icons.paint(painter, place, icon, "muted", ARROW)


class RowTable(QTableView):
    """Rows of one height, chosen as a whole, that its `painter` draws.

    opened: Enter or a double click on a row; menu_asked(point): a menu for the current row.
    """

    opened = Signal()
    menu_asked = Signal(QPoint)
    painter: RowDelegate
    paints_focus = True

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(40)

    @Slot()
    def take_sizes(self) -> None:
        """Set the heights of rows and header for the current fonts; a subclass adds its widths."""
        self.verticalHeader().setDefaultSectionSize(self.painter.row_height)
        self.horizontalHeader().setFixedHeight(self._header_height())

    def full_height(self) -> int:
        """The height in pixels at which nothing scrolls."""
        rows: int = self.model().rowCount()
        return self._header_height() + rows * self.painter.row_height

    def _header_height(self) -> int:
        return max(37, self.painter.row_height - 7)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painter.paint_rows(event.rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():  # held down since something lay over the table
                self.opened.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.menu_asked.emit(self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft()))
        elif self.indexAt(event.pos()).isValid():
            self.menu_asked.emit(event.globalPos())


class CountLabel(QLabel):
    """Shows how many rows are listed. Its width stays while digits change, so that nothing beside it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("count")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def set_text(self, text: str, *others: str) -> None:
        """Show `text`. others: texts to keep room for."""
        self.setText(text)
        metrics = self.fontMetrics()
        widest = max("0123456789", key=metrics.horizontalAdvance)
        width = max(metrics.horizontalAdvance(_DIGIT.sub(widest, each)) for each in (text, *others))
        self.setFixedSize(width + 1, metrics.height())


class RowDelegate(QStyledItemDelegate):
    """Draws a table's rows; a subclass draws what stands in a cell, and answers mouse and keyboard.

    It draws all rows at once: Qt would call it for each cell, with an index and a style option made for each.
    """

    row_height: int
    """In pixels."""

    def __init__(self, look: Look, view: QTableView) -> None:
        super().__init__(view)
        self._look = look
        self._view = view
        self._selected = False  # the row at hand
        self.hovered_row = -1
        """The row under the pointer, or -1."""

    def take_colors(self) -> None:
        """Read the colours of the theme."""
        tokens = self._look.theme.tokens
        self._colors = {name: QColor(value) for name, value in tokens._asdict().items() if isinstance(value, str)}
        # A bar marks the selected row where its ground does not (high contrast), and while the table has the focus.
        self._ground_differs = tokens.selected != tokens.surface

    def ink(self, token: str) -> QColor:
        """The colour to draw with in the row at hand."""
        return self._colors[self.ink_token(token)]

    def ink_token(self, token: str) -> str:
        """The token of it."""
        return self._look.theme.ink(token, selected=self._selected)

    def look_at(self, row: int) -> Any:
        """What `paint_cell` needs of a row; called once for each row that is drawn."""
        raise NotImplementedError

    def paint_cell(self, painter: QPainter, rect: QRect, row: int, column: int, known: Any) -> None:
        """Draw what stands in a cell. known: what `look_at` returned for its row."""
        raise NotImplementedError

    def paint_whole(self, painter: QPainter, rect: QRect, known: Any) -> bool:
        """Draw a row that has no cells. False if it has."""
        return False

    def paint_rows(self, area: QRect) -> None:
        """Draw the rows within `area` of the viewport."""
        view, colors = self._view, self._colors
        header, model, chosen = view.horizontalHeader(), view.model(), view.selectionModel()
        columns = [(c, header.sectionViewportPosition(c), header.sectionSize(c)) for c in range(header.count())]
        from_x, to_x = min(x for _, x, _ in columns), max(x + width for _, x, width in columns)
        columns = [(c, x, width) for c, x, width in columns if width and x <= area.right() and x + width > area.left()]
        end = model.rowCount() - 1
        first, last = view.rowAt(area.top()), view.rowAt(area.bottom())
        if first < 0 or not columns:
            return
        top, height = view.rowViewportPosition(first), view.rowHeight(first)
        left = min(x for _, x, _ in columns)
        mirrored = view.layoutDirection() is Qt.LayoutDirection.RightToLeft
        bar = to_x - SELECTED_BAR if mirrored else from_x
        length = max(x + width for _, x, width in columns) - left
        rows = [(row, top + (row - first) * height) for row in range(first, (last if last >= 0 else end) + 1)]
        with QPainter(view.viewport()) as painter:
            for row, y in rows:
                selected = chosen.isSelected(model.index(row, 0))
                if selected:
                    painter.fillRect(left, y, length, height, colors["selected"])
                elif row == self.hovered_row:
                    painter.fillRect(left, y, length, height, colors["header"])
                if row < end:  # the card's own edge ends the last row
                    painter.fillRect(left, y + height - 1, length, 1, colors["line"])
                if selected and (not self._ground_differs or view.hasFocus()):
                    painter.fillRect(bar, y, SELECTED_BAR, height, colors["accent"])
                self._selected = selected
                known = self.look_at(row)
                if self.paint_whole(painter, QRect(from_x, y, to_x - from_x, height), known):
                    continue
                for column, x, width in columns:
                    self.paint_cell(painter, QRect(x, y, width, height), row, column, known)
            current, by_keyboard = view.currentIndex(), Qt.WidgetAttribute.WA_KeyboardFocusChange
            if current.isValid() and view.hasFocus() and view.window().testAttribute(by_keyboard):
                self._selected = chosen.isSelected(current)
                self._mark(painter, view.visualRect(current))

    def _mark(self, painter: QPainter, rect: QRect) -> None:
        """Draw the frame of the cell that has the keyboard."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.ink("accent"), RING))
        painter.drawRoundedRect(QRectF(rect).adjusted(4, 4, -4, -4), 6, 6)
