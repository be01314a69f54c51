"""Orgs and apps survive being saved, failing to be saved, other hands, and threads."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from tinydb import TinyDB, where

from cortex_desktop.domain.errors import AppGone, OrgGone, StorageError
from cortex_desktop.domain.model import (
    LAST_VERSION,
    App,
    AppDetails,
    AppState,
    Environment,
    KeptVersion,
    Org,
    OrgState,
    PendingVersion,
    new_id,
)
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.storage import durable
from cortex_desktop.storage.repository import TinyRepository
from tests.support.data_folder import failing, refuse

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def make_app(label: str = "NewHealth App", **fields: Any) -> App:
    app = App(
        id=new_id(),
        org_id="0123abcd",
        label=label,
        sessions=False,
        csrf=True,
        created=NOON,
        key_ends=KeyEnds("mwid", "OYJh"),
        keychain="SecretService",
    )
    return replace(app, **fields)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def repository(folder: Path) -> TinyRepository:
    repository = TinyRepository(folder)
    assert (repository.recovered, repository.unreadable, folder.exists()) == (None, 0, False), "no disk is touched yet"
    return repository


def settle(folder: Path) -> None:
    """Bring all that was saved into the file, as quitting does."""
    repository = TinyRepository(folder)
    repository.open()
    repository.close()


def rows(folder: Path, table: str = "apps") -> list[dict[str, Any]]:
    """What plain TinyDB finds in the file once the program has quit."""
    settle(folder)
    with TinyDB(folder / "apps.json", access_mode="r") as db:
        return [dict(doc) for doc in db.table(table)]


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the file as another program would."""
    settle(folder)
    tables = json.loads((folder / "apps.json").read_bytes())
    change(tables)
    (folder / "apps.json").write_text(json.dumps(tables), encoding="utf-8")


# First start


def test_the_first_start_makes_the_first_org(repository: TinyRepository, folder: Path) -> None:
    repository.open()
    (org,) = repository.orgs()
    assert replace(org, id="") == Org(
        "", "My organization", "my-org", Environment.DEVELOPMENT, "https://api.dev.medable.com"
    )
    assert int(org.id, 16)
    assert TinyRepository(folder).orgs() == (org,)


def test_a_first_start_that_cannot_save_says_so_and_may_be_tried_again(
    repository: TinyRepository, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "open", refuse())
        for _ in range(2):
            with pytest.raises(StorageError, match="disk is full"):
                repository.orgs()
    assert len(repository.orgs()) == 1


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        TinyRepository(tmp_path / "file/data").open()


# Apps


def test_an_app_comes_back_as_it_was(repository: TinyRepository, folder: Path) -> None:
    apps = (
        make_app(),
        make_app(
            "Ärzte 🩺",
            sessions=True,
            csrf=False,
            enabled=False,
            version=3,
            last_version=5,
            pending=PendingVersion(
                5,
                KeyEnds("abcd", "efgh"),
                sessions=True,
                details=AppDetails("Ärztin", True, False, "Ask Ada", "Ada", date(2027, 3, 1), date(2027, 1, 1)),
            ),
            kept=(KeptVersion(2, KeyEnds("ijkl", "mnop"), False, NOON + timedelta(days=7)),),
            rotated=NOON + timedelta(hours=1),
            state=AppState.DELETED,
            last_copied=NOON + timedelta(days=1),
            purge_after=NOON + timedelta(seconds=20),
            notes="Line 1\nخط 2 🩺",
            owner="Ms Østergård",
            expires=date(2027, 2, 28),
            review=date(2026, 12, 1),
            created=datetime(2026, 11, 23, 7, tzinfo=timezone(timedelta(hours=-5))),
        ),
    )
    for app in apps:
        repository.add_app(app)
    for found in (repository, TinyRepository(folder)):
        assert found.apps() == apps
        assert [found.app(app.id) for app in apps] == list(apps)
        assert {app.created.tzinfo for app in found.apps()} == {UTC}


