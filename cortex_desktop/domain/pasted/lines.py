"""Reads text line by line, with the blocks, sections and comments that the lines stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from ..secret import shaped
from .names import NAMES, SERVICES, VALUES, is_telling, says_whose, words
from .naming import ASSIGN, NEAR, OPENING, name_at_end, place_in_line, shortened
from .place import Group, Place, Value
from .values import may_hold_values, stands_alone, values_in

_MOST = 5_000
"""So many values are named in a text whose structure is not read."""
_COMMENT = re.compile(
    r"\s*(?:#(?!define\b|if|include|pragma)|//|--(?=\s)|;|<!--|/\*|REM\s|rem\s|::|~(?=[\w\"']))[#/!*\s]*"
)
_COMMENTS = (("<!--", "-->"), ("/*", "*/"))
_SECTION = re.compile(r"\s*\[+\s*([^\[\]=\"']{1,60}|[\w.-]+ \"[^\"\]]{1,60}\")\s*\]+\s*(?:[#;].*)?$")
_BLOCK = re.compile(r"[:{(\[|>=-]\s*(?:[|>&!][\w+-]*)?\s*(?://.*|#.*)?$")
_ITEM = re.compile(r"\s*-(?=\s)")
_QUOTED_MAIL = re.compile(r"^(?:\s*>)+ ?")
_WRAPPED = re.compile(r"[0-9A-Za-z+/]{20,}={0,2}")
_FENCE = re.compile(r"[\s=~^*-]*|\s*```+\w*\s*|\.\. [\w-]+::.*")
_TITLE = re.compile(r"[\w.&*_#-]+(?: [\w.&*_#-]+){0,3}:?")
_SERVICE = re.compile(
    rf"(?i)[\s-]*[\"']?(?:name|title|label|{'|'.join(sorted(SERVICES))})[\"']?\s*[:=]\s*[\"']?([^\"',]{{1,60}})"
)
_CALLED = re.compile(r"([A-Za-z_][\w.]*)\([^()]*\)?\s*$")
_GOES_ON = re.compile(r"[\"'`,;/|& ]*(?:(?:and|or|und|now|then|not|but|to) ?)?[\"'`,;/|& ]*")
_PAIR = re.compile(
    r"(?:^|[\s,{(;<\"'-])(?:[A-Za-z]+[._-])?(?:[nN]ame|[kK]ey|header|field|label|variable|parameter)"
    r"[\"']?(?:\s*[:=]|\s)\s*[\"']?([^\s\"',;{}<>:=][^\"',;{}<>:=\n]{0,79})"
)
_ITS_VALUE = re.compile(r"(?:^|[\s,{(;<\"'-])(?:current|initial)?[vV]al(?:ue)?[\"']?\s*[:=]")
_OFF = re.compile(r"(?i)[\"']?\b(?:is_?)?(?:disabled[\"']?\s*[:=]\s*true|enabled[\"']?\s*[:=]\s*false)")


def read(text: str, place: Place) -> Iterator[Value]:
    """Yield the values in a text, named by their line, by the lines around, and by the blocks that they stand in."""
    yield from _Reader(text.split("\n"), place).read()


@dataclass
class _Block:
    """Lines that are indented below one that opens them."""

    indent: int
    opening: str
    group: Group

    @cached_property
    def name(self) -> str:
        return "".join(name_at_end(self.opening[-NEAR:].rstrip(" \t:{([|>=&+-"), single=False))


class _Reader:
    def __init__(self, rows: list[str], place: Place) -> None:
        self._rows = [_QUOTED_MAIL.sub("", row, count=1) if ">" in row[:20] else row for row in rows]
        self._near = [row[:400] for row in self._rows]
        self._place = place
        self._blocks: list[_Block] = []
        self._section = ""
        self._section_group = place.group
        self._comment_above = ""
        self._comment_ends = ""  # with what, while in one
        self._named: Sequence[str] = ()  # what the value before is called
        self._lone = -2  # the line of the last value with nothing before it
        self._is_diff = any(row.lstrip().startswith(("@@ ", "diff --git ")) for row in self._near)

    def read(self) -> Iterator[Value]:
        wrapped = _wrapped(self._near)
        for number, row in enumerate(self._rows):
            stripped = row.lstrip()
            if not stripped:
                self._comment_above = ""
            elif number not in wrapped:
                removed = self._is_diff and stripped[0] == "-"
                if self._is_diff and stripped[0] in "+-":
                    row = row.replace(stripped[0], " ", 1)
                yield from self._read_row(number, row, removed)

    def _read_row(self, number: int, row: str, removed: bool) -> Iterator[Value]:
        comment = _COMMENT.match(row)
        aside = removed or bool(self._comment_ends) or comment is not None
        self._follow_comments(row)
        is_item = _ITEM.match(row) is not None
        indent = len(row) - len(row.lstrip()) + is_item
        if not aside:
            while self._blocks and self._blocks[-1].indent >= indent:
                self._blocks.pop()
            if is_item:
                self._blocks.append(_Block(indent, "", Group()))
        values = list(values_in(row)) if len(row) > 2 and may_hold_values(row) else []
        if values:
            yield from self._place_values(number, row, comment.end() if comment else 0, values, aside)
        elif aside:
            self._comment_above = row
        else:
            self._open(row, indent + is_item)

    def _follow_comments(self, row: str) -> None:
        if self._comment_ends:
            if self._comment_ends in row:
                self._comment_ends = ""
        else:
            for begin, end in _COMMENTS:
                if begin in row and end not in row.rpartition(begin)[2]:
                    self._comment_ends = end

    def _open(self, row: str, indent: int) -> None:
        section = _SECTION.match(row) if len(row) < 200 else None
        if section:
            self._section, self._comment_above, self._section_group = section[1], "", Group()
            self._blocks.clear()
        elif _BLOCK.search(row.rstrip()[-120:]) and not _FENCE.fullmatch(row):
            self._blocks.append(_Block(indent, row.split(" //")[0].split(" #")[0], Group()))
        elif _TITLE.fullmatch(row) and says_whose(row):
            self._comment_above = row

    def _place_values(
        self, number: int, row: str, content: int, values: Sequence[tuple[int, int, str]], aside: bool
    ) -> Iterator[Value]:
        names = (block.name for block in self._blocks)
        around = (self._section, _heading(self._comment_above), *names, _head_of_chain(self._near, number))
        here = self._place
        if self._blocks and not self._blocks[-1].opening:
            here = replace(here, title=_service(self._near, number) or here.title)
        group = self._blocks[-1].group if self._blocks else self._section_group
        here = replace(here.named(*filter(None, around)), group=group).put_aside(aside)
        floor = content
        for start, end, text in values:
            where = place_in_line(row, start, end, floor, here, "\n".join(self._near[max(0, number - 3) : number]))
            if len(where.names) > len(here.names):
                where = _with_partner(self._near, row, number, start, end, where)
                self._named = where.names[len(here.names) :]
            elif floor > content and _GOES_ON.fullmatch(row[floor:start]):
                where = where.named(*self._named)  # API keys: one, two
            elif not where.doubt and start - content < NEAR and not row[content:start].strip(OPENING + "-*•"):
                title = _title_above(self._near, number)
                self._named = [title] if title else self._named if number == self._lone + 1 else []
                self._lone = number
                where = where.named(*self._named)
            else:
                self._named = ()
            yield Value(text, where)
            floor = end


def _service(rows: Sequence[str], number: int) -> str:
    """Whose the values of a list's entry are, by the lines around one."""
    said = (_SERVICE.match(row) for row in _record_around(rows, number))
    return next((found[1] for found in said if found and says_whose(found[1])), "")


