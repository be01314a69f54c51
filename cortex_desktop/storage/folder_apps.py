"""`domain.sandbox.LocalApps`: the database of a data folder, read beside the process that has it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

from ..domain.model import App, Org
from . import journal as journals
from . import problems
from . import snapshot as snapshots
from .codec import APPS, NOT_READABLE, ORGS, Codec
from .documents import Tables
from .durable import read_whole
from .repository import FILE_NAME
from .state import or_none, state_of

_TRIES = 5
"""Snapshot and journal are read one after the other; in between the other process may have replaced them."""

T = TypeVar("T")
_Signature = tuple[int, int, int] | None


class FolderApps:
    """Orgs and apps of a data folder that another process may be changing. Changes nothing. From any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._journal = self._path.with_name(self._path.name + ".journal")
        self._lock = Lock()
        self._read: _Read | None = None

    def version(self) -> tuple[object, object]:
        """A value that differs from the last one whenever an org or app has changed. Two looks at the disk."""
        return _signature(self._path), _signature(self._journal)

    def orgs(self) -> Sequence[Org]:
        """All orgs in every state; rows that make no sense are left out. Raises StorageError."""
        return self._now().orgs

    def apps(self) -> Sequence[App]:
        """All apps of all orgs in every state; rows that make no sense are left out. Raises StorageError."""
        return self._now().apps

    def _now(self) -> _Read:
        with self._lock:
            if self._read is None or self._read.version != self.version():
                self._read = self._read_anew()
            return self._read

    def _read_anew(self) -> _Read:
        try:
            for _ in range(_TRIES):
                version = self.version()
                raw, journal_raw = read_whole(self._path), read_whole(self._journal)
                if raw is None and journal_raw is None:
                    return _Read(version, (), ())
                snapshot, journal = or_none(snapshots.parse, raw), or_none(journals.parse, journal_raw)
                state = state_of(snapshot, journal)
                # The journal goes only after the snapshot was replaced; what it gains meanwhile is seen next time.
                if state is not None and _signature(self._path) == version[0]:
                    tables = state.tables()
                    return _Read(version, _items(tables, "orgs", ORGS), _items(tables, "apps", APPS))
        except OSError as error:
            raise problems.not_read(error, self._folder) from error
        raise problems.not_read(OSError("damaged, or changing too often"), self._folder)


@dataclass(frozen=True)
class _Read:
    version: object
    orgs: Sequence[Org]
    apps: Sequence[App]


def _items(tables: Tables, name: str, codec: Codec[T]) -> Sequence[T]:
    found: list[T] = []
    for document in tables.get(name, {}).values():
        with suppress(*NOT_READABLE):
            found.append(codec.from_doc(document))
    return found


def _signature(path: Path) -> _Signature:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
