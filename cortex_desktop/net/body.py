"""An answer's body as it arrives: how much of it is kept, what form it has, and the fault in it."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..domain.faults import Fault, fault_of
from ..domain.request import SHOWN_BYTES, Form

_LAST_LINE = 64 * 1024
_LARGEST_FAULT = 256 * 1024
"""A larger body is no fault; parsing it to see would keep other threads waiting."""


class Body:
    """Takes pieces of a body, keeps the first `SHOWN_BYTES`, and passes all on to `save`."""

    def __init__(self, content_type: str, save: Callable[[bytes], object] | None) -> None:
        self._type = content_type.partition(";")[0].strip().lower()
        self._save = save
        self._kept = bytearray()
        self._end = b""
        self.size = 0

    @property
    def is_full(self) -> bool:
        """True if more pieces would not be kept anywhere."""
        return self._save is None and self.size > SHOWN_BYTES

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises what `save` raises."""
        self.size += len(piece)
        room = SHOWN_BYTES - len(self._kept)
        if room > 0:
            self._kept += piece[:room]
        self._end = (self._end + piece)[-_LAST_LINE:]
        if self._save is not None:
            self._save(piece)

    @property
    def kept(self) -> bytes:
        """The first `SHOWN_BYTES`."""
        return bytes(self._kept)

    @property
    def form(self) -> Form:
        """What the body is: by its declared type, or where that says nothing, by how it begins."""
        start = self._kept[:200].lstrip().lower()
        if not start:
            return Form.EMPTY
        if "ndjson" in self._type or "json-seq" in self._type:
            return Form.LINES
        if start.startswith((b"<!doctype html", b"<html")):
            return Form.HTML
        if self._type.endswith(("/json", "+json")):
            return Form.JSON
        if self._type == "text/html":
            return Form.HTML
        return Form.JSON if start.startswith((b"{", b"[")) else Form.OTHER

    def fault(self) -> Fault | None:
        """The fault that the body is, or that its last line is where it has a document a line."""
        form = self.form
        if form is Form.LINES:
            lines = self._end.rstrip().rsplit(b"\n", 1)
            return _fault_in(lines[-1])
        if form is Form.JSON and self.size <= _LARGEST_FAULT:
            return _fault_in(bytes(self._kept))
        return None


def _fault_in(text: bytes) -> Fault | None:
    if b'"fault"' not in text:  # most answers are none, and need not be parsed here
        return None
    try:
        return fault_of(json.loads(text))
    except (ValueError, RecursionError):
        return None