def _head_of_chain(rows: Sequence[str], number: int) -> str:
    """The object of a method call that begins its line with a dot."""
    if not rows[number].lstrip().startswith("."):
        return ""
    above = reversed(rows[max(0, number - 9) : number])
    head = _CALLED.search(next((row for row in above if not row.lstrip().startswith(".")), ""))
    return head[1] if head else ""


def _heading(comment: str) -> str:
    """What a comment above some lines says of them, if it is short and no setting itself."""
    said = len(comment) < 80 and "=" not in comment and is_telling(comment)
    return comment.strip(" #/;*-=<>!") if said and not ASSIGN.search(comment.rstrip()[:-1]) else ""


def _title_above(rows: Sequence[str], number: int) -> str:
    """The line above a value that stands alone in its own, if it says what the value is."""
    near = rows[max(0, number - 6) : number]
    above = next((row for row in reversed(near) if row.strip() and not _FENCE.fullmatch(row)), "")
    title = above.strip(" \t:#*-_>•|")
    fits = len(title) <= 60 and "=" not in title and is_telling(title) and not may_hold_values(above)
    return shortened(title) if fits else ""


def _with_partner(rows: Sequence[str], row: str, number: int, start: int, end: int, place: Place) -> Place:
    """For the value of a pair, the place with its name; for the name of one, a doubted place."""
    own = words(place.names[-1]) or [""]
    before, after = row[max(0, start - 400) : start], row[end : end + 400]
    if own[-1] in VALUES:
        inside, outside = re.split("[{}]", before), re.split("[{}]", after)
        names = list(_PAIR.finditer(inside[-1]))[-1:]
        for other in (outside[0], *(_record_around(rows, number) if len(inside) == len(outside) == 1 else ())):
            names = names or list(_PAIR.finditer(other))[:1]
        if names:
            off = any(map(_OFF.search, (before[-200:], after[:200], *rows[number + 1 : number + 3])))
            return replace(place, names=(*place.names[:-1], names[0][1].strip())).put_aside(off)
    elif len(own) == 1 and own[0] in NAMES:
        has_value = any(_ITS_VALUE.search(other[:200]) for other in (after, *rows[number + 1 : number + 2]))
        return place.doubted() if has_value else place
    return place


