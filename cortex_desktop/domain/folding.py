"""How texts are compared when a person searches."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return `text` as search compares it: without case, accents, width and what is invisible, look-alikes as one.

    "Ärzte" gives "arzte", as does the same word with a Cyrillic letter in it.
    """
    return _folded(text, _ALIKE)


def sort_key(text: str) -> str:
    """Return `text` as lists are sorted: as `fold` does, but with each letter in its own alphabet."""
    return _folded(text, _WITHOUT_MARKS)


def look(text: str) -> str:
    """Return what two texts have in common that a person takes for the same: folded, with single spaces."""
    return " ".join(fold(text).split())


def _folded(text: str, table: _WithoutMarks) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text).casefold().translate(table)


def is_invisible(char: str) -> bool:
    """True if a character shows nothing: spaces, joiners, fillers, variation selectors."""
    return char in _BLANK or ord(char) in _IGNORABLE or unicodedata.category(char) in {"Cf", "Zs"}


_BLANK = "\u2800"  # a Braille cell without dots
_IGNORABLE = frozenset(
    # Unicode's Default_Ignorable_Code_Point, as far as those are no format characters (Cf).
    {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)}
)


class _WithoutMarks(dict[int, int | None]):
    """Maps a character to itself, and an accent or what is invisible to nothing, for `str.translate`.

    Blanks of all kinds become a space. Looks each up once.
    """

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        kept: int | None = code
        if char in _BLANK or unicodedata.category(char) == "Zs":
            kept = 32
        elif unicodedata.combining(char) or is_invisible(char):
            kept = None
        self[code] = kept
        return kept


_WITHOUT_MARKS = _WithoutMarks()
_ALIKE = _WithoutMarks(
    str.maketrans("авекмнорстухіјѕһԁԛԝӏүαβεζηικμνορτυχօսհɑɡı", "abekmhopctyxijshdqwlyabezhikmvoptuxouhagi")
)
"""Cyrillic, Greek, Armenian and other letters that look like a Latin one, also as capitals."""
