"""Query arguments: where, sort, skip, limit, and the choice of properties."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeGuard

from ..domain.documents import Document
from .reply import Refusal
from .state import Collection
from .table import DEFAULT_LIMIT, MOST_LIMIT, OPERATORS, OPTIONAL

_DEEPEST = 10
_LONGEST_PATTERN = 200
_LONGEST_TEXT = 1000
"""Characters of a value that $regex looks at."""
_RANGES = frozenset({"$gt", "$gte", "$lt", "$lte"})
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Query:
    """The arguments of one list. nested: those of lists inside its objects, by property path."""

    where: Mapping[str, Any] = field(default_factory=dict)
    sort: tuple[tuple[str, int], ...] = ()
    skip: int = 0
    limit: int = DEFAULT_LIMIT
    paths: frozenset[str] = frozenset()
    include: frozenset[str] = frozenset()
    expand: frozenset[str] = frozenset()
    nested: Mapping[str, Query] = field(default_factory=dict)


def read_query(arguments: Iterable[tuple[str, str]]) -> Query:
    """The query in these arguments; others are ignored, as a server ignores them. Raises Refusal."""
    own: dict[str, list[str]] = {}
    nested: dict[str, list[tuple[str, str]]] = {}
    for name, value in arguments:
        prefix, _, last = name.rpartition(".")
        if prefix and last in ("where", "sort", "skip", "limit"):
            nested.setdefault(prefix, []).append((last, value))
        else:
            own.setdefault(name.removesuffix("[]"), []).append(value)
    return Query(
        where=_where(own["where"][-1]) if "where" in own else {},
        sort=_sort(own["sort"][-1]) if "sort" in own else (),
        skip=_number("skip", own["skip"][-1], 0) if "skip" in own else 0,
        limit=min(_number("limit", own["limit"][-1], 1), MOST_LIMIT) if "limit" in own else DEFAULT_LIMIT,
        paths=frozenset(own.get("paths", [])),
        include=frozenset(own.get("include", [])),
        expand=frozenset(own.get("expand", [])),
        nested={prefix: read_query(found) for prefix, found in nested.items()},
    )


def _number(name: str, text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) < least:
        raise Refusal("cortex.invalidArgument.query", f"{name} must be a whole number from {least} on.", name)
    return int(text)


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal("cortex.invalidArgument.query", f"{name} is not JSON.", name) from None


def _where(text: str) -> Mapping[str, Any]:
    where = _json("where", text)
    if not isinstance(where, dict):
        raise Refusal("cortex.invalidArgument.query", "where must be a JSON object.", "where")
    _check_where(where, 0)
    return where


def _check_where(where: Mapping[str, Any], depth: int) -> None:
    """Raise Refusal for an operator that is not documented or is out of place, or a value that it does not take."""
    _check_depth(depth)
    for name, value in where.items():
        if name in ("$and", "$or"):
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise Refusal("cortex.invalidArgument.badDbValue", f"{name} needs a list of objects.", "where")
            for item in value:
                _check_where(item, depth + 1)
        elif name.startswith("$"):
            raise Refusal("cortex.invalidArgument.query", f"{name} must stand behind a property.", "where")
        else:
            _check_condition(value, depth + 1)


def _check_condition(condition: object, depth: int) -> None:
    """The same for the new value of a property."""
    _check_depth(depth)
    if not _has_operators(condition):
        return
    for name, value in condition.items():
        if name not in OPERATORS or name in ("$and", "$or"):
            known = ", ".join(sorted(OPERATORS))
            raise Refusal("cortex.invalidArgument.query", f"{name} is no operator here. There are {known}.", "where")
        if name in ("$in", "$all") and not isinstance(value, list):
            raise Refusal("cortex.invalidArgument.badDbValue", f"{name} needs a list.", "where")
        if name == "$all":
            for item in value:
                _check_condition(item, depth + 1)
        elif name == "$size" and (not isinstance(value, int) or isinstance(value, bool)):
            raise Refusal("cortex.invalidArgument.badDbValue", "$size needs a whole number.", "where")
        elif name == "$elemMatch":
            if not isinstance(value, dict):
                raise Refusal("cortex.invalidArgument.badDbValue", "$elemMatch needs an object.", "where")
            (_check_condition if _has_operators(value) else _check_where)(value, depth + 1)
        elif name == "$regex":
            _pattern(value)


def _check_depth(depth: int) -> None:
    if depth > _DEEPEST:
        raise Refusal("cortex.invalidArgument.query", "where is nested too deeply.", "where")


def _has_operators(condition: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(condition, dict) and any(name.startswith("$") for name in condition)


def _pattern(value: object) -> re.Pattern[str]:
    if not isinstance(value, str) or len(value) > _LONGEST_PATTERN:
        reason = f"$regex needs a text of at most {_LONGEST_PATTERN} characters."
        raise Refusal("cortex.invalidArgument.badDbValue", reason, "where")
    try:
        return re.compile(value)
    except (re.error, OverflowError, RecursionError):
        raise Refusal("cortex.invalidArgument.badDbValue", "$regex is no regular expression.", "where") from None


def _sort(text: str) -> tuple[tuple[str, int], ...]:
    if not text.lstrip().startswith("{"):
        return ((text, 1),) if text else ()
    found = _json("sort", text)
    if not all(value in (1, -1) and not isinstance(value, bool) for value in found.values()):
        raise Refusal("cortex.invalidArgument.query", "sort takes 1 and -1.", "sort")
    return tuple(found.items())


def page(collection: Collection, query: Query) -> tuple[list[Document], bool]:
    """The objects that a query asks for, and whether there are more of them."""
    if query.sort in ((), (("_id", 1),)) and (bounds := _id_bounds(query.where)) is not None:
        # What paging uses: no other object is looked at, however many there are.
        (low, low_itself), (high, high_itself) = bounds
        found = collection.between(low, high, low_itself=low_itself, high_itself=high_itself, start=query.skip)
        documents = list(islice(found, query.limit + 1))
    else:
        documents = select(collection, query)
    return documents[: query.limit], len(documents) > query.limit


def select(documents: Iterable[Document], query: Query) -> list[Document]:
    """The objects that a query asks for and one more, if there is one: where, sort, skip, limit, in this order."""
    found = [document for document in documents if matches(document, query.where)]
    for name, direction in reversed(query.sort):
        found.sort(key=lambda document: _order(_value(document, name)), reverse=direction < 0)
    return found[query.skip : query.skip + query.limit + 1]


def _id_bounds(where: Mapping[str, Any]) -> tuple[tuple[str, bool], tuple[str, bool]] | None:
    """The lowest and the highest id that `where` lets through, each with whether it is itself; None if it says more."""
    if not where:
        return ("", True), ("", True)
    if set(where) != {"_id"}:
        return None
    wanted = where["_id"]
    if isinstance(wanted, str) and wanted:
        return (wanted, True), (wanted, True)
    if not isinstance(wanted, dict) or not wanted or not set(wanted) <= _RANGES:
        return None
    if not all(isinstance(value, str) and value for value in wanted.values()) or len(wanted) > 2:
        return None
    lows = [name for name in wanted if name.startswith("$gt")]
    highs = [name for name in wanted if name.startswith("$lt")]
    if len(lows) > 1 or len(highs) > 1:
        return None
    low = (wanted[lows[0]], lows[0] == "$gte") if lows else ("", True)
    high = (wanted[highs[0]], highs[0] == "$lte") if highs else ("", True)
    return low, high


def matches(document: Document, where: Mapping[str, Any]) -> bool:
    """True if an object is one of those that `where` asks for."""
    return all(_meets(document, name, wanted) for name, wanted in where.items())


def _meets(document: Document, name: str, wanted: Any) -> bool:
    if name == "$and":
        return all(matches(document, part) for part in wanted)
    if name == "$or":
        return any(matches(document, part) for part in wanted)
    return _fits(_value(document, name), wanted)


def _fits(value: Any, wanted: Any) -> bool:
    """True if a value fits a condition; a list fits if one of its elements does, as in Cortex's database."""
    if _has_operators(wanted):
        return all(_operate(value, operator, operand) for operator, operand in wanted.items())
    return _equal(value, wanted) or (isinstance(value, list) and any(_equal(item, wanted) for item in value))


