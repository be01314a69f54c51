"""The journal: each change is one line; the snapshot takes them in; what is not whole is noticed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tinydb import TinyDB

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import JournalStorage, backups, documents, durable, journal, journal_storage, snapshot
from cortex_desktop.storage.documents import Tables
from tests.support.data_folder import asides, names, read_image, refuse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "apps.json"


@pytest.fixture
def lines(path: Path) -> Path:
    """The journal beside it."""
    return path.with_name("apps.json.journal")


@pytest.fixture
def storage(path: Path) -> JournalStorage:
    """A database with one app in the snapshot and two in the journal."""
    return filled(path, "1", "2", "3")


def filled(path: Path, *numbers: str) -> JournalStorage:
    storage = JournalStorage(path)
    for number in numbers:
        storage.change({"apps": {number: {"label": number}}})
    return storage


def apps(storage: JournalStorage) -> list[str]:
    return list(storage.read().get("apps", {}))


def assert_restored(path: Path, *expected: str) -> bytes:
    """These apps are restored, which is reported once. Returns the file set aside."""
    again = JournalStorage(path)
    assert apps(again) == list(expected)
    assert again.recovered is not None
    assert again.recovered.restored_from
    assert again.recovered.apps == len(expected)
    assert again.recovered.set_aside is not None
    later = JournalStorage(path)
    assert apps(later) == list(expected)
    assert later.recovered is None
    return again.recovered.set_aside.read_bytes()


# What a change writes


def test_a_change_adds_one_line_and_leaves_the_snapshot_alone(storage: JournalStorage, path: Path, lines: Path) -> None:
    file, before = path.read_bytes(), lines.read_bytes()
    storage.change({"apps": {"4": {"label": "Ärzte 🩺"}}})
    storage.change({"apps": {"1": None}})
    assert path.read_bytes() == file
    added = lines.read_bytes()
    assert added.startswith(before)
    assert added.count(b"\n") == before.count(b"\n") + 2
    assert added.isascii()
    assert apps(JournalStorage(path)) == ["2", "3", "4"]


def test_all_tables_of_a_change_are_one_line_and_one_sync(
    storage: JournalStorage, path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    before = lines.read_bytes()
    storage.change({"apps": {str(number): {"a": 1} for number in range(2, 500)}, "orgs": {"1": {}}, "none": {}})
    storage.change({"apps": {}})
    assert len(synced) == 1
    whole = lines.read_bytes()
    assert whole.count(b"\n") == before.count(b"\n") + 1
    again = JournalStorage(path).read()
    assert (len(again["apps"]), again["orgs"]) == (499, {"1": {}})
    for end in (len(whole) - 1, (len(before) + len(whole)) // 2, len(before) + 1):
        lines.write_bytes(whole[:end])
        again = JournalStorage(path).read()
        assert (list(again["apps"]), again.get("orgs")) == (["1", "2", "3"], None), "half of a change"


def test_the_next_start_goes_on_after_a_kill(storage: JournalStorage, path: Path, lines: Path) -> None:
    before = {entry: entry.stat().st_mtime_ns for entry in path.parent.rglob("*")}
    again = JournalStorage(path)
    again.read()
    assert {entry: entry.stat().st_mtime_ns for entry in path.parent.rglob("*")} == before, "opening changes nothing"
    again.change({"apps": {"4": {}}})
    assert lines.read_bytes().count(b"\n") == 4
    third = JournalStorage(path)
    assert apps(third) == ["1", "2", "3", "4"]
    assert (third.recovered, third.changed_outside) == (None, False)


def test_quitting_leaves_all_to_plain_tinydb(storage: JournalStorage, path: Path, lines: Path) -> None:
    storage.close()
    assert not lines.exists()
    with TinyDB(path, access_mode="r") as db:
        assert [doc.doc_id for doc in db.table("apps")] == [1, 2, 3]
    before = read_image(path.parent)
    again = JournalStorage(path)
    again.read()
    again.close()
    assert read_image(path.parent) == before, "quitting without a change writes nothing"


def test_quitting_what_was_never_opened_makes_nothing(path: Path) -> None:
    JournalStorage(path).close()
    fresh = JournalStorage(path)
    fresh.read()
    fresh.close()
    assert names(path.parent) == []


def test_a_long_journal_goes_into_a_snapshot(path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_storage, "JOURNAL_LIMIT", 2000)
    storage = JournalStorage(path)
    longest = 0
    for number in range(100):
        storage.change({"apps": {str(number): {"label": "x" * 50}}})
        longest = max(longest, lines.stat().st_size if lines.exists() else 0)
        assert len(apps(JournalStorage(path))) == number + 1
    assert 2000 < longest < 8000
    assert path.stat().st_size > 4000


def test_a_snapshot_that_fails_meanwhile_does_not_fail_the_change(
    storage: JournalStorage, path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_storage, "JOURNAL_LIMIT", 1)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(journal_storage, "write_durably", refuse())
        again = JournalStorage(path)
        again.change({"apps": {"4": {}}})
        again.close()
    assert path.read_bytes() == before
    assert apps(JournalStorage(path)) == ["1", "2", "3", "4"]
    again.change({"apps": {"5": {}}})
    assert lines.read_bytes().count(b"\n") == 5, "the next one needs but a line"


# What is not whole


@pytest.mark.parametrize(
    "tail", [b"0", b"0123456789abcdef {", bytes(30), bytes(30) + b'"}}]]}\n', b"0123 {" + bytes(9)]
)
def test_a_torn_last_line_goes_without_a_word(storage: JournalStorage, path: Path, lines: Path, tail: bytes) -> None:
    with lines.open("ab") as file:
        file.write(tail)
    again = JournalStorage(path)
    assert apps(again) == ["1", "2", "3"]
    assert (again.recovered, again.changed_outside) == (None, False)
    again.change({"apps": {"4": {}}})
    third = JournalStorage(path)
    assert apps(third) == ["1", "2", "3", "4"]
    assert third.recovered is None
    assert asides(path.parent, "damaged") == []


SPOILT: dict[str, tuple[Callable[[list[bytes]], list[bytes]], list[str]]] = {
    "the first line": (lambda found: [found[0], found[1].replace(b":", b";"), found[2]], ["1"]),
    "the last line": (lambda found: [*found[:2], found[2].replace(b':"3"', b':"8"')], ["1", "2"]),
    "lines moved": (lambda found: [found[0], found[2], found[1]], ["1"]),
    "a line gone": (lambda found: [found[0], found[2]], ["1"]),
    "empty": (lambda found: [], ["1"]),
    "garbage": (lambda found: [b"garbage"], ["1"]),
    "a wrong checksum": (lambda found: [b'0000000000000000 {"journal":1,"base":"x"}\n'], ["1"]),
    "zeros": (lambda found: [bytes(99)], ["1"]),
}


@pytest.mark.parametrize(("spoil", "left"), SPOILT.values(), ids=SPOILT.keys())
def test_damage_in_the_journal_keeps_what_is_before_it_and_is_reported(
    storage: JournalStorage, path: Path, lines: Path, spoil: Callable[[list[bytes]], list[bytes]], left: list[str]
) -> None:
    raw = b"".join(spoil(lines.read_bytes().splitlines(keepends=True)))
    lines.write_bytes(raw)
    assert assert_restored(path, *left) == raw


def test_a_line_that_changes_what_the_database_says_about_itself_is_damage(path: Path, lines: Path) -> None:
    storage = filled(path, "1", "2")
    _, *records = lines.read_bytes().splitlines(keepends=True)
    record = journal.Record(3, documents.FIRST_TIME, [("_meta", "1", {"schema": 9})])
    line, _ = journal.record_line(record, records[-1][:16].decode())
    with lines.open("ab") as file:
        file.write(line)
    assert b'"schema":9' in assert_restored(path, *apps(storage))


def test_a_damaged_file_and_its_journal_lose_nothing(storage: JournalStorage, path: Path) -> None:
    path.write_bytes(b"")
    assert assert_restored(path, "1", "2", "3") == b""


def test_the_journal_of_another_database_is_not_mixed_in(
    storage: JournalStorage, path: Path, lines: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    filled(tmp_path / "other/apps.json", "1", "8", "9")
    theirs = (tmp_path / "other/apps.json.journal").read_bytes()
    lines.write_bytes(theirs)
    assert assert_restored(path, "1") == theirs


@pytest.mark.parametrize("killed", [True, False])
def test_a_file_put_back_to_an_older_state_is_noticed_and_the_newest_restored(path: Path, killed: bool) -> None:
    storage = filled(path, "1")
    older = path.read_bytes()
    storage.change({"apps": {"2": {}}})
    storage.close()
    storage.change({"apps": {"3": {}}})
    if not killed:
        storage.close()
    path.write_bytes(older)
    assert assert_restored(path, "1", "2", "3") == older
    assert len(asides(path.parent, "older")) == 1


# Another program


@pytest.mark.parametrize("by", ["TinyDB", "hand"])
@pytest.mark.parametrize("killed", [True, False])
def test_what_another_program_changed_is_taken_reported_and_kept(
    storage: JournalStorage, path: Path, by: str, killed: bool
) -> None:
    if not killed:
        storage.close()
    if by == "TinyDB":
        with TinyDB(path) as db:
            db.table("apps").insert({"label": "theirs"})
            db.table("apps").update({"label": "changed"}, doc_ids=[1])
    else:
        path.write_bytes(path.read_bytes().replace(b'"label":"1"', b'"label":"changed"'))
    theirs = path.read_bytes()
    again = JournalStorage(path)
    found = again.read()["apps"]
    assert (again.recovered, again.changed_outside) == (None, True)
    assert found["1"] == {"label": "changed"}
    if not killed and by == "TinyDB":
        assert found["4"] == {"label": "theirs"}
    assert {"2", "3"} <= set(found)
    again.change({"apps": {"9": {}}})
    assert [kept.read_bytes() for kept in asides(path.parent, "changed")] == [theirs]
    third = JournalStorage(path)
    assert third.read()["apps"] == {**found, "9": {}}
    assert not third.changed_outside


# What is set aside


def test_the_last_twenty_files_set_aside_stay(storage: JournalStorage, path: Path) -> None:
    for number in range(25):
        path.write_bytes(b"damage %d" % number)
        storage = JournalStorage(path)
        storage.read()
    kept = asides(path.parent, "damaged")
    assert len(kept) == backups.SET_ASIDE
    assert kept[-1].read_bytes() == b"damage 24"
    assert apps(storage) == ["1", "2", "3"]


# The parts


def test_a_line_s_checksum_covers_the_one_before() -> None:
    record = journal.Record(7, documents.FIRST_TIME, [("apps", "1", {"a": 1}), ("orgs", "2", None)])
    start, before = journal.header_line("ab" * 32)
    line, _ = journal.record_line(record, before)
    found = journal.parse(start + line)
    assert found.records == [record]
    assert (found.end, found.torn, found.damaged) == (len(start + line), False, False)
    _, other = journal.header_line("cd" * 32)
    moved, _ = journal.record_line(record, other)
    assert journal.parse(start + moved).damaged


def test_the_seal_is_one_document_of_tinydb() -> None:
    tables: Tables = {"_meta": {"1": {"schema": 1, "more": 1}}, "apps": {"1": {"label": "x"}}, "empty": {}}
    raw, sha256 = snapshot.encode(tables, 7, documents.FIRST_TIME, "b")
    seal = {"sha256": sha256, "generation": 7, "saved": "1970-01-01T00:00:00Z", "before": "b"}
    assert json.loads(raw) == {**tables, "_meta": {"1": {**seal, "schema": 1, "more": 1}}}
    assert snapshot.parse(raw) == snapshot.Snapshot(tables, True, sha256, "b", 7, documents.FIRST_TIME)
    for at in range(len(raw)):
        with contextlib.suppress(documents.Damaged):
            assert not snapshot.parse(raw[:at] + b"~" + raw[at + 1 :]).intact


# Failures of the system that need two at once


def test_a_failed_line_that_cannot_be_cut_off_again_is_left_behind(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", refuse())  # the whole line is there, and yet it was refused
        patch.setattr(durable.os, "ftruncate", refuse())
        with pytest.raises(StorageError, match="disk is full"):
            storage.change({"apps": {"4": {"label": "refused"}}})
    assert apps(storage) == ["1", "2", "3"]
    storage.change({"apps": {"5": {}}})
    assert apps(JournalStorage(path)) == ["1", "2", "3", "5"]
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, data[:5]) if len(data) % 2 else refuse()())
        patch.setattr(durable.os, "ftruncate", refuse())
        with pytest.raises(StorageError, match="disk is full"):
            storage.change({"apps": {"6": {}}})
    storage.close()
    assert apps(JournalStorage(path)) == ["1", "2", "3", "5"]


def test_a_write_that_reads_back_otherwise_is_refused(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, bytes(len(data))))
        with pytest.raises(StorageError):
            storage.write({"apps": {}})
    assert apps(JournalStorage(path)) == ["1", "2", "3"]
