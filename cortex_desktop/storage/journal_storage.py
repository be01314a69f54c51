"""The database on disk: a snapshot, a journal of what changed since, and backups.

apps.json           the snapshot, in TinyDB's own format (`snapshot`). Plain TinyDB reads it.
apps.json.journal   one line for each change since (`journal`). There only while the program runs or after it was
                    killed: `close` makes a new snapshot and removes it.
backups/            a copy of each snapshot, made after it, and thinned out (`backups`)

Each change counts the generation up. What opens is the newest state that checks out: the snapshot with its
journal, else a backup, with the journal if it stands on that one (`state`). Anything that had to be left out is set
aside, never overwritten, and reported (`Recovery`). A snapshot that is a database but not as we wrote it is somebody's
work: it is used as it is, and reported (`changed_outside`).

Opening changes nothing on the disk unless there is damage to repair or an old schema to migrate.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinydb import Storage

from ..domain.errors import StorageError
from . import journal as journals
from . import problems
from . import snapshot as snapshots
from .backups import Backup, Backups, SetAside
from .documents import FIRST_TIME, META, Document, Tables, clean_tables, copy, decode, encode, is_id
from .durable import append_durably, make_private, read_whole, remove_quietly, sweep_temps, write_durably
from .journal import Change, Journal, Record
from .snapshot import SCHEMA, Snapshot
from .state import State, last_generation, newest, or_none, state_of

log = logging.getLogger(__name__)

MIGRATIONS: dict[int, Callable[[Tables], Tables]] = {}
"""How to bring tables from schema n to n + 1, under n. Each may change the tables it gets in place."""

JOURNAL_LIMIT = 256 * 1024
"""Bytes that a journal may always have before it goes into a snapshot; half of the snapshot where that is more."""

_Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Recovery:
    """Damage that was found when the database was opened, to be reported to the person.

    set_aside: where the damaged file is kept, None when it was missing; restored_from: when the state that
    replaced it was saved (UTC), None when there was no good one and the database starts anew; apps: how many
    apps that state holds, in any state; None likewise.
    """

    set_aside: Path | None
    restored_from: datetime | None = None
    apps: int | None = None


class JournalStorage(Storage):
    """A TinyDB storage in the file at `path`, whose folder must exist. A change costs one line of a journal.

    The constructor touches no disk, and no file stays open. One process at a time; not safe across threads. All
    methods but `close` raise StorageError, and then memory and, as far as the system allows, disk are as before.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._journal = self._path.with_name(self._path.name + ".journal")
        self._backups = Backups(self._path.with_name("backups"))
        self._set_aside = SetAside(self._path)
        self._tables: Tables | None = None
        self._generation = 0
        self._saved = FIRST_TIME
        # The snapshot on the disk: its checksum; all that it may have, after a write that failed late; from stat.
        self._base = ""
        self._own: set[str] = set()
        self._seen: _Signature | None = None
        # The newest journal: the snapshot it stands on; its length, 0 when a new one is due; its checksum; from stat.
        self._journal_base = ""
        self._end = 0
        self._checksum = ""
        self._journal_seen: _Signature | None = None
        self._limit = JOURNAL_LIMIT
        self._is_current = False  # these two are ours and hold all, so that the next change needs but a line
        self._others_work: set[Path] = set()  # files to set aside before the next snapshot
        self._is_changed = self._is_removed = False  # since we had all of ours in the files
        self._older: tuple[bytes, int, datetime] | None = None  # the database before it was migrated, to be kept
        self._is_fenced = False
        self.companion: Callable[[Tables, int], Mapping[str, Mapping[str, Document | None]]] | None = None
        """Gets the tables and the generation of a change, and returns changes that are saved with it, or nothing."""
        self.set_aside: Callable[[Path | None], None] | None = None
        """Called when another program's version of a file was set aside, with its new name; None: one was removed."""
        self.recovered: Recovery | None = None
        self.changed_outside = False
        """True if another program changed the file: its version is in use, and is set aside with the next snapshot."""

    @property
    def generation(self) -> int:
        """The number of the last change."""
        self._opened()
        return self._generation

    @property
    def saved(self) -> datetime:
        """When the last change was saved (UTC), 1970 in a new database."""
        self._opened()
        return self._saved

    def read(self) -> Tables:
        """Return a copy of all tables."""
        tables: Tables = copy(self._opened())
        return tables

    def documents(self, table: str) -> Mapping[str, Document]:
        """Return the documents of a table by id, for looking only, as they are until the next change."""
        return self._opened().get(table, {})

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Make `data` the whole database, durably. The schema stays this version's, whatever it says."""
        meta = self._opened()[META]
        tables = clean_tables({META: meta, **data})
        tables[META] = {"1": _meta(tables)}
        with self._writing():
            self._fold(tables, self._generation + 1, datetime.now(UTC))

    def change(self, tables: Mapping[str, Mapping[str, Document | None]]) -> None:
        """Add, replace and, where it is None, remove documents, by table and id. All in one durable step, or none."""
        changes = [_change(name, number, doc) for name, table in tables.items() for number, doc in table.items()]
        present = self._opened()
        if not changes:
            return
        changes = [*self._companions(present, self._generation + 1), *changes]  # which win
        with self._writing():
            if self._is_current:
                self._append(changes)
                journals.apply(changes, present)
                self._fold_if_long()
            else:
                changed = {name: dict(table) for name, table in present.items()}
                journals.apply(changes, changed)
                self._fold(changed, self._generation + 1, datetime.now(UTC))

    def look(self) -> None:
        """Notice what others did to the files, without a change to save. Costs a look at two files where it is nothing.

        Their work is set aside and told, and all of ours is on the disk again at once. Raises StorageError, also where
        another program is further than this one.
        """
        if self._tables is not None and self._generation:
            with self._writing():
                if self._is_changed:
                    self._fold(self._tables, self._generation, self._saved)

    def close(self) -> None:
        """Bring all into the snapshot, so that plain TinyDB finds it there. Never raises.

        Should that fail, nothing is lost: the journal stays, and the next start reads both.
        """
        if self._tables is None or not self._generation or (self._is_current and not self._end) or self._is_fenced:
            return
        try:
            self._look_for_others()
            self._fold(self._tables, self._generation, self._saved)
        except OSError as error:
            log.warning("the journal stays: %s", error.strerror)
        except StorageError:
            log.warning("the journal stays: another program writes here")

    # Writing

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._look_for_others()
            yield
        except OSError as error:
            raise problems.not_written(error, self._path.parent) from error

    def _append(self, changes: Sequence[Change]) -> None:
        """Add a line to the journal, or make one. Raises OSError."""
        record = Record(self._generation + 1, datetime.now(UTC), changes)
        start, before = (b"", self._checksum) if self._end else journals.header_line(self._base)
        line, checksum = journals.record_line(record, before)
        try:
            if self._end:
                append_durably(self._journal, line, self._end)
            else:
                write_durably(self._journal, start + line)
        except OSError:
            self._withdraw()
            raise
        self._journal_base = self._base
        self._end += len(start) + len(line)
        self._checksum, self._generation, self._saved = checksum, record.generation, record.saved
        self._journal_seen = _signature(self._journal)

    def _withdraw(self) -> None:
        """After an append that failed: have the journal as before it, or else never use it again."""
        if not self._end:
            remove_quietly(self._journal)  # it has its name when only syncing the folder failed
        self._journal_seen = found = _signature(self._journal)
        if (found[1] if found else 0) != self._end:
            self._is_current = False
            self._journal_base = self._base

    def _fold_if_long(self) -> None:
        if self._end > self._limit:
            try:
                self._fold(self._opened(), self._generation, self._saved)
            except OSError as error:  # the change itself is saved
                log.warning("the journal grows on: %s", error.strerror)
                self._limit = 2 * self._end

    def _fold(self, tables: Tables, generation: int, saved: datetime) -> None:
        """Make this the snapshot and the journal empty. Raises OSError; memory is then as before.

        The snapshot names the journal that is in it, so that one which is still there after a crash is not taken
        for news. The backup is a file of its own, not a link, so that harm to one spares the other; it comes second,
        so that none holds what was never saved.
        """
        aside = [self._set_aside.add(path, "changed") for path in sorted(self._others_work, reverse=True)]
        told: list[Path | None] = [*aside, *([None] if self._is_removed else ())]
        if self._older is not None:
            self._backups.keep_schema(*self._older)
        content, sha256 = snapshots.encode(tables, generation, saved, self._journal_base)
        self._own.add(sha256)
        write_durably(self._path, content)
        self._tables, self._generation, self._saved = tables, generation, saved
        self._base, self._own, self._seen = sha256, {sha256}, _signature(self._path)
        self._others_work, self._older, self._is_changed, self._is_removed = set(), None, False, False
        self._limit = max(JOURNAL_LIMIT, len(content) // 2)
        self._backups.add(content, generation, saved)
        remove_quietly(self._journal)
        # That need not be on the disk yet, so the next snapshot names this journal too, unless a new one came.
        self._journal_seen = _signature(self._journal)
        self._end = 0
        self._is_current = True
        self._set_aside.remove_oldest()
        for path in told:
            if self.set_aside is not None:
                self.set_aside(path)

    def _look_for_others(self) -> None:
        """Notice what others did to our files. Their work is kept, and the next change makes a new snapshot.

        Another copy of this program that wrote here and got further wins: raise StorageError, now and for good.
        """
        if self._is_fenced:
            raise problems.overtaken(self._path.parent)
        for path, seen in ((self._path, self._seen), (self._journal, self._journal_seen)):
            found = _signature(path)
            if found == seen:
                continue
            self._is_current = False
            if found is None:
                self._is_changed = self._is_removed = True
            elif not self._is_own(path):
                self._is_changed = True
                self._others_work.add(path)
            if path == self._path:
                self._seen = found
            else:
                self._journal_seen = found

    def _is_own(self, path: Path) -> bool:
        """True if what the file holds is ours. Raises StorageError where another program is further than we are."""
        raw = read_whole(path)
        snapshot: Snapshot | None = None
        journal: Journal | None = None
        with contextlib.suppress(StorageError):  # of a newer version
            if path == self._path:
                snapshot = or_none(snapshots.parse, raw)
                if snapshot is not None and snapshot.intact and snapshot.sha256 in self._own:
                    return True
            else:
                journal = or_none(journals.parse, raw)
                if journal is not None and (journal.end, journal.checksum) == (len(raw or b""), self._checksum):
                    return True
        further = (snapshot is not None and snapshot.intact and snapshot.generation > self._generation) or (
            journal is not None and bool(journal.records) and journal.records[-1].generation > self._generation
        )
        if further:
            self._is_fenced = True
            raise problems.overtaken(self._path.parent)
        return False

    # Opening

    def _opened(self) -> Tables:
        if self._tables is None:
            try:
                self._load()
            except OSError as error:
                raise problems.not_read(error, self._path.parent) from error
        assert self._tables is not None  # noqa: S101 (for mypy)
        return self._tables

    def _load(self) -> None:
        if self._path.is_symlink() and not self._path.exists():
            raise problems.link_leads_nowhere(self._path)
        sweep_temps(self._path)
        self._backups.sweep()
        make_private(self._path)
        make_private(self._journal)
        self._others_work, self._older, self.changed_outside, self._is_current = set(), None, False, False
        self._is_changed = self._is_removed = False
        self._seen, self._journal_seen = _signature(self._path), _signature(self._journal)
        raw, journal_raw = read_whole(self._path), read_whole(self._journal)
        snapshot, journal = or_none(snapshots.parse, raw), or_none(journals.parse, journal_raw)
        unlisted: OSError | None = None
        try:
            backups = self._backups.newest_first()
        except OSError as error:  # not needed where all is well
            unlisted, backups = error, []
        if raw is None and journal_raw is None and not backups and unlisted is None:
            self._start(snapshots.new_tables(), 0, FIRST_TIME)
            return
        state = state_of(snapshot, journal)
        known = last_generation(state, journal, backups)
        self._journal_base = journal.base if journal is not None else snapshot.before if snapshot is not None else ""
        all_read = journal_raw is None or (state is not None and state.holds(journal))
        if state is not None and not state.snapshot.intact and unlisted is None:
            self.changed_outside = state.snapshot.generation > 0 or journal_raw is not None or bool(backups)
            self._others_work = {self._path} if all_read else {self._path, self._journal}
            self._start(self._migrated(state), known + 1, state.saved)
        elif (
            state is not None
            and state.snapshot.intact
            and all_read
            and not state.is_damaged
            and state.generation == known
        ):
            self._start(self._migrated(state), known, state.saved)
            self._base = state.snapshot.sha256
            self._own = {self._base}
            self._limit = max(JOURNAL_LIMIT, len(raw or b"") // 2)
            if state.journal is not None:
                self._end, self._checksum = state.journal.end, state.journal.checksum
            self._is_current = self._older is None and not (state.journal is not None and state.journal.torn)
        elif unlisted is not None:
            raise unlisted
        else:
            self._recover(state, journal, backups, known)
        if self._older is not None:
            # A folder that cannot be written can still be looked at; then the next change saves the new form.
            with contextlib.suppress(OSError):
                self._fold(self._opened(), self._generation, self._saved)

    def _companions(self, tables: Tables, generation: int) -> list[Change]:
        """Return what `companion` has saved with the change of this generation."""
        more = self.companion(tables, generation) if self.companion is not None else {}
        return [_change(name, number, doc) for name, table in more.items() for number, doc in table.items()]

    def _start(self, tables: Tables, generation: int, saved: datetime) -> None:
        self._tables, self._generation, self._saved = tables, generation, saved
        self._end = 0

    def _recover(self, state: State | None, journal: Journal | None, backups: Sequence[Backup], known: int) -> None:
        """Put the newest state that checks out, or else a new database, in place of what is there, and keep that."""
        best = newest(state, journal, backups)
        tables = self._migrated(best) if best is not None else snapshots.new_tables()
        if best is not None:  # the changes between it and what was known are lost, and no part of its history
            journals.apply(self._companions(tables, best.generation + 1), tables)
        apps = len(tables.get("apps", ()))
        try:
            set_aside = None
            if self._journal_seen is not None and (best is None or not best.holds(journal) or best.is_damaged):
                set_aside = self._set_aside.add(self._journal, "damaged")
            if self._seen is not None and (best is None or best is not state):
                set_aside = self._set_aside.add(self._path, "damaged" if state is None else "older")
            self._fold(tables, known + 1, best.saved if best is not None else datetime.now(UTC))
        except OSError as error:
            raise problems.not_repaired(self._path.parent) from error
        self.recovered = Recovery(set_aside, best.saved, apps) if best is not None else Recovery(set_aside)

    def _migrated(self, state: State) -> Tables:
        """Return the tables of the state in the form of this version, and note how they were before."""
        self._older = None
        tables, schema = state.tables(), state.snapshot.schema
        if schema != SCHEMA:
            content, _ = snapshots.encode(tables, state.generation, state.saved, "")
            try:
                for step in range(schema, SCHEMA):
                    tables = MIGRATIONS[step](tables)
                tables = clean_tables(tables)
                tables[META] = {"1": _meta(tables)}
            except Exception as error:
                raise problems.not_migrated() from error
            self._older = (content, schema, state.saved)
        return tables


def _change(table: str, number: str, document: Document | None) -> Change:
    """Return a checked copy of one change. Raises StorageError."""
    encode({table: None})
    if table == META or not is_id(number):
        raise problems.not_text()
    return table, number, None if document is None else decode(encode(document))


def _meta(tables: Tables) -> Document:
    """Return the document in `META` as this version keeps it."""
    (meta,) = list(tables[META].values())[:1] or [{}]
    return {**snapshots.without_seal(meta), "schema": SCHEMA}


def _signature(path: Path) -> _Signature | None:
    """What changes when a file does: identity, bytes, time of change (ns). None when there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
