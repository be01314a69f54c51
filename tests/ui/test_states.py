"""What stands in place of the list, or above it: empty, loading, not readable, damaged, keychain not usable."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QLineEdit

from cortex_desktop.domain.errors import VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.model import AppState, Org
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.services.folder import Folder
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.waiting import BUSY_SECONDS, SLOW_SECONDS
from tests.support.gui import CTRL, Desk, Key, SlowVault, stored_apps, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]


class TestEmpty:
    def test_offers_what_to_do_first(self, desk: Desk) -> None:
        assert "No apps yet" in desk.screen()
        assert not desk.all("Search apps", QLineEdit), "there is nothing to search"
        desk.click("New App", within=desk.apps.page.empty)
        assert desk.dialog().accessibleName() == "Create App"

    def test_is_back_when_the_last_app_has_gone(self, desk: Desk) -> None:
        desk.create("Ward tablet")
        assert "No apps yet" not in desk.screen()
        desk.key(Key.Key_Delete)
        desk.dialog()
        desk.click("Delete")
        desk.wait(lambda: "No apps yet" in desk.screen())


class SlowRepository(TinyRepository):
    """A disk that takes its time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.go_on = threading.Event()

    def orgs(self) -> tuple[Org, ...]:
        self.go_on.wait(30)
        return super().orgs()

    def close(self) -> None:
        self.go_on.set()
        super().close()


class TestLoading:
    def test_says_so_only_when_it_takes_long(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["Ward tablet"])
        desk = start(ready=False, repository=SlowRepository)
        desk.wait(lambda: "Activity" in desk.screen(), "the window is filled")
        assert "Reading your apps…" not in desk.screen()
        desk.pass_time(BUSY_SECONDS)
        assert "Reading your apps…" in desk.screen()
        assert "No apps yet" not in desk.screen()
        assert not desk.find("New App").isEnabled()
        desk.key(Key.Key_N, CTRL)
        assert desk.dialog_or_none() is None
        desk.program.stores.repository.go_on.set()
        desk.wait(lambda: desk.labels() == ["Ward tablet"])
        assert "Reading your apps…" not in desk.screen()

    def test_quitting_meanwhile(self, start: Start, folder: Path) -> None:
        start(ready=False, repository=SlowRepository).close()


class TestNotReadable:
    def test_a_folder_that_cannot_be_made_then_can(self, folder: Path, start: Start) -> None:
        folder.rmdir()
        folder.write_text("in the way")  # a file in its place; root may write to any folder, so rights would not do
        desk = start(ready=False)
        desk.wait(lambda: "Try again" in desk.screen())
        assert str(folder) in desk.screen()
        assert "Your apps and keys are as before." in desk.screen()
        assert "No apps yet" not in desk.screen(), "an unreadable list is not an empty one"
        desk.click("Try again")
        desk.let_pass(50)
        assert "Try again" in desk.screen()
        folder.unlink()
        desk.click("Try again")
        desk.wait(lambda: "No apps yet" in desk.screen())
        desk.create("Ward tablet")

    def test_saved_by_a_newer_version(self, start: Start, folder: Path) -> None:
        file = folder / "apps.json"
        file.write_text(json.dumps({"_meta": {"1": {"schema": 99}}, "orgs": {}, "apps": {}}))
        before = file.read_bytes()
        desk = start(ready=False)
        desk.wait(lambda: "A newer version saved your apps" in desk.screen())
        assert "Install the newest version of Cortex Desktop." in desk.screen()
        assert not desk.find("New App").isEnabled()
        desk.close()
        assert file.read_bytes() == before

    def test_saving_fails_later(self, desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.create("Ward tablet")

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)  # whatever is to last goes through it
        desk.select("Ward tablet")
        desk.key(Key.Key_E, CTRL)
        toast = desk.toast("The disk is full")
        assert "Your apps and keys are as before." in " ".join(texts(toast))
        assert desk.values("Status") == ["Enabled"]
        desk.key(Key.Key_N, CTRL)
        dialog = desk.dialog()
        desk.type("Another")
        desk.key(Key.Key_Return)
        desk.wait(lambda: "The disk is full" in " ".join(texts(dialog)))
        assert desk.find("Label", QLineEdit).text() == "Another"


