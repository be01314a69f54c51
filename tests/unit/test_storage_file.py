"""The database file: whole after a crash, damage found and told, never taken for empty."""

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

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")

META = {"_meta": {"1": {"schema": 1}}}


class Crash(BaseException):
    """The program dies here."""


def tables(*labels: str) -> Tables:
    rows: dict[str, dict[str, Any]] = {str(n): {"label": label} for n, label in enumerate(labels, 1)}
    return {**copy.deepcopy(META), "apps": rows}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "apps.json"


@pytest.fixture
def storage(path: Path) -> JournalStorage:
    """A database that was saved twice, and so has two backups."""
    found = JournalStorage(path)
    found.write(tables("one"))
    found.write(tables("one", "two"))
    return found


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def content(path: Path) -> Tables:
    """What the file holds; it must be sealed."""
    found = snapshot.parse(path.read_bytes())
    assert found.intact
    return found.tables


def backups(path: Path) -> list[Path]:
    """The backups, newest first."""
    folder = path.with_name("backups")
    return sorted(folder.iterdir(), reverse=True) if folder.exists() else []


def remove_backups(path: Path) -> None:
    for entry in backups(path):
        entry.unlink()


def everything(path: Path) -> dict[Path, bytes]:
    return {entry: entry.read_bytes() for entry in path.parent.rglob("*") if entry.is_file()}


def changed(path: Path) -> list[Path]:
    return sorted(entry for entry in path.parent.iterdir() if ".changed-" in entry.name)


def set_aside(path: Path) -> list[Path]:
    return sorted(entry for entry in path.parent.iterdir() if ".damaged-" in entry.name)


