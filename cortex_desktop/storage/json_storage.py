"""TinyDB's file, made safe: one JSON file that is whole after a crash, a backup of the version before it, and
damage that is found, set aside and told instead of being taken for an empty database."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinydb import Storage

from . import problems
from .durable import copy_aside, make_private, read_whole, sweep_temps, write_durably

Tables = dict[str, dict[str, dict[str, Any]]]
"""Table name -> document id, a number in decimal -> document."""

META = "_meta"
SCHEMA = 1
MIGRATIONS: dict[int, Callable[[Tables], Tables]] = {}
"""How to bring tables from schema n to n + 1, under n. Each may change the tables it gets in place."""

_Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Recovery:
    """Damage that was found when the database was opened, for the person to be told.

    set_aside: where the damaged file is kept, None when it was missing; restored_from: when the backup that
    replaced it was saved (UTC), None when there was no good one and the database starts anew; apps: how many
    apps that backup holds, in any state; None likewise.
    """

    set_aside: Path | None
    restored_from: datetime | None = None
    apps: int | None = None

    @property
    def restored(self) -> bool:
        """Whether a backup took the place of the damaged file."""
        return self.restored_from is not None


class Damaged(Exception):
    """The bytes are not a database."""


class DurableStorage(Storage):
    """The database file at `path` (its folder must exist). One process at a time; not safe across threads.

    Nothing is read before the first `read`, and no file stays open. All methods raise StorageError, and
    then memory and, as far as the system allows, disk are as before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._backup = path.with_name(path.name + ".bak")
        self._tables: Tables | None = None
        self._seen: _Signature | None = None
        self.recovered: Recovery | None = None

    def read(self) -> Tables:
        """All tables. The documents are copies, since TinyDB changes them in place before it writes."""
        return {name: {doc_id: doc.copy() for doc_id, doc in table.items()} for name, table in self._present().items()}

    def write(self, data: Tables) -> None:
        """Make `data` the database, durably, and keep the version before it as the backup."""
        before = self._present()
        if META not in data:
            data = {META: before[META], **data}
        content = _encode(data)
        after = _parse_own(content, data)  # shares nothing with `data`, so it is safe to keep
        try:
            self._write(content, before)
        except OSError as error:
            raise problems.not_written(error, self._path.parent) from error
        self._seen = _signature(self._path)
        self._tables = after

    def _write(self, content: bytes, before: Tables) -> None:
        if self._is_as_seen(before):
            write_durably(self._path, content, keep_as=self._backup)
            return
        # Another program changed or removed the file meanwhile. Its work is kept, and so is ours.
        if self._path.exists():
            copy_aside(self._path, self._aside(self._path, "changed"))
        write_durably(self._backup, _encode(before))
        write_durably(self._path, content)

    def _is_as_seen(self, before: Tables) -> bool:
        if _signature(self._path) == self._seen:
            return True
        raw = read_whole(self._path)  # it may have been touched only
        with contextlib.suppress(Damaged):
            return raw is not None and _parse(raw) == before
        return False

    def _present(self) -> Tables:
        if self._tables is None:
            try:
                self._tables = self._load()
            except OSError as error:
                raise problems.not_read(error, self._path.parent) from error
        return self._tables

    def _load(self) -> Tables:
        sweep_temps(self._path)
        make_private(self._path)
        make_private(self._backup)
        self._seen = _signature(self._path)
        raw = read_whole(self._path)
        if raw is None and not self._backup.exists():
            return _new_tables()
        try:
            if raw is None:
                raise Damaged("missing")
            tables = _parse(raw)
            _schema(tables)
        except Damaged:
            tables = self._recover(missing=raw is None)
        return self._migrate(tables)

    def _recover(self, missing: bool) -> Tables:
        """Set the damaged file aside and put the backup, or else a new database, in its place."""
        kept = read_whole(self._backup)
        tables = None
        with contextlib.suppress(Damaged):
            if kept is not None:
                candidate = _parse(kept)
                _schema(candidate)
                tables = candidate
        try:
            set_aside = None
            if not missing:
                set_aside = self._aside(self._path, "damaged")
                copy_aside(self._path, set_aside)
            if tables is not None and kept is not None:
                saved = datetime.fromtimestamp(self._backup.stat().st_mtime, UTC)
                recovery = Recovery(set_aside, saved, len(tables.get("apps", {})))
            else:
                if kept is not None:  # the next write would take its name
                    copy_aside(self._backup, self._aside(self._backup, "damaged"))
                recovery = Recovery(set_aside)
                tables = _new_tables()
                kept = _encode(tables)
            write_durably(self._path, kept)
        except OSError as error:
            raise problems.not_repaired(self._path.parent) from error
        self._seen = _signature(self._path)
        self.recovered = recovery
        return tables

    def _migrate(self, tables: Tables) -> Tables:
        """`tables` in the form of this version, saved at once if possible; otherwise with the next write."""
        schema = _schema(tables)
        if schema == SCHEMA:
            return {**_new_tables(), **tables}
        migrated = tables  # nobody else's: they were read for this, and are read anew after a failure
        try:
            for step in range(schema, SCHEMA):
                migrated = MIGRATIONS[step](migrated)
            migrated = {**_new_tables(), **migrated}
            for doc in migrated[META].values():
                doc["schema"] = SCHEMA
            content = _encode(migrated)
            migrated = _parse_own(content, migrated)
        except Exception as error:
            raise problems.not_migrated() from error
        with contextlib.suppress(OSError):  # a folder that cannot be written can still be looked at
            write_durably(self._path, content, keep_as=self._backup)
        self._seen = _signature(self._path)
        return migrated

    def _aside(self, path: Path, why: str) -> Path:
        return path.with_name(f"{path.name}.{why}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")


