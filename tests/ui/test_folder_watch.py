"""Another program replaces, removes or changes the app list while the window is open and nobody does anything."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cortex_desktop.storage.repository import TinyRepository
from tests.support.gui import Desk

Start = Callable[..., Desk]
TITLE = "Another program has replaced your app list"


def look(desk: Desk, until: Callable[[], bool]) -> None:
    """Let time pass in small steps until it is so: each look begins some seconds after the one before has ended."""

    def pass_on() -> bool:
        desk.clock.advance(1)
        return until()

    desk.wait(pass_on)


def replaced(path: Path, saved: Path) -> None:
    os.replace(saved, path)


def written_over(path: Path, saved: Path) -> None:
    path.write_bytes(saved.read_bytes())


def edited(path: Path, saved: Path) -> None:
    tables = json.loads(path.read_text())
    tables["apps"].clear()
    path.write_text(json.dumps(tables))


@pytest.mark.parametrize("act", [replaced, written_over, edited])
def test_it_is_told_at_once_and_both_sides_are_kept(
    start: Start, folder: Path, tmp_path: Path, act: Callable[[Path, Path], None]
) -> None:
    desk = start()
    desk.create("Ward tablet", sessions=True)
    desk.close()
    saved = tmp_path / "saved.json"
    shutil.copy(folder / "apps.json", saved)
    desk = start()
    desk.create("Ward phone", sessions=True)
    desk.close()
    desk = start()
    desk.pass_time(10)
    assert TITLE not in desk.banner()
    act(folder / "apps.json", saved)
    theirs = (folder / "apps.json").read_bytes()
    look(desk, lambda: TITLE in desk.screen())
    [kept] = folder.glob("apps.json.changed-*")
    assert kept.read_bytes() == theirs
    assert kept.name in desk.screen()
    assert desk.toast(TITLE)
    assert sorted(app.label for app in TinyRepository(folder).apps()) == ["Ward phone", "Ward tablet"]
    desk.pass_time(10)
    assert len(list(folder.glob("apps.json.changed-*"))) == 1, "once"
    desk.close()
    assert sorted(app.label for app in TinyRepository(folder).apps()) == ["Ward phone", "Ward tablet"]


def test_files_that_are_removed_are_there_again(start: Start, folder: Path) -> None:
    desk = start()
    desk.create("Ward tablet")
    (folder / "apps.json").unlink(missing_ok=True)
    (folder / "apps.json.journal").unlink(missing_ok=True)
    look(desk, lambda: TITLE in desk.screen())
    assert [app.label for app in TinyRepository(folder).apps()] == ["Ward tablet"]


def test_a_list_that_is_further_wins_and_that_is_told(start: Start, folder: Path) -> None:
    desk = start()
    desk.create("Ward tablet")
    other = TinyRepository(folder)
    for name in ("First", "Second"):
        [org, *_] = other.orgs()
        other.change_org(
            org.id, lambda org, name=name: org.__class__(org.id, name, org.code, org.environment, org.endpoint)
        )
    look(desk, lambda: "Another program is at work on this folder" in "".join(desk.toasts()))
    desk.pass_time(60)
    assert not desk.toasts()
    desk.close()
    assert TinyRepository(folder).orgs()[0].name == "Second"
