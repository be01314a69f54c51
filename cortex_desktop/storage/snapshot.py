"""The database as one JSON file in TinyDB's own format, sealed: it tells its generation and a checksum of itself.

    {"_meta":{"1":{"sha256":"<of all that follows>","schema":1,"generation":12,"saved":"2026-11-23T12:00:00Z",...}},
    "apps":{
    "1":{...},
    "2":{...}}}

Plain TinyDB sees the seal as the one document of the table _meta. When another program rewrites the file, the
checksum no longer matches, which is how that is noticed. Documents are kept as JSON texts (`packed`), each made once,
when it changes: putting a snapshot together is joining them, and so never keeps other threads from running for long.
Taking one apart is cutting the texts out of it again, so that there is never more than one document in another form.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from . import problems
from .digest import hex_digest
from .packed import Packed

Tables = dict[str, dict[str, dict[str, Any]]]
"""Table name -> document id, a number in decimal -> document."""
Rows = dict[str, Packed]
"""The same without `META`, each document as its JSON text."""

META = "_meta"
SCHEMA = 1
FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)

_START = b'{"_meta":{"1":{"sha256":"'
_HASHED = len(_START) + 64
_META_START = b'{"_meta":'
doc_text = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
"""The JSON text of a document that was read, and so needs no second look as in `encode_doc`."""

SEAL = ("sha256", "schema", "generation", "saved", "before")
_HALF_PAIR = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


class Damaged(Exception):
    """The bytes are not what they should be."""


@dataclass(frozen=True)
class Snapshot:
    """A database file.

    extra: what the document in `META` holds beside the seal; intact: whether the checksum is there and right.
    sha256, before, generation and saved are what the file says, "" or 0 or 1970 where it says nothing that makes
    sense. before: the snapshot on which the journal stood that is part of this one.
    """

    rows: Rows
    extra: dict[str, Any]
    schema: int
    intact: bool
    sha256: str = ""
    before: str = ""
    generation: int = 0
    saved: datetime = FIRST_TIME

    @property
    def tables(self) -> Tables:
        """The rows as tables, and the schema and `extra` in `META`. Made anew each time."""
        return {META: {"1": {"schema": self.schema, **self.extra}}, **decode_rows(self.rows)}


def encode(
    rows: Rows, extra: Mapping[str, Any], generation: int, saved: datetime, before: str, schema: int = SCHEMA
) -> tuple[bytes, str]:
    """The content of the file, and its checksum. extra: further fields for the document in `META`.

    ASCII with escapes, because plain TinyDB reads in the locale's encoding on Windows.
    """
    seal = {"schema": schema, "generation": generation, "saved": to_text(saved), "before": before}
    parts = [f'",{encode_doc({**seal, **extra})[1:]}}}']
    for name, table in rows.items():
        lines = ",".join([f'\n"{number}":{text}' for number, text in table.items()])
        parts.append(f",\n{json.dumps(name)}:{{{lines}}}")
    parts.append("}\n")
    content = "".join(parts).encode()
    sha256 = hex_digest(content)
    return b"".join((_START, sha256.encode(), content)), sha256


def encode_doc(doc: object) -> str:
    """A document's JSON text. Raises StorageError for what would not be read back alike."""
    try:
        text = json.dumps(doc, separators=(",", ":"), allow_nan=False)
        if not isinstance(doc, dict) or decode(text) != doc:
            raise problems.not_text()
    except (TypeError, ValueError, RecursionError, Damaged) as error:
        raise problems.not_text() from error
    return text


def encode_tables(tables: Tables) -> Rows:
    """The rows of `tables`. Raises StorageError for what would not be read back alike."""
    try:
        check(tables)
    except Damaged as error:
        raise problems.not_text() from error
    return {
        name: Packed((number, encode_doc(doc)) for number, doc in table.items())
        for name, table in tables.items()
        if name != META
    }


def decode_rows(rows: Rows) -> Tables:
    """The opposite of `encode_tables`. Raises Damaged."""
    return {name: {number: decode(text) for number, text in table.items()} for name, table in rows.items()}


def parse(raw: bytes) -> Snapshot:
    """The database in the file's content. Raises Damaged, or StorageError for a newer schema."""
    sealed, rows = _cut(raw) or _decoded(raw)
    schema = schema_of(sealed, any(rows.values()))
    seal = sealed[0] if sealed else {}
    extra = {name: value for name, value in seal.items() if name not in SEAL}
    generation, sha256, before = seal.get("generation"), seal.get("sha256"), seal.get("before")
    if not is_generation(generation) or not isinstance(sha256, str):
        return Snapshot(rows, extra, schema, intact=False)
    intact = raw[: len(_START)] == _START and hex_digest(memoryview(raw)[_HASHED:]) == sha256
    return Snapshot(
        rows,
        extra,
        schema,
        intact,
        sha256,
        before if isinstance(before, str) else "",
        generation,
        to_time(seal.get("saved")),
    )


def decode(text: str) -> Any:
    """What the JSON text holds. Raises Damaged, also for what the json module reads but cannot write again."""
    try:
        found = _DECODER.decode(text)
        if _HALF_PAIR.search(text):
            _whole(found)
    except (ValueError, RecursionError) as error:
        raise Damaged("not JSON") from error
    return found


