"""Which apps are selected in the table: one, several or none."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTableView

from ...domain.model import App
from ..kit.widgets import Button, IconButton, Look, announce, label
from .model import AppsModel

ANNOUNCE_MS = 300
"""How long the selection stays unchanged before its count is read out."""

_ROWS = QItemSelectionModel.SelectionFlag.Rows
_ALONE = QItemSelectionModel.SelectionFlag.ClearAndSelect | _ROWS


class Selection(QObject):
    """The table's selection, which finds its apps again after the rows were rearranged.

    changed: other apps are selected. It does not report rearranged rows; the model does.
    """

    changed = Signal()

    def __init__(self, table: QTableView, model: AppsModel) -> None:
        super().__init__(table)
        self._table = table
        self._model = model
        self._selected = table.selectionModel()
        self._app_id = ""  # of the current row
        self._parts: list[tuple[int, int]] = []  # first and last row of each run that is selected
        self._several: set[str] = set()  # what a reset is about to forget
        self._restoring = False
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(ANNOUNCE_MS)
        self._settled.timeout.connect(self._announce)
        self._selected.selectionChanged.connect(self._changed)
        self._selected.currentChanged.connect(self._current_changed)
        model.modelAboutToBeReset.connect(self._remember)

    @property
    def count(self) -> int:
        """How many rows are selected."""
        return sum(last - first + 1 for first, last in self._parts)

    def current(self) -> App | None:
        """The selected app if it is the only one."""
        return self._model.app_at(self._parts[0][0]) if self.count == 1 else None

    def any_enabled(self) -> bool:
        """True if one of the selected apps is enabled; looks no further than the first."""
        return any(app.enabled for first, last in self._parts for app in self._model.each_at(first, last))

    def apps(self) -> list[App]:
        """The selected apps, from top to bottom."""
        return [app for first, last in self._parts for app in self._model.apps_at(first, last)]

    def choose(self, app_id: str) -> None:
        """Select this app alone, if it is visible."""
        row = self._model.row_of(app_id)
        if row >= 0:
            self.choose_row(row)

    def choose_row(self, row: int, column: int = -1) -> None:
        """Select this row alone; its cell in `column`, else in the column as before, becomes the current one."""
        # The table's own setCurrentIndex goes by what keys happen to be held down.
        index = self._model.index(row, max(0, self._table.currentIndex().column()) if column < 0 else column)
        self._selected.setCurrentIndex(index, _ALONE)

    def restore(self) -> None:
        """Select the same apps in their new places, or none if none is visible."""
        self._restoring = True
        try:
            self._restore()
        finally:
            self._restoring = False

    def _restore(self) -> None:
        several, self._several = self._model.rows_of(self._several) if self._several else [], set()
        row = self._model.row_of(self._app_id)
        if len(several) > 1:
            found = QItemSelection()
            last = self._model.columnCount() - 1
            for first, until in _runs(several):
                found.append(QItemSelectionRange(self._model.index(first, 0), self._model.index(until, last)))
            self._selected.select(found, _ALONE)
            if row >= 0:
                self._selected.setCurrentIndex(self._model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        elif several:
            self.choose_row(several[0])
        elif row >= 0 and not self.count:
            self.choose_row(row)

    @Slot()
    def _remember(self) -> None:
        self._several = {app.id for app in self.apps()} if self.count > 1 else set()
        self._parts = []

    @Slot()
    def _changed(self) -> None:
        rows = {r for part in self._selected.selection().toList() for r in range(part.top(), part.bottom() + 1)}
        self._parts = _runs(sorted(rows))
        self._settled.start()
        if not self._restoring:
            self.changed.emit()

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        app = self._model.app_at(current.row())
        if app is not None:
            self._app_id = app.id

    @Slot()
    def _announce(self) -> None:
        count = self.count
        if count > 1:  # one is read out as the row that it is
            announce(self._table, self.tr("%Ln app(s) selected", "", count))


class SelectionBar(QFrame):
    """How many apps are selected and what can be done to all of them; hidden while fewer than two are.

    It stands below the table, so that no row moves when it appears. cleared: the person selects none.
    """

    rotate_asked = Signal()
    enable_asked = Signal()
    disable_asked = Signal()
    delete_asked = Signal()
    cleared = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bulk")
        self._count = label("", "strong")
        self._rotate = Button(self.tr("Rotate"), look)
        self._enable = Button(self.tr("Enable"), look)
        self._disable = Button(self.tr("Disable"), look)
        self._delete = Button(self.tr("Delete"), look, "danger")
        clear = IconButton("x", self.tr("Clear the selection"), look)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(6)
        row.addWidget(self._count)
        row.addSpacing(6)
        # The details panel has buttons of the same words.
        for button, asked, name in (
            (self._rotate, self.rotate_asked, self.tr("Rotate the selected apps")),
            (self._enable, self.enable_asked, self.tr("Enable the selected apps")),
            (self._disable, self.disable_asked, self.tr("Disable the selected apps")),
            (self._delete, self.delete_asked, self.tr("Delete the selected apps")),
        ):
            button.setProperty("compact", True)
            button.setAccessibleName(name)
            button.clicked.connect(asked)
            row.addWidget(button)
        row.addWidget(clear)
        row.addStretch()
        clear.clicked.connect(self.cleared)
        self.hide()

    def show_selected(self, count: int, *, enabled: bool, busy: bool) -> None:
        """Show what can be done to so many apps. enabled: one of them is; busy: bulk work is under way, and so none can
        begin."""
        self._count.setText(self.tr("%Ln selected", "", count))
        self._enable.setVisible(not enabled)
        self._disable.setVisible(enabled)
        for button in (self._rotate, self._enable, self._disable, self._delete):
            button.setEnabled(not busy)
        self.setVisible(count > 1)


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours in the ascending numbers."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
