"""The data folder was restored, copied or moved, or the clock: what the window asks, and what each answer does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QListWidget, QPlainTextEdit, QWidget

from cortex_desktop.domain.errors import NothingExposed, VaultError, VaultProblem
from cortex_desktop.domain.findings import Problem
from cortex_desktop.domain.folder import Standing
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, SecretKind, SecretRef, generate
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.apps.doctor_dialog import DoctorDialog
from tests.support.gui import CTRL, SHIFT, Desk, Key, stored_apps, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
KEY = SecretKind.API_KEY


def rotate(desk: Desk, label: str) -> None:
    """Replace the app's key, keeping the old one."""
    app, done = desk.app(label), []
    work = desk.program.services.apps.rotation
    desk.workspace.on_vault(lambda: work.rotate(app.id, timedelta(days=7)), done.append)
    desk.wait(lambda: done)


def put_back(folder: Path, saved: Path) -> None:
    """Put the saved folder in the place of the present one."""
    shutil.rmtree(folder)
    shutil.copytree(saved, folder)


def restored(start: Start, folder: Path, saved: Path) -> Desk:
    """The window on a folder as it was before its app's key was rotated."""
    desk = start()
    desk.create("Ward tablet", sessions=True)
    desk.close()
    shutil.copytree(folder, saved)
    desk = start()
    rotate(desk, "Ward tablet")
    desk.close()
    put_back(folder, saved)
    return start()


def use_newer(desk: Desk) -> None:
    """Say that the folder was restored, and use the newer key that is then listed."""
    desk.click("I restored a backup")
    dialog = desk.dialog()
    assert isinstance(dialog, DoctorDialog)
    desk.wait(lambda: dialog.ways.isVisible())
    assert "holds a newer key (version 2)" in dialog.findChild(QListWidget).item(0).text()
    dialog.close()
    desk.no_dialog()
    desk.select("Ward tablet")
    desk.apps.page.open_details()
    assert "The keychain holds a newer key (version 2)." in desk.screen()
    desk.click("Use it", within=desk.apps.page.details)
    desk.wait(lambda: desk.app("Ward tablet").version == 2)
    desk.wait(lambda: "newer key (version 2)" not in desk.screen())


class TestRestored:
    def test_the_newer_key_is_offered(self, start: Start, folder: Path, tmp_path: Path, vault: InMemoryVault) -> None:
        desk = restored(start, folder, tmp_path / "saved")
        desk.wait(lambda: "older than the keychain" in desk.banner())
        held = dict(vault.items)
        assert desk.labels() == ["Ward tablet"]
        use_newer(desk)
        assert "older than the keychain" not in desk.banner()
        assert vault.items == held, "nothing went from the keychain"
        desk.click("Undo", within=desk.toast("Newer key in use"))
        desk.wait(lambda: desk.app("Ward tablet").version == 1)

    def test_the_answer_is_undone(self, start: Start, folder: Path, tmp_path: Path) -> None:
        desk = restored(start, folder, tmp_path / "saved")
        desk.wait(lambda: "older than the keychain" in desk.banner())
        desk.click("It is a copy: view only")
        desk.wait(lambda: "view only" in desk.banner())
        desk.click("Undo", within=desk.toast("This copy is view only"))
        desk.wait(lambda: "older than the keychain" in desk.banner())

    def test_with_the_real_keychain(self, start_really: Start, folder: Path, tmp_path: Path) -> None:
        desk = restored(start_really, folder, tmp_path / "saved")
        desk.wait(lambda: "older than the keychain" in desk.banner())
        newer = SecretRef(desk.app("Ward tablet").org_id, desk.app("Ward tablet").id, KEY, 2)
        key = desk.program.stores.vault.read(newer)
        use_newer(desk)
        assert desk.kept("Ward tablet") == key.reveal()


