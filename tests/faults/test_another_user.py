"""What the system refuses to a person, and never to root: files and folders of others, read-only ones, a full disk.

Root may do everything, so a child does it as another user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import cortex_desktop
from cortex_desktop.storage.repository import TinyRepository
from tests.support.data_folder import read_image
from tests.support.memory_vault import InMemoryVault
from tests.support.services import app_services, create

ROOT = Path(cortex_desktop.__file__).parent.parent
IS_ROOT = os.name == "posix" and os.geteuid() == 0
pytestmark = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
NOBODY = 65534

# Imports come first: Python itself may be closed to nobody.
BEGIN = """
import os, sys, secrets, uuid, hmac, json, logging, resource, tinydb.operations
from datetime import timedelta
from pathlib import Path
from dataclasses import replace
from PySide6.QtCore import QByteArray
from cortex_desktop.domain.activity import Action, ActivityQuery
from cortex_desktop.domain.errors import CortexError
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.apps.two_stores import TwoStores
from cortex_desktop.storage import backups, journal_storage, problems, snapshot
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.new_file import Exports
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.settings import Settings
from tests.support.memory_vault import InMemoryVault
from tests.support.services import app_services, create
logging.getLogger("cortex_desktop").addHandler(logging.NullHandler())
os.setgid(65534)
os.setuid(65534)
folder = Path(sys.argv[1])

def said(call):
    try:
        return call()
    except CortexError as error:
        return f"{type(error).__name__}: {error.title}. {error.message}"

repository = TinyRepository(folder)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder with an app, which `nobody` reaches, unlike pytest's own folders. It belongs to nobody."""
    place = Path(tempfile.mkdtemp(prefix="cortex-desktop-test-"))
    place.chmod(0o755)
    folder = place / "data"
    repository = TinyRepository(folder)
    vault = InMemoryVault()
    create(app_services(repository, vault), repository.orgs()[0].id, "Ward tablet")
    repository.close()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(place)


def run(folder: Path, script: str) -> list[str]:
    """What the script says as another user, line by line. It must come to its end, and say nothing else."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + script, str(folder)], cwd=ROOT, capture_output=True, text=True, env=env
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


LIST = "print(said(lambda: [app.label for app in repository.apps()]))\n"
CHANGE = """
def rename():
    app = repository.apps()[0]
    return repository.change_app(app.id, lambda app: replace(app, label="Renamed")).label
print(said(rename))
"""


def test_its_own_folder_can_be_used(folder: Path) -> None:
    assert run(folder, LIST + CHANGE + LIST + "repository.close()\n") == ["['Ward tablet']", "Renamed", "['Renamed']"]
    assert [app.label for app in TinyRepository(folder).apps()] == ["Renamed"]


def test_a_folder_that_may_only_be_read_is_shown_and_nothing_in_it_changes(folder: Path) -> None:
    os.chown(folder, 0, 0)
    folder.chmod(0o755)
    before = read_image(folder)
    shown, refused, again = run(folder, LIST + CHANGE + LIST + "repository.close()\n")
    assert shown == again == "['Ward tablet']"
    assert refused.startswith("StorageError: ")
    assert "permission" in refused.lower() or "not allowed" in refused.lower(), refused
    assert read_image(folder) == before


def test_a_list_that_may_not_be_read_is_told_and_not_taken_for_an_empty_or_a_damaged_one(folder: Path) -> None:
    os.chown(folder / "apps.json", 0, 0)
    (folder / "apps.json").chmod(0o600)
    before = read_image(folder)
    shown, changed, _ = run(folder, LIST + CHANGE + "print(repository.recovered)\n")
    assert shown.startswith("StorageError: ")
    assert changed == shown
    assert read_image(folder) == before
    assert not list(folder.glob("*.damaged*"))


def test_backups_that_may_not_be_seen_keep_nobody_from_working(folder: Path) -> None:
    os.chown(folder / "backups", 0, 0)
    (folder / "backups").chmod(0o700)
    assert run(folder, LIST + CHANGE + "repository.close()\n") == ["['Ward tablet']", "Renamed"]
    assert [app.label for app in TinyRepository(folder).apps()] == ["Renamed"]


def test_a_disk_that_is_full_refuses_the_change_and_keeps_the_list(folder: Path) -> None:
    """By the size that a file may have, which the kernel refuses as a full disk does."""
    limit = """
