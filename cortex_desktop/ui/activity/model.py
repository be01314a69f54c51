"""The activity log as a table of days and runs.

Knows the place of each entry in the log, and holds only those that were shown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta
from enum import IntEnum
from operator import neg
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from ...domain.activity import ACTION_WORDS, ActivityEntry, Logged, describe
from ...domain.text import Text
from ..kit.i18n import full_day, local, long_time, translate_text
from ..kit.plain import tip
from .reader import Found

Index = QModelIndex | QPersistentModelIndex
KEPT_LINES = 2_000
"""Lines held at most; those shown longest ago go first."""

AROUND = 60
"""Rows before and after those on screen that are fetched with them."""


class ActivityColumn(IntEnum):
    """The table's columns, from left to right."""

    WHEN = 0
    WHAT = 1
    APP = 2
    ORG = 3
    DETAILS = 4
    WHO = 5


class Line:
    """What a row shows. entry: None when the log cannot be read there."""

    def __init__(self, logged: Logged, unreadable: str) -> None:
        self.entry: ActivityEntry | None = logged.entry
        if logged.entry is None:
            self.what, self.details, self.when = unreadable, "", QDateTime()
            return
        self.what = translate_text(Text(ACTION_WORDS[logged.entry.action]))
        self.details = ", ".join(map(translate_text, describe(logged.entry, long_time)))
        self.when = local(logged.entry.when)


# What a row is, in one number, as there may be a million: the place of a run's newest entry, or below zero a day or an
# entry of a run that is open.


def _day_row(day: date) -> int:
    return -1 - 2 * day.toordinal()


def _part_row(place: int) -> int:
    return -2 - 2 * place


