"""Reads the structure of a text, which gives values their names: JSON and XML by their parsers, the rest by lines.

JSON, XML and tables become the same tree, of `Pairs`, lists and strings, so that what a pair of name and value is, and
what it stands in, is said once. Of 1 MB of text at most; deeper than Python recurses it raises RecursionError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from xml.parsers import expat

from ..secret import Look, Secret, SecretKind, look, well_formed
from . import lines
from .names import NAMES, SERVICES, VALUES, Says, is_anothers, is_id, of_key, of_secret, says_whose
from .place import Place, Value, readable
from .tables import find_tables, is_header
from .values import decoded_file, may_hold_files, may_hold_values, whole

_DEPTH = 6
"""So deep is read what stands in text: a curl line in a JSON string, with JSON in it."""
_TRIES = 30
"""So often is JSON looked for in one text, or XML begun anew after a fault."""
_TITLES = frozenset(("label", "name", "title", "app", "application", "environment"))
_WHOSE = _TITLES | SERVICES
_HOSTS = frozenset("host url uri endpoint website site baseurl".split())
_NETRC = re.compile(r"^machine\s+(\S+)((?:\s+(?:login|account|password)\s+\S+)+)", re.MULTILINE)
_FILE = re.compile(r"\s*(?:- )?([\w.\"'/-]{1,80}):\s*[\"']?([0-9A-Za-z+/]{40,}={0,2})[\"']?\s*")


class Pairs(list[tuple[str, object]]):
    """An object of JSON, an element of XML or a line of a table. A name may come twice."""


def read(text: str, place: Place, depth: int = 0) -> Iterator[Value]:
    """Yield the values of a key's or secret's shape, with their names, in the order of the text."""
    if not may_hold_values(text) and "\\u" not in text and not may_hold_files(text):
        return
    if depth < _DEPTH:
        text = decoded_file(text) or text
        stripped = text.strip().rstrip(";,")
        if stripped[:1] in ("{", "[", '"'):
            try:
                yield from walk(json.loads(stripped, object_pairs_hook=Pairs), place, depth + 1)
                return
            except ValueError:
                pass
        if _MARKUP.search(text):
            yield from _read_xml(text, place, depth + 1)
            return
    yield from _read_mixed(text, place, depth + 1)


def _read_mixed(text: str, place: Place, depth: int) -> Iterator[Value]:
    """Read lines of any kind, among which whole JSON values may stand."""
    decoder = json.JSONDecoder(object_pairs_hook=Pairs)
    last, tries = 0, 0
    for start in re.finditer(r"^[ \t]*(?=[{\[])", text, re.MULTILINE) if depth < _DEPTH else ():
        if start.end() < last or tries >= _TRIES:
            continue
        try:
            found, end = decoder.raw_decode(text, start.end())
        except ValueError:
            tries += 1
            continue
        if found and end - start.end() > 60:
            yield from _read_lines(text[last : start.start()], place, depth)
            yield from walk(found, place, depth)
            last = end
    yield from _read_lines(text[last:], place, depth)


def _read_lines(text: str, place: Place, depth: int) -> Iterator[Value]:
    if "machine" in text:
        text = _NETRC.sub(_section, text)
    rows = readable(text).split("\n")
    tables = find_tables(rows)
    for table in tables:
        for row in table.rows:
            yield from walk(Pairs(zip(table.header, row, strict=True)), place, depth)
    taken = {row for table in tables for row in table.lines}
    for n, line in enumerate(rows):
        file = _FILE.fullmatch(line) if len(line) > 40 and depth < _DEPTH else None
        if file and not whole(file[2]) and (inner := decoded_file(file[2])):
            yield from read(inner, place.named(file[1].strip("\"'")), depth)
            taken.add(n)
    yield from lines.read("\n".join("" if n in taken else line for n, line in enumerate(rows)), place)


def _section(found: re.Match[str]) -> str:
    """An entry of a .netrc file as a section."""
    said = found[2].split()
    settings = (f"{name} = {held}" for name, held in zip(said[::2], said[1::2], strict=True))
    return "\n".join([f"[{found[1]}]", *settings])


def walk(tree: object, place: Place, depth: int) -> Iterator[Value]:
    """Yield the values in a tree."""
    if isinstance(tree, str):
        yield from _leaf(tree, place, depth)
    elif isinstance(tree, Pairs):
        yield from _walk_pairs(tree, place, depth)
    elif isinstance(tree, list):
        yield from _walk_list(tree, place, depth)


def _leaf(text: str, place: Place, depth: int) -> Iterator[Value]:
    value = whole(text)
    if value:
        yield Value(value, place)
    elif depth <= _DEPTH:
        yield from read(text, place, depth)


def _walk_pairs(pairs: Pairs, place: Place, depth: int) -> Iterator[Value]:
    pair = _name_and_value(pairs)
    entries = _entries(held for _, held in pairs)
    if _name_and_value(entries):
        yield from _walk_pairs(entries, place, depth)  # a password manager's fields, of which one says what another is
        pairs = Pairs((key, held) for key, held in pairs if not (isinstance(held, Pairs) and _name_and_value(held)))
    if pair:
        name, value = (pairs[n][1] for n in pair)
        inner = place.named(name).put_aside(any(_switches_off(key, held) for key, held in pairs))
        yield from _label(name, inner)
        yield from walk(value, inner, depth)
    else:
        place = replace(place.part(), title=_title(pairs) or place.title)
    for n, (key, held) in enumerate(pairs):
        if n not in pair:
            yield from _label(key, place)
            yield from walk(held, place.named(key), depth)


def _walk_list(items: list[object], place: Place, depth: int) -> Iterator[Value]:
    pairs = _entries(items)
    if _name_and_value(pairs):
        yield from _walk_pairs(pairs, place, depth)  # name: Medable-Client-Key and value: it, each a pair of its own
        return
    before = ""
    for item in items:
        named = isinstance(item, str) and _is_telling(before)
        yield from walk(item, place.named(before) if named else place, depth)
        before = item if isinstance(item, str) else ""


def _entries(items: Iterable[object]) -> Pairs:
    """Those of some objects that are a name and its value, as one object."""
    pairs = Pairs()
    for item in items:
        if isinstance(item, Pairs) and (pair := _name_and_value(item)):
            pairs.append((str(item[pair[0]][1]), item[pair[1]][1]))
    return pairs


def _title(pairs: Pairs) -> str:
    """Whose an object says it is, else its label."""
    labels = [(key.lower(), str(held)) for key, held in pairs if _is_label(held)]
    whose = (
        held for key, held in labels if (key in _WHOSE and says_whose(held)) or (key in _HOSTS and is_anothers(held))
    )
    return next(whose, next((held for key, held in labels if key in _TITLES), ""))


def _label(text: object, place: Place) -> Iterator[Value]:
    value = whole(text) if isinstance(text, str) else ""
    if value:
        yield Value(value, place.doubted())


def _name_and_value(pairs: Pairs) -> tuple[int, ...]:
    """Which two members of an object are a name and its value; nothing if there is no such pair."""
    name = value = -1
    prefix = next((key[:-5] for key, _ in pairs if key[-5:] == "Value"), "")  # ParameterKey, ParameterValue
    for n, (key, held) in enumerate(pairs):
        half = key.removeprefix(prefix).lower().rpartition(".")[2]  # Header.name
        if value < 0 and half in VALUES:
            value = n
        elif half in NAMES and _is_label(held) and (name < 0 or (half in ("key", "name") and pairs[name][0] != "name")):
            name = n
    # A password is one, unless its title says that it is a key.
    hidden = name >= 0 and value >= 0 and pairs[value][0].lower() == "password"
    if name < 0 or value < 0 or (hidden and not _is_telling(str(pairs[name][1]))):
        return ()
    return name, value


def _is_label(held: object) -> bool:
    if not isinstance(held, str) or not 0 < len(held) <= 100 or "\n" in held or is_id(held):
        return False
    return not (held.isalnum() and well_formed(SecretKind.API_KEY, Secret(held)) and look(held) is Look.DRAWN)


def _is_telling(name: str) -> bool:
    return 0 < len(name) < 100 and min(of_key([name]), of_secret([name])) <= Says.KIND


def _switches_off(key: str, held: object) -> bool:
    on = str(held).lower()
    key = key.lower().removeprefix("is")
    return (key == "disabled" and on == "true") or (key in ("enabled", "active") and on in ("false", "no"))


# --- XML -------------------------------------------------------------------------------------------------------------

_ROOT = "pasted-text"
_FORMATTING = re.compile(
    r"</?(b|i|u|em|strong|code|span|font|mark|tt|kbd|samp|small|a|br|p|dt|dd|li|h[1-6]|pre)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</[A-Za-z][\w:.-]*\s*>|<[A-Za-z][^<>]*/>|<!--")


class _Element:
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parts: list[_Element | str] = []


def _read_xml(text: str, place: Place, depth: int) -> Iterator[Value]:
    """Read XML, whole or a piece of it, and text between. No entity is resolved but the five that XML knows."""
    root, comments = _parse(_FORMATTING.sub(_unformatted, text))
    yield from _walk_pairs(_pairs(root), place, depth)
    for comment in comments:
        yield from read(comment, place.put_aside(True), depth)


def _unformatted(tag: re.Match[str]) -> str:
    """What stands in text for one of HTML's tags that name nothing."""
    if may_hold_values(tag[0]):
        return tag[0]
    return " " if tag[1].lower() in "b i u em strong code span font mark tt kbd samp small a".split() else "\n"


