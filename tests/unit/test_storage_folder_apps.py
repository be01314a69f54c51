"""Reading orgs and apps beside the process that has the data folder."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import App, new_id
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.storage.folder_apps import FolderApps
from cortex_desktop.storage.repository import TinyRepository


def an_app(org_id: str, label: str = "App") -> App:
    return App(new_id(), org_id, label, True, True, datetime(2026, 1, 1, tzinfo=UTC), KeyEnds("abcd", "wxyz"), "memory")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_empty_folder(tmp_path: Path) -> None:
    found = FolderApps(tmp_path)
    assert (list(found.orgs()), list(found.apps())) == ([], [])
    assert files(tmp_path) == {}


def test_each_change_is_seen_at_once_and_nothing_is_touched(tmp_path: Path) -> None:
    repository, found = TinyRepository(tmp_path), FolderApps(tmp_path)
    (org,) = repository.orgs()
    for number in range(50):
        version = found.version()
        app = an_app(org.id, f"App {number}")
        repository.add_app(app)
        assert found.version() != version
        before = files(tmp_path)
        assert list(found.apps()) == list(repository.apps())
        assert files(tmp_path) == before
    version = found.version()
    repository.change_app(app.id, lambda app: replace(app, enabled=False))
    assert found.version() != version
    assert not found.apps()[-1].enabled
    repository.drop_app(app.id)
    assert len(found.apps()) == 49
    repository.close()
    assert list(found.orgs()) == [org]
    assert len(found.apps()) == 49
    assert found.version() == found.version()


def test_what_is_damaged_is_told(tmp_path: Path) -> None:
    (tmp_path / "apps.json").write_text("{broken")
    found = FolderApps(tmp_path)
    with pytest.raises(StorageError):
        found.apps()
    assert files(tmp_path) == {"apps.json": b"{broken"}  # the program that has the folder repairs it


def test_beside_a_process_that_writes(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    script = (
        f"import sys; sys.path[:0] = [{str(root)!r}]\n"
        "from pathlib import Path\n"
        "from tests.unit.test_storage_folder_apps import an_app\n"
        "from cortex_desktop.storage.repository import TinyRepository\n"
        f"repository = TinyRepository(Path({str(tmp_path)!r}))\n"
        "(org,) = repository.orgs()\n"
        "for number in range(400):\n"
        "    repository.add_app(an_app(org.id, f'App {number}' + 'x' * 100))\n"
        "    if number % 50 == 0: repository.close()\n"
        "repository.close()\n"
    )
    found, counts, over = FolderApps(tmp_path), [0], threading.Event()

    def read() -> None:
        while not over.is_set():
            counts.append(len(found.apps()))

    thread = threading.Thread(target=read)
    thread.start()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
    over.set()
    thread.join()
    assert done.returncode == 0, done.stderr
    assert counts == sorted(counts)  # no app that was there is ever missing
    assert len(found.apps()) == 400