def test_the_claim_follows_each_stored_key_when_nobody_waits(start: Start, vault: InMemoryVault) -> None:
    desk = start()
    desk.create("Ward tablet")
    [(folder_id, first)] = vault.claims.items()
    desk.create("Ward phone")
    generation = desk.program.stores.repository.folder_record().generation
    desk.wait(lambda: f'"step":{generation}' in vault.claims[folder_id])
    assert vault.claims[folder_id] != first


def test_a_moved_folder_goes_on(start: Start, folder: Path, vault: InMemoryVault) -> None:
    desk = start()
    desk.create("Ward tablet")
    desk.close()
    [(folder_id, claim)] = vault.claims.items()
    vault.claims[folder_id] = claim.replace(str(folder), str(folder.parent / "before"))
    desk = start()
    desk.wait(lambda: "in a new place" in desk.banner())
    assert str(folder.parent / "before") in desk.banner()
    desk.click("I moved it here")
    desk.wait(lambda: not desk.banner())
    assert desk.program.services.apps.stores.folder.standing() is Standing.KNOWN


def test_it_stands_above_every_page_and_is_answered_by_keyboard(
    start: Start, folder: Path, vault: InMemoryVault
) -> None:
    desk = start()
    desk.create("Ward tablet")
    desk.close()
    [(folder_id, claim)] = vault.claims.items()
    vault.claims[folder_id] = claim.replace(str(folder), str(folder.parent / "before"))
    desk = start()
    desk.wait(lambda: "in a new place" in desk.banner())
    above, pages = desk.program.console.above_pages, desk.program.console.pages
    for size in ((1200, 760), (560, 380)):
        desk.window.resize(*size)
        for number in (Key.Key_2, Key.Key_3, Key.Key_4, Key.Key_5, Key.Key_1):
            desk.key(number, CTRL)
            desk.wait(lambda: "in a new place" in desk.banner())
            desk.let_pass(30)
            assert above.isVisible()
            assert pages.height() >= above.height()
            assert above.geometry().bottom() < pages.geometry().top()
    [banner] = [each for each in above.findChildren(QWidget) if each.objectName() == "banner"]
    assert banner.accessibleName() == "This data folder is in a new place"
    assert str(folder.parent / "before") in banner.accessibleDescription()
    desk.key(Key.Key_3, CTRL)  # from the activity
    for _ in range(60):
        focused = desk.window.focusWidget()
        if isinstance(focused, QAbstractButton) and focused.text() == "I moved it here":
            break
        desk.key(Key.Key_Tab)
    assert focused.text() == "I moved it here"
    desk.key(Key.Key_Tab)
    assert desk.window.focusWidget().text().startswith("It is a copy: give it keys of its own")
    desk.key(Key.Key_Backtab, SHIFT)
    desk.key(Key.Key_Space)
    desk.wait(lambda: not desk.banner())
    assert not above.isVisible()


def test_a_copy_gets_keys_of_its_own(start: Start, folder: Path, tmp_path: Path, vault: InMemoryVault) -> None:
    desk = start()
    desk.create("Ward tablet", sessions=True)
    desk.close()
    first = tmp_path / "first"
    shutil.copytree(folder, first)
    [(folder_id, claim)] = vault.claims.items()
    vault.claims[folder_id] = claim.replace(str(folder), str(first))
    desk = start()
    desk.wait(lambda: "is a copy" in desk.banner())
    assert desk.all("Quit", QAbstractButton)
    key = desk.kept("Ward tablet")
    before = desk.app("Ward tablet").id
    desk.click("It is a copy: give it keys of its own")
    desk.dialog()
    desk.click("Give it keys of its own")
    desk.toast("This folder has keys of its own")
    desk.wait(lambda: not desk.banner())
    assert desk.app("Ward tablet").id != before
    assert desk.kept("Ward tablet") == key
    assert len(vault.items) == 2, "the other folder keeps its own"


