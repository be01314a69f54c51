"""Packed texts behave like a dict of them, and take a fraction of its memory."""

from __future__ import annotations

import json
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from cortex_desktop.storage import packed
from cortex_desktop.storage.packed import BLOCK, Packed

NUMBERS = st.integers(0, 10**18 - 1).map(str)
TEXTS = st.dictionaries(st.text(), st.none() | st.text()).map(json.dumps)
CHANGES = st.lists(st.tuples(st.integers(0, 400).map(str), st.none() | TEXTS), max_size=30)


@given(st.dictionaries(NUMBERS, TEXTS, max_size=5), st.integers(0, 3 * BLOCK), CHANGES)
def test_it_is_a_dict(odd: dict[str, str], many: int, changes: list[tuple[str, str | None]]) -> None:
    expected = {str(number): f'{{"n":{number}}}' for number in range(many)} | odd
    found = Packed(expected.items())
    for number, text in changes:
        if text is None:
            assert found.pop(number, None) == expected.pop(number, None)
        else:
            found[number] = expected[number] = text
        assert (number in found) == (number in expected)
        assert len(found) == len(expected)
    assert list(found.items()) == list(expected.items())
    assert list(found) == list(expected)
    for number in [*list(expected)[:3], *list(expected)[-3:]]:
        assert found[number] == expected[number]


def test_what_was_removed_is_gone() -> None:
    found = Packed([("7", "{}"), ("8", "{}")])
    del found["7"]
    assert found.get("7") is None
    assert list(found) == ["8"]
    found["7"] = "[]"
    assert list(found.items()) == [("8", "{}"), ("7", "[]")], "it came back as the newest"


def test_a_copy_is_changed_by_itself() -> None:
    found = Packed((str(number), "{}") for number in range(BLOCK + 1))
    copied = found.copy()
    copied["3"] = '{"changed":1}'
    del copied["4"]
    copied["999"] = "{}"
    assert found["3"] == "{}"
    assert len(found) == BLOCK + 1
    assert list(copied.items())[3:5] == [("3", '{"changed":1}'), ("5", "{}")]


def test_alike_texts_take_a_fraction() -> None:
    doc = '{{"id":"{0:032x}","label":"App number {0}","sessions":true,"csrf":true,"enabled":true,"state":"active"}}'
    texts = [(str(number), doc.format(number * 0x9E3779B97F4A7C15)) for number in range(2_000)]
    tracemalloc.start()
    found = Packed(texts)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert dict(found.items()) == dict(texts)
    assert taken < sum(len(text) for _, text in texts) / 2


def test_a_block_is_opened_once_for_all_of_it(monkeypatch) -> None:
    found = Packed((str(number), "{}") for number in range(4 * BLOCK))
    opened = []
    unpacked = packed._unpacked
    monkeypatch.setattr(packed, "_unpacked", lambda block: opened.append(1) or unpacked(block))
    assert len(dict(found.items())) == 4 * BLOCK
    assert len(opened) == 4
