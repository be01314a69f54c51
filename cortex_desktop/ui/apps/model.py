"""The apps of one org as a table. Holds no key: only its first and last four characters, like the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from enum import IntEnum
from itertools import filterfalse, islice
from operator import attrgetter
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from ...domain.folding import look, sort_key
from ...domain.model import App, AppState, Origin
from ...domain.query import AppQuery, At, parse
from ...services.snippets import masked
from ..kit.i18n import local, long_date, long_day, long_time
from ..kit.plain import tip
from ..workspace import ListedApp, by_label
from .cortex_check import known_words

Index = QModelIndex | QPersistentModelIndex
AppRole = Qt.ItemDataRole.UserRole


YEAR = 365
"""Days after which a key counts as old."""


class AppColumn(IntEnum):
    """The table's columns. Settings remember them by number, so add new ones at the end."""

    LABEL = 0
    KEY = 1
    SESSIONS = 2
    CSRF = 3
    STATUS = 4
    CREATED = 5
    MENU = 6
    OWNER = 7
    EXPIRES = 8
    ORIGIN = 9
    AGE = 10


class Status(IntEnum):
    """What the Status column shows, in sorting order."""

    ENABLED = 0
    REVIEW_DUE = 1
    EXPIRES_SOON = 2
    EXPIRED = 3
    DISABLED = 4
    KEY_MISSING = 5
    UNFINISHED = 6


