"""TinyDB's own API on the journal: stock TinyDB opens any folder, and our tables behave like its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB, where
from tinydb.storages import MemoryStorage
from tinydb.table import Document, Table

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import AppState
from cortex_desktop.storage import JournalStorage, durable
from cortex_desktop.storage.database import Database
from cortex_desktop.storage.repository import TinyRepository
from tests.support.data_folder import read_image

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures/databases"
OLD = ("2026-11-28-closed", "2026-11-28-killed")
"""The same documents, as an older version left them: closed, and killed with changes in the journal."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "apps.json"


@pytest.fixture
def table(path: Path) -> Table:
    """A table with three documents, two of them in the journal."""
    table = Database(path).table("apps")
    for label in ("one", "two", "three"):
        table.insert({"label": label, "tags": [label]})
    return table


def saved(path: Path) -> dict[int, dict[str, Any]]:
    """The documents that the next start finds."""
    return {doc.doc_id: dict(doc) for doc in TinyDB(path, storage=JournalStorage).table("apps")}


# Folders of an older version


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / request.param, tmp_path / "data"))


def old_documents() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((FIXTURES / "2026-11-28-closed/apps.json").read_bytes())
    return {name: table for name, table in tables.items() if name != "_meta"}


def test_stock_tinydb_opens_a_folder_of_an_older_version(old: Path) -> None:
    before = read_image(old)
    with TinyDB(str(old / "apps.json"), storage=JournalStorage) as db:
        found = {name: {str(doc.doc_id): dict(doc) for doc in db.table(name)} for name in db.tables() - {"_meta"}}
        assert found == old_documents()
        assert db.table("_meta").all() == [{"schema": 1, "later": [1, {"x": None}]}]
        assert read_image(old) == before, "opening changes nothing"


def test_the_program_opens_a_folder_of_an_older_version(old: Path) -> None:
    repository = TinyRepository(old)
    apps = {app.id[-1]: app for app in repository.apps()}
    assert (repository.recovered, repository.changed_outside, repository.unreadable) == (None, False, 0)
    assert list(apps) == ["1", "3", "4", "5", "6"]
    assert [org.name for org in repository.orgs()] == ["My organization", "Clinic"]
    assert (apps["1"].label, apps["1"].enabled) == ("Renamed", False)
    assert apps["3"].pending is not None
    assert apps["3"].pending.details is not None
    assert (apps["3"].pending.details.label, apps["3"].kept[0].number) == ("Ärztin", 2)
    assert (apps["4"].state, apps["5"].state) == (AppState.DELETED, AppState.CREATING)

    repository.change_apps([app.id for app in apps.values()], lambda app: replace(app, csrf=False))
    for org in repository.orgs():
        repository.save_org(replace(org, code="changed"))
    repository.close()
    with TinyDB(old / "apps.json", access_mode="r") as db:
        expected = old_documents()
        for doc in expected["apps"].values():
            doc["csrf"] = False
        for doc in expected["orgs"].values():
            doc["code"] = "changed"
        found = {name: {str(doc.doc_id): dict(doc) for doc in db.table(name)} for name in expected}
        assert found == expected, "fields and tables that this version does not know are kept"
        assert db.table("_meta").all()[0]["later"] == [1, {"x": None}]


# Any folder


CHILD = """
import sys
from cortex_desktop.storage.database import Database
table = Database(sys.argv[1]).table("apps")
while True:
    print(table.insert({"label": "x" * 50}), flush=True)
"""


def test_stock_tinydb_opens_what_a_killed_program_left(path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(20)]
        child.kill()
        told += [int(line) for line in child.stdout.read().splitlines()]
    with TinyDB(path, storage=JournalStorage) as db:
        assert [doc.doc_id for doc in db.table("apps")][: len(told)] == told
        count = len(db.table("apps"))
        db.table("apps").insert({"label": "by hand"})
    with TinyDB(path, access_mode="r") as db:
        assert len(db.table("apps")) == count + 1


def torn(path: Path) -> None:
    with path.with_name("apps.json.journal").open("ab") as journal:
        journal.write(b"0123456789abcdef {")


