"""Documents and their JSON text, which is refused when it would not come back exactly as it is.

The json module alone keeps the last of two fields with the same name, reads numbers that are not finite, and reads
half of a surrogate pair, which no file can hold.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import problems

Document = dict[str, Any]
Tables = dict[str, dict[str, Document]]
"""Table name -> document id, a number in decimal -> document. TinyDB's own form."""

META = "_meta"
"""The table in which this package keeps one document about the database itself."""

FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_SURROGATE = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


class Damaged(Exception):
    """The bytes are not what they should be."""


def encode(document: object) -> str:
    """Return the document's JSON text. Raises StorageError for what would not be read back alike."""
    try:
        text = to_json(document)
        if not isinstance(document, dict) or decode(text) != document:
            raise problems.not_text()
    except (TypeError, ValueError, RecursionError, Damaged) as error:
        raise problems.not_text() from error
    return text


def decode(text: str) -> Any:
    """Return what the JSON text holds. Raises Damaged, also for what could not be written again."""
    try:
        found = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Damaged("not JSON") from error
    return found


def to_json(value: object) -> str:
    """Return the JSON text of what was decoded or checked by `encode`. ASCII, without line feeds."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def copy(value: Any) -> Any:
    """Return a deep copy of what was decoded or checked by `encode`."""
    return json.loads(to_json(value))


def check_tables(tables: object) -> Tables:
    """Return `tables` if it has the form of `Tables`. Raises Damaged."""
    if not isinstance(tables, dict):
        raise Damaged("no tables")
    for name, table in tables.items():
        if not isinstance(name, str) or not isinstance(table, dict):
            raise Damaged("a table is not an object")
        for number, document in table.items():
            if not isinstance(document, dict) or not is_id(number):
                raise Damaged("a document is not an object, or its id is not a number")
    return tables


def clean_tables(tables: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Return a deep copy of `tables`. Raises StorageError for what would not be read back alike."""
    encode(dict.fromkeys(tables))  # the names
    try:
        checked = check_tables(tables)
    except Damaged as error:
        raise problems.not_text() from error
    return {
        name: {number: decode(encode(document)) for number, document in table.items()}
        for name, table in checked.items()
    }


def is_id(text: object) -> bool:
    """True if this can be a document's id in the file."""
    # TinyDB puts ids through int(): "01" and "1" would become one, and one of the documents be lost.
    return (
        isinstance(text, str)
        and text.isascii()
        and text.isdigit()
        and len(text) < 19
        and (text[0] != "0" or text == "0")
    )


def to_text(time: datetime) -> str:
    """Return the time as ISO 8601 in UTC, with a Z."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_time(value: object) -> datetime:
    """Return the time that `to_text` wrote, 1970 for anything else."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else FIRST_TIME
        return time.astimezone(UTC) if time.tzinfo is not None else FIRST_TIME
    except (ValueError, OverflowError):
        return FIRST_TIME


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate field")
    return found


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_finite, parse_float=_finite)
