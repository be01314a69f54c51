"""What the tables of apps and of activity share: their card, the ground of a cell, and that both are quick."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from .widgets import Card, Look

Index = QModelIndex | QPersistentModelIndex
PADDING = 12
LEADING = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading

# Enumerations as plain values: looking them up takes longer than drawing a cell.
ELIDE = Qt.TextElideMode.ElideRight


_DIGIT = re.compile(r"\d")

TALLER_THAN_SCREENS = 10_000
"""Pixels."""


class TableCard(Card):
    """Holds a table."""

    def fit(self, height: int) -> None:
        """Be no higher than a table of `height` pixels."""
        # A new limit has all of the page laid out anew, so one that no screen reaches stays what it is.
        self.setMaximumHeight(min(height + 2, TALLER_THAN_SCREENS))


class CountLabel(QLabel):
    """Says how many rows are listed. It keeps its size while its numbers change: with another size all of the page
    would be laid out anew, at each letter that is typed and each time that more is found."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("count")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def tell(self, text: str, *others: str) -> None:
        """Say this. others: what there is to be room for too."""
        self.setText(text)
        metrics = self.fontMetrics()
        widest = max("0123456789", key=metrics.horizontalAdvance)
        width = max(metrics.horizontalAdvance(_DIGIT.sub(widest, each)) for each in (text, *others))
        self.setFixedSize(width + 1, metrics.height())


class RowDelegate(QStyledItemDelegate):
    """Draws a cell's ground, the line below it and the mark of the keyboard; a subclass draws what stands in it.

    The table calls `begin_pass` before it paints itself, so that what the cells of a row share is found out once.
    """

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._view = view
        self._rows: dict[int, tuple[Any, bool]] = {}  # in this pass: what `look_at` told, and whether it is selected
        self._last = -1  # row
        self._marked = (-1, -1)  # row and column of the cell that the keyboard is at

    def take_colors(self) -> None:
        """Take up the colours of the theme."""
        tokens = self._look.theme.tokens
        self._colors = {name: QColor(value) for name, value in tokens._asdict().items() if name != "dark"}
        # A bar tells the selected row where its ground does not (high contrast), and that the table has the focus.
        self._told_by_ground = tokens.accent_soft != tokens.surface

    def begin_pass(self) -> None:
        """Forget what the rows were like in the pass before."""
        self._rows.clear()
        self._last = self._view.model().rowCount() - 1
        self._selection = self._view.selectionModel()
        self._has_focus = self._view.hasFocus()
        # As in `QStyle.StateFlag`, whose class, of 0.4 MB, nothing else has PySide6 make.
        by_keyboard = self._view.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        current = self._view.currentIndex()
        self._marked = (current.row(), current.column()) if self._has_focus and by_keyboard else (-1, -1)

    def look_at(self, row: int) -> Any:
        """What `paint_cell` needs to know of a row."""
        raise NotImplementedError

    def paint_cell(self, painter: QPainter, rect: QRect, row: int, column: int, known: Any) -> None:
        """Draw what stands in a cell. known: what `look_at` told of its row."""
        raise NotImplementedError

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, column = index.row(), index.column()
        found = self._rows.get(row)
        if found is None:
            found = self._rows[row] = self.look_at(row), self._selection.isSelected(index)
        known, selected = found
        colors = self._colors
        rect: QRect = option.rect
        if selected:  # the table's own ground is that of all others
            painter.fillRect(rect, colors["accent_soft"])
        if row != self._last:  # the card's own edge ends the last row
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colors["line"])
        if selected and rect.left() == 0 and (not self._told_by_ground or self._has_focus):
            painter.fillRect(0, rect.top(), 3, rect.height(), colors["accent"])
        self.paint_cell(painter, rect, row, column, known)
        if (row, column) == self._marked:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colors["accent"], 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(4, 4, -4, -4), 6, 6)
            painter.restore()
