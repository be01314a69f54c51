"""Properties by path: read, replaced, pushed, removed, and changed by PATCH operations."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ..domain.documents import Document
from .reply import Refusal


def value_at(document: Any, path: Sequence[str]) -> Any:
    """The value at a path: names, places in lists, and ids of elements. Raises Refusal if there is none."""
    value = document
    for name in path:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list):
            value = value[_place(value, name, path)]
        else:
            raise _no_property(path)
    return value


def with_value(document: Document, path: Sequence[str], value: Any) -> Document:
    """A copy with this value at a path; an element of a list is named by its `_id`. Raises Refusal."""
    return _changed(document, path, lambda owner, last: _put(owner, last, value, path))


def with_pushed(document: Document, path: Sequence[str], value: Any) -> Document:
    """A copy with this value added to the list at a path. Raises Refusal if there is no list."""

    def push(owner: Any, last: str) -> None:
        if isinstance(owner, dict):
            owner.setdefault(last, [])
        items = value_at(owner, [last])
        if not isinstance(items, list):
            raise Refusal("cortex.invalidArgument.unspecified", "This property is no list.", ".".join(path))
        items.append(value)

    return _changed(document, path, push)


def without(document: Document, path: Sequence[str]) -> Document:
    """A copy without the property or the element at a path. Raises Refusal if there is none."""

    def remove(owner: Any, last: str) -> None:
        if isinstance(owner, dict) and last in owner:
            del owner[last]
        elif isinstance(owner, list):
            del owner[_element(owner, last, path)]
        else:
            raise _no_property(path)

    return _changed(document, path, remove)


def patched(document: Document, operations: object) -> Document:
    """A copy with these PATCH operations done: set, unset, push, pull, remove. Raises Refusal."""
    if not isinstance(operations, list):
        raise Refusal("cortex.invalidArgument.unspecified", "The body of PATCH is a list of operations.")
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str) or not operation["path"]:
            raise Refusal("cortex.invalidArgument.unspecified", "An operation is an object with op and path.")
        path = operation["path"].replace("/", ".").strip(".").split(".")
        name, value = operation.get("op"), operation.get("value")
        if name == "set":
            document = with_value(document, path, value)
        elif name == "unset" or (name == "remove" and "value" not in operation):
            document = without(document, path)
        elif name == "push":
            document = with_pushed(document, path, value)
        elif name in ("pull", "remove"):
            items = value_at(document, path)
            if not isinstance(items, list):
                raise Refusal("cortex.invalidArgument.unspecified", f"{name} with a value needs a list.", path[0])
            left = [
                item for item in items if item != value and not (isinstance(item, dict) and item.get("_id") == value)
            ]
            document = with_value(document, path, left)
        else:
            raise Refusal("cortex.invalidArgument.unspecified", "op is set, unset, push, pull or remove.")
    return document


def _changed(document: Document, path: Sequence[str], change: Any) -> Document:
    result = copy.deepcopy(document)
    change(value_at(result, path[:-1]), path[-1])
    return result


def _put(owner: Any, last: str, value: Any, path: Sequence[str]) -> None:
    if isinstance(owner, dict):
        owner[last] = value
    elif isinstance(owner, list):
        place = _element(owner, last, path)
        # An element is updated, a list is replaced: that is what the documentation shows.
        owner[place] = {**owner[place], **value, "_id": last} if isinstance(value, dict) else value
    else:
        raise _no_property(path)


def _place(items: list[Any], name: str, path: Sequence[str]) -> int:
    if name.isascii() and name.isdecimal() and len(name) < 10 and int(name) < len(items):
        return int(name)
    return _element(items, name, path)


def _element(items: list[Any], element_id: str, path: Sequence[str]) -> int:
    for place, item in enumerate(items):
        if _has_id(item, element_id):
            return place
    raise _no_property(path)


def _has_id(item: object, element_id: object) -> bool:
    return isinstance(item, dict) and "_id" in item and item["_id"] == element_id


def _no_property(path: Sequence[str]) -> Refusal:
    return Refusal("cortex.notFound.property", path=".".join(path))