def test_another_keychain(start: Start, vault: InMemoryVault) -> None:
    desk = start()
    desk.create("Ward tablet")
    desk.close()
    vault.claims.clear()
    desk = start()
    desk.wait(lambda: "does not know this data folder" in desk.banner())
    desk.click("Use this keychain")
    desk.wait(lambda: not desk.banner())


def test_a_clock_that_jumped_is_asked_about(start: Start, folder: Path) -> None:
    desk = start()
    desk.create("Ward tablet", sessions=True)
    rotate(desk, "Ward tablet")
    desk.close()
    repository = TinyRepository(folder)
    seen = datetime.now(UTC) - timedelta(days=60)
    repository.change_app(repository.apps()[0].id, lambda app: _kept_until(app, seen + timedelta(days=7)))
    repository.change_folder(lambda record: _seen(record, seen))
    repository.close()
    desk = start()
    desk.wait(lambda: "The clock was moved forward" in desk.banner())
    assert desk.app("Ward tablet").kept
    desk.click("The clock is right")
    desk.wait(lambda: not desk.app("Ward tablet").kept)
    desk.wait(lambda: not desk.banner())


def _kept_until(app, until):
    from dataclasses import replace

    return replace(app, kept=tuple(replace(kept, until=until) for kept in app.kept))


def _seen(record, seen):
    from dataclasses import replace

    return replace(record, seen=seen)


def test_a_keychain_that_shares_nothing_says_what_to_do(desk: Desk, vault: InMemoryVault) -> None:
    vault.trouble = NothingExposed("KeePassXC")
    vault.current = VaultState.MISSING
    desk.workspace.look_at_keychain()
    desk.wait(lambda: "KeePassXC shares no group" in desk.banner())
    assert "Expose entries under this group" in desk.banner()


# The check


@pytest.fixture
def checked(start: Start, folder: Path, vault: InMemoryVault) -> Callable[..., tuple[Desk, DoctorDialog]]:
    """Opens the check on one app, after `spoil(app)`; the dialog has listed what it found."""

    def checked(spoil: Callable[..., object]) -> tuple[Desk, DoctorDialog]:
        [app] = stored_apps(folder, vault, ["Ward tablet"])
        spoil(app)
        desk = start()
        desk.choose("Check keychain", desk.open_menu("File"))
        dialog = desk.dialog()
        assert isinstance(dialog, DoctorDialog)
        desk.wait(lambda: dialog.findChild(QListWidget).isVisible())
        desk.wait(lambda: dialog.ways.isVisible())
        desk.let_pass(50)
        return desk, dialog

    return checked


def key_of(app) -> SecretRef:
    return app.ref(KEY)


def words(dialog: DoctorDialog) -> str:
    found = dialog.findChild(QListWidget)
    return "\n".join(found.item(row).text() for row in range(found.count()))


def test_every_problem_has_a_sentence(qapp, qtbot, desk: Desk) -> None:
    app = desk.create("Ward tablet")
    from cortex_desktop.services.doctor import REPAIRS, Finding

    dialog = DoctorDialog(desk.tools.look, [app], {}, "Keychain", lambda f: REPAIRS[f.problem], desk.window)
    dialog.surveyed(())
    dialog.checked([Finding(app, key_of(app), problem) for problem in Problem])
    found = dialog.findChild(QListWidget)
    assert found.count() == len(Problem)
    assert all(line.startswith("Ward tablet: ") and "{" not in line for line in words(dialog).splitlines())
    dialog.deleteLater()


def test_another_key_is_used_and_given_back(checked, vault: InMemoryVault) -> None:
    other = generate(KEY)
    desk, dialog = checked(lambda app: vault.items.update({key_of(app): other}))
    assert "holds another key" in words(dialog)
    ends = desk.app("Ward tablet").key_ends
    desk.click("Use it", within=dialog)
    desk.no_dialog()
    desk.wait(lambda: desk.app("Ward tablet").key_ends == KeyEnds.of(other))
    desk.wait(lambda: desk.values("Status") == ["Enabled"])
    desk.click("Undo", within=desk.toast("1 thing repaired"))
    desk.wait(lambda: desk.app("Ward tablet").key_ends == ends)


