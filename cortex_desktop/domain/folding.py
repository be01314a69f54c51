"""How texts are compared when a person searches."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return `text` without case, accents and width, as search compares it, e.g. "Ärzte" -> "arzte"."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text).casefold().translate(_WITHOUT_MARKS)


class _WithoutMarks(dict[int, int | None]):
    """Maps a character to itself, and an accent to nothing, for `str.translate`. Looks each up once."""

    def __missing__(self, code: int) -> int | None:
        found = self[code] = None if unicodedata.combining(chr(code)) else code
        return found


_WITHOUT_MARKS = _WithoutMarks()