class AppsModel(QAbstractTableModel):
    """The list of apps. It filters and sorts by itself: a proxy model is 20 to 600 times slower here (hazard H-Q6).

    rearranged: the visible rows are others, or in another order; attention_changed(int): so many apps need attention,
    visible or not; missing_changed: other keys are marked as missing.
    """

    rearranged = Signal()
    missing_changed = Signal()
    attention_changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[str, ListedApp] = {}  # all, by id
        self._rows: list[ListedApp] = []  # the same, by label
        self._owners: list[str] | None = None
        self._ordered: list[ListedApp] = []  # all, as sorted now
        self._visible: list[ListedApp] = []  # those that match, as sorted now
        self._query = AppQuery()
        self._today = date.today()  # noqa: DTZ011  # where the person is
        self._attention = 0
        self._sort = (AppColumn.CREATED, Qt.SortOrder.DescendingOrder)
        self._missing: set[str] = set()
        self._no_room: list[str] = []  # headings of columns
        self._revealed = ""
        self._names = (
            self.tr("Label"),
            self.tr("API Key"),
            self.tr("Sessions"),
            self.tr("CSRF Protection"),
            self.tr("Status"),
            self.tr("Created"),
            "",
            self.tr("Owner"),
            self.tr("Expires"),
            self.tr("Key from"),
            self.tr("Age"),
        )
        self._origins = {
            Origin.HERE: self.tr("Made here"),
            Origin.CORTEX: self.tr("Cortex"),
            Origin.UNKNOWN: self.tr("Not known"),
        }
        self._status_words = {
            Status.ENABLED: (self.tr("Enabled"), "success"),
            Status.REVIEW_DUE: (self.tr("Review due"), "warning"),
            Status.EXPIRES_SOON: (self.tr("Expires soon"), "warning"),
            Status.EXPIRED: (self.tr("Expired"), "danger"),
            Status.DISABLED: (self.tr("Disabled"), "muted"),
            Status.KEY_MISSING: (self.tr("Key missing"), "danger"),
            Status.UNFINISHED: (self.tr("Not finished"), "warning"),
        }

    # For the page

    @property
    def total(self) -> int:
        """How many apps there are, visible or not."""
        return len(self._rows)

    def all_apps(self) -> list[App]:
        """Every app, visible or not."""
        return [row.app for row in self._rows]

    @property
    def rows(self) -> list[ListedApp]:
        """All apps by label, visible or not, as `load` takes them. Do not change the list."""
        return self._rows

    @property
    def query(self) -> AppQuery:
        """The search in force."""
        return self._query

    @property
    def missing(self) -> AbstractSet[str]:
        """Ids of apps whose key the keychain does not hold."""
        return self._missing

    @property
    def attention(self) -> int:
        """How many apps need attention: those that is:attention finds."""
        return self._attention

    def owners(self) -> list[str]:
        """The owners of apps, those with most apps first. Counted once for many keystrokes."""
        if self._owners is None:
            counted = Counter(row.app.owner for row in self._rows)
            self._owners = [owner for owner, _ in counted.most_common() if owner]
        return self._owners

    def app_at(self, row: int) -> App | None:
        """The app in this visible row."""
        return self._visible[row].app if 0 <= row < len(self._visible) else None

    def apps_at(self, first: int, last: int) -> list[App]:
        """The apps in these visible rows, both ends included."""
        return [row.app for row in self._visible[first : last + 1]]

    def each_at(self, first: int, last: int) -> Iterator[App]:
        """The same, one after the other."""
        return (row.app for row in islice(self._visible, first, last + 1))

    def row_of(self, app_id: str) -> int:
        """The visible row of this app, or -1."""
        row = self._known.get(app_id)
        try:
            return -1 if row is None else self._visible.index(row)
        except ValueError:
            return -1

    def rows_of(self, app_ids: Collection[str]) -> list[int]:
        """The visible rows of these apps, from top to bottom. Give many as a set."""
        return [number for number, row in enumerate(self._visible) if row.app.id in app_ids]

    def find(self, app_id: str) -> App | None:
        """The app, visible or not."""
        return self._known[app_id].app if app_id in self._known else None

    def searched(self) -> Iterator[tuple[str, App]]:
        """Every app with the folded text to search in, sorted by label."""
        return ((row.folded, row.app) for row in self._rows)

    def created_words(self, row: int) -> str:
        """When the app in this visible row was created, for the table."""
        created = self._visible[row].app.created
        if 0 <= (datetime.now(UTC) - created).total_seconds() < 60:
            return self.tr("Just now")
        return long_date(created)

    def expires_words(self, row: int) -> str:
        """The last day of the app in this visible row, for the table; empty when there is none."""
        expires = self._visible[row].app.expires
        return "" if expires is None else long_day(expires)

    def age(self, app: App) -> int:
        """How many days ago the app's key was made, where the person is."""
        made = local(app.rotated or app.created).date()
        return max(0, self._today.toordinal() - date(made.year(), made.month(), made.day()).toordinal())

    def age_words(self, days: int) -> str:
        """This many days as the table writes an age, like the search does: 90d."""
        return self.tr("{number} d").format(number=QLocale().toString(days)) if days else self.tr("Today")

    def has_label(self, label: str, but: str = "") -> bool:
        """True if an app has a label that looks like this. but: the id of one that does not count."""
        wanted = look(label)
        return any(row.look == wanted and row.app.id != but for row in self._rows)

    def load(self, rows: Sequence[ListedApp]) -> None:
        """Show these apps and no others."""
        self._known = {row.app.id: row for row in rows}
        self._take_stock()

    def put(self, app: App) -> None:
        """Add the app, or show its new state."""
        self.put_all([ListedApp(app)])

    def put_all(self, rows: Sequence[ListedApp]) -> None:
        """Add these apps, or show their new states, in one update. Make the rows of many off the GUI thread."""
        self._known.update((row.app.id, row) for row in rows)
        self._take_stock()

    def remove(self, app_id: str) -> None:
        """Remove this app."""
        self.remove_all({app_id})

    def remove_all(self, app_ids: Collection[str]) -> None:
        """Remove these apps, in one update."""
        for app_id in app_ids:
            self._known.pop(app_id, None)
        self._take_stock()

    def filter(self, text: str) -> None:
        """Show the apps that this search finds, and parse it into `query`."""
        self._query = parse(text)
        self._select()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; apps that are equal there are in the order of their labels."""
        if column in list(AppColumn) and column != AppColumn.MENU:
            self._sort = (AppColumn(column), order)
            self._order()

    def show_missing_columns(self, names: Sequence[str]) -> None:
        """Say in the last heading which columns have no room."""
        if list(names) != self._no_room:
            self._no_room = list(names)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, AppColumn.MENU, AppColumn.MENU)

    @Slot()
    def turn_the_page(self) -> None:
        """Update expiry and review states if a new day has begun."""
        if self._today != date.today():  # noqa: DTZ011
            self._take_stock()

    def mark_missing(self, app_id: str) -> None:
        """Show that the keychain holds no key for this app."""
        self._missing.add(app_id)
        self._mark(app_id)

    def mark_whole(self, app_id: str) -> None:
        """Show that the keychain holds the app's key."""
        self._missing.discard(app_id)
        self._mark(app_id)

    def mark_found(self, missing: AbstractSet[str], whole: AbstractSet[str]) -> None:
        """Show which apps' keys the keychain does not hold, and which it does, in one update."""
        marked = (self._missing - whole) | missing
        if marked != self._missing:
            self._missing = marked
            self.missing_changed.emit()
            self._take_stock()

    def mark_revealed(self, app_id: str) -> None:
        """Set which app's key is readable now, for screen readers; empty for none. The key itself stays outside."""
        old, self._revealed = self._revealed, app_id
        self._changed(old)
        self._changed(app_id)

    def status(self, app: App) -> Status:
        """The app's status, for the Status column."""
        if app.state is AppState.CREATING:
            return Status.UNFINISHED
        if app.id in self._missing:
            return Status.KEY_MISSING
        if not app.enabled:
            return Status.DISABLED
        if app.expires is None and app.review is None:
            return Status.ENABLED
        if app.is_expired(self._today):
            return Status.EXPIRED
        if app.expires_soon(self._today):
            return Status.EXPIRES_SOON
        return Status.REVIEW_DUE if app.needs_review(self._today) else Status.ENABLED

    def status_words(self, status: Status) -> tuple[str, str]:
        """Word and tone of a status."""
        return self._status_words[status]

    # For Qt

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._visible)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(AppColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if section == AppColumn.MENU and self._no_room:
            if role == Qt.ItemDataRole.DisplayRole:
                return "+" + QLocale().toString(len(self._no_room))
            if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
                return self.tr("No room for {columns}").format(columns=", ".join(self._no_room))
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._names[section] or self.tr("Actions")
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
        if role in texts and index.column() == AppColumn.CREATED:
            return self.created_words(index.row())
        if role == Qt.ItemDataRole.DisplayRole and index.column() == AppColumn.EXPIRES:
            return self.expires_words(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(app, AppColumn(index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(app, AppColumn(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(app, AppColumn(index.column()))
        return None

    def _text(self, app: App, column: AppColumn) -> str:
        match column:
            case AppColumn.LABEL:
                return app.label
            case AppColumn.KEY:
                return masked(app)
            case AppColumn.SESSIONS:
                return self._on(app.sessions)
            case AppColumn.CSRF:
                return self._on(app.csrf)
            case AppColumn.STATUS:
                return self.status_words(self.status(app))[0]
            case AppColumn.CREATED:
                return long_time(app.created)
            case AppColumn.OWNER:
                return app.owner
            case AppColumn.EXPIRES:
                return long_day(app.expires) if app.expires is not None else ""
            case AppColumn.ORIGIN:
                words = self._origins[app.origin]
                return words if app.known is None else f"{words} · {known_words(app.known)}"
            case AppColumn.AGE:
                return self.age_words(self.age(app))
            case AppColumn.MENU:
                return ""

    def _spoken(self, app: App, column: AppColumn) -> str:
        match column:
            case AppColumn.KEY if app.id == self._revealed:
                return self.tr("API key, shown, ends with {end}").format(end=app.key_ends.tail)
            case AppColumn.KEY:
                return self.tr("API key, hidden, ends with {end}").format(end=app.key_ends.tail)
            case AppColumn.SESSIONS:
                return self.tr("Sessions: {state}").format(state=self._on(app.sessions))
            case AppColumn.CSRF:
                return self.tr("CSRF Protection: {state}").format(state=self._on(app.csrf))
            case AppColumn.OWNER:
                return self.tr("Owner: {owner}").format(owner=app.owner) if app.owner else self.tr("No owner")
            case AppColumn.EXPIRES:
                day = self._text(app, column)
                return self.tr("Expires: {date}").format(date=day) if day else self.tr("Expires: never")
            case AppColumn.ORIGIN:
                return self.tr("Key from: {origin}").format(origin=self._text(app, column))
            case AppColumn.AGE if not self.age(app):
                return self.tr("The key is from today")
            case AppColumn.AGE:
                return self.tr("The key is %Ln day(s) old", "", self.age(app))
            case AppColumn.STATUS:
                tip = self._status_tip(app)
                return f"{self._text(app, column)}. {tip}" if tip else self._text(app, column)
            case AppColumn.MENU:
                return self.tr("Actions for {label}").format(label=app.label)
            case _:
                return self._text(app, column)

    def _tip(self, app: App, column: AppColumn) -> str | None:
        match column:
            case AppColumn.LABEL:
                return tip(app.label)
            case AppColumn.CREATED:
                return long_time(app.created)
            case AppColumn.ORIGIN if app.checked is not None:
                return self.tr("Cortex was asked on {time}.").format(time=long_time(app.checked))
            case AppColumn.AGE:
                made = long_time(app.rotated or app.created)
                return self.tr("The key was made on {time}.").format(time=made)
            case AppColumn.STATUS if self.status(app) is Status.UNFINISHED:
                return self.tr(
                    "The keychain has not confirmed this key yet. It is completed or undone when the keychain answers."
                )
            case AppColumn.STATUS if self.status(app) is Status.KEY_MISSING:
                return self.tr("The keychain does not hold this key.")
            case AppColumn.STATUS:
                return self._status_tip(app) or None
            case AppColumn.OWNER:
                return tip(app.owner) or None
            case _:
                return None

    def _status_tip(self, app: App) -> str:
        """What it means that the app is disabled, expired or due for review; empty when it is none of them."""
        found = []
        if not app.enabled:
            found.append(self.tr("Disabled on this computer only: Cortex goes on taking a key that it made."))
        if app.expires is not None and app.is_expired(self._today):
            found.append(self.tr("Expired on {date}. Nothing was disabled.").format(date=long_day(app.expires)))
        elif app.expires is not None and app.expires_soon(self._today):
            found.append(self.tr("Expires on {date}.").format(date=long_day(app.expires)))
        if app.review is not None and app.needs_review(self._today):
            found.append(self.tr("Review due since {date}.").format(date=long_day(app.review)))
        return " ".join(found)

    def _on(self, value: bool) -> str:
        return self.tr("On") if value else self.tr("Off")

    def _changed(self, app_id: str) -> None:
        row = self.row_of(app_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(AppColumn) - 1))

    def _mark(self, app_id: str) -> None:
        """Update what depends on whether this app's key is missing."""
        self.missing_changed.emit()
        self._count_attention()
        if self._sort[0] is AppColumn.STATUS or self._query.terms:
            self._order()
        self._changed(app_id)

    def _take_stock(self) -> None:
        """Bring everything up to date with the apps in `_known` and with today."""
        self._today = date.today()  # noqa: DTZ011
        self._rows = sorted(self._known.values(), key=by_label)
        self._owners = None
        self._order()
        self._count_attention()

    def _count_attention(self) -> None:
        self._set_attention(sum(map(self._needs_attention, self._rows)))

    def _needs_attention(self, row: ListedApp) -> bool:
        app = row.app
        return bool((app.expires or app.review) and app.needs_attention(self._today)) or app.id in self._missing

    def _set_attention(self, count: int) -> None:
        if count != self._attention:
            self._attention = count
            self.attention_changed.emit(count)

    def _key(self) -> Callable[[ListedApp], Any]:
        """The key of the sorting in force."""
        match self._sort[0]:
            case AppColumn.LABEL:
                return by_label
            case AppColumn.KEY:
                return attrgetter("app.key_ends.head")
            case AppColumn.SESSIONS:
                return attrgetter("app.sessions")
            case AppColumn.CSRF:
                return attrgetter("app.csrf")
            case AppColumn.STATUS:
                return lambda row: self.status(row.app)
            case AppColumn.OWNER:
                return lambda row: sort_key(row.app.owner)
            case AppColumn.EXPIRES:
                return attrgetter("app.expires")
            case AppColumn.ORIGIN:
                return attrgetter("app.origin.value")
            case AppColumn.AGE:
                return lambda row: -(row.app.rotated or row.app.created).timestamp()
            case _:
                return attrgetter("created_at")

    def _order(self) -> None:
        column, order = self._sort
        down = order is Qt.SortOrder.DescendingOrder
        if column is AppColumn.LABEL:
            self._ordered = self._rows[::-1] if down else self._rows
        elif column in (AppColumn.OWNER, AppColumn.EXPIRES):
            self._ordered = _empty_last(self._rows, self._key(), down)
        else:
            self._ordered = sorted(self._rows, key=self._key(), reverse=down)
        self._select()

    def _select(self) -> None:
        """Show the apps that match what is searched for."""
        self._show(self._query.select(self._ordered, self._at()) if self._query.terms else self._ordered)

    def _at(self) -> At:
        return At(datetime.now(UTC), self._today, self._missing)

    def _show(self, rows: list[ListedApp]) -> None:
        """Make these rows the visible ones, and emit what that changes."""
        if _same_apps(rows, self._visible):
            self._visible = rows  # nothing moves, so what is selected and scrolled to stays
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(AppColumn) - 1))
        else:
            self.beginResetModel()
            self._visible = rows
            self.endResetModel()
        self.rearranged.emit()


def _same_apps(rows: list[ListedApp], others: list[ListedApp]) -> bool:
    """True if these are the same apps in the same order."""
    return [row.app.id for row in rows] == [row.app.id for row in others]


def _empty_last(rows: list[ListedApp], key: Callable[[ListedApp], Any], down: bool) -> list[ListedApp]:
    """Sort, with rows whose key is empty last in both directions."""
    # Without a pair for each row: ten thousand of them have Python collect garbage in the middle of it.
    some = sorted(filter(key, rows), key=key, reverse=down)
    return [*some, *filterfalse(key, rows)]
