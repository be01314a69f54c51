"""The database file: damage found and reported, never taken for empty; other programs; schemas."""

from __future__ import annotations

import copy
import errno
import json
import os
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import JournalStorage, durable, journal_storage, snapshot
from cortex_desktop.storage.documents import Tables
from tests.support.data_folder import asides, failing, held_on_windows, names, posix_only, read_image, refuse

META = {"_meta": {"1": {"schema": 1}}}


def tables(*labels: str) -> Tables:
    documents: dict[str, dict[str, Any]] = {str(n): {"label": label} for n, label in enumerate(labels, 1)}
    return {**copy.deepcopy(META), "apps": documents}


TWO = tables("one", "two")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "apps.json"


@pytest.fixture
def storage(path: Path) -> JournalStorage:
    """A database that was saved twice, and so has two backups."""
    found = JournalStorage(path)
    found.write(tables("one"))
    found.write(TWO)
    return found


def content(path: Path) -> Tables:
    """What the file holds; it must be sealed."""
    found = snapshot.parse(path.read_bytes())
    assert found.intact
    return found.tables


def backups(path: Path) -> list[Path]:
    """The backups, newest first."""
    return sorted(path.with_name("backups").iterdir(), reverse=True)


# What is saved


def test_what_was_saved_is_read_again(path: Path) -> None:
    fresh = JournalStorage(path)
    assert fresh.read() == META
    assert names(path.parent) == [], "reading writes nothing"
    fresh.write(tables("Ärzte 🩺", 'quote " and \\ud83d as typed'))
    again = JournalStorage(path)
    assert again.read() == tables("Ärzte 🩺", 'quote " and \\ud83d as typed')
    assert again.recovered is None


def test_plain_tinydb_reads_the_file(storage: JournalStorage, path: Path) -> None:
    storage.write(tables("Ärzte"))
    with TinyDB(path, encoding="ascii") as db:  # any encoding of any Windows contains this one
        assert [dict(doc) for doc in db.table("apps")] == [{"label": "Ärzte"}]
        (seal,) = db.table("_meta")
        assert (seal["schema"], seal["generation"]) == (1, 3)


def test_documents_written_with_plain_tinydb_are_read(path: Path) -> None:
    with TinyDB(path) as db:
        db.table("apps").insert({"label": "by hand"})
    storage = JournalStorage(path)
    assert storage.read() == tables("by hand")
    assert (storage.recovered, storage.changed_outside) == (None, False)


def test_unknown_fields_and_tables_stay(path: Path) -> None:
    strange = {**TWO, "_meta": {"1": {"schema": 1, "more": [1, {"x": None}]}}, "later": {"7": {"a": 1.5}}}
    path.write_text(json.dumps(strange), encoding="utf-8")
    with TinyDB(path, storage=JournalStorage) as db:
        db.table("apps").insert({"label": "three"})
    assert content(path) == {**strange, "apps": tables("one", "two", "three")["apps"]}
    JournalStorage(path).write({})
    assert content(path) == {"_meta": strange["_meta"]}


@posix_only
def test_all_files_are_for_their_owner_alone(path: Path) -> None:
    path.write_text(json.dumps(tables("one")), encoding="utf-8")
    path.chmod(0o644)
    storage = JournalStorage(path)
    storage.read()
    assert path.stat().st_mode & 0o777 == 0o600
    storage.write(tables("two"))
    path.write_bytes(b"")
    JournalStorage(path).change({"apps": {"3": {}}})
    files = [entry for entry in path.parent.rglob("*") if entry.is_file()]
    assert len(files) == 6, "two set aside, one backup or two, a journal, and the file"
    assert {entry.stat().st_mode & 0o777 for entry in files} == {0o600}
    assert path.with_name("backups").stat().st_mode & 0o777 == 0o700