def _parse(text: str) -> tuple[_Element, list[str]]:
    """Parse as far as it goes; after a fault go on behind the next tag."""
    # A document type within an element is a fault, so that none can define an entity.
    text = re.sub(r"<\?[^<>]*>|<!(?!--|\[CDATA\[)[^<>\[]*>", " ", text)
    text = re.sub(r"&(?!(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)", "&amp;", text)
    text = re.sub(r"<(?![A-Za-z_/!])|<!(?!--|\[CDATA\[)", "&lt;", text)
    root = _Element("", {})
    open_elements = [root]
    comments: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag != _ROOT:
            named = {name.rpartition(":")[2]: held for name, held in attributes.items() if name[:5] != "xmlns"}
            element = _Element(tag.rpartition(":")[2], named)
            open_elements[-1].parts.append(element)
            open_elements.append(element)

    def end(tag: str) -> None:
        for n in range(len(open_elements) - 1, 0, -1):
            if open_elements[n].tag == tag.rpartition(":")[2]:
                del open_elements[n:]
                return

    def data(piece: str) -> None:
        open_elements[-1].parts.append(piece)

    rest = text.encode("utf-8", "replace")
    for _ in range(_TRIES):
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = data
        parser.CommentHandler = comments.append
        opening = f"<{_ROOT}>".encode()
        try:
            parser.Parse(opening + rest + f"</{_ROOT}>".encode(), True)
            return root, comments
        except expat.ExpatError:
            # Where the fault is: at the closing tag that closes nothing here, or at what is no markup.
            at = max(0, parser.ErrorByteIndex - len(opening))
            closing = re.match(rb"\s*/?\s*([\w:.-]+)\s*>", rest[at : at + 200].lstrip(b"<"))
            if closing:
                end(closing[1].decode("utf-8", "replace"))
            after = rest.find(b">", at) + 1 or len(rest)
            if not closing:
                data(rest[at:after].decode("utf-8", "replace"))
            rest = rest[after:]
    data(rest.decode("utf-8", "replace"))
    return root, comments


