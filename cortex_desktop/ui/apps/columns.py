"""Which columns the table shows, in which order, and the menus for that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QObject, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView

from .model import AppColumn, AppsModel

USUAL = (
    AppColumn.LABEL,
    AppColumn.KEY,
    AppColumn.SESSIONS,
    AppColumn.CSRF,
    AppColumn.STATUS,
    AppColumn.CREATED,
    AppColumn.AGE,
)
"""The columns shown until a person chooses others."""

ORDER = (*USUAL, AppColumn.OWNER, AppColumn.EXPIRES, AppColumn.ORIGIN, AppColumn.MENU)
GIVEN_UP_FIRST = (
    AppColumn.AGE,
    AppColumn.CREATED,
    AppColumn.CSRF,
    AppColumn.SESSIONS,
    AppColumn.ORIGIN,
    AppColumn.OWNER,
    AppColumn.EXPIRES,
    AppColumn.STATUS,
)
"""Which columns go, in this order, when the table gets narrow; Label and API Key stay."""


Sort = Callable[[AppColumn, Qt.SortOrder], None]


class Columns(QObject):
    """The columns that a person chose, their order and sorting, and the actions to change them.

    width_of(column): the pixels that a column needs; least_width_of(column): that it can do with;
    sort(column, order): what is called to sort.
    """

    def __init__(
        self,
        table: QTableView,
        width_of: Callable[[AppColumn], int],
        least_width_of: Callable[[AppColumn], int],
        sort: Sort,
    ) -> None:
        super().__init__(table)
        self._table = table
        self._header = table.horizontalHeader()
        self._width_of = width_of
        self._least_width_of = least_width_of
        self._sort = sort
        self._sorted = (AppColumn.CREATED, Qt.SortOrder.DescendingOrder)
        self._wanted = set(USUAL)
        self._room = 0
        self._make_actions()
        self._put_in_order()
        self._header.sectionMoved.connect(self._keep_menu_last)
        self._header.sectionResized.connect(self._keep_least)
        table.selectionModel().currentColumnChanged.connect(self._name_moves)

    def fit(self, width: int) -> None:
        """Hide as many columns as it takes for Label and API Key to stay legible in `width` pixels."""
        self._room = width
        shown = [column for column in ORDER if column in self._wanted or column is AppColumn.MENU]
        needed = sum(self._width(column) for column in shown)
        for column in GIVEN_UP_FIRST:
            if column in shown and needed > width:
                shown.remove(column)
                needed -= self._width(column)
        for column in AppColumn:
            hide = column not in shown
            if hide != self._table.isColumnHidden(column):
                self._table.setColumnHidden(column, hide)
        self._announce_columns()

    def show(self, column: AppColumn, yes: bool) -> None:
        """Show or hide a column; Label and API Key are always there."""
        if column in GIVEN_UP_FIRST:
            (self._wanted.add if yes else self._wanted.discard)(column)
            self.fit(self._room)

    def move(self, column: AppColumn, places: int) -> None:
        """Move a column by so many visible places to the right, or to the left when negative."""
        visible = self._visible()
        place = visible.index(column) + places if column in visible else -1
        if 0 <= place < len(visible):
            header = self._header
            header.moveSection(header.visualIndex(column), header.visualIndex(visible[place]))

    def reset(self) -> None:
        """Restore the columns as they were at first."""
        self._wanted = set(USUAL)
        self._put_in_order()
        for column in AppColumn:
            if column is not AppColumn.LABEL:
                self._table.setColumnWidth(column, self._width_of(column))
        self.fit(self._room)

    def state(self) -> tuple[QByteArray, str]:
        """Order and widths, and the names of the columns shown: for `restore`."""
        return self._header.saveState(), " ".join(column.name for column in ORDER if column in self._wanted)

    def restore(self, header: QByteArray, shown: str) -> None:
        """Restore such a state; ignore one that makes no sense."""
        names = shown.split()
        if "LABEL" in names:
            self._wanted = {
                AppColumn.LABEL,
                AppColumn.KEY,
                *(column for column in GIVEN_UP_FIRST if column.name in names),
            }
        if not header.isEmpty() and self._header.restoreState(header):
            self._header.setSectionResizeMode(AppColumn.LABEL, QHeaderView.ResizeMode.Stretch)
            for column in (AppColumn.KEY, AppColumn.MENU):
                self._header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                self._table.setColumnWidth(column, self._width_of(column))
            for column in AppColumn:
                self._keep_least(column, 0, self._header.sectionSize(column))
            self._keep_menu_last()
        self.fit(self._room)

    def show_sorting(self, column: AppColumn, order: Qt.SortOrder) -> None:
        """Check the actions of the current sorting."""
        self._sorted = (column, order)
        self._sorts[column].setChecked(True)
        self._orders[order].setChecked(True)

    # Menus

    def fill_columns(self, menu: QMenu) -> None:
        """Add the actions that show, hide and move columns; those that move act on the current cell's column."""
        menu.addActions(list(self._shows.values()))
        menu.addSeparator()
        menu.addActions([*self._moves.values()])
        menu.addSeparator()
        menu.addAction(self._reset)

    def fill_sorting(self, menu: QMenu) -> None:
        """Add the actions that sort."""
        menu.addActions(list(self._sorts.values()))
        menu.addSeparator()
        menu.addActions(list(self._orders.values()))

    def fill_header(self, menu: QMenu, column: AppColumn) -> None:
        """Add the actions of a column's heading."""
        menu.addActions(list(self._shows.values()))
        menu.addSeparator()
        visible = self._visible()
        for places in self._moves:
            action = menu.addAction(self._move_words(column, places), partial(self.move, column, places))
            action.setEnabled(column in visible and 0 <= visible.index(column) + places < len(visible))
        menu.addSeparator()
        menu.addAction(self._reset)

    # Inside

    def _make_actions(self) -> None:
        columns = [column for column in ORDER if column is not AppColumn.MENU]
        self._shows: dict[AppColumn, QAction] = {}
        self._sorts: dict[AppColumn, QAction] = {}
        self._orders: dict[Qt.SortOrder, QAction] = {}
        by, order = QActionGroup(self), QActionGroup(self)
        for column in columns:
            name = self._name(column)
            self._sorts[column] = action = self._choice(name, self.tr("Sort by {column}").format(column=name))
            by.addAction(action)
            action.triggered.connect(partial(self._sort_by, column))
            if column in GIVEN_UP_FIRST:
                self._shows[column] = action = self._choice(name, self.tr("Column: {column}").format(column=name))
                action.triggered.connect(partial(self._toggle, column))
        for direction, text, full in (
            (Qt.SortOrder.AscendingOrder, self.tr("Ascending"), self.tr("Sort ascending")),
            (Qt.SortOrder.DescendingOrder, self.tr("Descending"), self.tr("Sort descending")),
        ):
            self._orders[direction] = action = self._choice(text, full)
            order.addAction(action)
            action.triggered.connect(partial(self._sort_in, direction))
        self._moves = {-1: QAction(self), 1: QAction(self)}
        for places, action in self._moves.items():
            action.triggered.connect(partial(self._move_current, places))
        self._reset = QAction(self.tr("Reset columns"), self)
        self._reset.triggered.connect(self.reset)
        self._name_moves()

    def _choice(self, text: str, full: str) -> QAction:
        """A checkable action. full: its name outside its menu."""
        action = QAction(text, self)
        action.setToolTip(full)
        action.setCheckable(True)
        return action

    @Slot()
    def _name_moves(self) -> None:
        for places, action in self._moves.items():
            action.setText(self._move_words(self._current(), places))

    def _move_words(self, column: AppColumn, places: int) -> str:
        words = self.tr("Move “{column}” left") if places < 0 else self.tr("Move “{column}” right")
        return words.format(column=self._name(column))

    def _current(self) -> AppColumn:
        column = AppColumn(max(0, self._table.currentIndex().column()))
        return AppColumn.LABEL if column is AppColumn.MENU else column

    def _move_current(self, places: int) -> None:
        self.move(self._current(), places)

    def _toggle(self, column: AppColumn) -> None:
        self.show(column, column not in self._wanted)

    def _sort_by(self, column: AppColumn) -> None:
        self._sort(column, self._sorted[1])

    def _sort_in(self, order: Qt.SortOrder) -> None:
        self._sort(self._sorted[0], order)

    def _announce_columns(self) -> None:
        missing: list[str] = []
        for column, action in self._shows.items():
            wanted = column in self._wanted
            name = self._name(column)
            no_room = wanted and self._table.isColumnHidden(column)
            action.setText(self.tr("{column} (no room now)").format(column=name) if no_room else name)
            action.setChecked(wanted)
            if no_room:
                missing.append(name)
        model = self._table.model()
        assert isinstance(model, AppsModel)
        model.show_missing_columns(missing)

    def _name(self, column: AppColumn) -> str:
        name: str = self._table.model().headerData(column, Qt.Orientation.Horizontal)
        return name

    def _width(self, column: AppColumn) -> int:
        if column is AppColumn.LABEL:  # takes what is left
            return self._width_of(column)
        return self._table.columnWidth(column) or self._width_of(column)

    def _visible(self) -> list[AppColumn]:
        """The columns on screen from left to right, without the menu column."""
        order = (AppColumn(self._header.logicalIndex(place)) for place in range(self._header.count()))
        return [c for c in order if c is not AppColumn.MENU and not self._table.isColumnHidden(c)]

    def _put_in_order(self) -> None:
        for place, column in enumerate(ORDER):
            self._header.moveSection(self._header.visualIndex(column), place)

    @Slot(int, int, int)
    def _keep_least(self, section: int, _: int, width: int) -> None:
        """Keep a column as wide as what stands in it, so that nothing is painted over the next one."""
        if 0 < width < (least := self._least_width_of(AppColumn(section))):
            self._header.resizeSection(section, least)

    def _keep_menu_last(self) -> None:
        last = self._header.count() - 1
        if self._header.visualIndex(AppColumn.MENU) != last:
            self._header.moveSection(self._header.visualIndex(AppColumn.MENU), last)
