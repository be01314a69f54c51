"""What a value is called in its line: by an assignment, a header, an option, a call, a table's cell, a sentence."""

from __future__ import annotations

import re

from .names import KEY, Says, is_telling, of_key, tells_of_key, words
from .place import Place

NEAR = 160
"""So many characters before and after a value are looked at for its name."""
_DEPTH = 4
"""So many open brackets in a line give a value names."""
OPENING = " \t\"'「`“”\u2018’«»„@\\$({[<*~|"
_CLOSING = " \t\"'`“”\u2018’«»*~_)]}>!?"
ASSIGN = re.compile(r"(?:=>|->|<-|:=|\?\?=?|\|\||\?=|\+=|={1,2}|:|\uff1a|(?<=\s)(?:or|is|to|–|—|-))$")
_PHRASE = re.compile(r"[\w$@./-]+(?: +[\w$@./-]+){0,7}")  # of a text read backwards, which takes linear time
_FLAG = re.compile(r"(?:^|[\s\"'])--?([A-Za-z][\w-]*)$")
_TAG = re.compile(r"<([A-Za-z][\w:.-]*)[^<>]*>$")
_TYPE = re.compile(r"(?<=[:=] )[\[\]\w.<>*]{1,40}$")
_CALL = re.compile(r"([A-Za-z_][\w.]*)$")
_BETWEEN = re.compile(r"(?:\{[\w\s;]*;\s*\}|\[[^\[\]\"']*=[^\[\]]*\])\s*$")
"""Between a name and its value: { get; set; }, [config=Debug]."""
_FALLBACK = re.compile(r"\(\s*[\"'`]([^\"'`]{1,80})[\"'`]\s*,[^()]*$")
"""What is asked for by name, before the value that stands in for it."""
_IDENTIFIER = re.compile(r"[\w$@]*[_.:-][\w.:-]*\w|[a-z]+[A-Z]\w*|[A-Z][A-Z0-9]{2,}|\w+[kK]ey|\w+[sS]ecret")
_CODE = frozenset(
    "let var const val final static private public protected internal readonly export declare string nsstring str char "
    "set setx setenv env arg local global define def new return type object any text auto constexpr optional some "
    "override lazy late extension option as dim -x -gx -ux -h -e -d".split()
)
_AFTER_CALL = re.compile(
    r"[\"'`],?\s*(?:\w*[fF]or\w*|named?|key|header|field|label|with\w*)\s*[:=]\s*@?[\"']([^\"']{1,80})[\"']"
)
_REMARK = re.compile(r"[\"'`;,]*\s+(?:#|//|--|\(|–|—|-|<-|←)\s*([^()]{1,60})")
_IS_NAME = re.compile(r"[\"'`][\])]*\s*(?:=>|:=|=(?!=)|:)|\s*(?:=>|:=|=(?!=))")
_IS_HEADING = re.compile(r"\s*:(?:\s|$)")
_ARGUMENT = re.compile(r"\w\([\"'`@]*$")
_ADDRESS = re.compile(r"(?<![a-z])[a-z]+://([^\s\"'`]*)$")
_IN_SENTENCE = re.compile(r"\w,? [\"'`]?$")
_COOKIES = re.compile(r"(?i)\b(?:set-)?cookies?[\"']?\s*[:=]|(?:^|\s)(?:-b|--cookie)\s")
_HOST = re.compile(r"(?i)(?:\bhttps?://|^host: *)([\w-]+(?:\.[\w-]+){0,5}\.[a-z]{2,})", re.MULTILINE)
_COLUMNS = re.compile(r"\(([^()]{1,400})\)\s*$")
_CLOCK = re.compile(r"\d\d:\d\d\b|\b\d{4}-\d\d-\d\d|\b(?:INFO|WARN|ERROR|DEBUG)\b")
_COMMENT_IN_LINE = re.compile(r"\s(?:#(?=\s|\w+[=:])|//(?=\s|\w))|<!--(?!.*-->)|/\*(?!.*\*/)|~~$")


def place_in_line(row: str, start: int, end: int, floor: int, place: Place, above: str = "") -> Place:
    """Where the value at start:end stands, by what is around it in its line, from `floor` on, and the lines above."""
    before = row[max(floor, start - NEAR) : start]
    after = row[end : end + NEAR]
    behind = _AFTER_CALL.match(after)
    names = [behind[1]] if behind else _names_before(before)
    names = _column(f"{above[-600:]}\n{row[max(0, start - 2000) : start]}") or names
    if not names:
        remark = _REMARK.match(after)
        names = [remark[1].strip()] if remark and is_telling(remark[1]) else []
    stands_in = bool(names) and (names == ["default"] or words(names[-1])[-1:] == ["value"])
    fallback = _FALLBACK.search(before) if stands_in else None
    names = [fallback[1]] if fallback else names
    outer = _enclosing(row[max(0, start - 3 * NEAR) : start]) if names else []
    if _COOKIES.search(row, max(0, start - 2000), start) and not (names and of_key(names) <= Says.KIND):
        outer.append("Cookie")
    where = place.named(*outer, *names)
    in_address = _ADDRESS.search(before)
    if in_address or before.endswith("/"):
        host = in_address[1].split("/")[0] if in_address else ""
        ours = is_ours(in_address[1] if in_address else before)
        where = place.named(*([host] if host else []), *names) if names else place if ours else place.doubted()
    hosts = _HOST.findall(_command(above) + row[max(0, start - 600) : end + 600])
    if hosts and of_key(where.names) is not Says.OURS and not any(map(is_ours, hosts)):
        where = where.doubted()
    if not names and before.rstrip(OPENING).endswith("="):
        where = where.doubted()  # the name is cut off
    if not names and _ARGUMENT.search(before):
        where = where.doubted()  # of a call that says nothing
    if not names and _CLOCK.search(row, max(0, start - 400), start):
        where = where.doubted()
    if (
        not names
        and _IN_SENTENCE.search(before)
        and not KEY & {*words(row[max(0, start - 400) : start]), *words(after)}
    ):
        where = where.doubted()  # whatever it is
    if _IS_NAME.match(after) or _IS_HEADING.match(after):
        where = where.doubted()
    return where.put_aside(_COMMENT_IN_LINE.search(before) is not None)


