"""The apps of one org as a table. Holds no key: only its first and last four characters, like the database."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from ...domain.model import App, AppState, fold
from ...services.requests import masked
from ..i18n import long_date, long_time

Index = QModelIndex | QPersistentModelIndex
AppRole = Qt.ItemDataRole.UserRole
_NUMBER = re.compile(r"\d+")


class Column(IntEnum):
    """The table's columns, from left to right."""

    LABEL = 0
    KEY = 1
    SESSIONS = 2
    CSRF = 3
    STATUS = 4
    CREATED = 5
    MENU = 6


class Status(IntEnum):
    """What the Status column says, in sorting order."""

    ENABLED = 0
    DISABLED = 1
    KEY_MISSING = 2
    UNFINISHED = 3


class Row:
    """An app with what searching and sorting need, made once: folded text and a label that sorts "2" before "10"."""

    __slots__ = ("app", "created", "found_by", "sort_label")

    def __init__(self, app: App) -> None:
        folded = fold(app.label)
        self.app = app
        self.created = ""  # the date in words, once it was asked for
        self.found_by = f"{folded}\n{app.key_ends.head.lower()}\n{app.key_ends.tail.lower()}"
        self.sort_label = _NUMBER.sub(lambda m: m[0].zfill(12), folded) if any(map(str.isdigit, folded)) else folded


