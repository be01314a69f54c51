"""What is done with an app: enable, disable, delete, take back, details, first request, menus."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QTextBlock, QTextDocument
from PySide6.QtWidgets import QApplication, QListWidget, QMessageBox, QPlainTextEdit, QPushButton

from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.ui.kit.dialog import Question
from tests.support.gui import CTRL, Desk, Key, clipboard_text, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
KEY = "mwidxhb8ShcqmV1B9iOYJh"  # of the Cortex guide


@pytest.fixture
def desk(open_with: Start) -> Desk:
    desk = open_with({"NewHealth App": {"key": KEY}, "EMR integration": {"sessions": False, "csrf": False}})
    desk.select("NewHealth App")
    return desk


def status(desk: Desk, label: str = "NewHealth App") -> str:
    return desk.seen(desk.cell(label, "Status"))


class TestEnabling:
    def test_by_keyboard_and_for_good(self, desk: Desk, start: Start) -> None:
        assert status(desk) == "Enabled"
        desk.key(Key.Key_E, CTRL)
        desk.wait(lambda: status(desk) == "Disabled")
        desk.close()
        again = start()
        again.wait(lambda: len(again.labels()) == 2)
        assert status(again) == "Disabled"
        again.select("NewHealth App")
        again.key(Key.Key_E, CTRL)
        again.wait(lambda: status(again) == "Enabled")

    def test_in_the_details(self, desk: Desk) -> None:
        desk.key(Key.Key_Return)
        details = desk.apps.page.details
        desk.click("Disable", QPushButton, details)
        desk.wait(lambda: status(desk) == "Disabled")
        desk.click("Enable", QPushButton, details)
        desk.wait(lambda: status(desk) == "Enabled")

    def test_messages_leave_the_buttons_of_the_details_free(self, desk: Desk) -> None:
        desk.window.resize(1200, 760)
        desk.key(Key.Key_Return)
        details = desk.apps.page.details
        desk.wait(details.isVisible)
        desk.key(Key.Key_C, CTRL)
        toast = desk.toast("API key copied")
        assert not QRect(toast.mapToGlobal(QPoint()), toast.size()).intersects(
            QRect(details.mapToGlobal(QPoint()), details.size())
        )

    def test_a_disabled_apps_key_can_still_be_copied(self, desk: Desk) -> None:
        desk.key(Key.Key_E, CTRL)
        desk.wait(lambda: status(desk) == "Disabled")
        desk.key(Key.Key_C, CTRL)
        desk.wait(lambda: clipboard_text() == KEY)


class TestDeleting:
    def ask(self, desk: Desk) -> QMessageBox:
        desk.key(Key.Key_Delete)
        return desk.dialog()

    def test_asks_and_cancel_is_the_default(self, desk: Desk) -> None:
        question = self.ask(desk)
        words = " ".join(texts(question))
        assert "Delete “NewHealth App”?" in words
        assert "cannot be brought back" in words
        assert QApplication.focusWidget().text() == "Cancel"
        desk.key(Key.Key_Return)
        desk.no_dialog()
        assert len(desk.labels()) == 2

    def test_escape_cancels(self, desk: Desk) -> None:
        self.ask(desk)
        desk.key(Key.Key_Escape)
        desk.no_dialog()
        desk.let_pass(30)
        assert len(desk.labels()) == 2

    def test_undo_brings_it_back_with_its_key(self, desk: Desk, vault: InMemoryVault) -> None:
        items = dict(vault.items)
        self.ask(desk)
        desk.click("Delete")
        desk.wait(lambda: "NewHealth App" not in desk.labels())
        toast = desk.toast("“NewHealth App” deleted")
        assert "restored for 30 days" in " ".join(texts(toast))
        assert vault.items == items
        desk.click("Undo", within=toast)
        desk.wait(lambda: "NewHealth App" in desk.labels())
        desk.let_pass(30)
        assert vault.items == items
        desk.select("NewHealth App")
        desk.key(Key.Key_C, CTRL)
        desk.wait(lambda: clipboard_text() == KEY)

    def test_recently_deleted_restores_it_after_a_restart(self, desk: Desk, start: Start, vault: InMemoryVault) -> None:
        items = dict(vault.items)
        self.ask(desk)
        desk.click("Delete")
        desk.toast("“NewHealth App” deleted")
        desk.close()
        again = start()
        assert again.labels() == ["EMR integration"]
        again.action("deleted").trigger()
        (row,) = again.dialog().findChild(QListWidget).findItems("NewHealth App", Qt.MatchFlag.MatchStartsWith)
        assert "until" in row.text()
        assert row.data(Qt.ItemDataRole.AccessibleTextRole).endswith("30 days left")
        again.click("Restore")
        again.no_dialog()
        again.wait(lambda: "NewHealth App" in again.labels())
        again.select("EMR integration")
        again.click("Show", within=again.toast("“NewHealth App” restored"))
        assert again.selected() == "NewHealth App"
        assert vault.items == items

    def test_delete_now_takes_key_and_row(self, desk: Desk, vault: InMemoryVault) -> None:
        self.ask(desk)
        desk.click("Delete")
        desk.toast("“NewHealth App” deleted")
        desk.action("deleted").trigger()
        deleted = desk.dialog()
        desk.click("Delete now")
        question = next(q for q in QApplication.topLevelWidgets() if isinstance(q, Question))
        desk.wait(question.isVisible)
        words = " ".join(texts(question))
        assert "Delete “NewHealth App” now?" in words
        assert "cannot be brought back" in words
        assert question.focusWidget().text() == "Cancel"
        desk.click("Cancel", within=question)
        desk.wait(lambda: not any(isinstance(q, Question) for q in QApplication.topLevelWidgets()))
        assert len({ref.app_id for ref in vault.items}) == 2
        desk.click("Delete now", within=deleted)
        question = next(q for q in QApplication.topLevelWidgets() if isinstance(q, Question))
        desk.wait(question.isVisible)
        desk.click("Delete now", within=question)
        desk.wait(lambda: len(desk.program.stores.repository.apps()) == 1)
        assert {ref.app_id for ref in vault.items} == {desk.app("EMR integration").id}
        assert "Nothing was deleted" in texts(deleted)
        assert not deleted.restore.isVisible()
        desk.click("Close")
        desk.no_dialog()

    def test_quitting_meanwhile_ends_it_at_the_next_start(
        self, desk: Desk, start: Start, vault: InMemoryVault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cortex_desktop.services.periods.RESTORABLE", timedelta(seconds=0))
        self.ask(desk)
        desk.click("Delete")
        desk.toast("deleted")
        desk.close()
        assert len({ref.app_id for ref in vault.items}) == 2, "the key is not lost at quit"
        again = start()
        again.wait(lambda: len({ref.app_id for ref in vault.items}) == 1)
        assert again.labels() == ["EMR integration"]

    def test_a_keychain_that_refuses_leaves_it_to_a_later_start(
        self, desk: Desk, start: Start, vault: InMemoryVault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cortex_desktop.services.periods.RESTORABLE", timedelta(seconds=0))
        self.ask(desk)
        desk.click("Delete")
        desk.toast("deleted")
        desk.close()
        vault.fail_next("remove", VaultError(VaultProblem.FAILED, vault.name))
        second = start()
        second.wait(lambda: "remove" in {call for call, _ in vault.calls})
        assert second.labels() == ["EMR integration"]
        second.close()
        assert len({ref.app_id for ref in vault.items}) == 2
        third = start()
        third.wait(lambda: len({ref.app_id for ref in vault.items}) == 1)

    def test_the_delete_key_belongs_to_the_text_while_one_types(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("ab")
        desk.key(Key.Key_Home)
        desk.key(Key.Key_Delete)
        assert QApplication.focusWidget().text() == "b"
        assert desk.dialog_or_none() is None


class TestDetails:
    @pytest.fixture
    def details(self, desk: Desk) -> Desk:
        desk.key(Key.Key_Return)
        assert desk.apps.page.details.isVisible()
        return desk

    def words(self, desk: Desk) -> str:
        return "\n".join(texts(desk.apps.page.details))

    def test_words(self, details: Desk) -> None:
        words = self.words(details)
        assert "NewHealth App" in words
        assert f"mwid{'•' * 14}OYJh" in words
        assert "Stored in Test keychain." in words
        assert KEY not in words
        assert "API secret" not in words, "an app with Sessions has none"
        assert "The key was made today · never copied" in words
        request = details.find("First request", QPlainTextEdit).toPlainText()
        assert "curl https://api.dev.medable.com" in request
        assert "/my-org/v2/accounts/login" in request
        assert "mwid…OYJh" in request

    def test_of_a_signing_app(self, details: Desk) -> None:
        details.select("EMR integration")
        words = self.words(details)
        assert "API secret" in words
        assert "Signs each request. Never put it in an app that you hand out." in words
        secret = details.kept("EMR integration", SecretKind.API_SECRET)
        assert secret not in words
        details.click("Copy API secret", within=details.apps.page.details)
        details.wait(lambda: clipboard_text() == secret)

    def test_follow_the_selection(self, details: Desk) -> None:
        details.table.setFocus()
        details.key(Key.Key_Up if details.labels()[0] != "NewHealth App" else Key.Key_Down)
        assert "EMR integration" in self.words(details)
        assert "NewHealth App" not in self.words(details)

    def test_the_curl_copied_has_the_real_key(self, details: Desk) -> None:
        details.click("Copy curl", within=details.apps.page.details)
        details.toast("First request copied")
        assert shlex.split(clipboard_text().replace("\\\n", " ")) == [
            "curl",
            "https://api.dev.medable.com/my-org/v2/accounts/login",
            "-H",
            f"Medable-Client-Key: {KEY}",
            "-H",
            "Content-Type: application/json",
            "-d",
            '{"email": "…", "password": "…"}',
        ]
        assert KEY not in self.words(details)

    def test_last_copied(self, details: Desk) -> None:
        details.click("Copy API key", within=details.apps.page.details)
        details.toast("API key copied")
        details.wait(lambda: "never copied" not in self.words(details))
        assert details.app("NewHealth App").last_copied is not None

    def test_reveal_and_its_countdown(self, details: Desk) -> None:
        details.click("Reveal API key", within=details.apps.page.details)
        details.wait(lambda: KEY in self.words(details))
        assert "Hides again in 30 s" in self.words(details)
        assert details.key_seen("NewHealth App") == f"mwid{'•' * 14}OYJh", "the table does not show it too"
        details.click("Hide API key", within=details.apps.page.details)
        assert KEY not in self.words(details)

    def test_reveal_does_not_spill_to_another_app(self, details: Desk) -> None:
        details.click("Reveal API key", within=details.apps.page.details)
        details.wait(lambda: KEY in self.words(details))
        details.select("EMR integration")
        assert KEY not in self.words(details)

    def test_everything_in_it_by_keyboard(self, details: Desk) -> None:
        panel = details.apps.page.details
        reached = []
        for _ in range(40):
            focused = QApplication.focusWidget()
            if panel.isAncestorOf(focused):
                reached.append(focused.accessibleName() or focused.text())
            details.key(Key.Key_Tab)
        wanted = ["Close details", "Reveal API key", "Copy API key", "Copy curl", "First request", "Rotate key"]
        wanted += ["Disable", "More actions"]
        assert not set(wanted) - set(reached)


class TestMenus:
    def test_hold_everything(self, desk: Desk) -> None:
        bar = {a.text(): [b.text() for b in a.menu().actions() if b.text()] for a in desk.window.menuBar().actions()}
        for menu, entries in {
            "&File": [
                "New App…",
                "Add existing key…",
                "Switch organization…",
                "Unlock keychain…",
                "Preferences…",
                "Quit",
            ],
            "&App": [
                "Copy API key",
                "Copy API secret",
                "Copy as",
                "Reveal API key",
                "Reveal API secret",
                "Edit…",
                "Duplicate…",
                "Disable",
                "Delete…",
            ],
            "&View": ["Apps", "Organization", "Find", "Details"],
            "&Help": ["About Cortex Desktop"],
        }.items():
            assert [entry for entry in bar[menu] if entry in entries] == entries

    def test_shortcuts_of_the_contract(self, desk: Desk) -> None:
        keys = QKeySequence.StandardKey
        for title, text, wanted in (
            ("&File", "New App…", QKeySequence(keys.New)),
            ("&File", "Quit", QKeySequence("Ctrl+Q")),
            ("&App", "Copy API key", QKeySequence(keys.Copy)),
            ("&App", "Delete…", QKeySequence(keys.Delete)),
            ("&View", "Find", QKeySequence(keys.Find)),
        ):
            menu = next(a.menu() for a in desk.window.menuBar().actions() if a.text() == title)
            assert next(a for a in menu.actions() if a.text() == text).shortcut() == wanted

    def test_offer_only_what_makes_sense(self, start: Start, folder: Path, vault: InMemoryVault) -> None:
        desk = start()
        offered = desk.open_menu("App").actions()
        offered += next(a for a in offered if a.text() == "Copy as").menu().actions()
        assert {a.text() for a in offered if a.isEnabled() and a.text() and a.menu() is None} == set()
        desk.key(Key.Key_Escape)
        assert not next(a for a in desk.open_menu("File").actions() if a.text().startswith("Unlock")).isEnabled()
        desk.key(Key.Key_Escape)

    def test_about_names_versions_and_licences(self, desk: Desk) -> None:
        desk.choose("About Cortex Desktop", desk.open_menu("Help"))
        dialog = desk.dialog()
        words = " ".join(texts(dialog))
        assert "Version 0.1.0" in words
        assert "It is not made, endorsed or supported by Medable" in words
        licences = desk.find("Licences")
        assert licences.count() > 5
        for row in range(licences.count()):
            licences.setCurrentRow(row)
            text = desk.find("Licence text", QPlainTextEdit)
            assert len(text.toPlainText()) > 200, licences.item(row).text()
            if max(map(len, text.toPlainText().splitlines())) <= 80:  # its own lines, not broken once more
                assert all(line.lineCount() == 1 for line in blocks(text.document())), licences.item(row).text()
        desk.key(Key.Key_Escape)
        desk.no_dialog()

    def test_one_dialog_at_a_time(self, desk: Desk) -> None:
        desk.key(Key.Key_N, CTRL)
        desk.dialog()
        for action in (desk.action("about"), desk.action("delete"), desk.action("preferences")):
            action.trigger()
        assert len([w for w in QApplication.topLevelWidgets() if w.inherits("QDialog") and w.isVisible()]) == 1


def blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()
