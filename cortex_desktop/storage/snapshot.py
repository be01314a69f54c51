"""The whole database as one JSON file in TinyDB's own format, with its generation and a checksum of itself:

    {"_meta":{"1":{"sha256":"<of all that follows>","schema":1,"generation":12,"saved":"2026-11-23T12:00:00Z",...}},
    "apps":{
    "1":{...},
    "2":{...}}}

Plain TinyDB sees the one document of the table _meta. When another program rewrites the file, the checksum no longer
matches, and so that is noticed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from . import problems
from .documents import FIRST_TIME, META, Damaged, Document, Tables, check_tables, decode, to_json, to_text, to_time

SCHEMA = 1

_START = b'{"_meta":{"1":{"sha256":"'
_HASHED = len(_START) + 64
_SEAL = ("sha256", "generation", "saved", "before")


@dataclass(frozen=True)
class Snapshot:
    """A database file.

    tables: all of them; the document in `META` has the schema, and fields that this version does not know.
    intact: the checksum is there and right. sha256, before, generation, saved: as the file says, else "", 0 or 1970.
    before: the snapshot on which the journal stood that is part of this one.
    """

    tables: Tables
    intact: bool = False
    sha256: str = ""
    before: str = ""
    generation: int = 0
    saved: datetime = FIRST_TIME

    @property
    def schema(self) -> int:
        """The version of the form that its documents have."""
        return int(self.tables[META]["1"]["schema"])


def new_tables() -> Tables:
    """Return the tables of an empty database."""
    return {META: {"1": {"schema": SCHEMA}}}


def encode(tables: Tables, generation: int, saved: datetime, before: str) -> tuple[bytes, str]:
    """Return the content of the file and its checksum.

    It is ASCII, because plain TinyDB reads in the locale's encoding on Windows.
    """
    meta = tables[META]["1"]
    sealed = {"schema": meta["schema"], "generation": generation, "saved": to_text(saved), "before": before, **meta}
    parts = [f'",{to_json(sealed)[1:]}}}']
    for name, table in tables.items():
        if name != META:
            lines = ",".join([f'\n"{number}":{to_json(document)}' for number, document in table.items()])
            parts.append(f",\n{json.dumps(name)}:{{{lines}}}")
    content = "".join([*parts, "}\n"]).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    return b"".join((_START, sha256.encode(), content)), sha256


def parse(raw: bytes) -> Snapshot:
    """Return the database in the file's content. Raises Damaged, or StorageError for a newer schema."""
    try:
        found = decode(raw.decode())
    except UnicodeDecodeError as error:
        raise Damaged("not UTF-8") from error
    _refuse_newer(found)
    tables = check_tables(found)
    seal = _meta(tables)
    tables[META] = {"1": without_seal(seal)}
    generation, sha256, before = seal.get("generation"), seal.get("sha256"), seal.get("before")
    if not is_generation(generation) or not isinstance(sha256, str):
        return Snapshot(tables)
    return Snapshot(
        tables,
        raw[: len(_START)] == _START and hashlib.sha256(memoryview(raw)[_HASHED:]).hexdigest() == sha256,
        sha256,
        before if isinstance(before, str) else "",
        generation,
        to_time(seal.get("saved")),
    )


def without_seal(meta: Document) -> Document:
    """Return the document in `META` without what each snapshot writes anew."""
    return {name: value for name, value in meta.items() if name not in _SEAL}


def is_generation(value: object) -> TypeGuard[int]:
    """True if this can be a generation: a number that counting could have come to."""
    return type(value) is int and 0 < value < 10**15


def _refuse_newer(found: object) -> None:
    """Raise StorageError for a newer schema, whatever form its tables have."""
    meta = found.get(META) if isinstance(found, dict) else None
    for document in meta.values() if isinstance(meta, dict) else ():
        schema = document.get("schema") if isinstance(document, dict) else None
        if type(schema) is int and schema > SCHEMA:
            raise problems.too_new()


def _meta(tables: Tables) -> Document:
    """Return the document in `META`. Raises Damaged for no schema that makes sense."""
    if META not in tables and any(tables.values()):
        return {"schema": 1}  # another program wrote it with TinyDB's own API
    documents = list(tables.get(META, {}).values())
    schema = documents[0].get("schema") if len(documents) == 1 else None
    if type(schema) is not int or schema < 1:
        raise Damaged("no schema version")
    return documents[0]
