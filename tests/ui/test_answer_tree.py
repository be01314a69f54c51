"""The tree of an answer: large lists in ranges, and nothing left of an answer once another one is shown."""

from __future__ import annotations

import gc
import time
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


def look(desk: Desk, tree: AnswerTree, text: str, *, backwards: bool = False) -> bool:
    """Search, and wait for the end of it."""
    ends: list[bool] = []
    tree.found.connect(ends.append)
    tree.find_text(text, backwards=backwards)
    desk.wait(lambda: ends)
    tree.found.disconnect(ends.append)
    return ends[0]


def test_what_a_list_holds_is_in_sight(tree: AnswerTree) -> None:
    tree.show_document({"object": "list", "data": [{"email": "ada@example.org"}], "hasMore": False})
    data = child(tree, "data", child(tree, "list"))
    assert tree.isExpanded(data)
    assert not tree.isExpanded(child(tree, "0", data))


def test_a_large_list_is_shown_in_ranges(tree: AnswerTree, desk: Desk) -> None:
    tree.show_document({"object": "list", "data": [{"n": f"n-{number}"} for number in range(2 * MOST_ROWS + 7)]})
    data = child(tree, "data", child(tree, "list"))
    end = 2 * MOST_ROWS
    assert names(tree, data) == [f"0 – {MOST_ROWS - 1}", f"{MOST_ROWS} – {end - 1}", f"{end} – {end + 6}"]
    second = child(tree, f"{MOST_ROWS} – {end - 1}", data)
    assert names(tree, second)[:2] == [str(MOST_ROWS), str(MOST_ROWS + 1)]
    assert look(desk, tree, f"n-{end + 3}")
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


def test_find_goes_on_and_round_in_both_directions(tree: AnswerTree, desk: Desk) -> None:
    tree.show_document([{"n": "one"}, {"one": 2}, {"n": ["two", "ONE"]}, "someone"])

    def step(text: str, *, backwards: bool = False) -> str:
        assert look(desk, tree, text, backwards=backwards)
        index, rows = tree.currentIndex(), []
        while index.isValid():
            rows.insert(0, index.data())
            index = index.parent()
        return "/".join(rows)

    places = ["0/n", "1/one", "2/n/1", "3"]
    assert [step("one") for _ in range(5)] == [*places, places[0]]
    assert [step("one", backwards=True) for _ in range(5)] == [*reversed(places), places[-1]]
    assert step("two") == "2/n/0"
    assert step("two") == "2/n/0", "it is the only one"


def test_find_in_a_large_answer_stops_for_nobody(tree: AnswerTree, desk: Desk) -> None:
    rows = [{"n": f"n-{number}", "more": ["x"] * 20} for number in range(20_000)]
    tree.show_document({"object": "list", "data": rows})
    ends: list[bool] = []
    tree.found.connect(ends.append)
    for text in ("n-1", "n-19", "n-199", "n-19999"):
        begin = time.monotonic()
        tree.find_text(text)
        assert time.monotonic() - begin < 0.1
    desk.wait(lambda: ends and tree.currentIndex().siblingAtColumn(1).data() == '"n-19999"')
    tree.find_text("nowhere")
    desk.wait(lambda: ends[-1] is False)
    tree.find_text("nowhere")
    tree.show_document({"object": "org"})
    desk.let_pass(50)
    assert len(tree.selectedIndexes()) <= 2


def test_nothing_of_an_answer_is_left_once_another_one_is_shown(tree: AnswerTree, desk: Desk) -> None:
    items = Items({"n": number} for number in range(MOST_ROWS + 1))
    left = weakref.ref(items)
    tree.show_document({"object": "list", "data": items})
    del items
    tree.expandAll()
    assert not look(desk, tree, "no such text")
    gc.disable()  # as for what was frozen: the collector finds none of it
    try:
        tree.show_document({"object": "org"})
        assert left() is None
    finally:
        gc.enable()
