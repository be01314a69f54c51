"""Adding a key that was made in the web console, at the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QPushButton

from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind
from tests.support.gui import CTRL, SHIFT, Desk, Key, clipboard_text, texts
from tests.support.memory_vault import InMemoryVault

KEY = "mwidxhb8ShcqmV1B9iOYJh"
OTHER = "GsAqlhnIMzrDeD8V2MBQWq"
SECRET = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
CURL = f"curl https://api.medable.com/x/v2 -H 'Medable-Client-Key: {KEY}' -b 'md.sid={OTHER}'"

Start = Callable[..., Desk]


class Form:
    """The open dialog and its parts."""

    def __init__(self, desk: Desk) -> None:
        desk.key(Key.Key_N, CTRL | SHIFT)
        self.desk = desk
        self.dialog = desk.dialog()
        self.field = desk.find("Paste the key", QPlainTextEdit, self.dialog)
        self.label = desk.find("Label", QLineEdit, self.dialog)
        self.add = desk.find("Add key", QPushButton, self.dialog)
        self.sessions = desk.find("Sessions", QCheckBox, self.dialog)

    def paste(self, text: str, *, keep: bool = False) -> None:
        self.field.setFocus()
        QGuiApplication.clipboard().setText(text)
        self.desk.key(Key.Key_V, CTRL)
        if not keep:
            QGuiApplication.clipboard().clear()

    def says(self) -> str:
        return " ".join(texts(self.dialog))

    def done(self) -> None:
        self.desk.key(Key.Key_Return)
        self.desk.no_dialog()


@pytest.fixture
def form(desk: Desk) -> Form:
    return Form(desk)


def test_paste_a_label_enter(form: Form) -> None:
    desk = form.desk
    assert QApplication.focusWidget() is form.field
    form.paste(f"  '{KEY}'\n")
    assert QApplication.focusWidget() is form.label, "that is what is missing"
    assert "mwid••••••••••••••OYJh" in form.says()
    assert not form.add.isEnabled()
    desk.type("From the console")
    form.done()
    assert desk.labels() == ["From the console"] == [desk.selected()]
    assert desk.kept("From the console") == KEY
    assert desk.app("From the console").sessions
    assert not desk.tools.reveal.app_id, "whoever pasted it has it"


def test_what_was_pasted_is_in_no_field_and_cannot_be_undone(form: Form) -> None:
    form.paste(CURL)
    assert form.field.toPlainText() == ""
    assert not form.field.document().isUndoAvailable()
    assert KEY not in form.says()
    form.desk.key(Key.Key_Z, CTRL)
    assert KEY not in form.says()


def test_nor_what_was_typed_once_it_is_taken(form: Form) -> None:
    form.desk.type(KEY)
    assert form.field.toPlainText() == KEY
    form.desk.key(Key.Key_Tab)
    assert form.field.toPlainText() == ""
    assert "mwid••••••••••••••OYJh" in form.says()


@pytest.mark.parametrize("end", [Key.Key_Return, Key.Key_Tab])
def test_what_is_no_key_is_said_and_can_be_mended(form: Form, end: Key) -> None:
    form.desk.type(KEY[:-1])
    form.desk.key(end)
    assert "There is no API key in this" in form.says()
    assert "There is no API key" in form.field.accessibleDescription()
    assert form.field.toPlainText() == KEY[:-1]
    form.field.setFocus()
    form.field.moveCursor(form.field.textCursor().MoveOperation.End)
    form.desk.type(KEY[-1])
    form.desk.key(end)
    assert form.field.toPlainText() == ""
    assert "Found" in form.says()


def test_dropped_is_as_pasted(form: Form) -> None:
    mime = QMimeData()
    mime.setText(CURL)
    form.field.insertFromMimeData(mime)
    assert form.field.toPlainText() == ""
    assert "mwid••••••••••••••OYJh" in form.says()


def test_of_several_it_asks_which(form: Form) -> None:
    form.label.setText("One of two")
    form.paste(f"{KEY} {OTHER}")
    assert "Choose which one is meant" in form.says()
    assert not form.add.isEnabled()
    choice = form.desk.find("API key", QComboBox, form.dialog)
    assert QApplication.focusWidget() is choice
    assert [choice.itemText(n) for n in range(1, 3)] == ["mwid••••••••••••••OYJh", "GsAq••••••••••••••BQWq"]
    form.desk.key(Key.Key_Down)
    form.desk.key(Key.Key_Down)
    assert form.add.isEnabled()
    form.desk.click("Add key")
    form.desk.no_dialog()
    assert form.desk.kept("One of two") == OTHER


def test_a_secret_makes_it_an_app_without_sessions(form: Form) -> None:
    form.paste(f'{{"apiKey": "{KEY}", "apiSecret": "{SECRET}"}}')
    assert not form.sessions.isChecked()
    form.desk.type("Signing")
    form.done()
    assert form.desk.kept("Signing") == KEY
    assert form.desk.kept("Signing", SecretKind.API_SECRET) == SECRET


def test_a_secret_of_something_else_stays(form: Form, vault: InMemoryVault) -> None:
    form.paste(f"MEDABLE_CLIENT_KEY={KEY}\nJWT_SECRET={SECRET}\nSTRIPE_KEY={OTHER}\n")
    assert form.sessions.isChecked()
    form.desk.type("x")
    form.done()
    assert [secret.reveal() for secret in vault.items.values()] == [KEY]


def test_what_may_be_another_key_is_asked_for(form: Form) -> None:
    form.label.setText("x")
    form.paste(f"ACME_API_KEY={KEY}")
    assert not form.add.isEnabled()
    form.desk.key(Key.Key_Down)
    assert form.add.isEnabled()


def test_key_and_secret_one_after_the_other(form: Form) -> None:
    form.label.setText("Signing")
    form.paste(KEY)
    form.desk.find("Sessions", QCheckBox, form.dialog).click()
    assert "paste its API secret" in form.says()
    assert not form.add.isEnabled()
    form.paste(SECRET)
    assert form.add.isEnabled()
    form.desk.click("Add key")
    form.desk.no_dialog()
    assert form.desk.kept("Signing", SecretKind.API_SECRET) == SECRET


def test_with_sessions_a_secret_is_not_stored_and_that_is_said(form: Form, vault: InMemoryVault) -> None:
    form.paste(f"key {KEY} secret {SECRET}")
    form.sessions.click()
    assert "It is not stored" in form.says()
    form.label.setText("With sessions")
    form.desk.click("Add key")
    form.desk.no_dialog()
    assert [secret.reveal() for secret in vault.items.values()] == [KEY]


def test_a_wrong_one_can_be_taken_out_again(form: Form) -> None:
    form.label.setText("x")
    form.paste(OTHER)
    assert form.add.isEnabled()
    form.desk.click("Remove this key")
    assert not form.add.isEnabled()
    assert "GsAq" not in form.says()
    assert QApplication.focusWidget() is form.field
    form.paste(KEY)
    form.desk.click("Add key")
    form.desk.no_dialog()
    assert form.desk.kept("x") == KEY


def test_a_key_that_is_here_already_is_said_with_its_label(form: Form) -> None:
    form.paste(KEY)
    form.desk.type("First")
    form.done()
    again = Form(form.desk)
    again.paste(CURL)
    again.desk.type("Second")
    again.desk.key(Key.Key_Return)
    again.desk.wait(lambda: "This key is here already" in again.says())
    assert "“First” of My organization" in again.says()
    assert again.label.text() == "Second"
    assert again.desk.labels() == ["First"]


def test_the_name_of_an_app_as_its_key(form: Form) -> None:
    form.paste("c_my_portal")
    form.desk.type("Portal")
    form.done()
    desk = form.desk
    assert desk.kept("Portal") == "c_my_portal"
    assert desk.key_seen("Portal") == "c_••••••••••••••al"
    desk.key(Key.Key_R, CTRL)
    desk.wait(lambda: desk.key_seen("Portal") == "c_my_portal")
    desk.key(Key.Key_C, CTRL)
    desk.wait(lambda: clipboard_text() == "c_my_portal")
    desk.choose("Check keychain", desk.open_menu("File"))
    desk.dialog()
    desk.wait(lambda: "does not match" not in desk.screen() and "matches" in " ".join(texts(desk.dialog())))


def test_the_clipboard_it_came_from_is_cleared(form: Form) -> None:
    desk = form.desk
    form.paste(CURL, keep=True)
    desk.type("x")
    form.done()
    assert clipboard_text() == CURL
    desk.click("Clear now", within=desk.toast("Existing key added"))
    assert clipboard_text() == ""


def test_what_else_was_copied_meanwhile_stays(form: Form) -> None:
    desk = form.desk
    form.paste(KEY)
    QGuiApplication.clipboard().setText("something else")
    desk.type("x")
    form.done()
    desk.toast("Existing key added")
    assert desk.tools.clipboard.seconds_left == 0
    assert clipboard_text() == "something else"
    QGuiApplication.clipboard().clear()


def test_a_locked_keychain_loses_nothing_typed(form: Form, vault: InMemoryVault) -> None:
    vault.current = VaultState.LOCKED
    form.paste(KEY)
    form.desk.type("x")
    form.desk.key(Key.Key_Return)
    form.desk.wait(lambda: "Your keychain is locked" in form.says())
    assert "mwid••••••••••••••OYJh" in form.says()
    vault.current = VaultState.UNLOCKED
    form.done()
    assert form.desk.kept("x") == KEY


def test_closed_the_dialog_holds_nothing(form: Form) -> None:
    form.paste(f"key {KEY} secret {SECRET}")
    dialog = form.dialog
    held = dialog.key, dialog.secret
    form.desk.key(Key.Key_Escape)
    form.desk.no_dialog()
    assert [found.secret for found in held] == [None, None]
    assert not form.desk.labels()


def test_after_a_restart_it_is_there(form: Form, start: Start, folder: Path) -> None:
    form.paste(KEY)
    form.desk.type("x")
    form.done()
    form.desk.close()
    again = start()
    again.wait(lambda: again.labels() == ["x"])
    again.select("x")
    again.key(Key.Key_C, CTRL)
    again.wait(lambda: clipboard_text() == KEY)