def _record_around(rows: Sequence[str], number: int) -> Iterator[str]:
    """The lines that belong together with one: up to four before, nearest first, then two after."""
    for row in reversed(rows[max(0, number - 4) : number]):
        is_first = row.lstrip().startswith(("- ", "{")) or row.rstrip().endswith("{")
        if not row.strip() or row.lstrip().startswith(("}", "]")):
            break
        yield row
        if is_first:
            break
    yield from rows[number + 1 : number + 3]


def _wrapped(rows: Sequence[str]) -> set[int]:
    """The lines of base64 that fills several."""
    found: set[int] = set()
    for encoded, numbered in groupby(enumerate(rows), lambda pair: _WRAPPED.fullmatch(pair[1].strip()) is not None):
        lines = list(numbered) if encoded else []
        lengths = [len(row.strip()) for _, row in lines]
        even = len(lines) > 2 and lengths[0] >= 60 and lengths.count(lengths[0]) > 1
        if even and (len(lines) > 4 or any(set(row) & set("+/=") for _, row in lines)):
            found.update(number for number, _ in lines)
    return found


def scan(text: str, place: Place) -> list[Value]:
    """Find the values in a text of any size, each named by its own line and those around.

    Of one that comes often, two are looked at; of more than 5,000, those that are called a key.
    """
    seen: dict[str, int] = {}
    found: list[Value] = []
    for start, end in shaped(text):
        value = text[start:end]
        times = seen.get(value, 0)
        if times > 1 or (len(found) >= _MOST and "key" not in text[max(0, start - 40) : start].lower()):
            continue
        if len(found) >= 2 * _MOST:
            break
        seen[value] = times + 1
        begin = max(text.rfind("\n", max(0, start - NEAR), start) + 1, start - NEAR, 0)
        stop = text.find("\n", end, end + NEAR)
        row = text[begin : stop if stop >= 0 else end + NEAR]
        if stands_alone(row, start - begin, end - begin):
            aside = _COMMENT.match(row) is not None
            where = place_in_line(row, start - begin, end - begin, 0, place.put_aside(aside))
            if where.names:
                above = text[max(0, begin - 200) : begin].split("\n")[-4:-1]
                below = text[stop : stop + 200].split("\n")[1:3] if stop >= 0 else []
                rows = [*above, row, *below]
                where = _with_partner(rows, row, len(above), start - begin, end - begin, where)
            found.append(Value(value, where))
    return found
