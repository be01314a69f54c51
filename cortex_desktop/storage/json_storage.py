"""The database on disk: a snapshot, a journal of what changed since, and backups.

apps.json           the snapshot, in TinyDB's own format (`snapshot`). Plain TinyDB reads it.
apps.json.journal   one line for each change since (`journal`). There only while the program runs or after it was
                    killed: `close` makes a new snapshot and removes it.
backups/            a copy of each snapshot, made after it, and thinned out (`backups`)

TinyDB writes the whole file for each change, which takes 0.14 s at 10,000 rows. So its tables do not write here:
`DurableStorage` is a TinyDB storage, whose `read` and `write` serve TinyDB, and beside them `put`, `put_all` and `drop`
change documents at the price of one line.

Each change counts the generation up. What opens is the newest state that checks out: the snapshot with its
journal, else a backup, with the journal if it stands on that one. Anything that had to be left out is set aside,
never overwritten, and told (`Recovery`). A snapshot that is a database but not as we wrote it is somebody's work:
it is taken as it is, and told (`changed_outside`).

Opening changes nothing on the disk unless there is damage to repair or an old schema to migrate.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import re
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tinydb import Storage

from ..domain.errors import StorageError
from . import journal as journals
from . import problems
from . import snapshot as snapshots
from .backups import Backup, Backups
from .durable import append_durably, copy_aside, make_private, read_whole, remove_quietly, sweep_temps, write_durably
from .journal import Journal, Record
from .packed import Packed
from .snapshot import META, SCHEMA, Damaged, Rows, Snapshot, Tables

log = logging.getLogger(__name__)

MIGRATIONS: dict[int, Callable[[Tables], Tables]] = {}
"""How to bring tables from schema n to n + 1, under n. Each may change the tables it gets in place."""

SET_ASIDE = 20
"""How many files that were set aside are kept."""

_LEAST_LIMIT = 256 * 1024
_Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Recovery:
    """Damage that was found when the database was opened, for the person to be told.

    set_aside: where the damaged file is kept, None when it was missing; restored_from: when the state that
    replaced it was saved (UTC), None when there was no good one and the database starts anew; apps: how many
    apps that state holds, in any state; None likewise.
    """

    set_aside: Path | None
    restored_from: datetime | None = None
    apps: int | None = None

    @property
    def restored(self) -> bool:
        """Whether an earlier state took the place of the damaged file."""
        return self.restored_from is not None


@dataclass(frozen=True)
class _State:
    """A database that can be opened: a snapshot, and the journal that stands on it."""

    snapshot: Snapshot
    journal: Journal | None

    @property
    def _last(self) -> Record | Snapshot:
        return self.journal.records[-1] if self.journal is not None and self.journal.records else self.snapshot

    @property
    def generation(self) -> int:
        return self._last.generation

    @property
    def saved(self) -> datetime:
        return self._last.saved

    @property
    def broken(self) -> bool:
        """Whether more of the journal stood there than can be read."""
        return self.journal is not None and self.journal.damaged

    def holds(self, journal: Journal | None) -> bool:
        """Whether what this journal tells is part of the state."""
        if journal is None:
            return False
        return journal is self.journal or (journal.base == self.snapshot.before != "")

    def rows(self) -> Rows:
        """Its rows, for the caller to keep. Only once."""
        if self.journal is not None:
            self.journal.apply_to(self.snapshot.rows)
        return self.snapshot.rows


class _Documents(Mapping[str, dict[str, Any]]):
    """A table's documents by their ids, made of their texts one at a time: all at once take ten times as much."""

    def __init__(self, texts: Packed) -> None:
        self._texts = texts

    def items(self) -> ItemsView[str, dict[str, Any]]:
        return _DocumentItems(self)

    def __getitem__(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = snapshots.decode(self._texts[number])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


class _DocumentItems(ItemsView[str, dict[str, Any]]):
    _mapping: _Documents

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((number, snapshots.decode(text)) for number, text in self._mapping._texts.items())


class DurableStorage(Storage):
    """The database file at `path` (its folder must exist). One process at a time; not safe across threads.

    Nothing is read before the first call, and no file stays open. All methods raise StorageError, and then
    memory and, as far as the system allows, disk are as before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal = path.with_name(path.name + ".journal")
        self._backups = Backups(path.with_name("backups"))
        self._rows: Rows | None = None
        self._meta: dict[str, Any] = {}  # unknown fields of the document in META
        self._generation = 0
        self._saved = snapshots.FIRST_TIME
        # Of the snapshot on the disk: its checksum; all that it may have, after a write that failed late; from stat.
        self._base = ""
        self._own: set[str] = set()
        self._seen: _Signature | None = None
        # Of the newest journal: the snapshot it stands on; its length, 0 when a new one is due; its checksum.
        self._journal_base = ""
        self._end = 0
        self._checksum = ""
        self._journal_seen: _Signature | None = None
        self._limit = _LEAST_LIMIT
        self._whole = False  # whether these two are ours and hold all, so that the next change needs but a line
        self._others_work: set[Path] = set()  # files to be set aside before the next snapshot
        self._older: tuple[bytes, int, datetime] | None = None  # the same before it was migrated, to be kept
        self.recovered: Recovery | None = None
        self.changed_outside = False
        """Whether another program changed the file: its version is in use, and is set aside with the next snapshot."""

    def read(self) -> Tables:
        """All tables, for the caller to keep."""
        return {name: dict(table.items()) for name, table in self.look_through().items()}

    def look_through(self) -> dict[str, Any]:
        """The same for looking only: each document is made when it is looked at, as it is then."""
        tables = {name: _Documents(table) for name, table in self._present().items()}
        return {META: {"1": {"schema": SCHEMA, **copy.deepcopy(self._meta)}}, **tables}

    def write(self, data: Tables) -> None:
        """Make `data` the whole database, durably. Its schema and seal are ours, whatever it says."""
        self._present()
        rows = snapshots.encode_tables(data)
        meta = self._meta
        if META in data:
            meta = _unknown(next(iter(data[META].values()), {}))
            snapshots.encode_doc(meta)
        try:
            self._look_for_others()
            self._fold(rows, meta, self._generation + 1, datetime.now(UTC))
        except OSError as error:
            raise problems.not_written(error, self._path.parent) from error

    def put(self, table: str, number: str, doc: Mapping[str, Any]) -> None:
        """Add or replace one document, durably."""
        self.put_all(table, {number: doc})

    def put_all(self, table: str, docs: Mapping[str, Mapping[str, Any]]) -> None:
        """Add or replace documents, given by their ids, in one durable step: all of them or none."""
        if docs:
            self._change(table, {number: snapshots.encode_doc(doc) for number, doc in docs.items()})

    def drop(self, table: str, number: str) -> None:
        """Remove one document, durably."""
        self._change(table, {number: None})

    def close(self) -> None:
        """Bring all into the snapshot, so that plain TinyDB finds it there. Never raises.

        Should that fail, nothing is lost: the journal stays, and the next start reads both.
        """
        if self._rows is None or (self._whole and not self._end) or (not self._generation and not self._rows):
            return
        try:
            self._look_for_others()
            self._fold(self._rows, self._meta, self._generation, self._saved)
        except OSError as error:
            log.warning("the journal stays: %s", error.strerror)

    # Writing

    def _change(self, table: str, docs: Mapping[str, str | None]) -> None:
        rows = self._present()
        try:
            self._look_for_others()
            if self._whole:
                self._append(table, docs)
                _set(rows, table, docs)
                self._fold_if_long()
            else:
                rows = {**rows, table: rows[table].copy() if table in rows else Packed()}
                _set(rows, table, docs)
                self._fold(rows, self._meta, self._generation + 1, datetime.now(UTC))
        except OSError as error:
            raise problems.not_written(error, self._path.parent) from error

    def _append(self, table: str, docs: Mapping[str, str | None]) -> None:
        """Add a line to the journal, or make one. Raises OSError."""
        generation, saved = self._generation + 1, datetime.now(UTC)
        start, before = (b"", self._checksum) if self._end else journals.header(self._base)
        line, checksum = journals.record(generation, saved, table, docs, before)
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
        self._checksum, self._generation, self._saved = checksum, generation, saved
        self._journal_seen = _signature(self._journal)

    def _withdraw(self) -> None:
        """After an append that failed: have the journal as before it, or else never use it again."""
        if not self._end:
            remove_quietly(self._journal)  # it has its name when only syncing the folder failed
        self._journal_seen = found = _signature(self._journal)
        if (found[1] if found else 0) != self._end:
            self._whole = False
            self._journal_base = self._base

    def _fold_if_long(self) -> None:
        if self._end > self._limit:
            try:
                self._fold(self._rows or {}, self._meta, self._generation, self._saved)
            except OSError as error:  # the change itself is saved
                log.warning("the journal grows on: %s", error.strerror)
                self._limit = 2 * self._end

    def _fold(self, rows: Rows, meta: dict[str, Any], generation: int, saved: datetime) -> None:
        """Make this the snapshot and the journal empty. Raises OSError; memory is then as before.

        The snapshot names the journal that is in it, so that one which is still there after a crash is not taken
        for news. The backup is a file of its own, not a link, so that harm to one spares the other; it comes second,
        so that none holds what was never saved.
        """
        for path in sorted(self._others_work):
            self._set_aside(path, "changed")
        if self._older is not None:
            self._backups.keep_schema(*self._older)
        content, sha256 = snapshots.encode(rows, meta, generation, saved, self._journal_base)
        self._own.add(sha256)
        whole, self._whole = self._whole, False
        try:
            write_durably(self._path, content)
        except OSError:
            # When it failed last, the file is new already. Then only another snapshot makes sure what counts.
            self._whole = whole and _signature(self._path) == self._seen
            raise
        self._rows, self._meta, self._generation, self._saved = rows, meta, generation, saved
        self._base, self._own, self._seen = sha256, {sha256}, _signature(self._path)
        self._others_work, self._older = set(), None
        self._limit = _limit(content)
        self._backups.add(content, generation, saved)
        remove_quietly(self._journal)
        # That need not be on the disk yet, so the next snapshot names this journal too, unless a new one came.
        self._journal_seen = _signature(self._journal)
        self._end = 0
        self._whole = True
        self._drop_oldest_set_aside()

    def _look_for_others(self) -> None:
        """Notice that another program changed or removed our files. Its work is kept aside, ours is written anew."""
        found = _signature(self._path)
        if found != self._seen:
            if not self._is_own(self._path):
                self._whole = False
                if found is not None:
                    self._others_work.add(self._path)
            elif self._whole:
                self._seen = found  # it was touched only
        found = _signature(self._journal)
        if self._whole and found != self._journal_seen:
            if found is not None and self._is_own(self._journal):
                self._journal_seen = found
            else:
                self._whole = False
                if found is not None:
                    self._others_work.add(self._journal)

    def _is_own(self, path: Path) -> bool:
        raw = read_whole(path) or b""
        try:
            if path == self._path:
                found = snapshots.parse(raw)
                return found.intact and found.sha256 in self._own
            journal = journals.parse(raw)
            return (journal.end, journal.checksum, len(raw)) == (self._end, self._checksum, self._end)
        except (Damaged, StorageError):
            return False

    # Opening

    def _present(self) -> Rows:
        if self._rows is None:
            try:
                self._load()
            except OSError as error:
                raise problems.not_read(error, self._path.parent) from error
        assert self._rows is not None  # noqa: S101 (for mypy)
        return self._rows

    def _load(self) -> None:
        sweep_temps(self._path)
        self._backups.sweep()
        make_private(self._path)
        make_private(self._journal)
        self._others_work, self._older, self.changed_outside, self._whole = set(), None, False, False
        self._seen, self._journal_seen = _signature(self._path), _signature(self._journal)
        raw, journal_raw = read_whole(self._path), read_whole(self._journal)
        snapshot, journal = _or_none(snapshots.parse, raw), _or_none(journals.parse, journal_raw)
        unlisted: OSError | None = None
        try:
            backups = self._backups.newest_first()
        except OSError as error:  # not needed where all is well
            unlisted, backups = error, []
        if unlisted is None and raw is None and journal_raw is None and not backups:
            self._start({}, {}, 0, snapshots.FIRST_TIME)
            return
        state = _state(snapshot, journal) if snapshot is not None else None
        known = max(_generations(state, journal, backups))
        self._journal_base = journal.base if journal is not None else snapshot.before if snapshot is not None else ""
        all_read = journal_raw is None or (state is not None and state.holds(journal))
        if state is not None and not state.snapshot.intact and unlisted is None:
            self.changed_outside = state.snapshot.generation > 0 or journal_raw is not None or bool(backups)
            self._others_work = {self._path} if all_read else {self._path, self._journal}
            self._start(*self._prepared(state), known + 1, state.saved)
        elif (
            state is not None and state.snapshot.intact and all_read and not state.broken and state.generation == known
        ):
            self._start(*self._prepared(state), known, state.saved)
            self._base = state.snapshot.sha256
            self._own = {self._base}
            self._limit = _limit(raw)
            if state.journal is not None:
                self._end, self._checksum = state.journal.end, state.journal.checksum
            self._whole = self._older is None and not (state.journal is not None and state.journal.torn)
        elif unlisted is not None:
            raise unlisted
        else:
            self._recover(state, journal, backups, known)
        if self._older is not None:
            # A folder that cannot be written can still be looked at; then the next change saves the new form.
            with contextlib.suppress(OSError):
                self._fold(self._rows or {}, self._meta, self._generation, self._saved)

    def _start(self, rows: Rows, meta: dict[str, Any], generation: int, saved: datetime) -> None:
        self._rows, self._meta, self._generation, self._saved = rows, meta, generation, saved
        self._end = 0

    def _recover(self, state: _State | None, journal: Journal | None, backups: Sequence[Backup], known: int) -> None:
        """Put the newest state that checks out, or else a new database, in place of what is there, and keep that."""
        best = _newest(state, journal, backups)
        rows, meta = self._prepared(best) if best is not None else ({}, {})
        apps = len(rows.get("apps", ()))
        try:
            set_aside = None
            if self._journal_seen is not None and (best is None or not best.holds(journal) or best.broken):
                set_aside = self._set_aside(self._journal, "damaged")
            if self._seen is not None and (best is None or best is not state):
                set_aside = self._set_aside(self._path, "damaged" if state is None else "older")
            self._fold(rows, meta, known + 1, best.saved if best is not None else datetime.now(UTC))
        except OSError as error:
            raise problems.not_repaired(self._path.parent) from error
        self.recovered = Recovery(set_aside, best.saved, apps) if best is not None else Recovery(set_aside)

    def _prepared(self, state: _State) -> tuple[Rows, dict[str, Any]]:
        """The rows and the unknown fields of the state, in the form of this version."""
        self._older = None
        rows, meta, schema = state.rows(), state.snapshot.extra, state.snapshot.schema
        if schema != SCHEMA:
            content, _ = snapshots.encode(rows, meta, state.generation, state.saved, "", schema)
            tables = state.snapshot.tables
            try:
                for step in range(schema, SCHEMA):
                    tables = MIGRATIONS[step](tables)
                rows = snapshots.encode_tables(tables)
            except Exception as error:
                raise problems.not_migrated() from error
            self._older = (content, schema, state.saved)
            meta = _unknown(tables.get(META, {}).get("1", {}))
        return rows, meta

    # Files set aside

    def _set_aside(self, path: Path, why: str) -> Path:
        """Give the file at `path` another, lasting name. Raises OSError."""
        for kept in self._all_set_aside():
            with contextlib.suppress(OSError):
                if os.path.samefile(kept, path):  # from a repair that failed later
                    return kept
        target = path.with_name(f"{path.name}.{why}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        copy_aside(path, target)
        make_private(target)
        return target

    def _drop_oldest_set_aside(self) -> None:
        with contextlib.suppress(OSError):
            for path in self._all_set_aside()[:-SET_ASIDE]:
                remove_quietly(path)

    def _all_set_aside(self) -> list[Path]:
        """The files that were set aside, oldest first."""
        name = re.compile(re.escape(self._path.name) + r"(?:\.journal)?\.(?:changed|damaged|older)-([0-9.TZ]+)")
        found = [(match[1], entry) for entry in self._path.parent.iterdir() if (match := name.fullmatch(entry.name))]
        return [entry for _, entry in sorted(found)]


P = TypeVar("P")


def _or_none(parse: Callable[[bytes], P], raw: bytes | None) -> P | None:
    """What `parse` makes of the bytes, None when there are none or they are damaged. Raises StorageError."""
    try:
        return None if raw is None else parse(raw)
    except Damaged:
        return None


def _state(snapshot: Snapshot, journal: Journal | None) -> _State:
    if journal is None or not snapshot.sha256 or journal.base != snapshot.sha256:
        return _State(snapshot, None)
    follows = not journal.records or journal.records[0].generation == snapshot.generation + 1
    return _State(snapshot, journal if follows else None)


def _generations(state: _State | None, journal: Journal | None, backups: Sequence[Backup]) -> Iterator[int]:
    """All generations that the disk tells of. A journal that is in the snapshot may end with a change that failed."""
    yield state.generation if state is not None else 0
    if journal is not None and journal.records and not (state is not None and state.holds(journal)):
        yield journal.records[-1].generation
    if backups:
        yield backups[0].generation


def _newest(state: _State | None, journal: Journal | None, backups: Sequence[Backup]) -> _State | None:
    """The newest state that checks out. Raises OSError, StorageError."""
    found = [state] if state is not None else []
    start = journal.records[0].generation - 1 if journal is not None and journal.records else None
    looking = True
    for backup in backups:
        # Older ones count only if the journal stands on them.
        if looking or backup.generation == start:
            snapshot = _or_none(snapshots.parse, read_whole(backup.path))
            if snapshot is not None and snapshot.intact:
                found.append(_state(snapshot, journal))
                looking = False
    return max(found, key=lambda state: state.generation, default=None)


def _set(rows: Rows, table: str, docs: Mapping[str, str | None]) -> None:
    for number, doc in docs.items():
        found = rows.setdefault(table, Packed())
        if doc is None:
            found.pop(number, None)
        else:
            found[number] = doc


def _unknown(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in meta.items() if name not in snapshots.SEAL}


def _limit(content: bytes | None) -> int:
    """How long the journal may get before it goes into a snapshot: in proportion to the work that one is."""
    return max(_LEAST_LIMIT, len(content or b"") // 2)


def _signature(path: Path) -> _Signature | None:
    """What changes when a file does: identity, bytes, time of change (ns). None when there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
