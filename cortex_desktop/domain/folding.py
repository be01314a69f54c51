"""How texts are compared when a person searches."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`text` as search compares it: without case, accents and width, e.g. "Ärzte" -> "arzte"."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text).casefold().translate(_WITHOUT_MARKS)


class _WithoutMarks(dict[int, int | None]):
    """What `str.translate` makes of a character: itself, or nothing of an accent. Looked up once for each."""

    def __missing__(self, code: int) -> int | None:
        found = self[code] = None if unicodedata.combining(chr(code)) else code
        return found


_WITHOUT_MARKS = _WithoutMarks()
