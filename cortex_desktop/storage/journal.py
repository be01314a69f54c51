"""What changed since the snapshot: a file with one line for each change.

    <checksum> {"journal":1,"base":"<sha256 of the snapshot it stands on>"}
    <checksum> {"generation":13,"saved":"2026-11-23T12:00:01Z","rows":[["apps","7",{...}],["apps","3",null]]}

A change of many documents is one line too, so that after a crash there is all of it or nothing. Each checksum covers
its line and the checksum before it: a line that is missing, moved, or from another journal breaks the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import problems
from .documents import META, Damaged, Document, Tables, decode, is_id, to_json, to_text, to_time
from .snapshot import is_generation

Change = tuple[str, str, Document | None]
"""Table, document id, document or None for one that is removed."""

FORM = 1
"""The version of what lines hold."""

_FIRST = "0" * 16


@dataclass(frozen=True)
class Record:
    """One line: changes that were saved together."""

    generation: int
    saved: datetime
    changes: Sequence[Change]


@dataclass(frozen=True)
class Journal:
    """What a journal file holds up to its first bad line.

    end: how many bytes that is; checksum: of its last line. torn: a write that was cut short follows, of which nobody
    was told that it is saved; damaged: something else follows.
    """

    base: str
    records: Sequence[Record]
    end: int
    checksum: str
    torn: bool = False
    damaged: bool = False


def apply(changes: Sequence[Change], tables: Tables) -> None:
    """Change the tables in place."""
    for name, number, document in changes:
        table = tables.setdefault(name, {})
        if document is None:
            table.pop(number, None)
        else:
            table[number] = document


def header_line(base: str) -> tuple[bytes, str]:
    """Return the first line of a journal on the snapshot `base`, and its checksum."""
    return _line({"journal": FORM, "base": base}, _FIRST)


def record_line(record: Record, before: str) -> tuple[bytes, str]:
    """Return the record's line and its checksum. before: the checksum of the line before."""
    payload = {"generation": record.generation, "saved": to_text(record.saved), "rows": record.changes}
    return _line(payload, before)


def parse(raw: bytes) -> Journal:
    """Return the journal in the file's content. Raises Damaged when not even its first line is right.

    Raises StorageError for one of a newer form.
    """
    lines = raw.split(b"\n")
    payload, checksum = _checked(lines[0], _FIRST) if len(lines) > 1 else (None, "")
    base, form = (payload.get("base"), payload.get("journal")) if isinstance(payload, dict) else (None, None)
    if type(form) is int and form > FORM:
        raise problems.too_new()
    if not isinstance(base, str):
        raise Damaged("no journal")
    records: list[Record] = []
    end = len(lines[0]) + 1
    for each in lines[1:-1]:
        payload, next_checksum = _checked(each, checksum)
        found = _record(payload)
        if found is None or (records and found.generation != records[-1].generation + 1):
            break
        records.append(found)
        checksum = next_checksum
        end += len(each) + 1
    rest = raw[end:]
    # Blocks that never came to the disk read as zeros; the JSON has none.
    torn = bool(rest) and (b"\n" not in rest or (b"\0" in rest and rest.find(b"\n") == len(rest) - 1))
    return Journal(base, records, end, checksum, torn, bool(rest) and not torn)


def _line(payload: object, before: str) -> tuple[bytes, str]:
    text = to_json(payload)
    checksum = _checksum(text.encode(), before)
    return f"{checksum} {text}\n".encode(), checksum


def _checksum(payload: bytes, before: str) -> str:
    return hashlib.sha256(before.encode() + payload).hexdigest()[:16]


def _checked(line: bytes, before: str) -> tuple[Any, str]:
    """Return what the line holds, None when it is not right, and its checksum."""
    payload = line[17:]
    checksum = _checksum(payload, before)
    if line[:17] != f"{checksum} ".encode():
        return None, checksum
    try:
        return decode(payload.decode()), checksum
    except (ValueError, Damaged):
        return None, checksum


def _record(payload: Any) -> Record | None:
    if not isinstance(payload, dict):
        return None
    generation, changes = payload.get("generation"), payload.get("rows")
    if not is_generation(generation) or not isinstance(changes, list) or not all(map(_is_change, changes)):
        return None
    return Record(generation, to_time(payload.get("saved")), [(name, number, doc) for name, number, doc in changes])


def _is_change(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and value[0] != META
        and is_id(value[1])
        and (value[2] is None or isinstance(value[2], dict))
    )
