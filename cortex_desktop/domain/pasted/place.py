"""Where a value stands in a pasted text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from urllib.parse import unquote


class Group:
    """What the values of one object, section or block have in common."""


@dataclass(frozen=True, slots=True)
class Place:
    """The names around a value, outermost first, and what speaks against it."""

    names: tuple[str, ...] = ()
    group: Group = field(default_factory=Group)
    aside: bool = False  # commented out, disabled, removed
    doubt: bool = False  # where anything may stand: itself a name, in a path, in a log
    title: str = ""  # of the app, beside the value in its object or row

    @property
    def called(self) -> tuple[str, ...]:
        """The names with the title before them."""
        return (self.title, *self.names) if self.title else self.names

    def named(self, *names: object) -> Place:
        """The place of what is called so here."""
        return replace(self, names=self.names + tuple(str(name).strip() for name in names))

    def part(self) -> Place:
        """A place of its own, whose values belong together."""
        return replace(self, group=Group())

    def put_aside(self, aside: bool) -> Place:
        """Here, but commented out if `aside`."""
        return replace(self, aside=True) if aside else self

    def doubted(self) -> Place:
        """Here, where anything may stand."""
        return replace(self, doubt=True)


@dataclass(frozen=True, slots=True)
class Value:
    """Something of a key's or secret's shape, and where it stands."""

    text: str
    place: Place


_ARMOR = re.compile(r"-{4,5} ?(BEGIN|END) [^\n\"'<>-]{1,60}-{4,5}")
_ARMORED = re.compile(r"[0-9A-Za-z+/=\\:, \n-]*")
_EQUALS = re.compile("=3D(?![0-9A-Za-z]{20}(?![0-9A-Za-z]))")  # nor the first letters of a key
_ESCAPES = {"n": "\n", "r": "\n", "t": "\t", '"': '"', "'": "'", "/": "/"}
_ESCAPE = re.compile(r"(?<!\\)\\+(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([nrt\"'/]))")


def without_armor(text: str) -> str:
    """`text` without what is between -----BEGIN and -----END, except line ends.

    Where the end is missing, up to the next empty line.
    """
    kept, last = [], 0
    marks = list(_ARMOR.finditer(text))
    for mark, following in zip_longest(marks, marks[1:]):
        if mark[1] == "END" or mark.start() < last:
            continue
        if following is not None and following[1] == "END":
            end = following.end()
        else:
            armored = _ARMORED.match(text, mark.end())
            end = armored.end() if armored else mark.end()
            empty = text.find("\n\n", mark.end(), end)
            end = empty if empty >= 0 else end
        kept += [text[last : mark.start()], "\n" * text.count("\n", mark.start(), end)]
        last = end
    return "".join([*kept, text[last:]])


def readable(text: str) -> str:
    """`text` with the escapes of URLs, source code and HTML resolved, where there are any."""
    if "%" in text and re.search("%[0-9A-Fa-f]{2}", text):
        text = unquote(unquote(text))
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    if "=3D" in text:  # a mail's source
        text = _EQUALS.sub("=", text)
    return html.unescape(text) if "&" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    if escape[3]:
        return _ESCAPES[escape[3]]
    return html.unescape(f"&#x{escape[1] or escape[2]};")
