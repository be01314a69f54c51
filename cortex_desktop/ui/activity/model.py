"""The activity log as a table. Knows the place of each entry in the log, and holds only those that were shown."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QDate,
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
from ..kit.i18n import local, long_date, long_time, translate_text
from ..kit.plain import tip

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


class ActivityModel(QAbstractTableModel):
    """Rows are places in the log, newest first. Their text is fetched when they are shown.

    wanted(list[int]): fetch the lines at these places and `put` them.
    """

    wanted = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places: list[int] = []
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
        self._places = []
        self.endResetModel()
        self.give_up()

    def give_up(self) -> None:
        """Forget which lines were asked for: they are not wanted any more, or cannot be read."""
        self._asked.clear()
        self._first = self._last = -1

    def add_older(self, places: Sequence[int]) -> None:
        """Add rows at the end."""
        count = len(self._places)
        self.beginInsertRows(QModelIndex(), count, count + len(places) - 1)
        self._places.extend(places)
        self.endInsertRows()

    def add_newer(self, places: Sequence[int]) -> None:
        """Add rows at the beginning."""
        self.beginInsertRows(QModelIndex(), 0, len(places) - 1)
        self._places = [*places, *self._places]
        self.endInsertRows()

    def put(self, places: Sequence[int], lines: Sequence[Logged]) -> None:
        """Take the lines at these places, and show them."""
        unreadable = self.tr("Unreadable line")
        for place, logged in zip(places, lines, strict=True):
            self._lines[place] = Line(logged, unreadable)
            self._lines.move_to_end(place)
        self._asked.difference_update(places)
        while len(self._lines) > KEPT_LINES:
            self._lines.popitem(last=False)
        if self._places:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._places) - 1, ActivityColumn.WHO))
        if self._first >= 0:
            self._soon.start()

    def line(self, row: int) -> Line | None:
        """What the row shows, None while it is being fetched."""
        if not 0 <= row < len(self._places):
            return None
        line = self._lines.get(self._places[row])
        if line is None:
            self._first = row if self._first < 0 else min(self._first, row)
            self._last = max(self._last, row)
            if not self._asked and not self._soon.isActive():
                self._soon.start()
        return line

    def places(self) -> Sequence[int]:
        """The places of all rows, newest first; a copy."""
        return self._places[:]

    def when_words(self, line: Line) -> str:
        """When it was: the time today, “Yesterday”, else the date; empty for an unreadable line."""
        if line.entry is None:
            return ""
        today = QDate.currentDate()
        if line.when.date() == today:
            return QLocale().toString(line.when.time(), QLocale.FormatType.ShortFormat)
        if line.when.date().daysTo(today) == 1:
            return self.tr("Yesterday")
        return long_date(line.entry.when)

    # For Qt

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._places)

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

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
        if role not in roles:
            return None
        line = self.line(index.row())
        if line is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line)
        if (
            role == Qt.ItemDataRole.AccessibleTextRole
            and index.column() == ActivityColumn.WHEN
            and line.entry is not None
        ):
            return long_time(line.entry.when)
        return self.texts(line)[index.column()]

    def texts(self, line: Line) -> tuple[str, ...]:
        """What the cells of a row show, by column."""
        entry = line.entry
        if entry is None:
            return "", line.what, "", "", line.details, ""
        return self.when_words(line), line.what, entry.label, entry.org_name, line.details, entry.who

    def copied(self, row: int) -> str:
        """The row for a clipboard, its parts divided by tabs; empty while it is being fetched."""
        line = self.line(row)
        if line is None or line.entry is None:
            return ""
        entry = line.entry
        parts = (long_time(entry.when), line.what, entry.label, entry.org_name, line.details, entry.who, entry.computer)
        return "\t".join(part.replace("\t", " ").replace("\n", " ") for part in parts)

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
        rows = self._places[max(0, first - AROUND) : last + AROUND]
        places = [place for place in rows if place not in self._lines]
        if places:
            self._asked.update(places)
            self.wanted.emit(places)
