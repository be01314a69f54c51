"""The database's file when the world moves: replaced while it is open, a second writer, links, an open umask."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action, ActivityEntry
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import new_id
from cortex_desktop.storage import JournalStorage
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.document_file import DocumentFile
from cortex_desktop.storage.durable import make_folder, write_durably
from cortex_desktop.storage.new_file import Exports
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.settings import Settings
from tests.support.data_folder import asides, posix_only, read_image

TABLE = "apps"


def add(storage: JournalStorage, number: int, label: str) -> None:
    storage.change({TABLE: {str(number): {"label": label}}})


def labels(path: Path) -> list[str]:
    return [doc["label"] for doc in JournalStorage(path).read().get(TABLE, {}).values()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "apps.json"


# A second writer


@pytest.mark.parametrize("folded", [False, True], ids=["journal", "snapshot"])
def test_the_loser_of_two_writers_stops_and_says_so(path: Path, folded: bool) -> None:
    loser = JournalStorage(path)
    add(loser, 1, "both")
    winner = JournalStorage(path)
    winner.read()
    add(winner, 2, "winner's")
    if folded:
        winner.close()
    before = read_image(path.parent)
    for _ in range(2):  # and it stays so
        with pytest.raises(StorageError) as refusal:
            add(loser, 2, "loser's")
        assert str(refusal.value.title) == "Another program is at work on this folder"
    loser.close()
    assert read_image(path.parent) == before
    assert loser.read()[TABLE]["1"] == {"label": "both"}  # what was open can still be looked at
    add(winner, 3, "goes on")
    winner.close()
    assert labels(path) == ["both", "winner's", "goes on"]


def test_of_two_programs_on_one_folder_no_app_is_lost_unsaid(tmp_path: Path) -> None:
    first, second = TinyRepository(tmp_path), TinyRepository(tmp_path)
    org = first.orgs()[0]
    second.orgs()
    first.save_org(org.__class__(new_id(), "First", "first", org.environment, org.endpoint))
    with pytest.raises(StorageError):
        second.save_org(org.__class__(new_id(), "Second", "second", org.environment, org.endpoint))
    second.close()
    first.close()
    assert [each.name for each in TinyRepository(tmp_path).orgs()] == [org.name, "First"]


# Replaced under the running program


@pytest.mark.parametrize("how", ["rename", "in place"])
def test_an_older_file_put_there_meanwhile_is_set_aside_and_told_at_once(tmp_path: Path, how: str) -> None:
    repository = TinyRepository(tmp_path / "data")
    told: list[Path] = []
    repository.watch(told.append)
    org = repository.orgs()[0]
    repository.close()
    saved = tmp_path / "apps.json"
    shutil.copy(tmp_path / "data" / "apps.json", saved)
    repository.save_org(org.__class__(new_id(), "First", "first", org.environment, org.endpoint))
    repository.close()
    repository.open()
    older = saved.read_bytes()
    if how == "rename":
        os.replace(saved, tmp_path / "data" / "apps.json")
    else:
        (tmp_path / "data" / "apps.json").write_bytes(older + b"\n")
    repository.save_org(org.__class__(new_id(), "Second", "second", org.environment, org.endpoint))
    assert len(told) >= 1
    assert told[-1].exists()
    assert told[-1] in asides(tmp_path / "data", "changed")
    told.clear()
    repository.save_org(org.__class__(new_id(), "Third", "third", org.environment, org.endpoint))
    assert not told
    repository.close()
    assert len(TinyRepository(tmp_path / "data").orgs()) == 4


def test_a_look_while_nothing_is_changed_keeps_both_sides(tmp_path: Path) -> None:
    repository = TinyRepository(tmp_path)
    told: list[Path | None] = []
    repository.watch(told.append)
    repository.look()  # before it was opened there is nothing to look for
    org = repository.orgs()[0]
    ours = org.__class__(new_id(), "Ours", "ours", org.environment, org.endpoint)
    repository.save_org(ours)
    for _ in range(2):
        repository.look()
    assert not told
    (tmp_path / "apps.json").write_bytes(b'{"theirs": {}}')
    for _ in range(2):
        repository.look()
    [kept] = told
    assert kept is not None
    assert kept.read_bytes() == b'{"theirs": {}}'
    assert ours in TinyRepository(tmp_path).orgs(), "on the disk again, without a change to save"
    told.clear()
    (tmp_path / "apps.json").unlink()
    repository.look()
    assert told == [None]
    assert ours in TinyRepository(tmp_path).orgs()


@posix_only
def test_a_look_that_cannot_mend_it_says_so_each_time_and_mends_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = TinyRepository(tmp_path)
    repository.orgs()
    (tmp_path / "apps.json").write_bytes(b'{"theirs": {}}')
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr("cortex_desktop.storage.journal_storage.write_durably", full)
        for _ in range(2):
            with pytest.raises(StorageError):
                repository.look()
    repository.look()
    assert TinyRepository(tmp_path).orgs() == repository.orgs()


def test_a_file_of_a_newer_version_put_there_meanwhile_is_kept_whole(path: Path) -> None:
    storage = JournalStorage(path)
    add(storage, 1, "ours")
    newer = b'{"_meta":{"1":{"schema":99}},"apps":{}}'
    path.write_bytes(newer)
    add(storage, 2, "ours too")
    [kept] = asides(path.parent, "changed")
    assert kept.read_bytes() == newer


# Links


@posix_only
def test_a_link_is_written_through(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "real.json"
    target.parent.mkdir()
    storage = JournalStorage(target)
    add(storage, 1, "first")
    storage.close()
    path.symlink_to(target)
    storage = JournalStorage(path)
    add(storage, 2, "second")
    storage.close()
    assert path.is_symlink()
    assert labels(target) == ["first", "second"] == labels(path)
    assert [each.name for each in target.parent.iterdir() if each.name.endswith(".tmp")] == []
    target.write_text(target.read_text().replace("first", "other"))  # by somebody else
    storage = JournalStorage(path)
    add(storage, 3, "third")
    [kept] = asides(path.parent, "changed")
    assert not kept.is_symlink()
    assert b"other" in kept.read_bytes()


@posix_only
def test_a_link_that_leads_nowhere_is_told_and_left(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "unplugged" / "apps.json")
    storage = JournalStorage(path)
    for call in (storage.read, lambda: add(storage, 1, "x")):
        with pytest.raises(StorageError) as refusal:
            call()
        assert str(tmp_path / "unplugged" / "apps.json") in str(refusal.value.message)
    assert [each.name for each in path.parent.iterdir()] == ["apps.json"]
    assert path.is_symlink()


@posix_only
def test_an_export_writes_where_a_link_points(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    file = Exports(tmp_path / "data").begin(link)
    file.write("new")
    file.finish()
    assert link.is_symlink()
    assert target.read_text() == "new"


@posix_only
def test_an_export_through_a_link_does_not_reach_our_own_files(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "apps.json").write_text("{}")
    link = tmp_path / "link.csv"
    link.symlink_to(data / "apps.json")
    with pytest.raises(StorageError):
        Exports(data).begin(link)
    assert (data / "apps.json").read_text() == "{}"


@posix_only
@pytest.mark.parametrize("name", ["requests.json", "settings.ini", "activity.jsonl"])
def test_every_file_of_ours_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    folder, real = tmp_path / "data", tmp_path / "elsewhere" / name
    folder.mkdir()
    real.parent.mkdir()
    real.write_text("")
    (folder / name).symlink_to(real)
    for number in range(2):
        if name == "settings.ini":
            settings = Settings(folder)
            settings.theme = "dark"
            settings.save()
        elif name == "requests.json":
            DocumentFile(folder / name).change({"kept": {str(number): {"path": "/apps"}}})
        else:
            entry = ActivityEntry(datetime(2026, 11, 28, tzinfo=UTC), "john", "desk-7", Action.CREATED)
            ActivityFile(folder).append([entry])
    assert (folder / name).is_symlink()
    words = {"settings.ini": "dark", "requests.json": '"1"', "activity.jsonl": '"n":2'}[name]
    assert words in real.read_text()


# An open umask


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@posix_only
def test_folders_and_files_are_private_whatever_the_umask(tmp_path: Path, no_umask: None) -> None:
    folder = tmp_path / "a" / "b" / "data"
    make_folder(folder)
    write_durably(folder / "file", b"x")
    for each in (folder, folder.parent, folder.parent.parent):
        assert each.stat().st_mode & 0o777 == 0o700
    assert (folder / "file").stat().st_mode & 0o777 == 0o600