def _operate(value: Any, operator: str, operand: Any) -> bool:
    if operator == "$size":
        return isinstance(value, list) and len(value) == operand
    if operator == "$all":
        return all(_fits(value, item) for item in operand)
    if operator == "$elemMatch":
        items = value if isinstance(value, list) else []
        if _has_operators(operand):
            return any(_fits(item, operand) for item in items)
        return any(isinstance(item, dict) and matches(item, operand) for item in items)
    single = _SINGLE[operator]
    return single(value, operand) or (isinstance(value, list) and any(single(item, operand) for item in value))


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(value: Any, operand: Any) -> bool:
        return _rank(value) == _rank(operand) and _rank(value) in (_NUMBER, _TEXT, _BOOL) and test(value, operand)

    return compare


def _found(value: Any, pattern: Any) -> bool:
    return isinstance(value, str) and re.search(pattern, value[:_LONGEST_TEXT]) is not None


_NULL, _NUMBER, _TEXT, _OBJECT, _LIST, _BOOL = range(6)  # in the order in which a database sorts them
_SINGLE: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": _compared(lambda value, operand: value > operand),
    "$gte": _compared(lambda value, operand: value >= operand),
    "$lt": _compared(lambda value, operand: value < operand),
    "$lte": _compared(lambda value, operand: value <= operand),
    "$in": lambda value, operand: any(_equal(value, item) for item in operand),
    "$regex": _found,
}


