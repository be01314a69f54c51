"""A JSON document as a tree, whose rows are made as they are opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTreeView

from ...services.answers import MASK
from ..kit.widgets import Look
from .parts import mono

Index = QModelIndex | QPersistentModelIndex
MOST_ROWS = 500
"""Rows that are made at once, when something is opened."""
_LONGEST = 2_000
_MOST_SEARCHED = 300_000


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

    def find(self, text: str, after: QModelIndex, *, backwards: bool = False) -> QModelIndex:
        """The next place whose name or value holds this text, from the one given on and round; invalid if none."""
        wanted = text.casefold()
        found = [node for node in self._walk() if self._holds(node, wanted)]
        if not found:
            return QModelIndex()
        current = self.node(after) if after.isValid() else None
        if current in found:
            node = found[(found.index(current) + (-1 if backwards else 1)) % len(found)]
        else:
            node = found[-1 if backwards else 0]
        return self.createIndex(node.row, 0, node)

    def _holds(self, node: _Node, wanted: str) -> bool:
        if not node.is_range and wanted in node.name.casefold():
            return True
        value = node.value
        return not isinstance(value, Mapping | list) and wanted in json.dumps(value, ensure_ascii=False).casefold()

    def _walk(self) -> Iterator[_Node]:
        left = _MOST_SEARCHED
        waiting = list(reversed(self._root.parts()))
        while waiting and left:
            node = waiting.pop()
            left -= 1
            yield node
            waiting += reversed(node.parts())


class AnswerTree(QTreeView):
    """Shows an `AnswerModel`. Ctrl+C copies a value."""

    def __init__(self, look: Look) -> None:
        super().__init__()
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
        """Show this document, its first level open."""
        self.answer.is_stale = False
        self.answer.show(document)
        self.header().resizeSection(0, self._look.theme.px(212))
        if self.answer.rowCount() == 1:
            self.expand(self.answer.index(0, 0))
        self.setCurrentIndex(self.answer.index(0, 0))

    def set_stale(self, stale: bool) -> None:
        """Show the answer muted while another one is on its way."""
        if self.answer.is_stale != stale:
            self.answer.is_stale = stale
            self.viewport().update()

    def find_text(self, text: str, *, backwards: bool = False) -> bool:
        """Go to the next place with this text. False if there is none."""
        index = self.answer.find(text, self.currentIndex(), backwards=backwards)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        return index.isValid()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy) and index.isValid():
            value = self.answer.node(index).value
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
            QGuiApplication.clipboard().setText(text)
        else:
            super().keyPressEvent(event)
