"""Small collections of documents on disk, such as the sandbox's state."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from tinydb import TinyDB

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.sandbox.folder_lock import FolderLock
from cortex_desktop.storage.document_file import DocumentFile
from cortex_desktop.system.removal import remove_files


def test_what_was_changed_is_there_again(tmp_path: Path) -> None:
    store = DocumentFile(tmp_path / "sandbox.json")
    assert store.load() == {}
    assert list(tmp_path.iterdir()) == []  # reading makes no file
    store.change({"people": {"a/1": {"x": 1, "y": 2}, "a/2": {"x": 2}}, "orgs": {"a": {"name": "ä"}}})
    store.change({"people": {"a/1": {"x": 3}, "a/2": None, "a/3": None}})
    expected = {"people": {"a/1": {"x": 3}}, "orgs": {"a": {"name": "ä"}}}
    assert store.load() == expected
    assert DocumentFile(tmp_path / "sandbox.json").load() == expected
    store.clear()
    assert store.load() == {}
    assert DocumentFile(tmp_path / "sandbox.json").load() == {}


def test_plain_tinydb_reads_it(tmp_path: Path) -> None:
    DocumentFile(tmp_path / "sandbox.json").change({"people": {"a": {"x": 1}}})
    with TinyDB(tmp_path / "sandbox.json") as db:
        assert db.tables() == {"people"}
        assert db.storage.read() == {"people": {"a": {"x": 1}}}


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    DocumentFile(tmp_path / "sandbox.json").change({"people": {"a": {"x": 1}}})
    assert stat.S_IMODE((tmp_path / "sandbox.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["{broken", "[]", '{"people": []}', '{"people": {"a": 1}}', "\x00"])
def test_a_damaged_file_is_put_aside(tmp_path: Path, text: str) -> None:
    (tmp_path / "sandbox.json").write_text(text)
    store = DocumentFile(tmp_path / "sandbox.json")
    assert store.load() == {}
    assert (tmp_path / "sandbox.json.damaged").read_text() == text
    store.change({"people": {"a": {"x": 1}}})
    assert json.loads((tmp_path / "sandbox.json").read_text()) == {"people": {"a": {"x": 1}}}


def test_all_that_it_leaves_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text("{broken")
    store = DocumentFile(tmp_path / "sandbox.json")
    store.load()
    store.change({"people": {"a": {"x": 1}}})
    lock = FolderLock(tmp_path / "sandbox.lock")
    assert lock.take()
    lock.release()
    remove_files(tmp_path)
    assert not tmp_path.exists()


def test_a_damaged_file_can_be_cleared(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text("{broken")
    store = DocumentFile(tmp_path / "sandbox.json")
    store.clear()
    assert store.load() == {}


def test_what_could_not_be_written_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DocumentFile(tmp_path / "sandbox.json")
    store.change({"people": {"a": {"x": 1}}})

    def replace(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", replace)
        with pytest.raises(StorageError):
            store.change({"people": {"a": {"x": 2}, "b": {}}})
    assert store.load() == {"people": {"a": {"x": 1}}}
    store.change({"people": {"c": {}}})
    assert DocumentFile(tmp_path / "sandbox.json").load() == {"people": {"a": {"x": 1}, "c": {}}}
