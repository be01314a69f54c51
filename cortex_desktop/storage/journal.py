"""What changed since the snapshot: a file to which each change adds one line, so that saving costs the same at
100 apps and at 100,000.

    <checksum> {"journal":1,"base":"<sha256 of the snapshot it stands on>"}
    <checksum> {"generation":13,"saved":"2026-11-23T12:00:01Z","rows":[["apps","7",{...}],["apps","3",null]]}

A change of many documents is one line too, so that after a crash there is all of it or nothing. Each checksum covers
its line and the checksum before it: a line that is missing, moved, or from another journal breaks the chain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .digest import hex_digest
from .packed import Packed
from .snapshot import Damaged, Rows, decode, doc_text, is_generation, is_number, to_text, to_time

_FIRST = "0" * 16


@dataclass(frozen=True)
class Record:
    """One change. rows: table, document id, document or None for one that went."""

    generation: int
    saved: datetime
    rows: Sequence[tuple[str, str, dict[str, Any] | None]]


@dataclass(frozen=True)
class Journal:
    """What a journal file holds up to its first bad line.

    end: how many bytes that is; checksum: of its last line; torn: after it comes what a write leaves that was cut
    short, so nothing that anyone was told is saved; damaged: after it comes something else.
    """

    base: str
    records: Sequence[Record]
    end: int
    checksum: str
    torn: bool = False
    damaged: bool = False

    def apply_to(self, rows: Rows) -> None:
        """Change the rows as the records say."""
        for record in self.records:
            for name, number, doc in record.rows:
                table = rows.setdefault(name, Packed())
                if doc is None:
                    table.pop(number, None)
                else:
                    table[number] = doc_text(doc)


def header(base: str) -> tuple[bytes, str]:
    """The first line of a journal on the snapshot `base`, and its checksum."""
    return _line(f'{{"journal":1,"base":"{base}"}}', _FIRST)


def record(
    generation: int, saved: datetime, table: str, docs: Mapping[str, str | None], before: str
) -> tuple[bytes, str]:
    """The line for a change of documents, and its checksum.

    docs: by id, each as JSON text, None for one that goes; before: the checksum of the line before.
    """
    name = json.dumps(table)
    rows = ",".join(f'[{name},"{number}",{"null" if doc is None else doc}]' for number, doc in docs.items())
    return _line(f'{{"generation":{generation},"saved":"{to_text(saved)}","rows":[{rows}]}}', before)


def parse(raw: bytes) -> Journal:
    """The journal in the file's content. Raises Damaged when not even its first line is right."""
    lines = raw.split(b"\n")
    payload, checksum = _checked(lines[0], _FIRST) if len(lines) > 1 else (None, "")
    base = payload.get("base") if isinstance(payload, dict) else None
    if not isinstance(base, str):
        raise Damaged("no journal")
    records: list[Record] = []
    end = len(lines[0]) + 1
    for line in lines[1:-1]:
        payload, next_checksum = _checked(line, checksum)
        found = _record(payload)
        if found is None or (records and found.generation != records[-1].generation + 1):
            break
        records.append(found)
        checksum = next_checksum
        end += len(line) + 1
    rest = raw[end:]
    # Blocks that never came to the disk read as zeros; the JSON has none.
    torn = bool(rest) and (b"\n" not in rest or (b"\0" in rest and rest.find(b"\n") == len(rest) - 1))
    return Journal(base, records, end, checksum, torn, bool(rest) and not torn)


def _line(payload: str, before: str) -> tuple[bytes, str]:
    checksum = _checksum(payload.encode(), before)
    return f"{checksum} {payload}\n".encode(), checksum


def _checksum(payload: bytes, before: str) -> str:
    return hex_digest(before.encode() + payload)[:16]


def _checked(line: bytes, before: str) -> tuple[Any, str]:
    """What the line holds, None when it is not right; and its checksum."""
    checksum = _checksum(line[17:], before)
    if line[:17] != f"{checksum} ".encode():
        return None, checksum
    try:
        return decode(line[17:].decode()), checksum
    except (ValueError, Damaged):
        return None, checksum


def _record(payload: Any) -> Record | None:
    if not isinstance(payload, dict):
        return None
    generation, rows = payload.get("generation"), payload.get("rows")
    if not is_generation(generation) or not isinstance(rows, list):
        return None
    for row in rows:
        if not isinstance(row, list) or len(row) != 3 or not isinstance(row[0], str) or not is_number(row[1]):
            return None
        if row[2] is not None and not isinstance(row[2], dict):
            return None
    return Record(generation, to_time(payload.get("saved")), [(name, number, doc) for name, number, doc in rows])
