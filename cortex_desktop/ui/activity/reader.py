"""Reads the activity log with jobs, for the Activity page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.activity import Action, Break, Logged, Piece
from ...domain.errors import CortexError
from ...services.history import Export, History
from ...tasks.jobs import Jobs
from ...tasks.lanes import Lane, LongJob

T = TypeVar("T")

HAND_OUT_SECONDS = 0.1
"""How often the list grows while a search goes on. What is found first is there at once."""


@dataclass(frozen=True)
class Wanted:
    """The query of the list; see `History.find`."""

    text: str = ""
    org_id: str = ""
    app_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    action: Action | None = None


@dataclass
class Found:
    """Entries that were found, newest first: places, runs, days as in `domain.activity.Piece`.

    joins: the last of them and the newest that was found before belong to one run.
    """

    places: list[int] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    days: dict[int, date] = field(default_factory=dict)
    joins: bool = False

    def add(self, piece: Piece) -> None:
        """Add what was found further down."""
        self.places += piece.places
        self.runs += piece.runs
        self.days |= piece.days

    def newer_than(self, end: int) -> Found:
        """Those that begin at the place `end` or after it."""
        places = [place for place in self.places if place >= end]
        runs = [place for place in self.runs if place >= end]
        older = self.places[len(places) :]
        joins = bool(places and older) and older[0] not in self.runs
        return Found(places, runs, {place: day for place, day in self.days.items() if place >= end}, joins)


class ActivityReader(QObject):
    """Lists entries, reads lines, checks the log and exports it, each with a job.

    begun: what is listed begins anew; older, newer(Found): more entries; complete: that is all;
    fetched(list[int], list[Logged]): lines that were asked for; broken(list[Break]): what is wrong with the log;
    failed(CortexError): it cannot be read; progressed(float), exported(Export), export_failed(CortexError).
    Lists travel as objects: a Signal(list) copies each of ten thousand places to C++ and back.
    """

    begun = Signal()
    older = Signal(object)
    newer = Signal(object)
    complete = Signal()
    fetched = Signal(object, object)
    broken = Signal(object)
    failed = Signal(CortexError)
    progressed = Signal(float)
    exported = Signal(Export)
    export_failed = Signal(CortexError)

    def __init__(self, jobs: Jobs, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._history = history
        self._wanted: Wanted | None = None
        self._search: LongJob[Piece] | None = None
        self._refresh: LongJob[Piece] | None = None
        self._grown = False
        self._end = -1  # up to where in the log the list knows what there is
        self._found = Found()  # and not handed out yet
        self._next = 0.0  # when the next are
        self._breaks: list[Break] = []
        self._checking: LongJob[Piece] | None = None
        self._export: LongJob[float] | None = None

    @property
    def breaks(self) -> list[Break]:
        """Known damage of the log."""
        return self._breaks

    def list(self, wanted: Wanted) -> None:
        """List these entries and no others, from the newest on."""
        self._wanted = wanted
        for job in (self._search, self._refresh):
            if job is not None:
                job.cancel()
        self._refresh, self._grown, self._end = None, False, -1
        self._found, self._next = Found(), 0.0
        self.begun.emit()
        self._search = self._scan(self._find(wanted), self._take, self._found_all, self._not_found)

    @property
    def listing(self) -> bool:
        """True while more entries may be found."""
        return self._search is not None

    @Slot()
    def list_again(self) -> None:
        """Try once more."""
        if self._wanted is not None:
            self.list(self._wanted)
        self.check()

    @Slot()
    def grow(self) -> None:
        """There are new entries: list them too, if they are wanted. Asked often; one look at a time."""
        self._grown = True
        if self._wanted is None or self._refresh is not None or self._end < 0:
            return  # nobody looks, or they are found anyway
        self._grown = False
        found = Found()
        top: list[int] = []

        def looked(piece: Piece) -> None:
            top.append(piece.end)
            found.add(piece)
            if piece.begin <= self._end and self._refresh is not None:
                self._refresh.cancel()
                ended()

        def ended() -> None:
            self._refresh = None
            new = found.newer_than(self._end)
            self._end = max([self._end, *top[:1]])
            if new.places:
                self.newer.emit(new)
            if self._grown:
                self.grow()

        self._refresh = self._scan(self._find(self._wanted), looked, ended, self.failed.emit)

    def fetch(self, places: Sequence[int]) -> None:
        """Read these lines."""
        read = partial(self._history.read, places)
        self._jobs.submit(Lane.DISK, read, self, partial(self._fetched, places), self.failed.emit)

    def check(self) -> None:
        """Go through the whole log and see whether it is as it was written."""
        if self._checking is not None:
            return
        found: list[Break] = []

        def ended() -> None:
            self._checking = None
            self._breaks = found
            self.broken.emit(found)

        def refused(_: CortexError) -> None:
            self._checking = None  # reported when the page is opened

        self._checking = self._scan(self._history.check(), lambda piece: found.extend(piece.breaks), ended, refused)

    @property
    def checking(self) -> bool:
        """True while the log is being checked."""
        return self._checking is not None

    def export(self, export: Export) -> None:
        """Write an export. One at a time."""
        if self._export is not None:
            return

        def ended() -> None:
            self._export = None
            self.exported.emit(export)

        def refused(error: CortexError) -> None:
            self._export = None
            self.export_failed.emit(error)

        self._export = self._scan(self._history.export(export), self.progressed.emit, ended, refused)

    @property
    def exporting(self) -> bool:
        """Whether an export is under way."""
        return self._export is not None

    @Slot()
    def stop_export(self) -> None:
        """Give up the export; no file is left of it."""
        if self._export is not None:
            self._export.cancel()
            self._export = None

    @Slot()
    def close(self) -> None:
        """The program ends: leave no half-written export behind."""
        if self._export is not None:
            self._history.abandon()

    def _find(self, wanted: Wanted) -> Iterator[Piece]:
        return self._history.find(wanted.text, wanted.org_id, wanted.app_id, wanted.since, wanted.until, wanted.action)

    def _take(self, piece: Piece) -> None:
        first = self._end < 0
        if first:
            self._end = piece.end
        self._found.add(piece)
        if self._found.places and time.monotonic() >= self._next:
            self._hand_out()
        if first and self._grown:
            self.grow()

    def _hand_out(self) -> None:
        """Have the table take what was found; each time it paints itself anew."""
        self._next = time.monotonic() + HAND_OUT_SECONDS
        found, self._found = self._found, Found()
        if found.places:
            self.older.emit(found)

    def _found_all(self) -> None:
        self._search = None
        self._hand_out()
        self._end = max(self._end, 0)
        self.complete.emit()

    def _not_found(self, error: CortexError) -> None:
        self._search = None
        self.failed.emit(error)

    def _fetched(self, places: Sequence[int], lines: Sequence[Logged]) -> None:
        self.fetched.emit(places, lines)

    def _scan(
        self,
        steps: Iterator[T],
        each: Callable[[T], object],
        done: Callable[[], object],
        failed: Callable[[CortexError], object],
    ) -> LongJob[T]:
        return self._jobs.submit_long(Lane.SCAN, steps, self, each, done, failed)
