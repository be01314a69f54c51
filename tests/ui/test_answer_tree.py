"""The tree of an answer: large lists in ranges, and nothing left of an answer once another one is shown."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex

from cortex_desktop.ui.requests.tree import MOST_ROWS, AnswerTree
from tests.support.gui import Desk


class Items(list[object]):
    """A list whose end can be seen."""


@pytest.fixture
def tree(desk: Desk) -> Iterator[AnswerTree]:
    tree = AnswerTree(desk.tools.look)
    yield tree
    tree.deleteLater()


def names(tree: AnswerTree, parent: QModelIndex) -> list[str]:
    model = tree.model()
    return [model.index(row, 0, parent).data() for row in range(model.rowCount(parent))]


def child(tree: AnswerTree, name: str, parent: QModelIndex | None = None) -> QModelIndex:
    parent = parent or QModelIndex()
    return tree.model().index(names(tree, parent).index(name), 0, parent)


def test_a_large_list_is_shown_in_ranges(tree: AnswerTree) -> None:
    tree.show_document({"object": "list", "data": [{"n": f"n-{number}"} for number in range(2 * MOST_ROWS + 7)]})
    data = child(tree, "data", child(tree, "list"))
    end = 2 * MOST_ROWS
    assert names(tree, data) == [f"0 – {MOST_ROWS - 1}", f"{MOST_ROWS} – {end - 1}", f"{end} – {end + 6}"]
    second = child(tree, f"{MOST_ROWS} – {end - 1}", data)
    assert names(tree, second)[:2] == [str(MOST_ROWS), str(MOST_ROWS + 1)]
    assert tree.find_text(f"n-{end + 3}")
    assert tree.currentIndex().siblingAtColumn(1).data() == f'"n-{end + 3}"'
    assert tree.currentIndex().parent().data() == str(end + 3)
    assert tree.currentIndex().parent().parent().data() == f"{end} – {end + 6}"


def test_ranges_of_ranges_and_of_objects(tree: AnswerTree) -> None:
    tree.show_document([0] * (MOST_ROWS * MOST_ROWS + 1))
    assert len(names(tree, QModelIndex())) == 2
    inner = child(tree, f"0 – {MOST_ROWS * MOST_ROWS - 1}")
    assert len(names(tree, inner)) == MOST_ROWS
    last = child(tree, names(tree, inner)[-1], inner)
    assert names(tree, last)[-1] == str(MOST_ROWS * MOST_ROWS - 1)
    tree.show_document({f"p{number}": number for number in range(MOST_ROWS + 2)})
    assert names(tree, child(tree, f"{MOST_ROWS} – {MOST_ROWS + 1}")) == [f"p{MOST_ROWS}", f"p{MOST_ROWS + 1}"]


def test_as_many_as_fit_are_rows(tree: AnswerTree) -> None:
    tree.show_document(list(range(MOST_ROWS)))
    assert names(tree, QModelIndex())[-1] == str(MOST_ROWS - 1)


def test_nothing_of_an_answer_is_left_once_another_one_is_shown(tree: AnswerTree) -> None:
    items = Items({"n": number} for number in range(MOST_ROWS + 1))
    left = weakref.ref(items)
    tree.show_document({"object": "list", "data": items})
    del items
    tree.expandAll()
    tree.find_text("7")
    gc.disable()  # as for what was frozen: the collector finds none of it
    try:
        tree.show_document({"object": "org"})
        assert left() is None
    finally:
        gc.enable()
