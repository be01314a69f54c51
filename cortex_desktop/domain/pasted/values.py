"""The values in a text: what has the shape of a key or secret and stands alone, plain or in base64."""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterator

from ..secret import shaped
from .place import without_armor

_NEAR = 160
"""So many characters around a value are looked at for what it is a part of."""
_GLUED_BEFORE = re.compile(r"(?:[^\W0-9A-Za-z]|\w[-.+])$")
_GLUED_AFTER = re.compile(r"\w|[-.+]\w|=(?!>)|\(|@\w")
_ENCODED = re.compile(r"(?<![0-9A-Za-z+/=])(?:Y19[0-9A-Za-z+/]{2,130}|[0-9A-Za-z+/]{30,87})={0,2}(?![0-9A-Za-z+/=])")
_FILE = re.compile(r"[0-9A-Za-z+/]{40}")
_ENCODED_FILE = re.compile(r"[0-9A-Za-z+/]+={0,2}")
_BASE64 = string.ascii_letters + string.digits + "+/="


def may_hold_values(text: str) -> bool:
    """False if nothing in `text` has the shape of a key or secret, plain or in base64."""
    return next(shaped(text), None) is not None or _ENCODED.search(text) is not None


def may_hold_files(text: str) -> bool:
    """True if there is base64 in `text` of more than one value."""
    return _FILE.search(text) is not None


def whole(text: str) -> str:
    """The value that `text` is and nothing else, decoded from base64 if need be; else an empty string."""
    text = text.strip()
    if 0 < len(text) <= 180:
        for start, end, value in values_in(text):
            if (start, end) == (0, len(text)):
                return value
    return ""


def values_in(row: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and text of the values in a line that stand alone there."""
    found = [(start, end, row[start:end]) for start, end in shaped(row) if stands_alone(row, start, end)]
    if "=" in row or "Y19" in row or len(row) > 29:
        for match in _ENCODED.finditer(row):
            value = _decoded(match[0])
            if value:
                found.append((*match.span(), value))
    return iter(sorted(found))


def _decoded(text: str) -> str:
    if len(text) % 4:
        return ""
    try:
        inner = binascii.a2b_base64(text).decode("ascii").strip()
    except ValueError:
        return ""
    return inner if list(shaped(inner)) == [(0, len(inner))] else ""


def decoded_file(text: str) -> str:
    """The text that a longer base64 text holds, as a file in a Kubernetes Secret; else an empty string."""
    text = "".join(text.split())
    if len(text) < 40 or len(text) % 4 or not _ENCODED_FILE.fullmatch(text):
        return ""
    try:
        inner = binascii.a2b_base64(text).decode()
    except ValueError:
        return ""
    return without_armor(inner) if inner.replace("\n", "").replace("\r", "").replace("\t", "").isprintable() else ""


def stands_alone(row: str, start: int, end: int) -> bool:
    """False for a part of a word, of a token with dots or dashes, or of base64."""
    escaped = row[start - 1 : start].isalnum() and row[start - 1 : start].isascii()
    if _GLUED_AFTER.match(row, end) or (not escaped and _GLUED_BEFORE.search(row[max(0, start - 2) : start])):
        return False
    if row[start - 1 : start] in ("/", "+") or row[end : end + 1] in ("/", "+"):
        before, after = row[max(0, start - _NEAR) : start], row[end : end + _NEAR]
        rest = before[len(before.rstrip(_BASE64)) :] + "/" + after[: len(after) - len(after.lstrip(_BASE64))]
        return "+" not in rest and not any(_is_noise(part) for part in rest.split("/"))
    return True


def _is_noise(part: str) -> bool:
    """True for a piece of base64 between two slashes, which words in a path are not."""
    return len(part) > 9 and not part.islower() and any(map(str.isdigit, part)) and not part.isupper()
