"""A state of the database that can be opened, and the choice of the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from . import journal as journals
from . import snapshot as snapshots
from .backups import Backup
from .documents import Damaged, Tables
from .durable import read_whole
from .journal import Journal, Record
from .snapshot import Snapshot

T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """A snapshot, and the journal that stands on it."""

    snapshot: Snapshot
    journal: Journal | None = None

    @property
    def _last(self) -> Record | Snapshot:
        return self.journal.records[-1] if self.journal is not None and self.journal.records else self.snapshot

    @property
    def generation(self) -> int:
        """The number of its last change."""
        return self._last.generation

    @property
    def saved(self) -> datetime:
        """When its last change was saved (UTC)."""
        return self._last.saved

    @property
    def is_damaged(self) -> bool:
        """True if more of the journal was there than can be read."""
        return self.journal is not None and self.journal.damaged

    def holds(self, journal: Journal | None) -> bool:
        """True if the state holds all changes of this journal."""
        if journal is None:
            return False
        return journal is self.journal or journal.base == self.snapshot.before != ""

    def tables(self) -> Tables:
        """Return its tables. Its documents are not copied."""
        tables = {name: dict(table) for name, table in self.snapshot.tables.items()}
        for record in self.journal.records if self.journal is not None else ():
            journals.apply(record.changes, tables)
        return tables


def or_none(parse: Callable[[bytes], T], raw: bytes | None) -> T | None:
    """Return what `parse` makes of the bytes, None when there are none or they are damaged. Raises StorageError."""
    try:
        return None if raw is None else parse(raw)
    except Damaged:
        return None


def state_of(snapshot: Snapshot | None, journal: Journal | None) -> State | None:
    """Return the state of these files; without the journal where it does not stand on the snapshot."""
    if snapshot is None:
        return None
    if journal is None or not snapshot.sha256 or journal.base != snapshot.sha256:
        return State(snapshot)
    follows = not journal.records or journal.records[0].generation == snapshot.generation + 1
    return State(snapshot, journal if follows else None)


def last_generation(state: State | None, journal: Journal | None, backups: Sequence[Backup]) -> int:
    """Return the highest generation found on the disk."""

    def all_told() -> Iterator[int]:
        yield state.generation if state is not None else 0
        # One that is in the snapshot already may end with a change that failed.
        if journal is not None and journal.records and not (state is not None and state.holds(journal)):
            yield journal.records[-1].generation
        yield from (backup.generation for backup in backups)

    return max(all_told())


def newest(state: State | None, journal: Journal | None, backups: Sequence[Backup]) -> State | None:
    """Return the newest state that checks out: this one, or a backup. backups: newest first.

    Raises OSError, StorageError.
    """
    found = [state] if state is not None else []
    start = journal.records[0].generation - 1 if journal is not None and journal.records else None
    looking = True
    for backup in backups:
        # Older ones count only if the journal stands on them.
        if looking or backup.generation == start:
            snapshot = or_none(snapshots.parse, read_whole(backup.path))
            candidate = state_of(snapshot, journal)
            if candidate is not None and candidate.snapshot.intact:
                found.append(candidate)
                looking = False
    return max(found, key=lambda state: state.generation, default=None)