STATES: dict[str, Callable[[Path], object]] = {
    "killed": lambda path: None,
    "killed while writing a line": torn,
    "damaged": lambda path: path.write_bytes(b"\0" * 100),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("spoil", STATES.values(), ids=STATES.keys())
def test_stock_tinydb_opens_a_folder_in_any_state(table: Table, path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(path)
    with TinyDB(path, storage=JournalStorage) as db:
        apps = db.table("apps")
        assert [doc["label"] for doc in apps] == ["one", "two", "three"]
        apps.update({"label": "changed"}, where("label") == "two")
        apps.remove(doc_ids=[1])
        db.table("more").insert({"a": 1})
    with TinyDB(path, access_mode="r") as db:
        assert [doc["label"] for doc in db.table("apps")] == ["changed", "three"]
        assert db.table("more").all() == [{"a": 1}]


# Our tables


def test_a_change_is_saved_when_it_returns(table: Table, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(durable.os, "fsync", synced.append)
    table.update({"seen": True}, where("label") != "two")
    assert len(synced) == 1
    assert [doc.get("seen") for doc in saved(path).values()] == [True, None, True]
    table.update({"seen": True}, doc_ids=[1, 3])
    assert len(synced) == 1, "nothing differs"
    table.update({"seen": 1}, doc_ids=[1])
    assert saved(path)[1]["seen"] is not True, "Python takes 1 for True, the file does not"
    table.truncate()
    assert len(synced) == 3
    assert saved(path) == {}


def test_a_function_that_raises_changes_nothing(table: Table, path: Path) -> None:
    before = saved(path)

    def fail(doc: Any) -> None:
        doc["tags"].append("changed")
        if doc["label"] == "three":
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        table.update(fail)
    with pytest.raises(StorageError, match="can't be stored"):
        table.update({"tags": object()})
    with pytest.raises(ValueError, match="already exists"):
        table.insert(Document({}, 1))
    for number in (-1, 10**18):
        with pytest.raises(StorageError):
            table.insert(Document({}, number))
    assert {doc.doc_id: dict(doc) for doc in table} == saved(path) == before


def test_what_is_handed_out_and_in_may_change_afterwards(table: Table, path: Path) -> None:
    mine: dict[str, Any] = {"label": "mine", "tags": []}
    number = table.insert(mine)
    before = saved(path)
    mine["tags"].append("changed")
    query = where("label") == "mine"
    for doc in (table.get(doc_id=number), table.get(query), *table.search(query), *table.all()):
        assert isinstance(doc, Document)
        doc["tags"].append("changed")
    assert {doc.doc_id: dict(doc) for doc in table} == saved(path) == before


def test_what_the_database_says_about_itself_is_no_table_to_change(path: Path, table: Table) -> None:
    with pytest.raises(StorageError):
        Database(path).table("_meta").update({"schema": 2})
    assert len(saved(path)) == 3


Operation = Callable[[Table], object]
NUMBERS = st.integers(1, 6)
VALUES = st.sampled_from([0, 1, True, None, "x", ["a"], {"b": 1.5}])
DOCS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
OPERATIONS = st.one_of(
    st.builds(lambda doc: lambda table: table.insert(doc), DOCS),
    st.builds(lambda docs: lambda table: table.insert_multiple(docs), st.lists(DOCS, max_size=3)),
    st.builds(lambda doc, number: lambda table: table.upsert(Document(doc, number)), DOCS, NUMBERS),
    st.builds(lambda doc, value: lambda table: table.upsert(doc, where("a") == value), DOCS, VALUES),
    st.builds(lambda doc, numbers: lambda table: table.update(doc, doc_ids=numbers), DOCS, st.lists(NUMBERS)),
    st.builds(lambda doc, value: lambda table: table.update(doc, where("b") == value), DOCS, VALUES),
    st.builds(lambda value: lambda table: table.remove(where("a") == value), VALUES),
    st.builds(lambda numbers: lambda table: table.remove(doc_ids=numbers), st.lists(NUMBERS, unique=True)),
    st.just(lambda table: table.truncate()),
)


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable.os, "fsync", lambda _fd: None)
        yield


@settings(deadline=None, database=None, derandomize=True, max_examples=100)
@given(st.lists(OPERATIONS, max_size=12), st.data())
def test_our_tables_do_what_tinydb_s_own_do(
    quick: None, tmp_path_factory: pytest.TempPathFactory, operations: list[Operation], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("database") / "apps.json"
    ours, theirs = Database(path).table("apps"), TinyDB(storage=MemoryStorage).table("apps")
    for operation in operations:
        assert operation(ours) == operation(theirs)
        assert ours.all() == theirs.all()
        assert [doc.doc_id for doc in ours] == [doc.doc_id for doc in theirs]
        number, value = data.draw(NUMBERS), data.draw(VALUES)
        assert ours.get(doc_id=number) == theirs.get(doc_id=number)
        assert ours.search(where("a") == value) == theirs.search(where("a") == value)
        assert (len(ours), ours.contains(doc_id=number)) == (len(theirs), theirs.contains(doc_id=number))
    assert json.dumps(list(saved(path).items())) == json.dumps([(doc.doc_id, dict(doc)) for doc in theirs])
