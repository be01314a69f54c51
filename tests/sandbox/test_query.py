"""where, sort, skip, limit and paging."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex_desktop.sandbox.query import Query, matches, page, read_query, select
from cortex_desktop.sandbox.reply import Refusal
from cortex_desktop.sandbox.state import Collection, person
from cortex_desktop.sandbox.table import ANONYMOUS

from .conftest import NOW, Browser, World

NOTE = {
    "_id": "5516ee1b34d8d934281699e3",
    "object": "c_example",
    "c_title": "First",
    "c_number": 5,
    "c_done": True,
    "c_tags": ["red", "green"],
    "c_items": [{"_id": "1", "c_x": 1, "c_y": 2}, {"_id": "2", "c_x": 3}],
    "c_deep": {"er": {"still": "here"}},
    "c_null": None,
}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, True),
        ({"c_title": "First"}, True),
        ({"c_title": "first"}, False),
        ({"c_title": {"$regex": "^F"}}, True),
        ({"c_number": {"$gt": 4, "$lt": 6}}, True),
        ({"c_number": {"$gte": 5}}, True),
        ({"c_number": {"$lte": 4}}, False),
        ({"c_number": {"$gt": "4"}}, False),  # a number and a text are not compared
        ({"c_number": True}, False),
        ({"c_done": True}, True),
        ({"c_done": 1}, False),
        ({"c_number": {"$in": [1, 5]}}, True),
        ({"c_number": {"$in": []}}, False),
        ({"c_tags": "red"}, True),
        ({"c_tags": ["red", "green"]}, True),
        ({"c_tags": ["red"]}, False),
        ({"c_tags": {"$all": ["green", "red"]}}, True),
        ({"c_tags": {"$all": ["green", "blue"]}}, False),
        ({"c_tags": {"$size": 2}}, True),
        ({"c_tags": {"$size": 1}}, False),
        ({"c_title": {"$size": 5}}, False),
        ({"c_tags": {"$regex": "^gr"}}, True),
        ({"c_tags": {"$elemMatch": {"$regex": "^r"}}}, True),
        ({"c_items.c_x": 3}, True),
        ({"c_items.c_x": {"$gt": 5}}, False),
        ({"c_items": {"$elemMatch": {"c_x": 1, "c_y": 2}}}, True),
        ({"c_items": {"$elemMatch": {"c_x": 3, "c_y": 2}}}, False),
        ({"c_deep.er.still": "here"}, True),
        ({"c_deep.er": {"still": "here"}}, True),
        ({"c_null": None}, True),
        ({"c_gone": None}, True),
        ({"c_title": None}, False),
        ({"$and": [{"c_number": 5}, {"c_done": True}]}, True),
        ({"$or": [{"c_number": 6}, {"c_done": True}]}, True),
        ({"$or": []}, False),
        ({"c_number": 5, "c_title": "Second"}, False),
    ],
)
def test_where(where: Any, found: bool) -> None:
    query = read_query([("where", json.dumps(where))])
    assert matches(NOTE, query.where) == found


@pytest.mark.parametrize(
    ("name", "value", "err_code"),
    [
        ("where", "{broken", "cortex.invalidArgument.query"),
        ("where", "[]", "cortex.invalidArgument.query"),
        ("where", '{"a": {"$ne": 1}}', "cortex.invalidArgument.query"),
        ("where", '{"$where": "code"}', "cortex.invalidArgument.query"),
        ("where", '{"$or": {}}', "cortex.invalidArgument.badDbValue"),
        ("where", '{"a": {"$in": 1}}', "cortex.invalidArgument.badDbValue"),
        ("where", '{"a": {"$size": "1"}}', "cortex.invalidArgument.badDbValue"),
        ("where", '{"a": {"$elemMatch": []}}', "cortex.invalidArgument.badDbValue"),
        ("where", '{"a": {"$elemMatch": {"b": {"$ne": 1}}}}', "cortex.invalidArgument.query"),
        ("where", '{"a": {"$regex": "("}}', "cortex.invalidArgument.badDbValue"),
        ("where", '{"a": {"$regex": "%s"}}' % ("x" * 201), "cortex.invalidArgument.badDbValue"),
        ("where", '{"$and":[' * 20 + "{}" + "]}" * 20, "cortex.invalidArgument.query"),
        ("where", '{"a":' + '{"$all":[' * 20 + "1" + "]}" * 20 + "}", "cortex.invalidArgument.query"),
        ("where", "[" * 100_000, "cortex.invalidArgument.query"),
        ("sort", '{"a": 2}', "cortex.invalidArgument.query"),
        ("sort", "{a}", "cortex.invalidArgument.query"),
        ("limit", "0", "cortex.invalidArgument.query"),
        ("limit", "-1", "cortex.invalidArgument.query"),
        ("limit", "many", "cortex.invalidArgument.query"),
        ("skip", "1.5", "cortex.invalidArgument.query"),
        ("roles.limit", "x", "cortex.invalidArgument.query"),
    ],
)
def test_what_is_refused(signing: Browser, name: str, value: str, err_code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_query([(name, value)])
    assert refusal.value.err_code == err_code
    if len(value) < 2_000:
        assert signing.get(f"/accounts?{name}={quote(value)}")["errCode"] == err_code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=8,
)
operators = st.sampled_from(
    ["$gt", "$gte", "$lt", "$lte", "$in", "$and", "$or", "$regex", "$all", "$size", "$elemMatch", "a", "a.b", "$not"]
)
conditions = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(operators, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(operators, conditions, max_size=3), st.dictionaries(st.sampled_from("abc"), json_values))
def test_any_where_is_answered_or_refused(where: Any, document: Any) -> None:
    try:
        query = read_query([("where", json.dumps(where))])
    except Refusal:
        return
    assert matches(document, query.where) in (True, False)


ids = st.integers(0, 30).map(lambda number: f"{number:024x}")


@settings(deadline=None)
@given(
    st.sets(ids),
    st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), ids, max_size=3) | ids,
    st.integers(0, 5),
    st.integers(1, 5),
)
def test_the_short_way_by_id_finds_the_same(present: set[str], wanted: Any, skip: int, limit: int) -> None:
    collection = Collection()
    for object_id in present:
        collection.put({"_id": object_id})
    query = Query({"_id": wanted}, (("_id", 1),), skip, limit)
    found, has_more = page(collection, query)
    expected = select(collection, query)
    assert found == expected[:limit]
    assert has_more == (len(expected) > limit)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), ids), max_size=30))
def test_a_collection_is_in_the_order_of_its_ids(steps: list[tuple[bool, str]]) -> None:
    collection, expected = Collection(), dict[str, bool]()
    for adds, object_id in steps:
        if adds:
            collection.put({"_id": object_id, "x": adds})
            expected[object_id] = adds
        elif object_id in expected:
            collection.remove(object_id)
            del expected[object_id]
    assert [found["_id"] for found in collection] == sorted(expected)
    assert len(collection) == len(expected)


def test_sorting(signing: Browser) -> None:
    for title, number in [("b", 1), ("a", 2), ("c", None)]:
        signing.ask("POST", "/c_examples", {"c_title": title, "c_n": number})

    def titles(sort: str) -> str:
        return "".join(found["c_title"] for found in signing.get(f"/c_examples?sort={quote(sort)}")["data"])

    assert titles("c_title") == "abc"
    assert titles('{"c_title":-1}') == "cba"
    assert titles('{"c_n":1}') == "cba"  # what has none comes first
    assert titles('{"object":1,"c_title":-1}') == "cba"


# --- paging ---


@pytest.fixture
def crowd(world: World, signing: Browser) -> Browser:
    """An org of 1,001 people."""
    org = signing.made.org
    signing.get("/accounts")
    people = [
        person(org, f"p{number}@acme.example", "P", str(number), "", ANONYMOUS, NOW) for number in range(1_001 - 3)
    ]
    world.sandbox.state.put_accounts(org.id, people)
    world.settings(rate_limit=0)
    return signing


def test_limits(crowd: Browser) -> None:
    for limit, count in [("", 100), ("limit=1", 1), ("limit=1000", 1_000), ("limit=5000", 1_000)]:
        found = crowd.get(f"/accounts?{limit}")
        assert len(found["data"]) == count
        assert found["hasMore"] is True


@pytest.mark.parametrize("limit", [7, 100, 1_000])
def test_all_pages_by_skip(crowd: Browser, pages: Callable[[Browser, str], list[Any]], limit: int) -> None:
    found = pages(crowd, f"/accounts?limit={limit}")
    assert len(found) == len({account["_id"] for account in found}) == 1_001


@pytest.mark.parametrize("limit", [7, 100, 1_000])
def test_all_pages_by_id(crowd: Browser, limit: int) -> None:
    found: list[Any] = []
    more = True
    while more:
        where = {"_id": {"$gt": found[-1]["_id"]}} if found else {}
        document = crowd.get(f'/accounts?sort={{"_id":1}}&limit={limit}&where={quote(json.dumps(where))}')
        found += document["data"]
        more = document["hasMore"]
    assert [account["_id"] for account in found] == sorted({account["_id"] for account in found})
    assert len(found) == 1_001