def _command(above: str) -> str:
    """Of the lines above, those that a command goes on from, and the host of a request."""
    rows = above.split("\n")
    going_on = [row for row in rows if row.rstrip().endswith(("\\", "^", "`")) or row[:5].lower() == "host:"]
    return "\n".join([*going_on, ""])


def _column(before: str) -> list[str]:
    """The name of the column in INSERT INTO apps (label, api_key) VALUES ('NewHealth', '."""
    at = before.lower().rfind("values")
    columns = _COLUMNS.search(before[max(0, at - 420) : at]) if at >= 0 else None
    names = columns[1].split(",") if columns else []
    position = before.rpartition("(")[2].count(",")
    return [names[position].strip(" \"'`[]")] if position < len(names) else []


def _enclosing(before: str) -> list[str]:
    """The names of the brackets that are open at the end of `before`, outermost first."""
    names: list[str] = []
    depth = brackets = 0
    for n in range(len(before) - 1, -1, -1):
        if before[n] in "}])":
            depth += 1
        elif before[n] in "{[(":
            depth -= 1
            if depth < 0:
                depth = 0
                brackets += 1
                if brackets > _DEPTH:
                    break
                name = name_at_end(before[max(0, n - 60) : n].rstrip(" \t:=>"), single=True)
                names = [*name, *names]
    return names


def is_ours(text: str) -> bool:
    """True if a text speaks of this API."""
    return re.search("(?i)medable|cortex", text) is not None


def _names_before(before: str) -> list[str]:
    left = before.rstrip(OPENING)
    gap = before[len(left) :]
    if "{" in gap:
        left = _TYPE.sub("", left).rstrip()  # "Medable-Client-Key": []string{"
    tag = _TAG.search(before)
    if tag:
        attribute = re.search(r"(?:name|key|id)\s*=\s*[\"']([^\"']{1,80})[\"']", tag[0])
        return [attribute[1] if attribute else tag[1]]
    assigned = ASSIGN.search(left, max(0, len(left) - 4))
    if assigned or "||" in gap:
        rest = left[: assigned.start()] if assigned else left
        by_equals = left.endswith("=")
        glued = by_equals and not gap[:1].isspace() and not rest[-1:].isspace()
        return name_at_end(rest, single=glued, assigned=by_equals)
    if left.endswith(","):
        return name_at_end(left[:-1], single=False) if re.search(r"[\w\"'`”],$", left) else []
    if left.endswith("/"):
        return []
    if "|" in gap or "\t" in gap:
        cell = re.split(r"[|\t]", left.rstrip("|\t "))[-1].strip(_CLOSING + OPENING)
        return [cell] if cell and is_telling(cell) else []
    if "(" in gap:
        call = _CALL.search(left)
        return [call[1]] if call and tells_of_key(call[1]) else []
    flag = _FLAG.search(left)
    if flag and gap.strip(" \t\"'") == "":
        return [flag[1]]
    if gap[:1] in ("'", '"') and left[-1:].strip() and re.search(r"[\"'] +[\"']?$", before):
        quoted = re.search(r"[\"']([^\"']{1,80})$", left)
        if quoted:
            return [quoted[1]]
    last = left.split(" ")[-1].strip(_CLOSING + OPENING)
    if last and _IDENTIFIER.fullmatch(last):
        return [last]
    said = re.split(r"[.!?;]\s", left)[-1].split()[-9:]
    phrase = " ".join(said)
    return [shortened(phrase)] if phrase and is_telling(phrase) else []


def shortened(phrase: str) -> str:
    """The end of a phrase, from the first word that says something on."""
    said = phrase.split()
    first = next((n for n, word in enumerate(said) if is_telling(word)), 0)
    return " ".join(said[max(0, first - 2) :])


def name_at_end(text: str, *, single: bool, assigned: bool = False) -> list[str]:
    """The name at the end of `text`, without what source code puts around it; empty if there is none."""
    text = _BETWEEN.sub("", text)
    for _ in range(4):
        bare = text.rstrip(" \t)]}>*~_?!")
        quote = bare[-1:]
        if quote and quote in "\"'`“”’":
            opening = {"”": "“", "’": "\u2018"}.get(quote, quote)
            begin = bare.rfind(opening, 0, len(bare) - 1)
            content = bare[begin + 1 : -1].strip() if begin >= 0 else ""
            if 0 < len(content) <= 80:
                return [re.split(r"[:=]\s", content)[-1].strip(_CLOSING)]
            bare = bare[:-1].rstrip(_CLOSING)
        found = _PHRASE.match(bare[::-1])
        if found is None:
            return []
        said = [word for word in found[0][::-1].split() if word.lower() not in _CODE]
        if said:
            last = said[-1].lstrip("$@").strip("./-")
            if single or _IDENTIFIER.fullmatch(last) or len(said) == 1:
                return [last] if re.search(r"[^\W\d]", last) else []
            phrase = " ".join(said)
            return [shortened(phrase)] if is_telling(phrase) else [last] if assigned else []
        text = bare[: -found.end()].rstrip(" \t&?!").rstrip(":")
        single = False
    return []