def _pairs(element: _Element) -> Pairs:
    """An element as an object: its attributes, the elements in it by name, its text under the name ""."""
    pairs = Pairs(element.attributes.items())
    if element.tag.lower() == "table":
        return Pairs([*pairs, *_table(element)])
    text = ""
    key = ""  # of a plist: names the next element
    for part in element.parts:
        if isinstance(part, str):
            text += part
            continue
        inner = _pairs(part)
        held: object = inner[0][1] if len(inner) == 1 and not inner[0][0] else inner
        if part.tag == "key" and isinstance(held, str) and not key:
            key = held.strip()
            continue
        if key:
            pairs.append((key, held))
        elif len(inner) == 2 and inner[1][0] == "" and inner[0][0].lower() in NAMES:
            pairs.append((str(inner[0][1]), inner[1][1]))  # <string name="medable_key">…</string>
        else:
            pairs.append((part.tag, held))
        key = ""
    if key:
        pairs.append(("key", key))
    if len(pairs) > 1 and len({tag for tag, _ in pairs}) == 1:  # cells of a row, items of a list
        pairs = Pairs([(pairs[0][0], [held for _, held in pairs])])
    if text.strip():
        pairs.append(("", text.strip() if element.tag else text))
    return pairs


def _table(element: _Element) -> Iterator[tuple[str, object]]:
    """The rows of one of HTML's tables, as objects if the first names the cells of the others."""
    rows = [[_text(cell) for cell in row.parts if isinstance(cell, _Element)] for row in _rows(element)]
    header = rows[0] if len(rows) > 1 and is_header(rows[0]) else []
    for cells in rows:
        if len(cells) != len(header):
            yield "", cells
        elif cells is not header:
            yield "", Pairs(zip(header, cells, strict=True))


def _rows(element: _Element) -> Iterator[_Element]:
    for part in element.parts:
        if isinstance(part, _Element):
            if part.tag.lower() == "tr":
                yield part
            else:
                yield from _rows(part)


def _text(element: _Element) -> str:
    return " ".join(part.strip() if isinstance(part, str) else _text(part) for part in element.parts).strip()