def test_no_file_stays_open(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        storage = JournalStorage(path)
        storage.write(tables("one"))
        storage.change({"apps": {"2": {}}})
    if os.path.isdir("/proc/self/fd"):
        open_files = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        assert not [name for name in open_files if name.startswith(str(path.parent))]


def test_each_snapshot_has_a_backup_that_is_no_link(storage: JournalStorage, path: Path) -> None:
    assert [content(entry) for entry in backups(path)] == [TWO, tables("one")]
    assert not backups(path)[0].samefile(path)


def test_leftovers_of_a_killed_write_go_at_the_next_start(storage: JournalStorage, path: Path) -> None:
    before = read_image(path.parent)
    for name in (".apps.json.0123456789abcdef.tmp", ".apps.json.journal.01.tmp", "backups/.apps-0000000003-x.01.tmp"):
        (path.parent / name).write_bytes(b"half")
    JournalStorage(path).read()
    assert read_image(path.parent) == before


def test_what_is_handed_in_and_out_may_change_afterwards(storage: JournalStorage) -> None:
    mine: Tables = {"apps": {"1": {"deep": {"list": [1]}}}}
    storage.write(mine)
    storage.change({"apps": {"2": mine["apps"]["1"]}})
    found = storage.read()
    for each in (mine, found):
        each["apps"]["1"]["deep"]["list"].append(2)
        each["more"] = {}
    assert storage.read() == {**META, "apps": {"1": {"deep": {"list": [1]}}, "2": {"deep": {"list": [1]}}}}


STRANGE = [object(), {1: "a number as key"}, (1, 2), float("nan"), float("inf"), "half a pair \ud83d"]
REFUSED: list[Tables] = [
    *({"apps": {"3": {"label": value}}} for value in STRANGE),
    {"apps": {"-1": {}}},
    {"apps": {"01": {}}},
    {"apps": {"3": None}, "half a pair \ud83d": {"1": {}}},  # type: ignore[dict-item]
    {"apps": {"3": []}},  # type: ignore[dict-item]
]


@pytest.mark.parametrize("refused", REFUSED, ids=repr)
def test_what_would_not_be_read_back_alike_is_refused(storage: JournalStorage, path: Path, refused: Tables) -> None:
    before = read_image(path.parent)
    for attempt in (storage.write, storage.change):
        with pytest.raises(StorageError, match="can't be stored"):
            attempt(refused)
    assert read_image(path.parent) == before
    assert storage.read() == TWO


# Failures of the system: tests/faults/test_storage_io.py tries each call


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (OSError(errno.ENOSPC, "no"), "The disk is full"),
        (OSError(errno.EIO, "no"), "reported a problem"),
        (OSError(errno.EACCES, "no"), "not allowed to write"),
        (OSError(errno.EROFS, "no"), "not allowed to write"),
        (held_on_windows(32), "Another program"),
    ],
)
@pytest.mark.parametrize("call", ["open", "write", "replace"])
def test_a_failed_write_changes_nothing(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: OSError, title: str
) -> None:
    before = read_image(path.parent)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "PATIENCE", ())
        patch.setattr(durable.os, call, failing(1, error, getattr(os, call)))
        with pytest.raises(StorageError, match=title) as caught:
            storage.write(tables("lost"))
    assert str(caught.value.advice)
    assert "{" not in str(caught.value)
    assert read_image(path.parent) == before
    assert storage.read() == TWO
    storage.write(tables("next"))
    assert content(path) == content(backups(path)[0]) == tables("next")


