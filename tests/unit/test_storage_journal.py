"""The journal: each change is one line; the snapshot takes them in; what is not whole is noticed."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import JournalStorage, backups, documents, durable, journal, journal_storage, snapshot
from cortex_desktop.storage.documents import Tables


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
    found = JournalStorage(path)
    for number in ("1", "2", "3"):
        found.change({"apps": {number: {"label": number}}})
    return found


def apps(storage: JournalStorage) -> list[str]:
    return list(storage.read().get("apps", {}))


def asides(path: Path, why: str) -> list[Path]:
    return sorted(entry for entry in path.parent.iterdir() if f".{why}-" in entry.name)


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


def test_a_change_costs_one_sync(storage: JournalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    storage.change({"apps": {"4": {}}})
    assert len(synced) == 1


def test_many_documents_are_one_line_and_one_sync(
    storage: JournalStorage, path: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    before = lines.read_bytes()
    storage.change({"apps": {str(number): {"label": "changed"} for number in range(2, 500)}})
    assert len(synced) == 1
    assert lines.read_bytes().count(b"\n") == before.count(b"\n") + 1
    storage.change({"apps": {}})
    assert len(synced) == 1
    assert len(apps(JournalStorage(path))) == 499
    whole = lines.read_bytes()
    for end in (len(whole) - 1, (len(before) + len(whole)) // 2, len(before) + 1):
        lines.write_bytes(whole[:end])
        assert apps(JournalStorage(path)) == ["1", "2", "3"], "half of a change"


def test_what_was_written_goes_on_after_a_kill(storage: JournalStorage, path: Path, lines: Path) -> None:
    again = JournalStorage(path)
    again.change({"apps": {"4": {}}})
    assert lines.read_bytes().count(b"\n") == 4
    third = JournalStorage(path)
    assert apps(third) == ["1", "2", "3", "4"]
    assert (third.recovered, third.changed_outside) == (None, False)


def test_opening_changes_nothing(storage: JournalStorage, path: Path) -> None:
    before = {entry: entry.stat().st_mtime_ns for entry in path.parent.rglob("*")}
    JournalStorage(path).read()
    assert {entry: entry.stat().st_mtime_ns for entry in path.parent.rglob("*")} == before


def test_quitting_leaves_all_to_plain_tinydb(storage: JournalStorage, path: Path, lines: Path) -> None:
    storage.close()
    assert not lines.exists()
    with TinyDB(path, access_mode="r") as db:
        assert [doc.doc_id for doc in db.table("apps")] == [1, 2, 3]
    before = path.read_bytes()
    again = JournalStorage(path)
    again.read()
    again.close()
    assert path.read_bytes() == before, "quitting without a change writes nothing"


def test_quitting_what_was_never_opened_makes_nothing(path: Path) -> None:
    JournalStorage(path).close()
    fresh = JournalStorage(path)
    fresh.read()
    fresh.close()
    assert list(path.parent.iterdir()) == []


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
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage._limit = 1

    def full(*_args: Any) -> None:
        raise OSError(28, "full")

    with monkeypatch.context() as patch:
        patch.setattr(journal_storage, "write_durably", full)
        storage.change({"apps": {"4": {}}})
        storage.close()
    assert apps(JournalStorage(path)) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("value", [object(), {1: 2}, (1,), float("nan"), "half \ud83d"], ids=str)
def test_what_would_not_be_read_back_alike_is_refused(storage: JournalStorage, lines: Path, value: object) -> None:
    before = lines.read_bytes()
    with pytest.raises(StorageError, match="can't be stored"):
        storage.change({"apps": {"4": {"label": value}}})
    assert lines.read_bytes() == before
    assert apps(storage) == ["1", "2", "3"]


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
    assert asides(path, "damaged") == []


def spoil_first(raw: bytes) -> bytes:
    return raw.replace(b'"label":"2"', b'"label":"8"')


def spoil_last(raw: bytes) -> bytes:
    return raw.replace(b'"label":"3"', b'"label":"8"')


def swap(raw: bytes) -> bytes:
    first, second, third = raw.splitlines()
    return b"\n".join((first, third, second, b""))


def without_first(raw: bytes) -> bytes:
    first, _, third = raw.splitlines()
    return b"\n".join((first, third, b""))


@pytest.mark.parametrize(
    ("spoil", "left"), [(spoil_first, ["1"]), (spoil_last, ["1", "2"]), (swap, ["1"]), (without_first, ["1"])]
)
def test_damage_in_the_journal_keeps_what_is_before_it_and_is_told(
    storage: JournalStorage, path: Path, lines: Path, spoil: Any, left: list[str]
) -> None:
    raw = spoil(lines.read_bytes())
    lines.write_bytes(raw)
    again = JournalStorage(path)
    assert apps(again) == left
    assert again.recovered is not None
    assert (again.recovered.restored, again.recovered.apps) == (True, len(left))
    assert again.recovered.set_aside is not None
    assert again.recovered.set_aside.read_bytes() == raw
    assert JournalStorage(path).recovered is None


@pytest.mark.parametrize("raw", [b"", b"garbage", b'0000000000000000 {"journal":1,"base":"x"}\n', b"\0" * 99])
def test_a_journal_that_is_none_is_told(storage: JournalStorage, path: Path, lines: Path, raw: bytes) -> None:
    lines.write_bytes(raw)
    again = JournalStorage(path)
    assert apps(again) == ["1"]
    assert again.recovered is not None
    assert again.recovered.set_aside is not None
    assert again.recovered.set_aside.read_bytes() == raw


def test_a_damaged_file_and_its_journal_lose_nothing(storage: JournalStorage, path: Path) -> None:
    path.write_bytes(b"")
    again = JournalStorage(path)
    assert apps(again) == ["1", "2", "3"]
    assert again.recovered is not None
    assert again.recovered.restored


def test_the_journal_of_another_database_is_not_mixed_in(
    storage: JournalStorage, path: Path, lines: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = JournalStorage(tmp_path / "other/apps.json")
    for number in ("1", "8", "9"):
        other.change({"apps": {number: {"label": number}}})
    theirs = (tmp_path / "other/apps.json.journal").read_bytes()
    lines.write_bytes(theirs)
    again = JournalStorage(path)
    assert apps(again) == ["1"]
    assert again.recovered is not None
    assert again.recovered.set_aside is not None
    assert again.recovered.set_aside.read_bytes() == theirs


@pytest.mark.parametrize("killed", [True, False])
def test_a_file_put_back_to_an_older_state_is_noticed_and_the_newest_restored(path: Path, killed: bool) -> None:
    storage = JournalStorage(path)
    storage.change({"apps": {"1": {}}})
    older = path.read_bytes()
    storage.change({"apps": {"2": {}}})
    storage.close()
    storage.change({"apps": {"3": {}}})
    if not killed:
        storage.close()
    path.write_bytes(older)
    again = JournalStorage(path)
    assert apps(again) == ["1", "2", "3"]
    assert again.recovered is not None
    assert again.recovered.restored
    (kept,) = asides(path, "older")
    assert again.recovered.set_aside == kept
    assert kept.read_bytes() == older


# Another program


@pytest.mark.parametrize("by", ["TinyDB", "hand"])
@pytest.mark.parametrize("killed", [True, False])
def test_what_another_program_changed_is_taken_told_and_kept(
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
    assert again.recovered is None
    assert again.changed_outside
    assert found["1"] == {"label": "changed"}
    if not killed and by == "TinyDB":
        assert found["4"] == {"label": "theirs"}
    assert {"2", "3"} <= set(found)
    again.change({"apps": {"9": {}}})
    (kept,) = asides(path, "changed")
    assert kept.read_bytes() == theirs
    third = JournalStorage(path)
    assert third.read()["apps"] == {**found, "9": {}}
    assert not third.changed_outside


def test_the_first_file_of_another_program_is_no_news(path: Path) -> None:
    with TinyDB(path) as db:
        db.table("apps").insert({"label": "by hand"})
    storage = JournalStorage(path)
    assert apps(storage) == ["1"]
    assert not storage.changed_outside


# What is set aside


def test_the_last_twenty_files_set_aside_stay(storage: JournalStorage, path: Path) -> None:
    for number in range(25):
        path.write_bytes(b"damage %d" % number)
        storage = JournalStorage(path)
        storage.read()
    kept = asides(path, "damaged")
    assert len(kept) == backups.SET_ASIDE
    assert kept[-1].read_bytes() == b"damage 24"
    assert apps(storage) == ["1", "2", "3"]


# The parts


def test_a_record_s_checksum_covers_the_one_before() -> None:
    record = journal.Record(7, documents.FIRST_TIME, [("apps", "1", {"a": 1}), ("orgs", "2", None)])
    start, before = journal.header_line("ab" * 32)
    line, _ = journal.record_line(record, before)
    found = journal.parse(start + line)
    assert found.records == [record]
    assert (found.end, found.torn, found.damaged) == (len(start + line), False, False)
    _, other = journal.header_line("cd" * 32)
    moved, _ = journal.record_line(record, other)
    assert journal.parse(start + moved).damaged


def test_the_seal_is_one_document_of_tinydb(path: Path) -> None:
    tables: Tables = {"_meta": {"1": {"schema": 1, "more": 1}}, "apps": {"1": {"label": "x"}}, "empty": {}}
    raw, checksum = snapshot.encode(tables, 7, documents.FIRST_TIME, "b")
    assert json.loads(raw)["_meta"] == {
        "1": {
            "sha256": checksum,
            "schema": 1,
            "generation": 7,
            "saved": "1970-01-01T00:00:00Z",
            "before": "b",
            "more": 1,
        }
    }
    found = snapshot.parse(raw)
    assert found.intact
    assert found.tables == tables
    for at in range(len(raw)):
        with contextlib.suppress(documents.Damaged):
            assert not snapshot.parse(raw[:at] + b"~" + raw[at + 1 :]).intact


def test_a_write_that_reads_back_otherwise_is_refused(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, bytes(len(data))))
        with pytest.raises(StorageError):
            storage.write({"apps": {}})
    assert apps(JournalStorage(path)) == ["1", "2", "3"]


def test_a_failed_line_that_cannot_be_cut_off_again_is_left_behind(
    storage: JournalStorage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise OSError(28, "full")

    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", full)  # the whole line is there, and yet it was refused
        patch.setattr(durable.os, "ftruncate", full)
        with pytest.raises(StorageError, match="disk is full"):
            storage.change({"apps": {"4": {"label": "refused"}}})
    assert apps(storage) == ["1", "2", "3"]
    storage.change({"apps": {"5": {}}})
    assert apps(JournalStorage(path)) == ["1", "2", "3", "5"]
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, data[:5]) if len(data) % 2 else full())
        patch.setattr(durable.os, "ftruncate", full)
        with pytest.raises(StorageError, match="disk is full"):
            storage.change({"apps": {"6": {}}})
    storage.close()
    assert apps(JournalStorage(path)) == ["1", "2", "3", "5"]