def _rank(value: Any) -> int:
    if value is None or value is _ABSENT:
        return _NULL
    if isinstance(value, bool):
        return _BOOL
    if isinstance(value, (int, float)):
        return _NUMBER
    if isinstance(value, str):
        return _TEXT
    return _LIST if isinstance(value, list) else _OBJECT


def _equal(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return value is None or value is _ABSENT
    return _rank(value) == _rank(wanted) and bool(value == wanted)


def _order(value: Any) -> tuple[int, Any]:
    rank = _rank(value)
    return rank, value if rank in (_NUMBER, _TEXT, _BOOL) else 0


def _value(document: Document, path: str) -> Any:
    """The value at a dotted path; through a list, the values of all its elements."""
    value: Any = document
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name, _ABSENT)
        elif isinstance(value, list):
            found = [item[name] for item in value if isinstance(item, dict) and name in item]
            value = found or _ABSENT
        else:
            return _ABSENT
    return value


# --- which properties ---------------------------------------------------------------------------------------------


def shape(document: Document, query: Query, follow: Callable[[Document], Document | None]) -> Document:
    """The object with the properties that a query asks for. follow: the object that a reference names, if it is there.

    Identity and type are always there.
    """
    optional = OPTIONAL.get(str(document.get("object")), set())
    chosen = query.paths | query.include
    result = {
        name: value
        for name, value in document.items()
        if name not in optional or any(path.split(".")[0] == name for path in chosen)
    }
    for prefix, nested in query.nested.items():
        names = prefix.split(".")
        if isinstance(_value(result, prefix), list):
            result = _replaced(result, names, partial(_part, query=nested))
    for path in sorted(query.expand):
        result = _replaced(result, path.split("."), lambda value: _expanded(value, follow))
    if query.paths:
        result = _only(result, [path.split(".") for path in query.paths])
        for name in ("_id", "object"):
            if name in document:
                result.setdefault(name, document[name])
    return result


def _part(items: list[Any], query: Query) -> list[Any]:
    if query.where or query.sort:
        items = [item for item in items if isinstance(item, dict)]
        return select(items, query)[: query.limit]
    return items[query.skip : query.skip + query.limit]


def _expanded(value: Any, follow: Callable[[Document], Document | None]) -> Any:
    if isinstance(value, dict) and {"_id", "object", "path"} <= set(value):
        return follow(value) or value
    return [_expanded(item, follow) for item in value] if isinstance(value, list) else value


def _replaced(document: Document, names: Sequence[str], change: Callable[[Any], Any]) -> Document:
    """A copy with another value at a path, if there is one."""
    first, rest = names[0], names[1:]
    if first not in document:
        return document
    value = document[first]
    if rest:
        if isinstance(value, dict):
            value = _replaced(value, rest, change)
        elif isinstance(value, list):
            value = [_replaced(item, rest, change) if isinstance(item, dict) else item for item in value]
    else:
        value = change(value)
    return {**document, first: value}


def _only(document: Document, paths: Sequence[Sequence[str]]) -> Document:
    result: Document = {}
    for name, value in document.items():
        rests = [path[1:] for path in paths if path[0] == name]
        if not rests:
            continue
        if not all(rests):
            result[name] = value
        elif isinstance(value, dict):
            result[name] = _only(value, rests)
        elif isinstance(value, list):
            result[name] = [_only(item, rests) if isinstance(item, dict) else item for item in value]
    return result