@pytest.mark.parametrize(
    ("code", "words"), [(errno.EACCES, "not allowed to read"), (errno.EIO, "The disk did not give back")]
)
def test_a_file_that_cannot_be_read_is_no_damage(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    again = JournalStorage(path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse(code))
        with pytest.raises(StorageError, match=words):
            again.read()
        with pytest.raises(StorageError, match=words):
            again.write(tables("never over what was not seen"))
    assert names(path.parent) == ["apps.json", "backups"]
    assert again.read() == TWO


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder that refuses all changes, as root sees one too."""
    real_open = os.open

    def open_(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            refuse(errno.EACCES)()
        return real_open(path, flags, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "open", open_)
        for call in ("link", "replace", "unlink", "chmod", "mkdir"):
            patch.setattr(durable.os, call, refuse(errno.EACCES))
        yield


def test_a_read_only_folder_can_be_looked_at(
    storage: JournalStorage, path: Path, request: pytest.FixtureRequest
) -> None:
    (path.parent / ".apps.json.0.tmp").write_bytes(b"")
    request.getfixturevalue("read_only")
    again = JournalStorage(path)
    assert again.read() == TWO
    with pytest.raises(StorageError, match="not allowed to write"):
        again.write(tables("three"))
    assert again.read() == TWO


def test_damage_in_a_read_only_folder_is_reported_and_left(
    storage: JournalStorage, path: Path, request: pytest.FixtureRequest
) -> None:
    path.write_bytes(b"")
    request.getfixturevalue("read_only")
    with pytest.raises(StorageError, match="damaged"):
        JournalStorage(path).read()
    assert names(path.parent) == ["apps.json", "backups"]


# Damage

GOOD = json.dumps({**TWO, "orgs": {"1": {"name": "Ärzte"}}}, ensure_ascii=False).encode()
SCHEMA = b'{"_meta": {"1": {"schema": 1}}, '

DAMAGE = {
    "empty": b"",
    "blank": b" \n",
    "zeros": bytes(500),
    "garbage": b"\x93NUMPY\x01\x00v\x00{'descr'",
    "text": b"not json",
    "a list": b'[{"apps": {}}]',
    "null": b"null",
    "a number": b"1",
    "no tables": b"{}",
    "no documents and no version": b'{"apps": {}}',
    "a table that is a list": SCHEMA + b'"apps": [1]}',
    "a table that is null": SCHEMA + b'"apps": null}',
    "a document that is a text": SCHEMA + b'"apps": {"1": "x"}}',
    "a table twice": SCHEMA + b'"apps": {"1": {}}, "apps": {"2": {}}}',
    "a document twice": SCHEMA + b'"apps": {"1": {"a": 1}, "1": {"a": 2}}}',
    "a field twice": SCHEMA + b'"apps": {"1": {"a": 1, "a": 2}}}',
    "an id that is a word": SCHEMA + b'"apps": {"one": {}}}',
    "an id that is empty": SCHEMA + b'"apps": {"": {}}}',
    "an id with a zero before it": SCHEMA + b'"apps": {"1": {}, "01": {}}}',
    "an id in other digits": SCHEMA + '"apps": {"٣": {}}}'.encode(),
    "an id of 5000 digits": SCHEMA + b'"apps": {"%s": {}}}' % (b"1" * 5000),
    "half a surrogate pair": SCHEMA + b'"apps": {"1": {"label": "\\uD83d"}}}',
    "half a pair as bytes": SCHEMA + b'"apps": {"1": {"label": "\xed\xa0\xbd"}}}',
    "half a pair in a table's name": SCHEMA + b'"\\udc00": {"1": {}}}',
    "not UTF-8": SCHEMA + b'"apps": {"1": {"label": "\xff"}}}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "not a number": SCHEMA + b'"apps": {"1": {"a": NaN}}}',
    "a number beyond all": SCHEMA + b'"apps": {"1": {"a": 1e999}}}',
    "a number of 5000 digits": SCHEMA + b'"apps": {"1": {"a": %s}}}' % (b"1" * 5000),
    "too deep": SCHEMA + b'"apps": {"1": {"a": %s}}}' % (b"[" * 100_000),
    "a version that is a text": b'{"_meta": {"1": {"schema": "1"}}, "apps": {"1": {}}}',
    "a version that is true": b'{"_meta": {"1": {"schema": true}}, "apps": {"1": {}}}',
    "version 0": b'{"_meta": {"1": {"schema": 0}}, "apps": {"1": {}}}',
    "two versions": b'{"_meta": {"1": {"schema": 1}, "2": {"schema": 1}}, "apps": {"1": {}}}',
    "no version in the table": b'{"_meta": {}, "apps": {"1": {}}}',
    "the old tail after the new": GOOD + GOOD[-40:],
    **{f"cut at {twentieth}/20": GOOD[: len(GOOD) * twentieth // 20] for twentieth in range(20)},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_set_aside_the_backup_restored_and_both_reported(
    storage: JournalStorage, path: Path, damage: bytes
) -> None:
    saved = snapshot.parse(path.read_bytes()).saved
    path.write_bytes(damage)
    again = JournalStorage(path)
    assert again.read() == content(path) == TWO
    assert again.recovered is not None
    assert (again.recovered.restored_from, again.recovered.apps) == (saved, 2)
    assert asides(path.parent, "damaged") == [again.recovered.set_aside]
    assert asides(path.parent, "damaged")[0].read_bytes() == damage
    later = JournalStorage(path)
    assert later.read() == TWO
    assert later.recovered is None


@pytest.mark.parametrize("backup", [None, b"", GOOD[:50], GOOD, b"{}"], ids=repr)
def test_with_no_good_backup_the_list_starts_anew_and_that_is_reported(
    storage: JournalStorage, path: Path, backup: bytes | None
) -> None:
    path.write_bytes(b"damage")
    for entry in backups(path):
        entry.unlink() if backup is None else entry.write_bytes(backup)
    again = JournalStorage(path)
    assert again.read() == content(path) == META
    assert again.recovered is not None
    assert (again.recovered.restored_from, again.recovered.apps) == (None, None)
    assert asides(path.parent, "damaged") == [again.recovered.set_aside]
    again.write(tables("new"))
    assert [entry.read_bytes() for entry in asides(path.parent, "damaged")] == [b"damage"]
    assert backup is None or [entry.read_bytes() for entry in backups(path)[-2:]] == [backup, backup]


def test_the_name_of_a_file_set_aside_has_the_time_in_utc_and_fits_windows(storage: JournalStorage, path: Path) -> None:
    path.write_bytes(b"")
    JournalStorage(path).read()
    (name,) = [entry.name for entry in asides(path.parent, "damaged")]
    assert not set(name) & set('<>:"/\\|?*')
    then = datetime.strptime(name, "apps.json.damaged-%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - then) < timedelta(minutes=1)


def test_a_file_gone_missing_comes_back_from_the_backup(storage: JournalStorage, path: Path) -> None:
    path.unlink()
    again = JournalStorage(path)
    assert again.read() == content(path) == TWO
    assert again.recovered is not None
    assert again.recovered.restored_from
    assert again.recovered.set_aside is None


@pytest.mark.parametrize("call", ["link", "open", "fsync", "replace"])
def test_a_recovery_that_fails_can_be_tried_again(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path.write_bytes(b"damage")
    again = JournalStorage(path)
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, call, refuse())
        if call == "link":  # a copy is made where there are no links, so that must fail too
            patch.setattr(durable.os, "write", refuse())
        with pytest.raises(StorageError, match="damaged"):
            again.read()
        assert again.recovered is None
    assert path.read_bytes() == b"damage"
    assert again.read() == TWO
    assert again.recovered is not None
    assert again.recovered.restored_from
    assert asides(path.parent, "damaged") == [again.recovered.set_aside], "the first try's is used"


# Another program at the same file, while this one runs


@pytest.mark.parametrize("foreign", [b"", b"garbage", json.dumps(tables("theirs")).encode()])
def test_what_another_program_wrote_meanwhile_is_kept_and_no_backup_is_lost(
    storage: JournalStorage, path: Path, foreign: bytes
) -> None:
    path.write_bytes(foreign)
    storage.change({"apps": {"3": {"label": "three"}}})
    assert content(path) == tables("one", "two", "three")
    assert content(backups(path)[1]) == TWO
    assert [entry.read_bytes() for entry in asides(path.parent, "changed")] == [foreign]


def test_a_file_removed_meanwhile_is_written_again(storage: JournalStorage, path: Path) -> None:
    path.unlink()
    for entry in backups(path):
        entry.unlink()
    storage.change({"apps": {"3": {"label": "three"}}})
    assert content(path) == content(backups(path)[0]) == tables("one", "two", "three")


def test_a_file_only_touched_meanwhile_is_ours(storage: JournalStorage, path: Path) -> None:
    os.utime(path, (1, 1))
    storage.change({"apps": {"2": None}})
    storage.close()
    assert names(path.parent) == ["apps.json", "backups"]
    assert content(path) == tables("one")


# Schema


def set_schema(patch: pytest.MonkeyPatch, schema: int) -> None:
    patch.setattr(journal_storage, "SCHEMA", schema)
    patch.setattr(snapshot, "SCHEMA", schema)


@pytest.mark.parametrize("where", ["file", "backup of a damaged file"])
def test_a_newer_schema_is_refused_and_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    with monkeypatch.context() as patch:
        set_schema(patch, 2)
        JournalStorage(path).write(tables("one"))
    if where != "file":
        path.write_bytes(b"damage")
    before = read_image(path.parent)
    storage = JournalStorage(path)
    for attempt in (storage.read, lambda: storage.write(TWO), lambda: storage.change({"apps": {"2": {}}})):
        with pytest.raises(StorageError, match="newer version"):
            attempt()
    storage.close()
    assert read_image(path.parent) == before


def to_2(tables: Tables) -> Tables:
    for doc in tables["apps"].values():
        doc["name"] = doc.pop("label")
    return tables


def to_3(tables: Tables) -> Tables:
    tables["more"] = {}
    return tables


MIGRATED = {"_meta": {"1": {"schema": 3}}, "apps": {"1": {"name": "one"}, "2": {"name": "two"}}, "more": {}}


@pytest.fixture
def schema_3(monkeypatch: pytest.MonkeyPatch) -> dict[int, Callable[[Tables], Tables]]:
    migrations: dict[int, Callable[[Tables], Tables]] = {1: to_2, 2: to_3}
    set_schema(monkeypatch, 3)
    monkeypatch.setattr(journal_storage, "MIGRATIONS", migrations)
    return migrations


def test_an_older_schema_is_migrated_step_by_step_and_saved(
    storage: JournalStorage, path: Path, schema_3: object
) -> None:
    again = JournalStorage(path)
    assert again.read() == content(path) == MIGRATED
    (kept,) = path.with_name("backups").glob("apps-schema1-*.json")
    assert content(kept) == TWO
    assert again.recovered is None
    for number in range(30):
        again.write({**again.read(), "more": {"1": {"number": number}}})
    assert kept.exists(), "it is never let go"


@pytest.mark.parametrize("result", ["an error", "no tables", "not JSON"])
def test_a_migration_that_fails_changes_nothing(
    storage: JournalStorage, path: Path, schema_3: dict[int, Callable[[Tables], Tables]], result: str
) -> None:
    def broken(tables: Tables) -> Any:
        tables["apps"].clear()
        if result == "an error":
            raise KeyError("label")
        return None if result == "no tables" else {**tables, "apps": {"1": {"label": object()}}}

    schema_3[2] = broken
    before = read_image(path.parent)
    again = JournalStorage(path)
    with pytest.raises(StorageError, match="up to date"):
        again.read()
    assert read_image(path.parent) == before
    schema_3[2] = to_3
    assert again.read() == MIGRATED


def test_in_a_read_only_folder_the_migrated_tables_are_not_saved(
    storage: JournalStorage, path: Path, schema_3: object, request: pytest.FixtureRequest
) -> None:
    before = path.read_bytes()
    request.getfixturevalue("read_only")
    assert JournalStorage(path).read() == MIGRATED
    assert path.read_bytes() == before


def test_what_the_old_schema_held_is_kept_even_when_saving_works_later_only(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, schema_3: object
) -> None:
    again = JournalStorage(path)
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "open", refuse())
        assert again.read() == MIGRATED
    again.change({"more": {"1": {}}})
    assert len(list(path.with_name("backups").glob("apps-schema1-*.json"))) == 1


def test_this_version_has_a_migration_from_every_schema_before() -> None:
    assert sorted(journal_storage.MIGRATIONS) == list(range(1, snapshot.SCHEMA))