class ActivityModel(QAbstractTableModel):
    """Rows are days, and under each its runs of entries, newest first. A run that is open has its entries under it.

    The text of a row is fetched when it is shown.

    wanted(list[int]): fetch the lines at these places and `put` them.
    """

    wanted = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places: list[int] = []
        self._rows: list[int] = []
        self._open: dict[int, int] = {}  # how many rows are under a run, by the place that its row holds
        self._newest = self._oldest = date.min  # the days of the first and of the last row
        self._lines: OrderedDict[int, Line] = OrderedDict()
        self._asked: set[int] = set()
        self._first = self._last = -1  # the rows that were shown without their text
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._ask)

    # For the page

    def clear(self) -> None:
        """Remove all rows."""
        self.beginResetModel()
        self._places, self._rows, self._open = [], [], {}
        self._newest = self._oldest = date.min
        self.endResetModel()
        self.give_up()

    def give_up(self) -> None:
        """Forget which lines were asked for: they are not wanted any more, or cannot be read."""
        self._asked.clear()
        self._first = self._last = -1

    def add_older(self, found: Found) -> None:
        """Add rows at the end."""
        rows = self._divide(found, self._oldest)
        last = len(self._rows) - 1
        if last >= 0 and self._part_of(last) is not None:  # the last run is open, and may go on
            more = len(found.places) if not found.runs else found.places.index(found.runs[0])
            self._open[self._rows[self.run_of(last)]] += more
            rows = [*map(_part_row, found.places[:more]), *rows]
        self._places += found.places
        self._insert(len(self._rows), rows)
        if found.days:
            self._oldest = list(found.days.values())[-1]
        if self._newest == date.min and found.days:
            self._newest = next(iter(found.days.values()))
        if last >= 0 and found.runs[:1] != found.places[:1]:
            self._changed(last)  # its run goes on

    def add_newer(self, found: Found) -> int:
        """Add rows at the beginning, and return how many: a run that goes on has its row already."""
        count = len(self._rows)
        rows = self._divide(found)
        days = [at for at, row in enumerate(rows) if row < 0]
        under = 0  # rows that come under the day which is the first already
        if self._rows and self._rows[0] < 0 and days and rows[days[-1]] == self._rows[0]:
            rows, under = rows[: days[-1]] + rows[days[-1] + 1 :], len(rows) - days[-1] - 1
        self._places[:0] = found.places
        if found.joins and under:
            run, rows, under = rows[-1], rows[:-1], under - 1
            self._go_on(1, run, found.places[found.places.index(run) :])
        self._insert(1, rows[len(rows) - under :])
        self._insert(0, rows[: len(rows) - under])
        if found.days:
            self._newest = next(iter(found.days.values()))
            if self._oldest == date.min:
                self._oldest = list(found.days.values())[-1]
        return len(self._rows) - count

    def toggle(self, row: int) -> bool:
        """Open the run in this row, or close it. False if it is no run of several entries."""
        if self.count_of(row) < 2:
            return False
        place = self._rows[row]
        if place in self._open:
            count = self._open.pop(place)
            self.beginRemoveRows(QModelIndex(), row + 1, row + count)
            del self._rows[row + 1 : row + 1 + count]
            self.endRemoveRows()
        else:
            begin, end = self._span(row)
            self._insert(row + 1, list(map(_part_row, self._places[begin:end])))
            self._open[place] = end - begin
        self._changed(row)
        return True

    @property
    def entry_count(self) -> int:
        """How many entries are listed."""
        return len(self._places)

    def day_of(self, row: int) -> date | None:
        """The day that the row is the heading of, None if it is none."""
        number = -1 - self._rows[row]
        return date.fromordinal(number // 2) if number >= 0 and not number % 2 else None

    def count_of(self, row: int) -> int:
        """How many entries the row stands for: of its run, 1 for an entry of an open run, 0 for a day."""
        if self._rows[row] < 0:
            return 0 if self._part_of(row) is None else 1
        begin, end = self._span(row)
        return end - begin

    def is_open(self, row: int) -> bool:
        """True if the entries of the row's run are under it."""
        return self._rows[row] in self._open

    def run_of(self, row: int) -> int:
        """The row of the run that this row's entry belongs to."""
        while self._part_of(row) is not None:
            row -= 1
        return row

    def is_part(self, row: int) -> bool:
        """True if the row is an entry under its open run."""
        return self._part_of(row) is not None

    def put(self, places: Sequence[int], lines: Sequence[Logged]) -> None:
        """Take the lines at these places, and show them."""
        unreadable = self.tr("Unreadable line")
        for place, logged in zip(places, lines, strict=True):
            self._lines[place] = Line(logged, unreadable)
            self._lines.move_to_end(place)
        self._asked.difference_update(places)
        while len(self._lines) > KEPT_LINES:
            self._lines.popitem(last=False)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, ActivityColumn.WHO))
        if self._first >= 0:
            self._soon.start()

    def line(self, row: int) -> Line | None:
        """What the row shows, None while it is being fetched and for a day."""
        place = self._place_of(row) if 0 <= row < len(self._rows) else None
        if place is None:
            return None
        line = self._lines.get(place)
        if line is None:
            self._first = row if self._first < 0 else min(self._first, row)
            self._last = max(self._last, row)
            if not self._asked and not self._soon.isActive():
                self._soon.start()
        return line

    def places(self) -> Sequence[int]:
        """The places of all entries, newest first; a copy."""
        return self._places[:]

    def day_words(self, day: date) -> str:
        """The heading of a day: “Today”, “Yesterday”, else its date."""
        today = date.today()  # noqa: DTZ011 (where the person is)
        if day == today:
            return self.tr("Today")
        return self.tr("Yesterday") if day == today - timedelta(days=1) else full_day(day)

    def times_words(self, row: int) -> str:
        """How often the entry of a run was made; empty for a single one."""
        count = self.count_of(row)
        return self.tr("%Ln time(s)", "", count) if count > 1 else ""

    # For Qt

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(ActivityColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return (
                self.tr("When"),
                self.tr("What"),
                self.tr("App"),
                self.tr("Organization"),
                self.tr("Details"),
                self.tr("Who"),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A day cannot be chosen: the keyboard passes over it."""
        if not index.isValid() or self.day_of(index.row()) is not None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        roles = Qt.ItemDataRole
        spoken = (roles.AccessibleTextRole, roles.AccessibleDescriptionRole)
        if role not in (roles.DisplayRole, roles.ToolTipRole, *spoken):
            return None
        row, column = index.row(), index.column()
        day = self.day_of(row)
        if day is not None:
            words = role in (roles.DisplayRole, roles.AccessibleTextRole) and column == ActivityColumn.WHEN
            return self.day_words(day) if words else ""
        line = self.line(row)
        if line is None:
            return None
        if role == roles.ToolTipRole:
            return self._tip(line)
        if role == roles.AccessibleDescriptionRole:
            return self.state_words(row)
        if role == roles.AccessibleTextRole and column == ActivityColumn.WHEN and line.entry is not None:
            return long_time(line.entry.when)
        text = self.texts(line)[column]
        if role == roles.AccessibleTextRole and column == ActivityColumn.WHAT:
            return ", ".join(part for part in (text, self.times_words(row), self.state_words(row)) if part)
        return text

    def state_words(self, row: int) -> str:
        """Whether a run is open, in a word; empty for a single entry."""
        if self.count_of(row) < 2:
            return ""
        return self.tr("expanded") if self.is_open(row) else self.tr("collapsed")

    def texts(self, line: Line) -> tuple[str, ...]:
        """What the cells of an entry's row show, by column."""
        entry = line.entry
        if entry is None:
            return "", line.what, "", "", line.details, ""
        time = QLocale().toString(line.when.time(), QLocale.FormatType.ShortFormat)
        return time, line.what, entry.label, entry.org_name, line.details, entry.who

    def copied(self, row: int) -> str:
        """The row for a clipboard, its parts divided by tabs; empty for a day, and while it is being fetched."""
        line = self.line(row)
        if line is None or line.entry is None:
            return ""
        entry = line.entry
        times = self.times_words(row)
        what = f"{line.what}, {times}" if times else line.what
        parts = (long_time(entry.when), what, entry.label, entry.org_name, line.details, entry.who, entry.computer)
        return "\t".join(part.replace("\t", " ").replace("\n", " ") for part in parts)

    # Inside

    def _divide(self, found: Found, after: date = date.min) -> list[int]:
        """The rows of these entries, with their days before them. after: the day above them."""
        rows: list[int] = []
        at = 0
        for place, day in found.days.items():
            until = found.runs.index(place, at)
            rows += found.runs[at:until]
            if day != after:
                rows.append(_day_row(day))
            at, after = until, day
        return rows + found.runs[at:]

    def _insert(self, at: int, rows: list[int]) -> None:
        if rows:
            self.beginInsertRows(QModelIndex(), at, at + len(rows) - 1)
            self._rows[at:at] = rows
            self.endInsertRows()

    def _go_on(self, row: int, run: int, places: Sequence[int]) -> None:
        """Have the run in this row begin at the place `run`: with these entries, which are newer."""
        count = self._open.pop(self._rows[row], 0)
        self._rows[row] = run
        if count:
            self._open[run] = count + len(places)
            self._insert(row + 1, list(map(_part_row, places)))
        self._changed(row)

    def _changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, ActivityColumn.WHO))

    def _part_of(self, row: int) -> int | None:
        """The place of an entry under its open run; None for other rows."""
        number = -1 - self._rows[row]
        return number // 2 if number >= 0 and number % 2 else None

    def _place_of(self, row: int) -> int | None:
        """The place of the entry that the row shows; None for a day."""
        return self._rows[row] if self._rows[row] >= 0 else self._part_of(row)

    def _span(self, row: int) -> tuple[int, int]:
        """From where to where in the places the entries of the row's run are."""
        place = self._rows[row]
        next_row = row + 1 + self._open.get(place, 0)
        while next_row < len(self._rows) and self._rows[next_row] < 0:
            next_row += 1  # a day
        # Places go down.
        begin = bisect_left(self._places, -place, key=neg)
        if next_row >= len(self._rows):
            return begin, len(self._places)
        return begin, bisect_left(self._places, -self._rows[next_row], key=neg)

    def _tip(self, line: Line) -> str:
        """Everything about the entry, since columns are narrow and times are short."""
        entry = line.entry
        if entry is None:
            return line.what
        by = self.tr("{who} on {computer}").format(who=entry.who, computer=entry.computer)
        parts = [line.what, entry.label, line.details, entry.org_name, long_time(entry.when), by]
        return tip("\n".join(part for part in parts if part))

    def _ask(self) -> None:
        """Ask for what is on screen; what was there before, while scrolling, is not needed any more."""
        if self._first < 0 or self._asked:
            return
        last = self._last
        first = max(self._first, last - 4 * AROUND)
        self._first = self._last = -1
        rows = range(max(0, first - AROUND), min(last + AROUND, len(self._rows)))
        shown = (self._place_of(row) for row in rows)
        places = [place for place in shown if place is not None and place not in self._lines]
        if places:
            self._asked.update(places)
            self.wanted.emit(places)