@pytest.mark.parametrize("name", ["notes", "owner", "expires", "review"])
@pytest.mark.parametrize("value", [5, None, ["x"], {"a": 1}, "2026-13-01", "tomorrow", True])
def test_a_damaged_note_does_not_hide_the_app(
    repository: TinyRepository, folder: Path, name: str, value: object
) -> None:
    app = make_app()
    repository.add_app(app)
    edit(folder, lambda tables: tables["apps"]["1"].update({name: value}))
    again = TinyRepository(folder)
    (found,) = again.apps()
    is_text = isinstance(value, str) and name in {"notes", "owner"}
    assert found == (replace(app, **{name: value}) if is_text else app)
    assert again.unreadable == 0


@pytest.mark.parametrize(
    ("fields", "empty", "kept"),
    [
        ({"notes": "one\ntwo"}, {"notes": ""}, {"notes": "one\ntwo"}),
        ({"owner": "Ada"}, {"owner": ""}, {"owner": "Ada"}),
        ({"expires": date(2027, 2, 28)}, {"expires": None}, {"expires": "2027-02-28"}),
        ({"review": date(2026, 12, 1)}, {"review": None}, {"review": "2026-12-01"}),
        ({"sweep_until": NOON}, {"sweep_until": None}, {"sweep_until": "2026-11-23T12:00:00.123456Z"}),
    ],
)
def test_some_fields_are_there_only_while_they_hold_something(
    repository: TinyRepository, folder: Path, fields: dict[str, Any], empty: dict[str, Any], kept: dict[str, Any]
) -> None:
    app = make_app(**fields)
    repository.add_app(app)
    assert TinyRepository(folder).apps() == (app,)
    assert kept.items() <= rows(folder)[0].items()
    TinyRepository(folder).change_app(app.id, lambda app: replace(app, **empty))
    assert not kept.keys() & rows(folder)[0].keys()


def test_a_change_is_saved_and_returned(repository: TinyRepository, folder: Path) -> None:
    first, second = make_app("first"), make_app("second")
    repository.add_app(first)
    repository.add_app(second)
    changed = repository.change_app(first.id, lambda app: replace(app, enabled=False, last_copied=NOON))
    assert changed == replace(first, enabled=False, last_copied=NOON)
    assert repository.app(first.id) == changed
    assert repository.apps() == TinyRepository(folder).apps() == (changed, second)


