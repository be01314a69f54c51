"""A JSON document as a tree, whose rows are made as they are opened."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTreeView

from ...services.answers import MASK
from ..kit.widgets import Look
from .parts import mono

Index = QModelIndex | QPersistentModelIndex
Rows = tuple[int, ...]
"""In which row each of the values is that lead to one."""
MOST_ROWS = 500
"""Rows that are made at once, when something is opened."""
_LONGEST = 2_000
STEP_SECONDS = 0.008
"""For how long it is searched at a time."""


class _Node:
    """A value, or a range of a large one. first: the number of its first item, where it is a range of a list."""

    __slots__ = ("children", "first", "is_range", "name", "parent", "row", "value")

    def __init__(
        self, name: str, value: object, parent: _Node | None, row: int, *, is_range: bool = False, first: int = 0
    ) -> None:
        self.name = name
        self.value = value
        self.parent = parent
        self.row = row
        self.is_range = is_range
        self.first = first
        self.children: list[_Node] | None = None

    def parts(self) -> list[_Node]:
        """What is in it, made at the first call: ranges of it where that would be too many rows for the view."""
        if self.children is None:
            value = self.value
            if isinstance(value, Mapping | list) and len(value) > MOST_ROWS:
                self.children = list(self._ranges(value))
            elif isinstance(value, Mapping):
                self.children = [_Node(str(name), part, self, row) for row, (name, part) in enumerate(value.items())]
            elif isinstance(value, list):
                self.children = [_Node(str(self.first + row), part, self, row) for row, part in enumerate(value)]
            else:
                self.children = []
        return self.children

    def _ranges(self, value: Mapping[str, object] | list[object]) -> Iterator[_Node]:
        step = _step(len(value))
        items = list(value.items()) if isinstance(value, Mapping) else value
        for row, begin in enumerate(range(0, len(value), step)):
            part: Any = items[begin : begin + step]
            first, last = self.first + begin, self.first + begin + len(part) - 1
            part = dict(part) if isinstance(value, Mapping) else part
            yield _Node(f"{first} – {last}", part, self, row, is_range=True, first=first)

    @property
    def count(self) -> int:
        """How many parts it has."""
        return -(-len(self.value) // _step(len(self.value))) if isinstance(self.value, Mapping | list) else 0

    def forget_parts(self) -> None:
        """Let go of all that is in it: parts know what they are in, so that they would wait for the collector."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            waiting += node.children or ()
            node.children = node.parent = None


def _step(length: int) -> int:
    """How many items of something of this length one row stands for."""
    step = 1
    while length > step * MOST_ROWS:
        step *= MOST_ROWS
    return step


