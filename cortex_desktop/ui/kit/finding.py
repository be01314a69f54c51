"""What the command palette finds, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ...domain.folding import fold


class Hit(NamedTuple):
    """Something the palette found. hint: at the far side, a shortcut or what tells it from others; run: do it.

    tone: the colour of icon and hint when it is not the usual one.
    """

    icon: str
    text: str
    hint: str
    run: Callable[[], object]
    tone: str = ""


class Source(NamedTuple):
    """Something that can be found: `text` in folded form is searched, and `hits` makes what is listed for it."""

    text: str
    hits: Callable[[], list[Hit]]


def best(sources: Iterable[Source], query: str, most: int) -> list[Hit]:
    """The hits of the sources that hold every word of `query`, at most `most`.

    Those that begin with the query come first, then those where each word begins a word, then the others, each in the
    order given.
    """
    wanted = fold(query).strip()
    words = wanted.split()
    ranks: tuple[list[Source], ...] = ([], [], [])
    for source in sources:
        text = source.text
        if all(word in text for word in words):
            begins = f" {text}"
            rank = 0 if text.startswith(wanted) else 1 if all(f" {word}" in begins for word in words) else 2
            ranks[rank].append(source)
            if len(ranks[0]) >= most:
                break
    hits: list[Hit] = []
    for source in (*ranks[0], *ranks[1], *ranks[2]):
        if len(hits) >= most:
            break
        hits += source.hits()
    return hits