class AppsModel(QAbstractTableModel):
    """Filters and sorts its own list: a proxy model is 20 to 600 times slower here (hazard H-Q6).

    rearranged: the visible rows are others, or in another order.
    """

    rearranged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []  # all, by label
        self._ordered: list[Row] = []  # all, as sorted now
        self._visible: list[Row] = []  # those that match, as sorted now
        self._query = ""
        self._only: Status | None = None
        self._sort = (Column.CREATED, Qt.SortOrder.DescendingOrder)
        self._missing: set[str] = set()
        self._revealed = ""

    # What the page does with it

    @property
    def total(self) -> int:
        """How many apps there are, visible or not."""
        return len(self._rows)

    def all_apps(self) -> list[App]:
        """Every app, visible or not."""
        return [row.app for row in self._rows]

    def app_at(self, row: int) -> App | None:
        """The app in this visible row."""
        return self._visible[row].app if 0 <= row < len(self._visible) else None

    def row_of(self, app_id: str) -> int:
        """The visible row of this app, or -1."""
        return next((number for number, row in enumerate(self._visible) if row.app.id == app_id), -1)

    def find(self, app_id: str) -> App | None:
        """The app, visible or not."""
        return next((row.app for row in self._rows if row.app.id == app_id), None)

    def searched(self) -> Iterator[tuple[str, App]]:
        """Every app with the folded text that it is found by, by label."""
        return ((row.found_by, row.app) for row in self._rows)

    def created_words(self, row: int) -> str:
        """When the app in this visible row was created, for the table."""
        shown = self._visible[row]
        if 0 <= (datetime.now(UTC) - shown.app.created).total_seconds() < 60:
            return self.tr("Just now")
        if not shown.created:
            shown.created = long_date(shown.app.created)
        return shown.created

    def has_label(self, label: str) -> bool:
        """Whether an app has this label already, whatever its case."""
        wanted = fold(label.strip())
        return any(fold(row.app.label) == wanted for row in self._rows)

    def load(self, rows: Sequence[Row]) -> None:
        """Show these apps and no others. Quickest with what `sorted_rows` gives."""
        self._rows = sorted(rows, key=_by_label)
        self._order()

    def put(self, app: App) -> None:
        """Add the app, or show its new state."""
        self._rows = [row for row in self._rows if row.app.id != app.id]
        insort(self._rows, Row(app), key=_by_label)
        self._order()

    def remove(self, app_id: str) -> None:
        """Show this app no more."""
        self._rows = [row for row in self._rows if row.app.id != app_id]
        self._order()

    def filter(self, query: str, only: Status | None = None) -> None:
        """Show the apps whose label or key ends hold every word of `query` and, if given, that have this status."""
        narrower = only is self._only and query.startswith(self._query) and bool(self._query)
        self._query = query
        self._only = only
        self._select(self._visible if narrower else self._ordered)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; apps that are equal there are in the order of their labels."""
        if 0 <= column < Column.MENU:
            self._sort = (Column(column), order)
            self._order()

    def mark_missing(self, app_id: str) -> None:
        """Show that the keychain holds no key for this app."""
        self._missing.add(app_id)
        self._changed(app_id)

    def mark_whole(self, app_id: str) -> None:
        """The app has a new key, which is in the keychain."""
        self._missing.discard(app_id)

    def mark_revealed(self, app_id: str) -> None:
        """Say in words which app's key is readable now, if any; the key itself stays outside."""
        old, self._revealed = self._revealed, app_id
        self._changed(old)
        self._changed(app_id)

    def status(self, app: App) -> Status:
        """What the Status column says of this app."""
        if app.state is AppState.CREATING:
            return Status.UNFINISHED
        if app.id in self._missing:
            return Status.KEY_MISSING
        return Status.ENABLED if app.enabled else Status.DISABLED

    def status_words(self, status: Status) -> tuple[str, str]:
        """Word and tone of a status."""
        return {
            Status.ENABLED: (self.tr("Enabled"), "success"),
            Status.DISABLED: (self.tr("Disabled"), "muted"),
            Status.KEY_MISSING: (self.tr("Key missing"), "danger"),
            Status.UNFINISHED: (self.tr("Not finished"), "warning"),
        }[status]

    # What Qt asks

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._visible)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        names = (
            self.tr("Label"),
            self.tr("API Key"),
            self.tr("Sessions"),
            self.tr("CSRF Protection"),
            self.tr("Status"),
            self.tr("Created"),
            "",
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return names[section]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return names[section] or self.tr("Actions")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        app = self.app_at(index.row())
        if app is None:
            return None
        if role == AppRole:
            return app
        texts = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
        if role in texts and index.column() == Column.CREATED:
            return self.created_words(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(app, Column(index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(app, Column(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(app, Column(index.column()))
        return None

    def _text(self, app: App, column: Column) -> str:
        match column:
            case Column.LABEL:
                return app.label
            case Column.KEY:
                return masked(app)
            case Column.SESSIONS:
                return self._on(app.sessions)
            case Column.CSRF:
                return self._on(app.csrf)
            case Column.STATUS:
                return self.status_words(self.status(app))[0]
            case Column.CREATED:
                return long_time(app.created)
            case Column.MENU:
                return ""

    def _spoken(self, app: App, column: Column) -> str:
        match column:
            case Column.KEY if app.id == self._revealed:
                return self.tr("API key, shown, ends with {end}").format(end=app.key_ends.tail)
            case Column.KEY:
                return self.tr("API key, hidden, ends with {end}").format(end=app.key_ends.tail)
            case Column.SESSIONS:
                return self.tr("Sessions: {state}").format(state=self._on(app.sessions))
            case Column.CSRF:
                return self.tr("CSRF Protection: {state}").format(state=self._on(app.csrf))
            case Column.MENU:
                return self.tr("Actions for {label}").format(label=app.label)
            case _:
                return self._text(app, column)

    def _tip(self, app: App, column: Column) -> str | None:
        match column:
            case Column.LABEL:
                return app.label
            case Column.CREATED:
                return long_time(app.created)
            case Column.STATUS if self.status(app) is Status.UNFINISHED:
                return self.tr("The keychain did not confirm this key yet. It is settled when the keychain answers.")
            case Column.STATUS if self.status(app) is Status.KEY_MISSING:
                return self.tr("The keychain no longer holds this key.")
            case _:
                return None

    def _on(self, value: bool) -> str:
        return self.tr("On") if value else self.tr("Off")

    def _changed(self, app_id: str) -> None:
        row = self.row_of(app_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, Column.MENU))

    def _order(self) -> None:
        column, order = self._sort
        down = order is Qt.SortOrder.DescendingOrder
        match column:
            case Column.LABEL:
                self._ordered = self._rows[::-1] if down else self._rows
            case Column.KEY:
                self._ordered = sorted(self._rows, key=lambda row: row.app.key_ends.head, reverse=down)
            case Column.SESSIONS:
                self._ordered = sorted(self._rows, key=lambda row: row.app.sessions, reverse=down)
            case Column.CSRF:
                self._ordered = sorted(self._rows, key=lambda row: row.app.csrf, reverse=down)
            case Column.STATUS:
                self._ordered = sorted(self._rows, key=lambda row: self.status(row.app), reverse=down)
            case _:
                self._ordered = sorted(self._rows, key=lambda row: row.app.created, reverse=down)
        self._select(self._ordered)

    def _select(self, rows: list[Row]) -> None:
        """Show those of `rows` that match what is searched for."""
        only, words = self._only, fold(self._query).split()
        if only is not None:
            rows = [row for row in rows if self.status(row.app) is only]
        for word in words:
            rows = [row for row in rows if word in row.found_by]
        self.beginResetModel()
        self._visible = rows
        self.endResetModel()
        self.rearranged.emit()


def _by_label(row: Row) -> str:
    return row.sort_label


def sorted_rows(apps: Sequence[App]) -> list[Row]:
    """The apps' rows by label, for `AppsModel.load`; takes a while for thousands, so make them off the GUI thread."""
    return sorted((Row(app) for app in apps), key=_by_label)