class AnswerModel(QAbstractItemModel):
    """Names and values of a masked document."""

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look
        self._root = _Node("", {}, None, 0)
        self.is_stale = False

    def show(self, document: object) -> None:
        """Show this document: what it is called, and below that what is in it; a fault without its name."""
        self.beginResetModel()
        if isinstance(document, Mapping) and document.get("object") not in (None, "fault"):
            document = {str(document["object"]): document}
        elif not isinstance(document, Mapping | list):
            document = {"": document}
        before, self._root = self._root, _Node("", document, None, 0)
        self.endResetModel()
        before.forget_parts()

    def node(self, index: Index) -> _Node:
        """The node at this index; the invisible root for an invalid one."""
        found: _Node = index.internalPointer() if index.isValid() else self._root
        return found

    def index(self, row: int, column: int, parent: Index | None = None) -> QModelIndex:
        node = self.node(parent if parent is not None else QModelIndex())
        if 0 <= row < node.count and 0 <= column < 2:
            return self.createIndex(row, column, node.parts()[row])
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]  # QObject has another `parent`
        node = self.node(index).parent
        if node is None or node is self._root:
            return QModelIndex()
        return self.createIndex(node.row, 0, node)

    def rowCount(self, parent: Index | None = None) -> int:
        if parent is not None and parent.column() > 0:
            return 0
        return self.node(parent if parent is not None else QModelIndex()).count

    def columnCount(self, parent: Index | None = None) -> int:
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.name if index.column() == 0 else self.words(node)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{node.name}: {self.words(node)}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._look.theme.color(self._token(node, index.column()))
        if role == Qt.ItemDataRole.FontRole:
            is_words = index.column() == 1 and (isinstance(node.value, Mapping | list) or node.value == MASK)
            return self._look.theme.font(12) if is_words else mono(self._look)
        return None

    def words(self, node: _Node) -> str:
        """A value in one line."""
        value = node.value
        if value == MASK:
            if node.name == "key":
                return self.tr("Hidden: the account’s own secret is never shown or kept")
            return self.tr("Hidden: it is never shown or kept")
        if isinstance(value, Mapping):
            return self.tr("%Ln properties", "", len(value))
        if isinstance(value, list):
            return self.tr("%Ln item(s)", "", len(value))
        return json.dumps(value, ensure_ascii=False)[:_LONGEST]

    def _token(self, node: _Node, column: int) -> str:
        if self.is_stale:
            return "muted"
        if column == 0:
            return "text"
        if isinstance(node.value, Mapping | list) or node.value == MASK:
            return "muted"
        return "accent" if isinstance(node.value, str) else "text"

    @property
    def document(self) -> object:
        """What is shown."""
        return self._root.value

    def index_of(self, path: Rows) -> QModelIndex:
        """The index of the value at this path, through the ranges that it is in."""
        node = self._root
        for row in path:
            while len(parts := node.parts()) and parts[0].is_range:
                assert isinstance(node.value, Mapping | list)
                step = _step(len(node.value))
                node, row = parts[row // step], row % step
            node = node.parts()[row]
        return self.createIndex(node.row, 0, node) if path else QModelIndex()

    def path_of(self, index: Index) -> Rows:
        """The path of the value at this index, without the ranges that it is in. Of a range, that of its first item."""
        rows: list[int] = []
        node, row = self.node(index), 0
        while node.parent is not None:
            above = node.parent
            assert isinstance(above.value, Mapping | list)
            row += node.row * (_step(len(above.value)) if node.is_range else 1)
            if not above.is_range:
                rows.append(row)
                row = 0
            node = above
        return tuple(reversed(rows))


def _places(document: object, wanted: str) -> Iterator[tuple[Rows, bool]]:
    """The path of each value in turn, and whether its name or value holds this text, in lower case."""
    waiting: list[tuple[Rows, Iterator[tuple[int, str, object]]]] = [((), _members(document))]
    while waiting:
        path, members = waiting[-1]
        found = next(members, None)
        if found is None:
            waiting.pop()
            continue
        row, name, value = found
        is_large = isinstance(value, Mapping | list)
        holds = wanted in name.casefold() or (
            not is_large and wanted in json.dumps(value, ensure_ascii=False).casefold()
        )
        yield (*path, row), holds
        if is_large:
            waiting.append(((*path, row), _members(value)))


def _members(value: object) -> Iterator[tuple[int, str, object]]:
    """Row, name and value of all that is in a value."""
    if isinstance(value, Mapping):
        return ((row, str(name), part) for row, (name, part) in enumerate(value.items()))
    return ((row, str(row), part) for row, part in enumerate(value if isinstance(value, list) else ()))


def _next_place(document: object, text: str, current: Rows, *, backwards: bool) -> Iterator[Rows | None]:
    """Yield None while looking, and in the end the next place with this text, from `current` on and round, if any."""
    first: Rows | None = None
    last: Rows | None = None
    is_past = not current
    for path, holds in _places(document, text.casefold()):
        if path == current:
            is_past = True
            if backwards and last is not None:
                break
        elif holds and is_past and not backwards:
            first = path
            break
        if holds:
            first = first or path
            last = path
        yield None
    yield last if backwards else first


class AnswerTree(QTreeView):
    """Shows an `AnswerModel`. Ctrl+C copies a value. found(bool): a search has come to its end."""

    found = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._search: Iterator[Rows | None] = iter(())
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.timeout.connect(self._go_on)
        self.setObjectName("answerTree")
        self.setAccessibleName(self.tr("Answer"))
        self.answer = AnswerModel(look, self)
        self.setModel(self.answer)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(look.theme.px(16))
        self.setAnimated(False)
        self.setExpandsOnDoubleClick(True)
        self.header().setStretchLastSection(True)
        look.theme.changed.connect(self.viewport().update)
        self._look = look

    def show_document(self, document: object) -> None:
        """Show this document, its first level open, and what is listed in a list of the API."""
        self.stop_search()
        self.answer.is_stale = False
        self.answer.show(document)
        self.header().resizeSection(0, self._look.theme.px(212))
        if self.answer.rowCount() == 1:
            root = self.answer.index(0, 0)
            self.expand(root)
            if isinstance(document, dict) and document.get("object") == "list" and "data" in document:
                self.expand(self.answer.index(list(document).index("data"), 0, root))
        self.setCurrentIndex(self.answer.index(0, 0))

    def set_stale(self, stale: bool) -> None:
        """Show the answer muted while another one is on its way."""
        if self.answer.is_stale != stale:
            self.answer.is_stale = stale
            self.viewport().update()

    def find_text(self, text: str, *, backwards: bool = False) -> None:
        """Go to the next place with this text, in steps if the answer is large; `found` says whether there is one."""
        current = self.answer.path_of(self.currentIndex())
        self._search = _next_place(self.answer.document, text, current, backwards=backwards)
        self._go_on()

    @Slot()
    def _go_on(self) -> None:
        """Search for a moment."""
        end, place = time.monotonic() + STEP_SECONDS, None
        for place in self._search:
            if place is not None:
                break
            if time.monotonic() > end:
                self._more.start()
                return
        self._more.stop()
        if place is not None:
            index = self.answer.index_of(place)
            self.setCurrentIndex(index)
            self.scrollTo(index)
        self.found.emit(place is not None)

    def stop_search(self) -> None:
        """Look no further."""
        self._search = iter(())
        self._more.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy) and index.isValid():
            value = self.answer.node(index).value
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
            QGuiApplication.clipboard().setText(text)
        else:
            super().keyPressEvent(event)
