"""What the command palette finds, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ...domain.folding import fold


class Hit(NamedTuple):
    """Something the palette found. hint: at the far side, a shortcut or what distinguishes it from others; run: do it.

    tone: the colour of icon and hint when it is not the usual one; section: the heading it is listed under, if any.
    """

    icon: str
    text: str
    hint: str
    run: Callable[[], object]
    tone: str = ""
    section: str = ""


class Source(NamedTuple):
    """Something that can be found: `text` in folded form is searched, and `hits` makes what is listed for it.

    names: what it is called, folded; who types one of them means this. subject: what it is about, folded; searched too,
    but does not suffice alone. dangerous: found only by words of its text, and listed last.
    """

    text: str
    hits: Callable[[], list[Hit]]
    names: tuple[str, ...] = ()
    subject: str = ""
    dangerous: bool = False


_INSIDE, _ABOUT, _DANGEROUS = 5, 6, 7
"""Ranks of sources that hold words only inside others, that are found by their subject, and that are dangerous."""


def best(sources: Iterable[Source], query: str, most: int) -> list[Hit]:
    """The hits of the sources that hold every word of `query`, at most `most`.

    First come those that are called so, then those that begin with the query as a word, those that hold its words
    as words, those that begin with it, those where each word begins a word, and the others, each in the order given.
    Those found by their subject follow, and what is dangerous comes last.
    """
    wanted = fold(query).strip()
    words = wanted.split()
    ranks: tuple[list[Source], ...] = ([], [], [], [], [], [], [], [])
    for source in sources:
        if all(word in source.text for word in words):
            number = _rank(source, wanted, words) if words else 0
            if source.dangerous:
                if not words or number >= _INSIDE:
                    continue
                number = _DANGEROUS
        elif source.subject and not source.dangerous and _is_about(source, words):
            number = _ABOUT
        else:
            continue
        # More are not listed, and thousands that are kept have Python collect garbage in the middle of it.
        if len(ranks[number]) < most:
            ranks[number].append(source)
    hits: list[Hit] = []
    for rank in ranks:
        for source in rank:
            if len(hits) >= most:
                return hits
            hits += source.hits()
    return hits


def _rank(source: Source, wanted: str, words: Sequence[str]) -> int:
    text = source.text
    if wanted in source.names or text == wanted:
        return 0
    spaced = f" {text} ".replace("\n", " ")
    whole = all(f" {word} " in spaced for word in words)
    if text.startswith(wanted):
        return 1 if whole else 3
    if whole:
        return 2
    return 4 if all(f" {word}" in spaced for word in words) else _INSIDE


def _is_about(source: Source, words: Sequence[str]) -> bool:
    """True if a part of the words is in its text, and the others are in its subject."""
    inside = [word in source.text for word in words]
    return any(inside) and all(here or word in source.subject for here, word in zip(inside, words, strict=True))