def _decoded(raw: bytes) -> tuple[list[dict[str, Any]] | None, Rows]:
    """The documents of `META`, and the rows, of a file laid out in any way. Raises Damaged."""
    try:
        text = raw.decode()
    except ValueError as error:
        raise Damaged("not UTF-8") from error
    tables = check(decode(text))
    rows = {
        name: Packed((number, doc_text(doc)) for number, doc in table.items())
        for name, table in tables.items()
        if name != META
    }
    return list(tables[META].values()) if META in tables else None, rows


def _cut(raw: bytes) -> tuple[list[dict[str, Any]], Rows] | None:
    """The same of a file laid out as `encode` does it: each line is looked at, and dropped again. Else None."""
    if not raw.isascii() or not raw.startswith(_META_START):
        return None
    lines = _Lines(raw)
    rows: Rows = {}
    try:
        line = next(lines)
        meta, at = _DECODER.raw_decode(line, len(_META_START))
        _whole(meta)
        end = line[at:]
        while end == ",":
            line = next(lines)
            name, at = _DECODER.raw_decode(line)
            _whole(name)
            if type(name) is not str or name in rows or name == META or not line.startswith(":{", at):
                return None
            cut = _Cut(lines, line[at + 2 :])
            rows[name] = Packed(cut)
            end = cut.end
    except (StopIteration, ValueError, RecursionError):
        return None
    if end != "}" or not lines.over or not isinstance(meta, dict) or list(meta) != ["1"]:
        return None
    return ([meta["1"]], rows) if isinstance(meta["1"], dict) else None


class _Lines(Iterator[str]):
    """The lines of ASCII text, each made when its turn comes: all of a large file at once take as much as the file."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    @property
    def over(self) -> bool:
        """Whether there is nothing behind the last line."""
        return self._at == len(self._raw)

    def __next__(self) -> str:
        end = self._raw.find(b"\n", self._at)
        if end < 0:
            raise StopIteration
        line, self._at = self._raw[self._at : end].decode(), end + 1
        return line


class _Cut:
    """The ids and texts of a table. begun: what stands behind its opening brace; `end`: behind the closing one.

    Going through them raises ValueError or RecursionError for anything that `encode` does not write.
    """

    def __init__(self, lines: Iterator[str], begun: str) -> None:
        self._lines = lines
        self._empty = begun.startswith("}")
        self.end = begun[1:]
        if begun and not self._empty:
            raise ValueError("not as written here")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        last, more = -1, not self._empty
        while more:
            line = next(self._lines, "")
            number, begin = _DECODER.raw_decode(line)
            # In order, as ids are given out; so none comes twice.
            if line[begin : begin + 1] != ":" or not is_number(number) or int(number) <= last:
                raise ValueError("not as written here")
            last = int(number)
            doc, end = _DECODER.raw_decode(line, begin + 1)
            if _HALF_PAIR.search(line, begin, end):
                _whole(doc)
            if type(doc) is not dict:
                raise ValueError("a document is not an object")
            yield number, line[begin + 1 : end]
            more = line[end:] == ","
            if not more and line[end : end + 1] != "}":
                raise ValueError("no end")
            self.end = line[end + 1 :]


def check(tables: object) -> Tables:
    """`tables` if that is what they are. Raises Damaged."""
    if not isinstance(tables, dict):
        raise Damaged("no tables")
    for name, table in tables.items():
        if not isinstance(name, str) or not isinstance(table, dict):
            raise Damaged("a table is not an object")
        for number, doc in table.items():
            if not isinstance(doc, dict) or not is_number(number):
                raise Damaged("a document is not an object, or its id is not a number")
    return tables


def is_number(text: object) -> bool:
    """Whether this may be a document's id."""
    # TinyDB puts ids through int(): "01" and "1" would become one, and one of the documents be lost.
    return (
        isinstance(text, str)
        and text.isascii()
        and text.isdigit()
        and len(text) < 19
        and (text[0] != "0" or text == "0")
    )


def is_generation(value: object) -> TypeGuard[int]:
    """Whether this may be a generation: a number that counting could have come to."""
    return type(value) is int and 0 < value < 10**15


def schema_of(sealed: Sequence[Mapping[str, Any]] | None, has_rows: bool) -> int:
    """The schema version that the documents of `META` tell, None when there is no such table.

    Raises Damaged for none that makes sense, StorageError for a newer one.
    """
    if sealed is None and has_rows:
        return 1  # rows written by another program with TinyDB's own API
    schema = sealed[0].get("schema") if sealed and len(sealed) == 1 else None
    if type(schema) is not int or schema < 1:
        raise Damaged("no schema version")
    if schema > SCHEMA:
        raise problems.too_new()
    return schema


def to_text(time: datetime) -> str:
    """ISO 8601 in UTC, with a Z."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_time(value: object) -> datetime:
    """The opposite of `to_text`; 1970 for what is none."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else FIRST_TIME
        return time.astimezone(UTC) if time.tzinfo is not None else FIRST_TIME
    except (ValueError, OverflowError):
        return FIRST_TIME


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


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_finite, parse_float=_finite)


def _whole(value: object) -> None:
    """Raises ValueError for text with half of a surrogate pair, which is no character."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for name, part in value.items():
            name.encode()
            _whole(part)
    elif isinstance(value, list):
        for part in value:
            _whole(part)