def test_a_missing_key_is_typed_again(checked, vault: InMemoryVault) -> None:
    key = generate(KEY).reveal()
    desk, dialog = checked(lambda app: vault.items.pop(key_of(app)))
    desk.wait(lambda: desk.values("Status") == ["Key missing"])
    desk.click("Type the key again", within=dialog)
    desk.wait(lambda: desk.dialog_or_none() not in (None, dialog))
    desk.dialog()
    desk.find("Paste the key", QPlainTextEdit).setFocus()
    desk.type(key)
    desk.key(Key.Key_Return)
    desk.click("Store key")
    desk.no_dialog()
    assert desk.kept("Ward tablet") == key
    desk.wait(lambda: desk.values("Status") == ["Enabled"])


def test_a_key_that_is_typed_over_another_is_taken_back(checked, vault: InMemoryVault) -> None:
    other = generate(KEY)
    desk, dialog = checked(lambda app: vault.items.update({key_of(app): other}))
    before = desk.app("Ward tablet")
    desk.click("Type the key again", within=dialog)
    desk.wait(lambda: desk.dialog_or_none() not in (None, dialog))
    desk.dialog()
    desk.find("Paste the key", QPlainTextEdit).setFocus()
    desk.type(generate(KEY).reveal())
    desk.key(Key.Key_Return)
    desk.click("Store key")
    desk.no_dialog()
    desk.wait(lambda: desk.app("Ward tablet").version == 2)
    desk.click("Undo", within=desk.toast("Key stored"))
    desk.wait(lambda: desk.app("Ward tablet").version == 1)
    assert desk.app("Ward tablet").key_ends == before.key_ends
    assert vault.items[key_of(before)] == other


def test_of_several_keys_of_one_name_a_person_chooses(checked, vault: InMemoryVault) -> None:
    keys = sorted((generate(KEY) for _ in range(2)), key=lambda key: key.reveal())

    def spoil(app) -> None:
        vault.items[key_of(app)], vault.doubles[key_of(app)] = keys[0], [keys[1]]

    desk, dialog = checked(spoil)
    assert "more than once" in words(dialog)
    desk.click("Keep the right one", within=dialog)
    desk.wait(lambda: desk.dialog_or_none() not in (None, dialog))
    dialog = desk.dialog()
    choice = desk.find("Which key is the right one?", QComboBox)
    ends = [KeyEnds.of(key) for key in keys]
    assert [choice.itemText(row) for row in range(2)] == [f"{each.head}…{each.tail}" for each in ends]
    choice.setCurrentIndex(1)
    desk.click("Keep this one", within=dialog)
    toast = desk.toast("1 thing repaired")
    assert desk.app("Ward tablet").key_ends == ends[1]
    assert desk.kept("Ward tablet") == keys[1].reveal()
    desk.click("Undo", within=toast)
    desk.wait(lambda: len(vault.read_all(key_of(desk.app("Ward tablet")))) == 2)


def test_what_was_found_is_shown_at_the_next_start(checked, start: Start, vault: InMemoryVault) -> None:
    desk, dialog = checked(lambda app: vault.items.pop(key_of(app)))
    dialog.close()
    desk.no_dialog()
    desk.close()
    desk = start()
    desk.wait(lambda: desk.values("Status") == ["Key missing"])
    assert desk.workspace.check is not None
    assert desk.workspace.check.troubled == {desk.app("Ward tablet").id}


