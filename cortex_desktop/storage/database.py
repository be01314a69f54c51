"""TinyDB on the journal: changing a document costs the same at 100 documents and at 100,000.

TinyDB's own tables read all documents for each question and write all of them for each change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from tinydb import TinyDB
from tinydb.table import Table

from .documents import Document, copy, to_json
from .journal_storage import JournalStorage


class JournalTable(Table):
    """A table that reads single documents and writes only those that changed, in one durable step.

    What it hands out is a copy. A change raises StorageError, and what the caller's own function raises, and then
    nothing is changed.
    """

    _storage: JournalStorage

    def __init__(self, storage: JournalStorage, name: str, cache_size: int = 0) -> None:
        # No cache of queries: it would hand out the same documents twice.
        super().__init__(storage, name, cache_size)

    def _read_table(self) -> Mapping[str, Mapping[str, Any]]:  # type: ignore[override]  # it is only looked at
        return _Copies(self._storage.documents(self.name))

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        view = _View(self._storage.documents(self.name))
        updater(view)  # type: ignore[arg-type]  # it is used like a dict
        self._storage.change({self.name: view.changes()})


class Database(TinyDB):
    """A TinyDB in the file at `path` (`JournalStorage`), of `JournalTable`s. The constructor touches no disk."""

    table_class: type[Table] = JournalTable

    _storage: JournalStorage

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, storage=JournalStorage)

    @property
    def storage(self) -> JournalStorage:
        """The storage that this database is kept in."""
        return self._storage


class _Copies(Mapping[str, Document]):
    """The documents of a table; each is copied when it is read."""

    def __init__(self, live: Mapping[str, Document]) -> None:
        self._live = live

    def __getitem__(self, number: str) -> Document:
        found: Document = copy(self._live[number])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._live)

    def __len__(self) -> int:
        return len(self._live)


class _View(MutableMapping[int, Document]):
    """The documents of a table by TinyDB's ids, to be changed: each is copied when it is first read."""

    def __init__(self, live: Mapping[str, Document]) -> None:
        self._live = live
        self._touched: dict[int, Document | None] = {}  # None for one that was removed

    def changes(self) -> dict[str, Document | None]:
        """Return what differs from the table, by id; None for documents to remove."""
        found: dict[str, Document | None] = {}
        for number, document in self._touched.items():
            live = self._live.get(str(number))
            # Values that Python takes for equal may differ in the file, as 1 and true do.
            if document != live or (live is not None and to_json(document) != to_json(live)):
                found[str(number)] = document
        return found

    def __getitem__(self, number: int) -> Document:
        if number not in self._touched:
            self._touched[number] = copy(self._live[str(number)])
        found = self._touched[number]
        if found is None:
            raise KeyError(number)
        return found

    def __setitem__(self, number: int, document: Document) -> None:
        self._touched[number] = document

    def __delitem__(self, number: int) -> None:
        if number not in self:
            raise KeyError(number)
        self._touched[number] = None

    def __contains__(self, number: object) -> bool:
        return self._touched[number] is not None if number in self._touched else str(number) in self._live

    def __iter__(self) -> Iterator[int]:
        yield from (number for number in map(int, self._live) if number in self)
        yield from (number for number in self._touched if str(number) not in self._live and number in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        self._touched = dict.fromkeys(map(int, self._live))