class TestDamaged:
    def damage(self, folder: Path) -> None:
        (folder / "apps.json").write_text('{"half": ')

    def test_restored_from_the_backup(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["First", "Second", "Last"])
        self.damage(folder)
        desk = start()
        desk.wait(desk.banner)
        assert "Your app list was damaged" in desk.banner()
        assert {"First", "Second"} <= set(desk.labels()), "at most the last change is lost"
        assert f"It was restored with {len(desk.labels())} apps as of" in desk.banner()
        aside = next(file.name for file in folder.iterdir() if "damaged" in file.name)
        assert f"The damaged file is kept as {aside}." in desk.banner()
        desk.click("Dismiss")
        assert not desk.banner()

    def test_without_a_backup(self, start: Start, folder: Path) -> None:
        self.damage(folder)
        desk = start()
        desk.wait(desk.banner)
        assert "There was no backup to restore, so the list starts anew. Keys stay in the keychain." in desk.banner()
        assert "No apps yet" in desk.screen()

    def test_a_row_that_makes_no_sense(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["Ward tablet", "Broken"])
        file = folder / "apps.json"
        data = json.loads(file.read_text())
        broken = next(row for row in data["apps"].values() if row["label"] == "Broken")
        broken["created"] = "soon"
        file.write_text(json.dumps(data))
        desk = start()
        desk.wait(desk.banner)
        assert "1 entry cannot be read and was left in the file as it is." in desk.banner()
        assert desk.labels() == ["Ward tablet"]


class TestKeychain:
    """Not usable: the list stays, and the way out is offered."""

    @pytest.fixture
    def apps(self, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["Ward tablet", "Trial portal"])

    @pytest.mark.parametrize(
        ("state", "title", "action", "foot"),
        [
            (VaultState.LOCKED, "Your keychain is locked", "Unlock", "Locked"),
            (VaultState.MISSING, "No keychain was found", "Try again", "Not found"),
            (VaultState.FAILED, "The keychain does not answer", "Try again", "Not answering"),
        ],
    )
    def test_says_so_and_keeps_the_list(
        self, apps: None, start: Start, vault: InMemoryVault, state: VaultState, title: str, action: str, foot: str
    ) -> None:
        vault.current = state
        desk = start()
        desk.wait(desk.banner)
        assert title in desk.banner()
        assert len(desk.labels()) == 2
        assert foot in texts(desk.console.sidebar)
        assert "Keys in Test keychain" in texts(desk.console.sidebar)
        desk.find(action)
        desk.select("Ward tablet")
        desk.key(Key.Key_C, CTRL)
        desk.wait(desk.toasts)
        assert "••••" in desk.key_seen("Ward tablet")
        vault.current = VaultState.UNLOCKED
        desk.click(action)
        desk.wait(lambda: not desk.banner())
        assert "Unlocked" in texts(desk.console.sidebar)

    def test_try_again_while_a_look_is_under_way_is_not_lost(self, start: Start) -> None:
        class Stale(SlowVault):
            """Says what was so when it was asked, however long that was ago."""

            def state(self) -> VaultState:
                found = self.current
                super().state()
                return found

        vault = Stale()
        vault.current = VaultState.FAILED
        desk = start(vault=vault)
        desk.wait(desk.banner)
        vault.slow = {"state"}
        desk.click("Try again")
        vault.current = VaultState.UNLOCKED
        desk.click("Try again")
        vault.answer()
        desk.wait(lambda: not desk.banner())

    def test_unlock_that_the_person_refuses(self, apps: None, start: Start, vault: InMemoryVault) -> None:
        vault.current, vault.person_unlocks = VaultState.LOCKED, False
        desk = start()
        desk.click("Unlock")
        desk.toast("The keychain refused")
        assert "Your keychain is locked" in desk.banner()
        vault.person_unlocks = True
        desk.choose("Unlock keychain", desk.open_menu("File"))
        desk.wait(lambda: not desk.banner())

    def test_once_unlocked_one_goes_on_with_the_apps(self, apps: None, start: Start, vault: InMemoryVault) -> None:
        vault.current = VaultState.LOCKED
        desk = start()
        desk.find("Unlock").setFocus()
        desk.key(Key.Key_Space)
        desk.wait(lambda: not desk.banner())
        assert desk.table.hasFocus()

    @pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING])
    def test_create_app_says_why_not(self, start: Start, vault: InMemoryVault, state: VaultState) -> None:
        vault.current = state
        desk = start()
        desk.key(Key.Key_N, CTRL)
        dialog = desk.dialog()
        desk.type("Ward tablet")
        desk.key(Key.Key_Return)
        title = {VaultState.LOCKED: "Your keychain is locked", VaultState.MISSING: "No keychain was found"}[state]
        desk.wait(lambda: title in " ".join(texts(dialog)))
        assert not desk.program.stores.repository.apps(), "nothing half-made"
        assert not vault.items

    def test_locked_while_it_runs_is_seen_at_the_next_call(self, desk: Desk, vault: InMemoryVault) -> None:
        desk.create("Ward tablet")
        desk.click_in_key("Ward tablet", "eye")  # hides it
        vault.current = VaultState.LOCKED
        desk.click_in_key("Ward tablet", "eye")
        desk.wait(desk.banner)
        assert "Your keychain is locked" in desk.banner()

    def test_a_key_that_is_gone(self, apps: None, start: Start, vault: InMemoryVault) -> None:
        desk = start()
        desk.wait(lambda: len(desk.labels()) == 2)
        vault.items.clear()
        desk.select("Ward tablet")
        desk.key(Key.Key_C, CTRL)
        desk.toast("The key is missing")
        desk.wait(lambda: desk.values("Status")[desk.labels().index("Ward tablet")] == "Key missing")
        assert desk.seen(desk.cell("Ward tablet", "Status")) == "Key missing"

    def test_waiting_is_shown_and_can_be_stopped(self, folder: Path, start: Start) -> None:
        vault = SlowVault()
        stored_apps(folder, vault, ["Ward tablet"])
        desk = start(vault=vault)
        desk.wait(lambda: desk.selected() == "Ward tablet")
        vault.slow = {"read"}
        desk.key(Key.Key_C, CTRL)
        desk.wait(lambda: vault.calls[-1][0] == "read")
        assert not desk.toasts()
        desk.pass_time(BUSY_SECONDS)
        desk.toast("Waiting for Test keychain…")
        vault.slow = set()
        desk.pass_time(SLOW_SECONDS)
        assert any("A system prompt may be open behind this window." in n for n in desk.toasts())
        desk.click("Stop waiting")
        desk.toast("The keychain does not answer")
        assert not any("Waiting for" in n for n in desk.toasts())
        desk.key(Key.Key_C, CTRL)
        desk.toast("API key copied")