def test_an_item_without_an_app_is_brought_back_or_removed(checked, vault: InMemoryVault) -> None:
    stray: list[SecretRef] = []

    def spoil(app) -> None:
        stray.append(SecretRef(app.org_id, "b" * 32, KEY, 1))
        vault.items[stray[0]] = generate(KEY)

    desk, dialog = checked(spoil)
    assert "An item without an app: API key, version 1, bbbbbbbb." in words(dialog)
    desk.click("Remove", within=dialog)
    desk.wait(lambda: stray[0] not in vault.items)
    desk.click("Undo", within=desk.toast("Item removed"))
    desk.wait(lambda: stray[0] in vault.items)
    desk.no_dialog()
    desk.choose("Check keychain", desk.open_menu("File"))
    dialog = desk.dialog()
    desk.wait(lambda: dialog.ways.isVisible())
    desk.let_pass(50)
    desk.click("Bring back", within=dialog)
    desk.wait(lambda: desk.dialog_or_none() not in (None, dialog))
    dialog = desk.dialog()
    label = desk.find("Label", QLineEdit)
    assert label.text() == "Found bbbbbbbb"
    desk.type("Reception")
    desk.click("Bring back", within=dialog)
    desk.no_dialog()
    desk.wait(lambda: "Reception" in desk.labels())
    desk.click("Undo", within=desk.toast("App brought back"))
    desk.wait(lambda: "Reception" not in desk.labels())


def test_rotating_in_doubt_says_first_that_nothing_leaves_the_keychain(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    desk = restored(start, folder, tmp_path / "saved")
    desk.wait(lambda: "older than the keychain" in desk.banner())
    desk.select("Ward tablet")
    desk.action("rotate").trigger()
    dialog = desk.dialog()
    box = desk.find("Keep the old key for", QComboBox)
    box.setCurrentIndex(box.count() - 1)
    desk.wait(lambda: "once you have said what this data folder is" in "".join(texts(dialog)))
    desk.click("Rotate key", within=dialog)
    desk.no_dialog()
    desk.wait(lambda: desk.app("Ward tablet").version == 3)
    desk.let_pass(100)
    assert not [text for text in desk.toasts() if "Nothing is removed" in text]


@pytest.mark.parametrize("purged", [True, False])
def test_what_goes_when_it_is_due_is_no_interrupted_change(start: Start, vault: InMemoryVault, purged: bool) -> None:
    desk = start()
    desk.create("Ward tablet", sessions=True)
    desk.select("Ward tablet")
    desk.action("rotate").trigger()
    dialog = desk.dialog()
    box = desk.find("Keep the old key for", QComboBox)
    box.setCurrentIndex(box.count() - 1)
    desk.click("Rotate key", within=dialog)
    desk.no_dialog()
    desk.wait(lambda: {ref.version for ref in vault.items} == {2})
    if purged:
        repository = desk.program.stores.repository
        app = desk.program.services.apps.deletion.delete(desk.app("Ward tablet").id)
        past = datetime.now(UTC) - timedelta(minutes=1)
        repository.change_app(app.id, lambda row: replace(row, purge_after=past))
        desk.workspace.recover()
        desk.wait(lambda: not vault.items)
    desk.let_pass(200)
    assert not [text for text in desk.toasts() if "Interrupted" in text]


def test_a_removal_that_failed_is_told_once(start: Start, folder: Path, vault: InMemoryVault) -> None:
    desk = start()
    desk.create("Ward tablet", sessions=True)
    for _ in range(3):
        vault.fail_next("remove", VaultError(VaultProblem.DENIED, vault.name))
    desk.workspace.on_vault(
        lambda: desk.program.services.apps.rotation.rotate(desk.app("Ward tablet").id, timedelta(0)), lambda _: None
    )
    desk.wait(lambda: desk.app("Ward tablet").version == 2)
    desk.workspace.recover()
    desk.toast("A key of “Ward tablet” could not be removed")
    desk.toast("tried again every hour")
    desk.workspace.recover()
    desk.let_pass(200)
    assert sum("could not be removed" in text for text in desk.toasts()) == 1
