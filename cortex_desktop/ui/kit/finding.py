"""What the command palette finds, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ...domain.folding import fold


class Hit(NamedTuple):
    """Something the palette found. hint: at the far side, a shortcut or what distinguishes it from others; run: do it.

    tone: the colour of icon and hint when it is not the usual one.
    """

    icon: str
    text: str
    hint: str
    run: Callable[[], object]
    tone: str = ""


class Source(NamedTuple):
    """Something that can be found: `text` in folded form is searched, and `hits` makes what is listed for it.

    names: what it is called, folded; who types one of them means this.
    """

    text: str
    hits: Callable[[], list[Hit]]
    names: tuple[str, ...] = ()


def best(sources: Iterable[Source], query: str, most: int) -> list[Hit]:
    """The hits of the sources that hold every word of `query`, at most `most`.

    First come those that are called so, then those that begin with the query as a word, those that hold its words
    as words, those that begin with it, those where each word begins a word, and the others, each in the order given.
    """
    wanted = fold(query).strip()
    words = wanted.split()
    ranks: tuple[list[Source], ...] = ([], [], [], [], [], [])
    for source in sources:
        if all(word in source.text for word in words):
            ranks[_rank(source, wanted, words) if words else 0].append(source)
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
    return 4 if all(f" {word}" in spaced for word in words) else 5