class TestUnfinishedWork:
    """What an earlier run left half-done is settled once the window is up."""

    def test_is_completed_and_told(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["Half"], state=AppState.CREATING)
        desk = start()
        desk.toast("Interrupted changes were resolved")
        assert any("1 change completed." in toast for toast in desk.toasts())
        desk.wait(lambda: desk.values("Status") == ["Enabled"])

    def test_is_undone_and_told(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["Half"], state=AppState.CREATING)
        vault.items.clear()
        desk = start()
        desk.toast("1 change undone.")
        desk.wait(lambda: not desk.labels())

    def test_waits_for_the_keychain(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        stored_apps(folder, vault, ["Half"], state=AppState.CREATING)
        vault.current = VaultState.LOCKED
        desk = start()
        desk.wait(lambda: desk.values("Status") == ["Not finished"])
        desk.click("Unlock")
        desk.wait(lambda: desk.values("Status") == ["Enabled"])

    def test_no_answer_is_settled_as_soon_as_the_keychain_answers(self, desk: Desk, vault: InMemoryVault) -> None:
        vault.fail_next("store", VaultTimeout(vault.name))
        desk.key(Key.Key_N, CTRL)
        dialog = desk.dialog()
        desk.find("Label").setText("Ward tablet")
        desk.click("Create App")
        desk.wait(lambda: "Not finished yet" in " ".join(texts(dialog)))
        desk.key(Key.Key_Escape)
        desk.toast("1 change undone.")  # by itself: it answers again
        desk.wait(lambda: desk.labels() == [])

    def test_undo_of_a_delete_while_locked_asks_to_unlock_and_is_done(self, desk: Desk, vault: InMemoryVault) -> None:
        desk.create("Ward tablet")
        desk.key(Key.Key_Delete)
        desk.click("Delete", within=desk.dialog())
        toast = desk.toast("“Ward tablet” deleted")
        vault.current = VaultState.LOCKED
        desk.click("Undo", within=toast)
        desk.wait(lambda: desk.labels() == ["Ward tablet"])
        assert vault.current is VaultState.UNLOCKED

    def test_undo_is_still_offered_where_the_person_does_not_unlock(self, desk: Desk, vault: InMemoryVault) -> None:
        desk.create("Ward tablet")
        desk.key(Key.Key_Delete)
        desk.click("Delete", within=desk.dialog())
        toast = desk.toast("“Ward tablet” deleted")
        vault.current, vault.person_unlocks = VaultState.LOCKED, False
        desk.click("Undo", within=toast)
        desk.toast("The keychain refused")
        vault.person_unlocks = True
        desk.click("Undo", within=desk.toast("“Ward tablet” is still deleted"))
        desk.wait(lambda: desk.labels() == ["Ward tablet"])

    def test_delete_now_while_locked_is_done_later(self, desk: Desk, vault: InMemoryVault) -> None:
        app = desk.create("Ward tablet")
        desk.apps.delete(app, lambda _: None)
        desk.wait(lambda: not desk.labels())
        vault.current = VaultState.LOCKED
        desk.apps.purge(app)
        desk.toast("A key of “Ward tablet” could not be removed")
        assert vault.items
        vault.current = VaultState.UNLOCKED
        desk.workspace.look_at_keychain()
        desk.wait(lambda: not vault.items, "it is finished when the keychain can be used")

    def test_what_is_due_goes_while_the_program_runs(
        self, start: Start, folder: Path, vault: InMemoryVault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cortex_desktop.ui.workspace.AN_HOUR_MS", 200)
        stored_apps(folder, vault, ["Ward tablet"])
        desk = start()
        desk.wait(lambda: desk.labels() == ["Ward tablet"])
        repository = desk.program.stores.repository
        app = repository.apps()[0]
        Folder(repository, vault, lambda: datetime.now(UTC)).claim_run()
        repository.change_app(app.id, lambda app: replace(app, state=AppState.DELETED, purge_after=datetime.now(UTC)))
        desk.wait(lambda: not vault.items, "it went within the hour")


def test_an_error_stays_long_enough_to_be_read_and_can_be_dismissed(desk: Desk, vault: InMemoryVault) -> None:
    desk.create("Ward tablet")
    desk.click_in_key("Ward tablet", "eye")
    vault.fail_next("read", VaultError(VaultProblem.DENIED, vault.name))
    desk.click_in_key("Ward tablet", "eye")
    toast = desk.toast("The keychain refused")
    assert "Try again and allow access when the system asks." in " ".join(texts(toast))
    assert toast.size() == toast.size().expandedTo(QSize(60, 60))
    desk.click("Dismiss", within=toast)
    desk.wait(lambda: not any("refused" in n for n in desk.toasts()))


def test_the_same_error_stands_there_once_and_goes_when_the_keychain_is_unlocked(
    desk: Desk, vault: InMemoryVault
) -> None:
    desk.create("Ward tablet")
    desk.tools.reveal.end()
    vault.current = VaultState.LOCKED
    for _ in range(3):
        desk.key(Key.Key_C, CTRL)
        desk.let_pass(50)
    desk.toast("locked")
    assert sum("locked" in toast.lower() for toast in desk.toasts()) == 1
    vault.current = VaultState.UNLOCKED
    desk.workspace.look_at_keychain()
    desk.wait(lambda: not any("locked" in toast.lower() for toast in desk.toasts()), "it is not true any more")


def test_settings_that_cannot_be_saved_are_said_once(desk: Desk, folder: Path) -> None:
    (folder / "settings.ini").unlink(missing_ok=True)
    (folder / "settings.ini").mkdir()  # which not even root can write over
    for theme in (1, 2):
        desk.console.show_preferences()
        desk.dialog().theme.setCurrentIndex(theme)
        desk.key(Key.Key_Escape)
        desk.no_dialog()
        if theme == 1:
            desk.toast("Preferences are not kept")
            desk.tools.toasts.shown[0].leave()
    assert not desk.toasts()
    desk.close()


def test_a_new_app_is_shown_from_wherever_it_was_made(desk: Desk) -> None:
    for number, page in enumerate(("open_activity", "open_organization")):
        desk.action(page).trigger()
        desk.create(f"Ward {number}")
        assert desk.table.isVisible()
        assert desk.tools.reveal.app_id == desk.app(f"Ward {number}").id
        assert desk.window.windowTitle().startswith("Apps")
        assert QApplication.focusWidget() is desk.table
