"""`domain.documents.DocumentStore` on TinyDB."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from tinydb import TinyDB
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import Storage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table

from ..domain.documents import Document
from ..domain.errors import StorageError
from ..domain.text import QT_TRANSLATE_NOOP
from .durable import read_whole, remove_quietly, sweep_temps, write_durably

T = TypeVar("T")


class DocumentFile:
    """Tables in one TinyDB file, mode 0600. From any thread. The constructor touches no disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._db: TinyDB | None = None

    def load(self) -> dict[str, dict[str, Document]]:
        """All tables. A file that holds no tables is put aside, with ".damaged" at its end. Raises StorageError."""

        def read(db: TinyDB) -> dict[str, dict[str, Document]]:
            tables = db.tables()
            return {name: {str(found.doc_id): dict(found) for found in _table(db, name)} for name in tables}

        with suppress(ValueError):
            return self._do(read)
        with suppress(OSError):
            os.replace(self._path, self._path.with_name(f"{self._path.name}.damaged"))
        return {}

    def change(self, changes: Mapping[str, Mapping[str, Document | None]]) -> None:
        """Write these objects, and remove those given as None, in one durable step. Raises StorageError."""

        def write(db: TinyDB) -> None:
            for name, documents in changes.items():
                table: Any = _table(db, name)
                table.remove(doc_ids=[found for found in documents if table.contains(doc_id=found)])
                kept: Any = {key: document for key, document in documents.items() if document is not None}
                table.insert_multiple(TinyDocument(document, key) for key, document in kept.items())
            db.storage.flush()  # type: ignore[attr-defined]

        self._do(write)

    def clear(self) -> None:
        """Remove everything. Raises StorageError."""

        def clear(db: TinyDB) -> None:
            db.drop_tables()
            db.storage.flush()  # type: ignore[attr-defined]

        with suppress(ValueError):
            return self._do(clear)
        remove_quietly(self._path)

    def _do(self, step: Callable[[TinyDB], T]) -> T:
        with self._lock:
            db, self._db = self._db, None  # what follows a failure reads the file anew
            try:
                if db is None:
                    sweep_temps(self._path)
                    storage: Any = CachingMiddleware(_WholeFile)  # type: ignore[no-untyped-call]
                    db = TinyDB(self._path, storage=storage)
                result = step(db)
            except OSError as error:
                raise StorageError(
                    QT_TRANSLATE_NOOP("core", "A file can’t be read or written"),
                    QT_TRANSLATE_NOOP("core", "{file} is not as it should be. Apps and keys are not affected."),
                    QT_TRANSLATE_NOOP("core", "Check the disk and the folder, then try again."),
                    {"file": str(self._path)},
                ) from error
            self._db = db
            return result


class _TextTable(Table):
    """A table whose documents have texts as ids."""

    document_id_class = str  # type: ignore[assignment]


def _table(db: TinyDB, name: str) -> Table:
    return _TextTable(db.storage, name, cache_size=0)


class _WholeFile(Storage):
    """A JSON file that is replaced as a whole, durably, mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        """What the file holds, None if there is none. Raises OSError, and ValueError if it is damaged."""
        data = read_whole(self._path)
        if not data:
            return None
        tables = json.loads(data)
        is_state = isinstance(tables, dict) and all(
            isinstance(table, dict) and all(isinstance(document, dict) for document in table.values())
            for table in tables.values()
        )
        if not is_state:
            raise ValueError("not tables of documents")
        return tables  # type: ignore[no-any-return]

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace the file. Raises OSError."""
        write_durably(self._path, json.dumps(data, ensure_ascii=False).encode())