def test_many_are_changed_in_one_durable_step(
    repository: TinyRepository, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = apps = [make_app(label) for label in ("first", "second", "third")]
    for app in apps:
        repository.add_app(app)
    synced: list[int] = []
    monkeypatch.setattr(durable.os, "fsync", synced.append)
    ids = [third.id, new_id(), first.id, second.id, first.id]
    changed = repository.change_apps(ids, lambda app: app if app == second else replace(app, enabled=False))
    assert len(synced) == 1
    assert changed == [replace(third, enabled=False), replace(first, enabled=False)]
    assert repository.apps() == TinyRepository(folder).apps() == (changed[1], second, changed[0])
    assert repository.change_apps([second.id, new_id()], lambda app: app) == []
    assert len(synced) == 1


def test_many_are_changed_or_none(repository: TinyRepository, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_app("first"), make_app("second")
    repository.add_app(first)
    repository.add_app(second)

    def fail(app: App) -> App:
        if app.id == second.id:
            raise RuntimeError("mine")
        return replace(app, enabled=False)

    ids = [first.id, second.id]
    with pytest.raises(RuntimeError, match="mine"):
        repository.change_apps(ids, fail)
    with pytest.raises(ValueError, match="keeps its id"):
        repository.change_apps(ids, lambda app: replace(app, id=first.id, enabled=False))
    with pytest.raises(TypeError):
        repository.change_apps(ids, lambda app: replace(app, enabled=1 if app.id == second.id else False))
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", refuse())
        with pytest.raises(StorageError, match="disk is full"):
            repository.change_apps(ids, lambda app: replace(app, enabled=False))
    assert repository.apps() == TinyRepository(folder).apps() == (first, second)


def test_a_dropped_app_is_gone(repository: TinyRepository, folder: Path) -> None:
    first, second = make_app("first"), make_app("second")
    repository.add_app(first)
    repository.add_app(second)
    repository.drop_app(first.id)
    repository.drop_app(first.id)
    assert repository.apps() == TinyRepository(folder).apps() == (second,)
    with pytest.raises(AppGone):
        repository.app(first.id)
    with pytest.raises(AppGone):
        repository.change_app(first.id, lambda app: app)


def test_a_number_that_tinydb_reuses_is_no_identity(repository: TinyRepository, folder: Path) -> None:
    old, new = make_app("old"), make_app("new")
    repository.add_app(old)
    repository.drop_app(old.id)
    again = TinyRepository(folder)
    again.add_app(new)
    again.close()
    with TinyDB(folder / "apps.json", access_mode="r") as db:
        assert [doc.doc_id for doc in db.table("apps").search(where("id") == new.id)] == [1]
    with pytest.raises(AppGone):
        again.app(old.id)
    assert again.app(new.id) == new


def test_an_id_is_added_once(repository: TinyRepository, folder: Path) -> None:
    app = make_app()
    repository.add_app(app)
    with pytest.raises(ValueError, match="exists"):
        repository.add_app(replace(app, label="other"))
    assert TinyRepository(folder).apps() == (app,)


@pytest.mark.parametrize(
    "fields",
    [
        {"created": datetime(2026, 11, 23)},  # noqa: DTZ001 (that is the mistake)
        {"key_ends": KeyEnds("mwidxhb8ShcqmV1B9iOYJh", "OYJh")},
        {"key_ends": KeyEnds("mwid", "mwidxhb8ShcqmV1B9iOYJh")},
        {"version": 0},
        {"last_version": LAST_VERSION + 1},
        {"sweep_until": datetime(2026, 11, 23)},  # noqa: DTZ001
        {"version": True},
        {"id": ""},
        {"sessions": 1},
        {"label": None},
        {"notes": None},
        {"owner": 5},
        {"expires": NOON},  # a time would lose its hour, or the whole field
        {"review": "2026-11-23"},
    ],
)
def test_an_app_that_could_not_be_read_again_is_not_saved(
    repository: TinyRepository, folder: Path, fields: dict[str, Any]
) -> None:
    good = make_app()
    repository.add_app(good)
    before = (folder / "apps.json").read_bytes()
    with pytest.raises((TypeError, ValueError)):
        repository.add_app(replace(make_app(), **fields))
    with pytest.raises((TypeError, ValueError)):
        repository.change_app(good.id, lambda app: replace(app, **fields))
    assert (folder / "apps.json").read_bytes() == before
    assert repository.apps() == (good,)


def test_a_change_keeps_the_id_and_may_fail(repository: TinyRepository) -> None:
    app = make_app()
    repository.add_app(app)

    def fail(_app: App) -> App:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        repository.change_app(app.id, fail)
    with pytest.raises(ValueError, match="keeps its id"):
        repository.change_app(app.id, lambda app: replace(app, id=new_id()))
    assert repository.apps() == (app,)


@pytest.mark.parametrize("call", ["open", "write", "fsync"])
def test_a_write_that_fails_leaves_memory_and_file_as_they_were(
    repository: TinyRepository, folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    app = make_app()
    repository.add_app(app)
    (org,) = repository.orgs()
    repository.change_app(app.id, lambda app: replace(app, org_id=org.id))
    app = repository.app(app.id)
    empty = replace(org, id=new_id())
    repository.save_org(empty)
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, call, refuse())
        for attempt in (
            lambda: repository.add_app(make_app("lost")),
            lambda: repository.change_app(app.id, lambda app: replace(app, label="lost")),
            lambda: repository.change_apps([app.id], lambda app: replace(app, label="lost")),
            lambda: repository.drop_app(app.id),
            lambda: repository.save_org(replace(org, name="lost")),
            lambda: repository.change_org(org.id, lambda org: replace(org, name="lost")),
            lambda: repository.drop_org(empty.id),
        ):
            with pytest.raises(StorageError, match="disk is full"):
                attempt()
    for found in (repository, TinyRepository(folder)):
        assert found.apps() == (app,)
        assert found.orgs() == (org, empty)
    later = make_app("later", org_id=org.id)
    repository.add_app(later)
    assert repository.apps() == TinyRepository(folder).apps() == (app, later)


# Orgs


def test_orgs_are_added_and_replaced_in_their_place(repository: TinyRepository, folder: Path) -> None:
    (first,) = repository.orgs()
    second = Org(new_id(), "Clinic", "clinic", Environment.PRODUCTION, "https://api.medable.com")
    repository.save_org(second)
    first = replace(first, name="Renamed")
    repository.save_org(first)
    assert repository.orgs() == TinyRepository(folder).orgs() == (first, second)


@pytest.mark.parametrize(
    "fields",
    [
        {"environment": Environment.OWN, "own_environment": "UAT 🩺", "like_production": True},
        {"environment": Environment.OWN, "own_environment": "Sandbox", "like_production": False},
        {"environment": Environment.PRODUCTION},
        {"state": OrgState.REMOVED, "purge_after": NOON},
        {"state": OrgState.REMOVING, "purge_after": NOON},
    ],
)
def test_an_org_comes_back_as_it_was(repository: TinyRepository, folder: Path, fields: dict[str, Any]) -> None:
    org = replace(repository.orgs()[0], id=new_id(), **fields)
    repository.save_org(org)
    assert repository.orgs()[1] == TinyRepository(folder).orgs()[1] == org


@pytest.mark.parametrize(
    ("environment", "kind", "own"),
    [
        ("development", Environment.DEVELOPMENT, ""),
        ("production", Environment.PRODUCTION, ""),
        ("PRODUCTION ", Environment.PRODUCTION, ""),
        ("Live", Environment.OWN, "Live"),
        ("own", Environment.OWN, "own"),
        (7, Environment.OWN, "Unknown"),
        (None, Environment.OWN, "Unknown"),
        (" ", Environment.OWN, "Unknown"),
    ],
)
def test_an_org_of_the_first_versions_or_in_an_odd_environment_gets_the_care_it_needs(
    repository: TinyRepository, folder: Path, environment: object, kind: Environment, own: str
) -> None:
    repository.open()

    def another_hand(tables: dict[str, Any]) -> None:
        tables["orgs"]["1"]["environment"] = environment
        for field in ("like_production", "state", "purge_after"):
            del tables["orgs"]["1"][field]

    edit(folder, another_hand)
    again = TinyRepository(folder)
    (org,) = again.orgs()
    assert (org.environment, org.own_environment, org.state) == (kind, own, OrgState.ACTIVE)
    assert org.production is (kind is not Environment.DEVELOPMENT)
    assert not again.unreadable


def test_an_org_is_changed_in_one_step(repository: TinyRepository, folder: Path) -> None:
    (org,) = repository.orgs()
    changed = repository.change_org(org.id, lambda org: replace(org, name="Renamed"))
    assert changed == replace(org, name="Renamed")
    assert repository.orgs() == TinyRepository(folder).orgs() == (changed,)
    with pytest.raises(OrgGone):
        repository.change_org(new_id(), lambda org: org)
    with pytest.raises(ValueError, match="keeps its id"):
        repository.change_org(org.id, lambda org: replace(org, id=new_id()))


def test_an_org_stays_while_an_app_names_it(repository: TinyRepository, folder: Path) -> None:
    first = repository.orgs()[0]
    second = replace(first, id=new_id())
    repository.save_org(second)
    app = make_app(org_id=second.id)
    repository.add_app(app)
    repository.drop_org(second.id)
    assert repository.orgs() == TinyRepository(folder).orgs() == (first, second)
    repository.drop_app(app.id)
    for _ in range(2):
        repository.drop_org(second.id)
    assert repository.orgs() == TinyRepository(folder).orgs() == (first,)


@pytest.mark.parametrize("lost", ["row", "name"])
def test_apps_whose_org_is_lost_can_still_be_reached(repository: TinyRepository, folder: Path, lost: str) -> None:
    org = replace(repository.orgs()[0], id=new_id())
    repository.save_org(org)
    app = make_app(org_id=org.id)
    repository.add_app(app)
    edit(folder, lambda t: t["orgs"].pop("2") if lost == "row" else t["orgs"]["2"].update(name=None))
    before = rows(folder, "orgs")

    again = TinyRepository(folder)
    stand_in = again.orgs()[1]
    assert (stand_in.id, stand_in.name, stand_in.production) == (org.id, "Unknown organization", True)
    assert rows(folder, "orgs") == before, "looking changes nothing"
    found = again.change_org(org.id, lambda org: replace(org, name="Found again"))
    assert again.orgs() == TinyRepository(folder).orgs() == (repository.orgs()[0], found)
    again.drop_app(app.id)
    again.drop_org(org.id)
    assert len(TinyRepository(folder).orgs()) == 1


def removed(org: dict[str, Any]) -> None:
    org.update(state="removed", purge_after="2026-11-23T12:00:00Z")


@pytest.mark.parametrize("change", [removed, lambda org: org.update(name=7)], ids=["removed", "not readable"])
def test_with_no_org_left_there_is_the_first_one(
    repository: TinyRepository, folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    repository.open()
    edit(folder, lambda tables: change(tables["orgs"]["1"]))
    orgs = TinyRepository(folder).orgs()
    assert (orgs[-1].name, orgs[-1].state) == ("My organization", OrgState.ACTIVE)
    assert len(rows(folder, "orgs")) == 2


# Other hands


def test_unknown_fields_and_tables_stay_through_every_change(repository: TinyRepository, folder: Path) -> None:
    kept = tuple(KeptVersion(number, KeyEnds("ijkl", "mnop"), False, NOON) for number in (2, 1))
    app, other = make_app(notes="one", version=3, last_version=3, kept=kept), make_app()
    repository.add_app(app)
    repository.add_app(other)
    unknown = {"rotation": {"days": [30, 60, 1.5, None]}, "pinned": True}

    def add_unknown(tables: dict[str, Any]) -> None:
        tables["apps"]["1"] = {"rotation": unknown["rotation"], **tables["apps"]["1"], "pinned": True}
        for version in tables["apps"]["1"]["kept"]:
            version["reason"] = f"why {version['version']}"
        tables["orgs"]["1"]["colour"] = "teal"
        tables["activity"] = {"5": {"what": "created"}}
        tables["_meta"]["1"]["later"] = [1]

    edit(folder, add_unknown)
    again = TinyRepository(folder)
    again.change_app(app.id, lambda app: replace(app, enabled=False, notes="", kept=app.kept[1:]))
    again.change_apps([app.id, other.id], lambda app: replace(app, label="Renamed"))
    again.drop_app(other.id)
    again.add_app(make_app())
    again.save_org(replace(again.orgs()[0], name="Renamed"))
    again.change_org(again.orgs()[0].id, lambda org: replace(org, code="other"))
    for _ in ("killed", "closed"):
        again = TinyRepository(folder)
        again.change_app(app.id, lambda app: replace(app, sweep_until=None, csrf=not app.csrf))
        row = rows(folder)[0]
        assert {name: row[name] for name in unknown} == unknown
        assert (row["enabled"], row["label"], "notes" in row) == (False, "Renamed", False)
        assert [(version["version"], version["reason"]) for version in row["kept"]] == [(1, "why 1")]
        (org,) = rows(folder, "orgs")
        assert (org["colour"], org["name"], org["code"]) == ("teal", "Renamed", "other")
        assert rows(folder, "activity") == [{"what": "created"}]
        assert rows(folder, "_meta")[0]["later"] == [1]


PENDING = {"version": 2, "key_head": "abcd", "key_tail": "efgh", "sessions": True}
BROKEN = {
    "a missing field": lambda row: row.pop("label"),
    "a number for a text": lambda row: row.update(label=5),
    "a text for a truth": lambda row: row.update(enabled="yes"),
    "a number for a truth": lambda row: row.update(csrf=1),
    "an unknown state": lambda row: row.update(state="lost"),
    "a state that is a list": lambda row: row.update(state=[]),
    "a time that is none": lambda row: row.update(created="yesterday"),
    "a time without a zone": lambda row: row.update(created="2026-11-23T12:00:00"),
    "a time before all": lambda row: row.update(created="0001-01-01T00:00:00+14:00"),
    "a number for a time": lambda row: row.update(last_copied=1),
    "version 0": lambda row: row.update(version=0),
    "a version that would be asked for for ever": lambda row: row.update(version=LAST_VERSION + 1),
    "a last version that would be asked for for ever": lambda row: row.update(last_version=10**9),
    "a kept version of many digits": lambda row: row.update(
        kept=[{"version": 10**400, "key_head": "mwid", "key_tail": "OYJh", "until": row["created"]}]
    ),
    "a time to sweep until that is none": lambda row: row.update(sweep_until="soon"),
    "version true": lambda row: row.update(version=True),
    "a truth for a version": lambda row: row.update(pending=True),
    "details that are none": lambda row: row.update(pending={**PENDING, "details": "all"}),
    "details without a label": lambda row: row.update(pending={**PENDING, "details": {"csrf": True}}),
    "a number for a truth in details": lambda row: row.update(pending={**PENDING, "details": {"label": "", "csrf": 1}}),
    "a text for kept versions": lambda row: row.update(kept="ab"),
    "an empty id": lambda row: row.update(id=""),
    "the id of an older row": lambda row: row.update(id="a0"),
    "more of a key than its ends": lambda row: row.update(key_head="mwidxhb8ShcqmV1B9iOYJh"),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN.keys())
def test_a_row_that_makes_no_sense_is_skipped_counted_and_kept(
    repository: TinyRepository, folder: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    good, bad = make_app("good", id="a0"), make_app("bad")
    repository.add_app(good)
    repository.add_app(bad)
    edit(folder, lambda tables: spoil(tables["apps"]["2"]))
    spoilt = rows(folder)[1]

    again = TinyRepository(folder)
    assert again.apps() == (good,)
    assert again.unreadable == 1
    assert again.recovered is None
    later = make_app("later")
    again.add_app(later)
    good = again.change_app(good.id, lambda app: replace(app, label="changed"))
    assert again.apps() == TinyRepository(folder).apps() == (good, later)
    again.drop_app(later.id)
    assert rows(folder)[1] == spoilt


@pytest.mark.parametrize("closed", [True, False])
def test_damage_is_restored_from_the_backup_and_told(repository: TinyRepository, folder: Path, closed: bool) -> None:
    kept, newest = make_app("kept"), make_app("newest")
    repository.add_app(kept)
    repository.add_app(newest)
    if closed:
        repository.close()
    (folder / "apps.json").write_bytes(b"")
    again = TinyRepository(folder)
    assert again.apps() == (kept, newest)
    assert again.recovered is not None
    assert again.recovered.restored_from
    assert again.recovered.apps == 2
    again.close()
    again.open()
    assert again.recovered is None
    assert again.apps() == (kept, newest)


def test_damage_is_told_even_when_opening_fails_after_the_repair(
    repository: TinyRepository, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    (folder / "apps.json").write_bytes(b"")
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "replace", failing(3, OSError(errno.ENOSPC, "full"), os.replace))
        with pytest.raises(StorageError, match="disk is full"):
            repository.open()
    assert len(repository.orgs()) == 1
    assert repository.recovered is not None
    assert not repository.recovered.restored_from


# Threads


def test_two_threads_lose_nothing(repository: TinyRepository, folder: Path) -> None:
    shared = make_app("shared")
    repository.add_app(shared)
    start = Barrier(2)

    def work(name: str) -> None:
        start.wait()
        for number in range(50):
            repository.add_app(make_app(f"{name} {number}"))
            repository.change_app(shared.id, lambda app: replace(app, version=app.version + 1))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, name) for name in "ab"]:
            done.result()
    for found in (repository, TinyRepository(folder)):
        assert found.app(shared.id).version == 101
        labels = [app.label for app in found.apps() if app.id != shared.id]
        assert sorted(labels) == sorted(f"{name} {number}" for name in "ab" for number in range(50))
        assert [label for label in labels if label[0] == "a"] == [f"a {number}" for number in range(50)]