def at_call(number: int, do: Callable[[], None], real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, but its call `number`, from 1, does `do` instead."""
    calls = []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == number:
            do()
        return real(*args, **kwargs)

    return call


def raises_when_called(error: BaseException) -> Callable[..., Any]:
    def call(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    return call


def raises(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


# What is saved


def test_what_was_saved_is_read_again(path: Path) -> None:
    JournalStorage(path).write(tables("Ärzte 🩺", 'quote " and \\ud83d as typed'))
    again = JournalStorage(path)
    assert again.read() == tables("Ärzte 🩺", 'quote " and \\ud83d as typed')
    assert again.recovered is None


def test_a_new_database_writes_nothing_before_it_is_asked_to(path: Path) -> None:
    assert JournalStorage(path).read() == META
    assert names(path) == []


def test_plain_tinydb_reads_the_file(storage: JournalStorage, path: Path) -> None:
    storage.write(tables("Ärzte"))
    with TinyDB(path, encoding="ascii") as db:  # any encoding of any Windows contains this one
        assert [dict(doc) for doc in db.table("apps")] == [{"label": "Ärzte"}]
        (seal,) = db.table("_meta")
        assert (seal["schema"], seal["generation"]) == (1, 3)


def test_rows_written_with_plain_tinydb_are_read(path: Path) -> None:
    with TinyDB(path) as db:
        db.table("apps").insert({"label": "by hand"})
    storage = JournalStorage(path)
    assert storage.read() == tables("by hand")
    assert storage.recovered is None


def test_unknown_fields_and_tables_stay(path: Path) -> None:
    strange = {
        **tables("one"),
        "_meta": {"1": {"schema": 1, "more": [1, {"x": None}]}},
        "later": {"7": {"a": 1.5}},
    }
    path.write_text(json.dumps(strange), encoding="utf-8")
    with TinyDB(path, storage=JournalStorage) as db:
        db.table("apps").insert({"label": "two"})
    assert content(path) == {**strange, "apps": tables("one", "two")["apps"]}


def test_dropping_all_tables_keeps_the_schema_version(storage: JournalStorage, path: Path) -> None:
    storage.write({})
    assert content(path) == META


@posix_only
def test_all_files_are_for_their_owner_alone(path: Path) -> None:
    path.write_text(json.dumps(tables("one")), encoding="utf-8")
    path.chmod(0o644)
    storage = JournalStorage(path)
    storage.read()
    assert path.stat().st_mode & 0o777 == 0o600
    storage.write(tables("two"))
    path.write_bytes(b"")
    storage = JournalStorage(path)
    storage.change({"apps": {"3": {}}})
    assert len(everything(path)) == 6, "two set aside, one backup or two, a journal, and the file"
    assert {entry.stat().st_mode & 0o777 for entry in everything(path)} == {0o600}
    assert path.with_name("backups").stat().st_mode & 0o777 == 0o700


def test_no_file_stays_open(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        storage = JournalStorage(path)
        storage.write(tables("one"))
        storage.write(tables("two"))
    if os.path.isdir("/proc/self/fd"):
        open_files = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        assert not [name for name in open_files if name.startswith(str(path.parent))]


def test_each_snapshot_has_a_backup_that_is_no_link(storage: JournalStorage, path: Path) -> None:
    assert [content(entry) for entry in backups(path)] == [tables("one", "two"), tables("one")]
    assert backups(path)[0].read_bytes() == path.read_bytes()
    assert not backups(path)[0].samefile(path)


def test_leftovers_of_a_killed_write_go_at_the_next_start(storage: JournalStorage, path: Path) -> None:
    for name in (".apps.json.0123456789abcdef.tmp", ".apps.json.journal.01.tmp", "backups/.apps-0000000003-x.01.tmp"):
        (path.parent / name).write_bytes(b"half")
    before = len(everything(path)) - 3
    JournalStorage(path).read()
    assert len(everything(path)) == before


# Who may change what is in memory


def test_what_read_hands_out_is_a_copy(storage: JournalStorage) -> None:
    found = storage.read()
    found["apps"]["1"]["label"] = "changed"
    del found["apps"]["2"]
    found["more"] = {}
    assert storage.read() == tables("one", "two")


def test_what_write_got_may_change_afterwards(storage: JournalStorage) -> None:
    mine = tables("mine")
    mine["apps"]["1"]["deep"] = {"list": [1]}
    storage.write(mine)
    mine["apps"]["1"]["label"] = "changed"
    mine["apps"]["1"]["deep"]["list"].append(2)
    assert storage.read()["apps"] == {"1": {"label": "mine", "deep": {"list": [1]}}}


@pytest.mark.parametrize(
    "value",
    [object(), {1: "a number as key"}, (1, 2), float("nan"), float("inf"), "half a pair \ud83d"],
    ids=["object", "key", "tuple", "nan", "infinity", "surrogate"],
)
def test_what_would_not_be_read_back_alike_is_refused(storage: JournalStorage, path: Path, value: object) -> None:
    before = path.read_bytes()
    with pytest.raises(StorageError, match="can't be stored"):
        storage.write({**META, "apps": {"1": {"label": value}}})
    assert path.read_bytes() == before
    assert storage.read() == tables("one", "two")


def test_a_document_under_a_strange_id_is_refused(storage: JournalStorage) -> None:
    with pytest.raises(StorageError):
        storage.write({**META, "apps": {"-1": {"label": "x"}}})
    assert storage.read() == tables("one", "two")


# Failures of the system

FAULTS = [
    pytest.param(call, number, id=f"{call} {number}")
    for call, number in [
        ("open", 1),
        ("write", 1),
        ("fsync", 1),
        ("close", 1),
        ("replace", 1),
    ]
]


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EIO, "reported a problem"),
        (errno.EACCES, "not allowed to write"),
        (errno.EROFS, "not allowed to write"),
    ],
)
@pytest.mark.parametrize(("call", "number"), FAULTS)
def test_a_failed_write_changes_nothing(
    storage: JournalStorage,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    code: int,
    title: str,
) -> None:
    before = path.read_bytes()
    with TinyDB(storage=lambda: storage) as db:
        with monkeypatch.context() as patch:
            patch.setattr(durable.os, call, at_call(number, raises(OSError(code, "no")), getattr(os, call)))
            with pytest.raises(StorageError, match=title) as caught:
                db.table("apps").update({"label": "lost"}, doc_ids=[1])
        assert len(backups(path)) == 2
        assert str(caught.value.advice)
        assert "{" not in str(caught.value)
        assert path.read_bytes() == before
        assert storage.read() == tables("one", "two")
        assert names(path) == ["apps.json", "backups"]
        assert JournalStorage(path).read() == tables("one", "two")
        # and the next one works, and backs up what was there
        db.table("apps").insert({"label": "three"})
    assert content(path) == tables("one", "two", "three")
    assert [content(entry) for entry in backups(path)[:2]] == [tables("one", "two", "three"), tables("one", "two")]
    assert names(path) == ["apps.json", "backups"]


def test_a_file_that_another_program_holds_on_windows_is_told(
    storage: JournalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_args: object) -> None:
        error = PermissionError(errno.EACCES, "in use")
        error.winerror = 32  # type: ignore[attr-defined]  # there on Windows only
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(durable.time, "sleep", lambda _seconds: None)
        patch.setattr(durable.os, "replace", held)
        with pytest.raises(StorageError, match="Another program"):
            storage.write(tables("three"))


@posix_only
def test_a_folder_that_fails_to_sync_fails_the_write_and_loses_nothing(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", at_call(2, raises(OSError(errno.EIO, "no")), os.fsync))
        with pytest.raises(StorageError):
            storage.write(tables("three"))
    assert storage.read() == tables("one", "two")
    storage.write(tables("one", "two", "four"))
    assert JournalStorage(path).read() == tables("one", "two", "four")
    assert names(path) == ["apps.json", "backups"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("call", "number"), [("open", 1), ("write", 1), ("fsync", 1), ("replace", 1), ("write", 2), ("replace", 2)]
)
def test_a_crash_leaves_the_old_or_the_new(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, after: bool
) -> None:
    real = getattr(os, call)
    calls = []

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == number and not after:
            raise Crash
        result = real(*args, **kwargs)
        if len(calls) == number:
            raise Crash
        return result

    with monkeypatch.context() as patch:
        patch.setattr(durable, "remove_quietly", lambda _path: None)  # the dead do not tidy up
        patch.setattr(durable.os, call, dying)
        with pytest.raises(Crash):
            storage.write(tables("new"))
    again = JournalStorage(path)
    assert again.read() == (
        tables("new") if number == 2 or (call, after) == ("replace", True) else tables("one", "two")
    )
    assert again.recovered is None
    assert names(path) == ["apps.json", "backups"]


@pytest.mark.parametrize(
    ("code", "words"), [(errno.EACCES, "not allowed to read"), (errno.EIO, "The disk did not give back")]
)
def test_a_file_that_cannot_be_read_is_no_damage(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    again = JournalStorage(path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda _self: raises(OSError(code, "no"))())
        with pytest.raises(StorageError, match=words):
            again.read()
        with pytest.raises(StorageError, match=words):
            again.write(tables("never over what was not seen"))
    assert names(path) == ["apps.json", "backups"]
    assert again.read() == tables("one", "two")


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder that refuses all changes, as root sees one too."""
    real_open = os.open

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise PermissionError(errno.EACCES, "read-only")

    def open_(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            refuse()
        return real_open(path, flags, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "open", open_)
        for call in ("link", "replace", "unlink", "chmod", "mkdir"):
            patch.setattr(durable.os, call, refuse)
        yield


def test_a_read_only_folder_can_be_looked_at(
    storage: JournalStorage, path: Path, request: pytest.FixtureRequest
) -> None:
    (path.parent / ".apps.json.0.tmp").write_bytes(b"")
    request.getfixturevalue("read_only")
    again = JournalStorage(path)
    assert again.read() == tables("one", "two")
    with pytest.raises(StorageError, match="not allowed to write"):
        again.write(tables("three"))
    assert again.read() == tables("one", "two")


@posix_only
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_mode_0500_can_be_looked_at(storage: JournalStorage, path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        again = JournalStorage(path)
        assert again.read() == tables("one", "two")
        with pytest.raises(StorageError, match="not allowed to write"):
            again.write(tables("three"))
    finally:
        path.parent.chmod(0o700)


def test_damage_in_a_read_only_folder_is_told_and_left(
    storage: JournalStorage, path: Path, request: pytest.FixtureRequest
) -> None:
    path.write_bytes(b"")
    request.getfixturevalue("read_only")
    with pytest.raises(StorageError, match="damaged"):
        JournalStorage(path).read()
    assert names(path) == ["apps.json", "backups"]


# Damage

GOOD = json.dumps({**tables("one", "two"), "orgs": {"1": {"name": "Ärzte"}}}, ensure_ascii=False).encode()

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
    "no rows and no version": b'{"apps": {}}',
    "a table that is a list": b'{"_meta": {"1": {"schema": 1}}, "apps": [1]}',
    "a table that is null": b'{"_meta": {"1": {"schema": 1}}, "apps": null}',
    "a document that is a text": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": "x"}}',
    "a table twice": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {}}, "apps": {"2": {}}}',
    "a document twice": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"a": 1}, "1": {"a": 2}}}',
    "a field twice": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"a": 1, "a": 2}}}',
    "an id that is a word": b'{"_meta": {"1": {"schema": 1}}, "apps": {"one": {}}}',
    "an id that is empty": b'{"_meta": {"1": {"schema": 1}}, "apps": {"": {}}}',
    "an id with a zero before it": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {}, "01": {}}}',
    "an id in other digits": '{"_meta": {"1": {"schema": 1}}, "apps": {"٣": {}}}'.encode(),
    "an id of 5000 digits": b'{"_meta": {"1": {"schema": 1}}, "apps": {"%s": {}}}' % (b"1" * 5000),
    "half a surrogate pair": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"label": "\\uD83d"}}}',
    "half a pair as bytes": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"label": "\xed\xa0\xbd"}}}',
    "not UTF-8": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"label": "\xff"}}}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "not a number": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"a": NaN}}}',
    "a number beyond all": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"a": 1e999}}}',
    "a number of 5000 digits": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"a": %s}}}' % (b"1" * 5000),
    "too deep": b'{"_meta": {"1": {"schema": 1}}, "apps": {"1": {"a": %s}}}' % (b"[" * 100_000),
    "a version that is a text": b'{"_meta": {"1": {"schema": "1"}}, "apps": {"1": {}}}',
    "a version that is true": b'{"_meta": {"1": {"schema": true}}, "apps": {"1": {}}}',
    "version 0": b'{"_meta": {"1": {"schema": 0}}, "apps": {"1": {}}}',
    "two versions": b'{"_meta": {"1": {"schema": 1}, "2": {"schema": 1}}, "apps": {"1": {}}}',
    "no version in the table": b'{"_meta": {}, "apps": {"1": {}}}',
    "the old tail after the new": GOOD + GOOD[-40:],
    **{f"cut at {twentieth}/20": GOOD[: len(GOOD) * twentieth // 20] for twentieth in range(20)},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_set_aside_the_backup_restored_and_both_told(
    storage: JournalStorage, path: Path, damage: bytes
) -> None:
    saved = snapshot.parse(path.read_bytes()).saved
    path.write_bytes(damage)

    again = JournalStorage(path)
    assert again.read() == tables("one", "two")

    assert again.recovered is not None
    assert again.recovered.restored
    assert again.recovered.restored_from == saved
    assert again.recovered.apps == 2
    assert again.recovered.set_aside is not None
    assert again.recovered.set_aside.read_bytes() == damage
    assert set_aside(path) == [again.recovered.set_aside]
    assert content(path) == tables("one", "two")

    later = JournalStorage(path)
    assert later.read() == tables("one", "two")
    assert later.recovered is None


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_with_no_good_backup_the_list_starts_anew_and_that_is_told(
    storage: JournalStorage, path: Path, damage: bytes
) -> None:
    path.write_bytes(GOOD[:50])
    for entry in backups(path):
        entry.write_bytes(damage)

    again = JournalStorage(path)
    assert again.read() == META

    assert again.recovered is not None
    assert not again.recovered.restored
    assert again.recovered.apps is None
    assert again.recovered.set_aside is not None
    assert again.recovered.set_aside.read_bytes() == GOOD[:50]
    again.write(tables("new"))
    assert [entry.read_bytes() for entry in set_aside(path)] == [GOOD[:50]]
    assert [entry.read_bytes() for entry in backups(path)[-2:]] == [damage, damage]


def test_with_no_backup_damage_is_set_aside_and_told(path: Path) -> None:
    path.write_bytes(b"")
    again = JournalStorage(path)
    assert again.read() == META
    assert again.recovered is not None
    assert not again.recovered.restored
    assert set_aside(path) == [again.recovered.set_aside]
    assert content(path) == META


def test_the_time_in_the_name_of_a_damaged_file_is_utc_and_fits_windows(storage: JournalStorage, path: Path) -> None:
    path.write_bytes(b"")
    storage = JournalStorage(path)
    storage.read()
    assert storage.recovered is not None
    assert storage.recovered.set_aside is not None
    name = storage.recovered.set_aside.name
    assert not set(name) & set('<>:"/\\|?*')
    then = datetime.strptime(name, "apps.json.damaged-%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - then) < timedelta(minutes=1)


def test_a_file_gone_missing_comes_back_from_the_backup(storage: JournalStorage, path: Path) -> None:
    path.unlink()
    again = JournalStorage(path)
    assert again.read() == tables("one", "two")
    assert again.recovered is not None
    assert again.recovered.restored
    assert again.recovered.set_aside is None
    assert content(path) == tables("one", "two")


@pytest.mark.parametrize("call", ["link", "open", "fsync", "replace"])
def test_a_recovery_that_fails_can_be_tried_again(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path.write_bytes(b"damage")
    again = JournalStorage(path)
    with monkeypatch.context() as patch:

        def refuse(*_args: Any, **_kwargs: Any) -> None:
            raise OSError(errno.ENOSPC, "full")

        patch.setattr(durable.os, call, refuse)
        if call == "link":  # a copy is made where there are no links, so that must fail too
            patch.setattr(durable.os, "write", refuse)
        with pytest.raises(StorageError, match="damaged"):
            again.read()
        assert again.recovered is None
    assert path.read_bytes() == b"damage"
    assert again.read() == tables("one", "two")
    assert again.recovered is not None
    assert again.recovered.restored
    assert set_aside(path) == [again.recovered.set_aside], "the first try's is used"


# Another program at the same file


@pytest.mark.parametrize("foreign", [b"", b"garbage", json.dumps(tables("theirs")).encode()])
def test_what_another_program_wrote_meanwhile_is_kept_and_no_backup_is_lost(
    storage: JournalStorage, path: Path, foreign: bytes
) -> None:
    path.write_bytes(foreign)
    storage.write(tables("one", "two", "three"))
    assert content(path) == tables("one", "two", "three")
    assert content(backups(path)[1]) == tables("one", "two")
    (kept,) = changed(path)
    assert kept.read_bytes() == foreign


def test_a_file_removed_meanwhile_is_written_again(storage: JournalStorage, path: Path) -> None:
    path.unlink()
    remove_backups(path)
    storage.change({"apps": {"3": {"label": "three"}}})
    assert content(path) == tables("one", "two", "three")
    assert content(backups(path)[0]) == tables("one", "two", "three")


def test_a_file_only_touched_meanwhile_is_ours(storage: JournalStorage, path: Path) -> None:
    os.utime(path, (1, 1))
    storage.write(tables("three"))
    assert names(path) == ["apps.json", "backups"]


# Schema


@pytest.mark.parametrize("where", ["file", "backup of a damaged file"])
def test_a_newer_schema_is_refused_and_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(journal_storage, "SCHEMA", 2)
        patch.setattr(snapshot, "SCHEMA", 2)
        JournalStorage(path).write(tables("one"))
    if where != "file":
        path.write_bytes(b"damage")
    before = everything(path)
    storage = JournalStorage(path)
    for attempt in (storage.read, lambda: storage.write(tables("two")), lambda: storage.change({"apps": {"2": {}}})):
        with pytest.raises(StorageError, match="newer version"):
            attempt()
    storage.close()
    assert everything(path) == before


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
    monkeypatch.setattr(journal_storage, "SCHEMA", 3)
    monkeypatch.setattr(snapshot, "SCHEMA", 3)
    monkeypatch.setattr(journal_storage, "MIGRATIONS", migrations)
    return migrations


def test_an_older_schema_is_migrated_step_by_step_and_saved(
    storage: JournalStorage, path: Path, schema_3: object
) -> None:
    before = json.loads(path.read_bytes())["apps"]
    again = JournalStorage(path)
    assert again.read() == MIGRATED
    assert content(path) == MIGRATED
    (kept,) = path.with_name("backups").glob("apps-schema1-*.json")
    found = snapshot.parse(kept.read_bytes())
    assert (found.intact, found.schema, found.tables["apps"]) == (True, 1, before)
    assert again.recovered is None
    for number in range(30):
        again.write({**again.read(), "more": {"1": {"number": number}}})
    assert kept.exists(), "it is never let go"


@pytest.mark.parametrize("result", ["an error", "no tables", "not JSON"])
def test_a_migration_that_fails_changes_nothing(
    storage: JournalStorage,
    path: Path,
    schema_3: dict[int, Callable[[Tables], Tables]],
    result: str,
) -> None:
    def broken(tables: Tables) -> Any:
        tables["apps"].clear()
        if result == "an error":
            raise KeyError("label")
        return None if result == "no tables" else {**tables, "apps": {"1": {"label": object()}}}

    schema_3[2] = broken
    before = everything(path)
    again = JournalStorage(path)
    with pytest.raises(StorageError, match="up to date"):
        again.read()
    assert everything(path) == before
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
        patch.setattr(durable.os, "open", raises_when_called(OSError(errno.ENOSPC, "full")))
        assert again.read() == MIGRATED
    again.change({"more": {"1": {}}})
    assert len(list(path.with_name("backups").glob("apps-schema1-*.json"))) == 1


def test_this_version_has_a_migration_from_every_schema_before() -> None:
    assert sorted(journal_storage.MIGRATIONS) == list(range(1, journal_storage.SCHEMA))
