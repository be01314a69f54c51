"""Remove all data: every key leaves the keychain, every file of ours the disk, and nobody else's goes with them."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cortex_desktop.cli import data
from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.model import AppState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import ClaimRef
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.system.removal import remove_files
from tests.conftest import keychain_items
from tests.support.gui import Desk, Key, stored_app, texts
from tests.support.memory_vault import InMemoryVault
from tests.support.services import app_services, create

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only this keychain can list its items")


@pytest.fixture
def repository(folder: Path) -> TinyRepository:
    return TinyRepository(folder)


def test_all_apps_of_all_orgs_in_every_state_go(repository: TinyRepository, vault: InMemoryVault) -> None:
    first = repository.orgs()[0]
    repository.save_org(replace(first, id="ab" * 16, code="other"))
    stored_app(repository, vault, "Active", sessions=False)
    stored_app(repository, vault, "Deleted", state=AppState.DELETED, purge_after=datetime.now(UTC))
    service = app_services(repository, vault)
    create(service, "ab" * 16, "Elsewhere")
    assert service.deletion.remove_everything() == 3
    assert not repository.apps()
    assert not vault.items


def test_a_locked_keychain_keeps_everything(repository: TinyRepository, vault: InMemoryVault) -> None:
    stored_app(repository, vault, "Active")
    vault.current = VaultState.LOCKED
    with pytest.raises(VaultError) as caught:
        app_services(repository, vault).deletion.remove_everything()
    assert caught.value.problem is VaultProblem.LOCKED
    assert repository.apps()[0].state is AppState.ACTIVE


def test_what_was_begun_is_finished_by_recovery(repository: TinyRepository, vault: InMemoryVault) -> None:
    apps = [stored_app(repository, vault, label) for label in ("One", "Two")]

    def refuse(operation: str, ref: object) -> None:
        if operation == "remove" and getattr(ref, "app_id", "") == apps[1].id:
            raise VaultError(VaultProblem.DENIED, "Test keychain")

    vault.before = refuse
    service = app_services(repository, vault)
    with pytest.raises(VaultError):
        service.deletion.remove_everything()
    assert [app.id for app in repository.apps()] == [apps[1].id]
    vault.before = None
    service.recovery.recover()
    assert not repository.apps()
    assert not vault.items


def test_only_our_own_files_go(tmp_path: Path) -> None:
    for name in ("apps.json", "apps.json.journal", "settings.ini", "cortex-desktop.log.1", "activity.jsonl"):
        (tmp_path / name).write_text("ours")
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "apps-0000000001.json").write_text("ours")
    (tmp_path / "holiday.jpg").write_text("theirs")
    assert remove_files(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
    (tmp_path / "holiday.jpg").unlink()
    assert remove_files(tmp_path) == []
    assert not tmp_path.exists()


def test_the_button_waits_for_the_word(desk: Desk, folder: Path, vault: InMemoryVault) -> None:
    desk.choose("Remove all data", desk.open_menu("File"))
    dialog = desk.dialog()
    button = desk.find("Remove all data")
    assert not button.isEnabled()
    desk.type("remov")
    assert not button.isEnabled()
    desk.key(Key.Key_Return)
    assert dialog.isVisible()
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    assert not desk.program.data_removed
    assert (folder / "apps.json").exists()


def test_a_person_has_everything_removed(start: Callable[..., Desk], folder: Path, vault: InMemoryVault) -> None:
    repository = TinyRepository(folder)
    stored_app(repository, vault, "NewHealth App", sessions=False)
    repository.close()
    desk = start()
    desk.console.ask_remove_data()
    desk.dialog()
    desk.type("remove")
    desk.click("Remove all data")
    desk.wait(lambda: desk.program.data_removed, "it is done")
    desk.wait(lambda: not desk.window.isVisible(), "the window has closed")
    desk.close()
    assert not vault.items
    assert not TinyRepository(folder).apps()


def test_a_refusing_keychain_is_told_in_the_dialog(
    start: Callable[..., Desk], folder: Path, vault: InMemoryVault
) -> None:
    repository = TinyRepository(folder)
    stored_app(repository, vault, "NewHealth App")
    repository.close()
    desk = start()
    desk.console.ask_remove_data()
    dialog = desk.dialog()
    vault.current = VaultState.LOCKED
    desk.type("remove")
    desk.click("Remove all data")
    desk.wait(lambda: any("Your keychain is locked" in text for text in texts(dialog)), "the dialog says why not")
    assert dialog.isVisible()
    assert not desk.program.data_removed
    desk.key(Key.Key_Escape)
    desk.no_dialog()


@on_linux
def test_the_option_leaves_nothing(program: Desk, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the real keychain, after the program has written whatever it writes."""
    program.create("NewHealth App", sessions=False)
    program.close()
    assert keychain_items()
    assert data.remove_all_data(str(folder), ask=False) == 0
    assert capsys.readouterr().out == "Removed 1 app and their keys.\n"
    assert not keychain_items()
    assert not folder.exists()
    assert data.remove_all_data(str(folder), ask=False) == 0


@on_linux
def test_the_option_names_other_keychains_that_hold_keys(
    program: Desk, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.create("NewHealth App")
    program.program.stores.repository.change_app(
        program.app("NewHealth App").id, lambda app: replace(app, provider="KWallet")
    )
    program.close()
    assert data.remove_all_data(str(folder), ask=False) == 0
    assert capsys.readouterr().out.splitlines()[1] == "Keys that were stored in KWallet stay there."


@on_linux
def test_the_option_removes_nothing_while_the_folder_is_in_doubt(
    program: Desk, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the real keychain, whose claim is gone as in another keychain."""
    program.create("NewHealth App")
    stores = program.program.stores
    stores.vault.remove(ClaimRef(stores.repository.folder_record().id))
    program.close()
    assert data.remove_all_data(str(folder), ask=False) == 1
    written = capsys.readouterr()
    assert "in another keychain" in written.err
    assert "Open the program" in written.err
    assert written.out == "Nothing was removed.\n"
    assert keychain_items()


@pytest.mark.parametrize("answer", ["", "no\n", "yes\n"])
def test_the_option_asks(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    (folder / "settings.ini").write_text("")
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert data.remove_all_data(str(folder), ask=True) == 1
    assert (folder / "settings.ini").exists()


def test_a_running_program_is_asked_to_quit(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "cortex_desktop", "--data-dir", folder]) as process:
        try:
            end = time.monotonic() + 20
            while not (folder / "apps.json").exists():
                assert time.monotonic() < end
                time.sleep(0.05)
            assert data.remove_all_data(str(folder), ask=False) == 1, "not under a running program"
            assert data.quit_running(str(folder)) == 0
            assert process.wait(5) == 0
        finally:
            process.kill()
    assert data.quit_running(str(folder)) == 0
    assert data.quit_running(str(folder / "missing")) == 0
