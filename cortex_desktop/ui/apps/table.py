"""The table of apps: its columns, its sorting, and what mouse and keyboard do in it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu

from ..kit.reveal import Reveal
from ..kit.table import Headings, RowTable
from ..kit.widgets import Look
from .columns import Columns
from .delegate import AppsDelegate
from .model import AppColumn, AppsModel

ROOM = 2
"""Rows of room below the last one."""


class AppsTable(RowTable):
    """The table, sorted by a click on a heading."""

    def __init__(self, model: AppsModel, look: Look, reveal: Reveal) -> None:
        super().__init__()
        self.setHorizontalHeader(Headings(look))
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(40)
        self.setModel(model)
        self.painter: AppsDelegate = AppsDelegate(look, reveal, self)
        self.setItemDelegate(self.painter)
        self.setAccessibleName(self.tr("Apps"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMouseTracking(True)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSortIndicatorShown(False)
        header.setSectionResizeMode(AppColumn.LABEL, QHeaderView.ResizeMode.Stretch)
        for column in (AppColumn.KEY, AppColumn.MENU):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.sectionClicked.connect(self._sort_by)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns_menu)
        self.columns = Columns(self, self.painter.width_of, self.painter.least_width_of, self.sort_by)
        self._sorted = (AppColumn.CREATED, Qt.SortOrder.DescendingOrder)
        self.take_sizes()
        look.theme.changed.connect(self.take_sizes)

    @Slot()
    def take_sizes(self) -> None:
        super().take_sizes()
        for column in AppColumn:
            if column is not AppColumn.LABEL:
                self.setColumnWidth(column, self.painter.width_of(column))

    def sorted_by(self) -> tuple[AppColumn, Qt.SortOrder]:
        """AppColumn and direction of the sorting in force."""
        return self._sorted

    def sort_by(self, column: AppColumn, order: Qt.SortOrder) -> None:
        """Sort by a column, and show it in the header."""
        self._sorted = (column, order)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(column, order)
        self.columns.show_sorting(column, order)
        self.model().sort(column, order)

    @Slot(QPoint)
    def _show_columns_menu(self, place: QPoint) -> None:
        header = self.horizontalHeader()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.columns.fill_header(menu, AppColumn(max(0, header.logicalIndexAt(place))))
        menu.popup(header.mapToGlobal(place))

    @Slot(int)
    def _sort_by(self, section: int) -> None:
        column = AppColumn(section)
        if column is AppColumn.MENU:  # where it says that columns have no room
            header = self.horizontalHeader()
            self._show_columns_menu(QPoint(header.sectionViewportPosition(section), header.height()))
            return
        before, order = self._sorted
        if before is column and order is Qt.SortOrder.AscendingOrder:
            self.sort_by(column, Qt.SortOrder.DescendingOrder)
        else:
            self.sort_by(column, Qt.SortOrder.AscendingOrder)

    def updateGeometries(self) -> None:
        """Let the last row scroll up past the place where toasts appear."""
        bar = self.verticalScrollBar()
        before = bar.value()
        super().updateGeometries()
        if bar.maximum():
            bar.setMaximum(bar.maximum() + self.painter.row_height * ROOM)
            bar.setValue(before)

    def sizeHintForColumn(self, column: int) -> int:
        return self.painter.width_of(AppColumn(column))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.painter.hover(event)
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:  # for the headings or the scroll bar too
            self.painter.hover(None)
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.painter.hover(None)  # another row lies under the pointer now

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        column = self.indexAt(event.position().toPoint()).column()
        if column not in (-1, AppColumn.KEY, AppColumn.MENU):
            self.opened.emit()
        else:
            self.mousePressEvent(event)  # two quick clicks on a button are two clicks

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            event.ignore()  # copying a key is the window's action; Qt would copy the cell's dots
        else:
            super().keyPressEvent(event)