def _new_tables() -> Tables:
    return {META: {"1": {"schema": SCHEMA}}}


def _encode(tables: Tables) -> bytes:
    """The file's content. Raises StorageError for what JSON or UTF-8 cannot hold.

    ASCII with escapes, because plain TinyDB reads in the locale's encoding on Windows.
    """
    try:
        text = json.dumps(tables, separators=(",", ":"), allow_nan=False)
        if "\\ud" in text:
            json.dumps(tables, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    except (TypeError, ValueError, RecursionError) as error:
        raise problems.not_text() from error
    return text.encode()


def _parse(raw: bytes) -> Tables:
    """The tables in the file's content. Raises Damaged."""
    try:
        text = raw.decode()
        tables = json.loads(text, object_pairs_hook=_unique, parse_constant=_finite, parse_float=_finite)
        if "\\ud" in text.lower():
            json.dumps(tables, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Damaged("not JSON") from error
    return _checked(tables)


def _parse_own(content: bytes, tables: Tables) -> Tables:
    """The same tables, read back from what `_encode` made of them. Raises StorageError when they differ."""
    # Without the hooks of `_parse`, which cost as much again: what equals `tables` has no duplicates.
    found = json.loads(content)
    try:
        if found == tables:
            return _checked(found)
    except Damaged:
        pass
    raise problems.not_text()


def _checked(tables: object) -> Tables:
    """`tables` if that is what they are. Raises Damaged."""
    if not isinstance(tables, dict):
        raise Damaged("no tables")
    for table in tables.values():
        if not isinstance(table, dict):
            raise Damaged("a table is not an object")
        for doc_id, doc in table.items():
            if not isinstance(doc, dict) or not _is_doc_id(doc_id):
                raise Damaged("a document is not an object, or its id is not a number")
    return tables


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # the json module would keep the last and drop the others in silence
        raise ValueError("duplicate key")
    return found


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):  # could be read but never be written again
        raise ValueError("not a finite number")
    return value


def _is_doc_id(text: str) -> bool:
    # TinyDB puts ids through int(): "01" and "1" would become one, and one of the documents be lost.
    return text.isascii() and text.isdigit() and len(text) < 19 and (text[0] != "0" or text == "0")


def _schema(tables: Tables) -> int:
    """The schema version. Raises Damaged for none that makes sense, StorageError for a newer one."""
    if META not in tables and any(tables.values()):
        return 1  # rows written by another program with TinyDB's own API
    docs = list(tables.get(META, {}).values())
    schema = docs[0].get("schema") if len(docs) == 1 else None
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise Damaged("no schema version")
    if schema > SCHEMA:
        raise problems.too_new()
    return schema


def _signature(path: Path) -> _Signature | None:
    """What changes when a file does: identity, bytes, time of change (ns). None when there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
