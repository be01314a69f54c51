"""An answer as it may be shown: masked, as a tree and as text. Large ones take a while; never on the GUI thread.

Whatever is done to a whole text in one call of C code keeps all threads waiting, so large texts are taken in pieces.
"""

from __future__ import annotations

import gc
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # the stubs leave it out
from typing import Any

from ..domain.request import SECRET_PROPERTIES, Answer, Credentials, Form, mask_document, without_keys

MASK = "…"
SMALL = 64 * 1024
"""Characters up to which a text is made at once."""

_SECRET_NAMES = tuple(f'"{name}"' for name in (*sorted(SECRET_PROPERTIES), "key"))
_SECRET_ENDS = (b'key"', b'password"', b'secret"', b'token"')
"""How these names end."""
_SECRET_IN_TEXT = re.compile(
    rf'((?:{"|".join(_SECRET_NAMES)})\s*:\s*)("(?:[^"\\]|\\.)*"?|\{{[^}}]*\}}?)',
    re.IGNORECASE,
)
_LONGEST = 8 * SMALL
"""Characters of a text without a place to divide it that are looked at in one call."""
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_AT_ONCE = 200
"""Items of a list that are made, or let go of, before other threads get their turn."""
_PAUSE = 0.001
_LEVELS = 2
"""Levels of a document that are read piece by piece: an object, and its list."""


@dataclass(frozen=True)
class Shown:
    """What a person sees of a body. document: for the tree, None without one; text: for Raw, None if `text_of` has to
    make it from the document first. Both are masked."""

    document: object | None
    text: str | None


def shown(answer: Answer, credentials: Credentials) -> Shown:
    """The body of an answer as it may be shown. credentials: what was sent, which the body may repeat."""
    text = answer.body.decode("utf-8", "replace")
    for secret in (credentials.key, credentials.secret):
        if secret is not None:
            text = text.replace(secret.reveal(), MASK)
    if answer.form is Form.JSON and answer.is_whole:
        try:
            document = parsed(text)
        except (ValueError, RecursionError):
            return Shown(None, masked_text(text))
        if _may_hold_secrets(answer.body):
            document = _masked(document)
        return Shown(document, text_of(document) if len(text) <= SMALL else None)
    if answer.form is Form.LINES:
        with _uncollected():
            lines = list(_lines(text))
        return Shown(lines, "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    return Shown(None, masked_text(text))


def text_of(document: object) -> str:
    """A document as indented text."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def parsed(text: str) -> object:
    """The JSON document in a text. Raises ValueError, RecursionError."""
    if len(text) <= SMALL:
        return json.loads(text)
    with _uncollected():
        value, end = _value(text, _skip(text, 0), _LEVELS)
    if _skip(text, end) != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def masked_text(text: str) -> str:
    """A text that is no complete JSON, with everything masked that looks like a secret."""
    return "".join(without_keys(_SECRET_IN_TEXT.sub(rf'\1"{MASK}"', piece)) for piece in _pieces(text))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make many objects without the garbage collector walking them, now or later: that stops all threads for long.

    They are no garbage, and go when nothing refers to them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _value(text: str, at: int, levels: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends."""
    opening = text[at : at + 1]
    if levels == 0 or opening not in ("{", "["):
        return _DECODER.raw_decode(text, at)
    is_object = opening == "{"
    closing = "}" if is_object else "]"
    members: dict[str, Any] = {}
    items: list[Any] = []
    at = _skip(text, at + 1)
    if text[at : at + 1] == closing:
        return (members if is_object else items), at + 1
    while True:
        if is_object:
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
            name, at = scanstring(text, at + 1)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
            members[name], at = _value(text, _skip(text, at + 1), levels - 1)
        else:
            item, at = _value(text, at, levels - 1)
            items.append(item)
            if len(items) % _AT_ONCE == 0:
                time.sleep(0)  # let the window have Python's lock
        at = _skip(text, at)
        mark = text[at : at + 1]
        if mark == closing:
            return (members if is_object else items), at + 1
        if mark != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _may_hold_secrets(body: bytes) -> bool:
    """True if a property may have to be masked. Most answers have none, and need not be copied for that."""
    lowered = body.lower()
    return b"\\u" in lowered or any(end in lowered for end in _SECRET_ENDS)


def _masked(document: object) -> object:
    with _uncollected():
        found = mask_document(document)
    take_apart(document)
    return found


def take_apart(document: object) -> None:
    """Let go of a document that nobody needs any more, some of it at a time: all at once stops all threads for long.

    Takes its time, so that other threads need not wait for Python's lock.
    """
    members = list(document.values()) if isinstance(document, dict) else [document]
    for part in [document, *members]:
        if isinstance(part, dict):
            while part:
                part.popitem()
        elif isinstance(part, list):
            while part:
                del part[-_AT_ONCE:]
                time.sleep(_PAUSE)


def _pieces(text: str) -> Iterator[str]:
    """Parts of a text, none of which begins within a JSON string, but for the end of one, or in a very long word."""
    at = 0
    while len(text) - at > SMALL:
        end = min(
            (found + 1 for mark in (',"', "\n") if (found := text.find(mark, at + SMALL)) >= 0), default=len(text)
        )
        end = min(end, at + _LONGEST)
        yield text[at:end]
        at = end
    yield text[at:]


def _lines(text: str) -> Iterator[object]:
    """The documents of a body that has one a line; a line that is none, such as a cut one, as text."""
    for line in text.splitlines():
        if line.strip():
            try:
                yield mask_document(json.loads(line))
            except (ValueError, RecursionError):
                yield masked_text(line)