repository.orgs()
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
"""
    more = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
    before = read_image(folder)
    shown, refused, again, done = run(folder, limit + LIST + CHANGE + LIST + more + CHANGE + "repository.close()\n")
    assert shown == again == "['Ward tablet']"
    assert refused.startswith("StorageError: ")
    assert done == "Renamed"
    assert before.keys() <= read_image(folder).keys()
    assert not [name for name in read_image(folder) if name.endswith(".tmp")]


def test_a_disk_that_is_full_while_a_key_is_rotated_leaves_the_key_in_use(folder: Path) -> None:
    script = """
vault = InMemoryVault()
apps = app_services(repository, vault)
app = create(apps, repository.orgs()[0].id, "Beta", sessions=True).app
repository.close()
before = dict(vault.items)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
print(said(lambda: apps.rotation.rotate(app.id, timedelta(0))))
print(vault.items == before, apps.use.secret(app.id) == next(iter(before.values())))
"""
    refused, same = run(folder, script)
    assert refused.startswith("StorageError: ")
    assert same == "True True"


def test_settings_of_another_owner_are_read_and_the_refusal_is_said_once(folder: Path) -> None:
    path = folder / "settings.ini"
    path.write_text("[General]\ntheme=dark\n")
    path.chmod(0o644)
    os.chown(folder, 0, 0)
    folder.chmod(0o755)
    script = """
settings, told = Settings(folder), []
settings.refused = lambda: told.append(1)
print(settings.theme)
for theme in ("light", "system"):
    settings.theme = theme
    settings.save()
print(len(told), settings.theme)
"""
    assert run(folder, script) == ["dark", "1 system"]
    assert path.read_text() == "[General]\ntheme=dark\n"


def test_settings_that_may_not_be_read_are_the_usual_ones(folder: Path) -> None:
    path = folder / "settings.ini"
    path.write_text("[General]\ntheme=dark\n")
    path.chmod(0o600)
    assert run(folder, "settings = Settings(folder)\nprint(settings.theme)\nsettings.save()\n") == ["system"]
    assert path.stat().st_uid == 0 or "dark" in path.read_text()


def test_an_activity_log_of_another_owner_is_said_once_and_the_work_is_done(folder: Path) -> None:
    path = folder / "activity.jsonl"
    path.write_text("")
    path.chmod(0o644)
    script = """
told = []
recorder = Recorder(repository, ActivityFile(folder), lambda: ("nobody", "here"), told.append)
apps = app_services(repository, InMemoryVault(), recorder=recorder)
for label in ("One", "Two"):
    create(apps, repository.orgs()[0].id, label)
print([app.label for app in repository.apps()], [type(error).__name__ for error in told])
"""
    assert run(folder, script) == ["['Ward tablet', 'One', 'Two'] ['StorageError']"]
    assert path.read_text() == ""


def test_an_export_where_nothing_may_be_written_is_told(folder: Path) -> None:
    (folder.parent / "closed").mkdir(mode=0o755)
    script = """
def export():
    file = Exports(folder).begin(folder.parent / "closed" / "apps.csv")
    file.write("x")
    file.finish()
print(said(export))
"""
    [refused] = run(folder, script)
    assert refused.startswith("StorageError: ")
    assert not list((folder.parent / "closed").iterdir())


def test_details_can_be_changed_of_a_list_that_is_linked_to_a_place_of_one_s_own(folder: Path) -> None:
    real = folder.parent / "real"
    real.mkdir()
    shutil.move(folder / "apps.json", real / "apps.json")
    os.chown(real, NOBODY, NOBODY)
    (folder / "apps.json").symlink_to(real / "apps.json")
    assert run(folder, CHANGE + "repository.close()\n") == ["Renamed"]
    assert (folder / "apps.json").is_symlink()
    assert "Renamed" in (real / "apps.json").read_text()


def test_changes_of_a_list_that_is_linked_to_a_place_of_somebody_else_stay_in_the_journal(folder: Path) -> None:
    real = folder.parent / "real"
    real.mkdir(mode=0o755)
    shutil.move(folder / "apps.json", real / "apps.json")
    os.chown(real / "apps.json", 0, 0)
    (real / "apps.json").chmod(0o644)
    (folder / "apps.json").symlink_to(real / "apps.json")
    before = (real / "apps.json").read_bytes()
    assert run(folder, LIST + CHANGE + "repository.close()\n") == ["['Ward tablet']", "Renamed"]
    assert run(folder, LIST) == ["['Renamed']"]
    assert (folder / "apps.json").is_symlink()
    assert (real / "apps.json").read_bytes() == before
