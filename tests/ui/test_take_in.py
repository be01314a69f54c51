"""Adding a key that was made in the web console, at the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QListWidget, QPlainTextEdit, QPushButton

from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.ui.apps.import_key_dialog import READ_AT_ONCE
from tests.support.gui import CTRL, SHIFT, Desk, Key, clipboard_text, painted, texts
from tests.support.memory_vault import InMemoryVault

KEY = "mwidxhb8ShcqmV1B9iOYJh"
OTHER = "GsAqlhnIMzrDeD8V2MBQWq"
THIRD = "w6rEEXNRujmNcPreoT3s8x"
SECRET = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
SIGNING = "q" + SECRET[1:]
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

    def list(self, name: str) -> QListWidget:
        return self.desk.find(name, QListWidget, self.dialog)

    def offered(self, name: str) -> list[str]:
        """What a screen reader says of each entry of a list."""
        found = self.list(name)
        rows = (found.item(row) for row in range(found.count()))
        return [row.data(Qt.ItemDataRole.AccessibleTextRole) or row.text() for row in rows]

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
    choice = form.list("API key")
    assert QApplication.focusWidget() is choice
    assert form.offered("API key") == [
        "No name, Line 1, mwid••••••••••••••OYJh, Looks drawn at random",
        "No name, Line 1, GsAq••••••••••••••BQWq, Looks drawn at random",
    ]
    assert "Choose one of 2" in form.says()
    assert choice.accessibleDescription() == "Choose one of 2"
    form.desk.key(Key.Key_Down)
    assert "Choose one of 2" not in form.says()
    assert choice.accessibleDescription() == ""
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"# made in the console\nPORT=80\nMEDABLE_CLIENT_KEY={KEY}\n", ["MEDABLE_CLIENT_KEY, line 3"]),
        (CURL, ["Medable-Client-Key, line 1"]),
        (f"\n\n{KEY}", ["Line 3"]),
        (KEY, []),
    ],
)
def test_the_key_that_is_taken_is_shown_with_its_place(form: Form, text: str, shown: list[str]) -> None:
    form.paste(text)
    said = texts(form.dialog.key)
    assert said == ["API key", "mwid••••••••••••••OYJh", *shown]
    assert painted(form.dialog.key)[:2] == said[:2]


def test_an_old_key_beside_the_one_that_is_taken_can_be_chosen(form: Form) -> None:
    form.paste(f"#MEDABLE_CLIENT_KEY={OTHER}\nMEDABLE_CLIENT_KEY={KEY}\n")
    assert form.offered("API key") == [
        "MEDABLE_CLIENT_KEY, Line 2, mwid••••••••••••••OYJh, Named as Cortex’s",
        "MEDABLE_CLIENT_KEY, Not in use · Line 1, GsAq••••••••••••••BQWq, Named as Cortex’s",
    ]
    assert "Choose one" not in form.says()
    assert QApplication.focusWidget() is form.label, "the first is chosen"
    form.desk.type("Old")
    assert form.add.isEnabled()
    form.list("API key").setFocus()
    form.desk.key(Key.Key_Down)
    form.done()
    assert form.desk.kept("Old") == OTHER


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (f"MEDABLE_KEY={KEY}\nCORTEX_KEY={OTHER}\n", ["Named as Cortex’s"] * 2),
        (f"CLIENT_KEY={KEY}\nACME_API_KEY={OTHER}\n", ["Called a key", "May be another service’s key"]),
        (f"BUILD_NICKNAME={KEY}\n", ["Called something else"]),
        ("c_portal c_site", ["The name of an app"] * 2),
    ],
)
def test_why_each_is_offered(form: Form, text: str, reasons: list[str]) -> None:
    form.paste(text)
    assert [said.rsplit(", ", 1)[1] for said in form.offered("API key")] == reasons
    assert set(reasons) <= set(painted(form.list("API key").viewport()))
    assert not form.add.isEnabled()


@pytest.mark.parametrize("chooses", [Key.Key_Down, Key.Key_Up, Key.Key_Space, Key.Key_Home])
def test_one_that_is_not_sure_is_chosen_by_a_key_or_a_click(form: Form, chooses: Key) -> None:
    form.label.setText("x")
    form.paste(f"ACME_API_KEY={KEY}")
    assert "Choose it if it is meant" in form.says()
    assert not form.add.isEnabled()
    form.desk.key(chooses)
    assert form.add.isEnabled()
    form.done()
    assert form.desk.kept("x") == KEY


def test_each_key_brings_its_own_secret(form: Form) -> None:
    form.paste(
        f"DEV_MEDABLE_KEY={KEY}\nDEV_MEDABLE_SECRET={SECRET}\n"
        f"PROD_MEDABLE_KEY={OTHER}\nPROD_MEDABLE_SECRET={SIGNING}\n"
        f"QA_MEDABLE_KEY={THIRD}\n"
    )
    assert form.sessions.isChecked()
    assert "API secret" not in texts(form.dialog)
    for ends in ("Kzc8", "qzc8"):
        form.desk.key(Key.Key_Down)
        assert not form.sessions.isChecked()
        assert "Its API secret was found, so Sessions is off" in form.says()
        assert ends in form.says()
    form.desk.key(Key.Key_Down)
    assert form.sessions.isChecked()
    assert "qzc8" not in form.says()
    form.desk.key(Key.Key_Up)
    form.label.setText("Production")
    form.done()
    assert form.desk.kept("Production") == OTHER
    assert form.desk.kept("Production", SecretKind.API_SECRET) == SIGNING


def test_another_key_comes_without_the_secret_of_the_first(form: Form, vault: InMemoryVault) -> None:
    form.paste(f"MEDABLE_KEY={KEY}\nMEDABLE_SECRET={SECRET}\n")
    assert not form.sessions.isChecked()
    form.paste(OTHER)
    assert form.sessions.isChecked()
    assert "Kzc8" not in form.says()
    form.desk.type("B")
    form.done()
    assert [secret.reveal() for secret in vault.items.values()] == [OTHER]


def test_nor_with_a_secret_that_was_added_to_the_first(form: Form) -> None:
    form.paste(KEY)
    form.paste(SECRET)
    form.paste(OTHER)
    assert form.sessions.isChecked()
    assert "Kzc8" not in form.says()


def test_removed_a_key_takes_its_secret_along(form: Form) -> None:
    form.paste(f"MEDABLE_KEY={KEY}\nMEDABLE_SECRET={SECRET}\n")
    form.desk.click("Remove this key")
    assert form.sessions.isChecked()
    assert "Kzc8" not in form.says()


def test_what_the_person_set_for_sessions_stays(form: Form) -> None:
    form.sessions.click()
    form.paste(KEY)
    assert not form.sessions.isChecked()
    form.sessions.click()
    form.paste(f"MEDABLE_KEY={OTHER}\nMEDABLE_SECRET={SECRET}\n")
    assert form.sessions.isChecked()
    assert "It is not stored" in form.says()


def test_a_secret_alone_says_what_is_missing(form: Form) -> None:
    form.label.setText("Signing")
    form.paste(SECRET)
    assert "Paste its API key too" in form.says()
    assert "An API secret was found, so Sessions is off" in form.says()
    assert form.add.accessibleDescription() == "Paste its API key too"
    assert not form.add.isEnabled()
    form.paste(KEY)
    assert "Paste its API key too" not in form.says()
    assert form.add.accessibleDescription() == ""
    assert not form.sessions.isChecked()
    form.desk.click("Add key")
    form.desk.no_dialog()
    assert form.desk.kept("Signing", SecretKind.API_SECRET) == SECRET


def test_a_secret_that_may_be_meant_is_a_choice_and_nothing_more(form: Form, vault: InMemoryVault) -> None:
    text = f"MEDABLE_CLIENT_KEY={KEY}\n\nSIGN_SECRET={SECRET}\n"
    form.paste(text)
    assert form.offered("API secret") == [
        "None",
        "SIGN_SECRET, Line 3, Kzc8••••••••••••••CDEF, May be another service’s secret",
    ]
    assert form.sessions.isChecked()
    assert QApplication.focusWidget() is form.label
    form.desk.type("With sessions")
    form.done()
    assert [secret.reveal() for secret in vault.items.values()] == [KEY]

    again = Form(form.desk)
    again.paste(text.replace(KEY, OTHER))
    again.desk.type("Signing")
    again.list("API secret").setFocus()
    again.desk.key(Key.Key_Down)
    assert again.sessions.isChecked(), "never unasked"
    again.sessions.click()
    assert again.add.isEnabled()
    again.list("API secret").setCurrentRow(0)
    assert not again.add.isEnabled()
    assert "choose its API secret" in again.says()
    again.list("API secret").setCurrentRow(1)
    again.desk.click("Add key")
    again.desk.no_dialog()
    assert again.desk.kept("Signing", SecretKind.API_SECRET) == SECRET


LINES = "2026-11-28 nothing of interest in this line of a log\n" * (READ_AT_ONCE // 50)


def test_a_long_text_is_read_while_the_dialog_stays_usable(form: Form) -> None:
    form.label.setFocus()
    form.desk.type("Lo")
    form.paste(f"{LINES}MEDABLE_CLIENT_KEY={KEY}\n")
    assert "Reading what you pasted…" in form.says()
    assert not form.add.isEnabled()
    form.label.setFocus()
    form.label.end(False)
    form.desk.type("ng")
    assert form.dialog.isVisible()
    form.desk.wait(lambda: "mwid••••••••••••••OYJh" in form.says(), "the key is found")
    assert "Reading" not in form.says()
    assert form.label.text() == "Long"
    assert QApplication.focusWidget() is form.label
    form.done()
    assert form.desk.kept("Long") == KEY


def test_what_is_pasted_while_a_long_text_is_read_wins(form: Form) -> None:
    form.paste(f"{LINES}MEDABLE_CLIENT_KEY={KEY}\n")
    form.paste(OTHER)
    assert "GsAq" in form.says()
    form.paste(LINES)
    form.desk.wait(lambda: "There is no API key in this" in form.says(), "the second long text is read")
    assert "mwid" not in form.says()


def test_closed_while_it_reads_nothing_comes_of_it(form: Form) -> None:
    form.paste(f"{LINES}MEDABLE_CLIENT_KEY={KEY}\n")
    dialog = form.dialog
    form.desk.key(Key.Key_Escape)
    form.desk.no_dialog()
    again = Form(form.desk)
    again.paste(LINES)  # the lane reads one after the other
    again.desk.wait(lambda: "There is no API key in this" in again.says())
    assert dialog.key.candidate is None


def test_of_a_very_long_text_it_says_how_far_it_looked(form: Form) -> None:
    limit = "This text is long: only values of a key’s shape were looked for."
    form.paste(f"{LINES * 12}MEDABLE_CLIENT_KEY={KEY}\n")
    form.desk.wait(lambda: "mwid" in form.says(), "the key is found")
    assert limit in form.says()
    form.paste(LINES * 12)
    form.desk.wait(lambda: "There is no API key in this" in form.says())
    assert limit in form.says()
    form.paste(OTHER)
    assert limit not in form.says()


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("yourMedableClientKey12", "yourMedableClientKey12"),
        ("MEDABLE_CLIENT_KEY=xxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxx"),
        ("Medable-Client-Key: 0000000000000000000000", "0000000000000000000000"),
        ("cg3paBUleet424B1inI48g", "cg3p••••••••••••••I48g"),  # one in 10,000 drawn keys reads like words
    ],
)
def test_a_placeholder_is_refused_with_the_reason(form: Form, text: str, placeholder: str) -> None:
    form.paste(text)
    assert f"{placeholder} is a placeholder" in form.says()
    assert f"{placeholder} is a placeholder" in form.field.accessibleDescription()
    assert not form.add.isEnabled()


@pytest.mark.parametrize("text", ["a1b2c3d4e5f6a7b8c9d0e1", f"BUILD_TOKEN={KEY}", "module=PersistentStoreManager"])
def test_what_is_something_else_is_called_no_placeholder(form: Form, text: str) -> None:
    form.paste(text)
    assert "There is no API key in this" in form.says()
    assert "placeholder" not in form.says()


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


@pytest.mark.parametrize("first", [KEY, SECRET])
@pytest.mark.parametrize("sessions", [True, False])
@pytest.mark.parametrize("end", ["time", "quit"])
def test_key_and_secret_copied_one_after_the_other_are_both_cleared(
    form: Form, first: str, sessions: bool, end: str
) -> None:
    desk = form.desk
    second = SECRET if first == KEY else KEY
    form.paste(first, keep=True)
    form.paste(second, keep=True)
    if form.sessions.isChecked() != sessions:
        form.sessions.click()
    form.label.setFocus()
    desk.type("x")
    form.done()
    assert clipboard_text() == second
    if end == "time":
        desk.pass_time(30)
    else:
        desk.close()
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


@pytest.mark.parametrize("text", [KEY, SECRET, CURL, f"MEDABLE_API_KEY={KEY}\nPORT=80\n"])
@pytest.mark.parametrize("end", ["time", "now", "quit"])
def test_cancelled_it_is_cleared_too(form: Form, text: str, end: str) -> None:
    desk = form.desk
    form.paste(text, keep=True)
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    assert clipboard_text() == text
    desk.toast("Clears from the clipboard in 30 s")
    if end == "time":
        desk.pass_time(30)
    elif end == "now":
        desk.click("Clear now", within=desk.toast("What you pasted holds a key"))
    else:
        desk.close()
    assert clipboard_text() == ""


def test_quitting_with_the_dialog_open_clears_it(form: Form) -> None:
    form.paste(KEY, keep=True)
    form.desk.close()
    assert clipboard_text() == ""


@pytest.mark.parametrize("name", ["use_key", "type_key"])
@pytest.mark.parametrize("stored", [True, False])
def test_so_it_is_by_the_other_dialogs_that_take_a_key(open_with: Start, name: str, stored: bool) -> None:
    desk = open_with(["Ward tablet"])
    desk.select("Ward tablet")
    desk.action(name).trigger()
    field = desk.find("Paste the key", QPlainTextEdit, desk.dialog())
    field.setFocus()
    QGuiApplication.clipboard().setText(f"key: {KEY}")
    desk.key(Key.Key_V, CTRL)
    if stored:
        desk.click("Use key" if name == "use_key" else "Store key")
    else:
        desk.key(Key.Key_Escape)
    desk.no_dialog()
    desk.toast("Clears from the clipboard in 30 s")
    desk.pass_time(30)
    assert clipboard_text() == ""


@pytest.mark.parametrize(
    "text", ["nothing of a key", f"JWT_SECRET={SECRET}", f"STRIPE_KEY={OTHER}", f"the ticket is {OTHER}, see below"]
)
def test_what_holds_no_key_for_sure_stays_on_the_clipboard(form: Form, text: str) -> None:
    form.paste(KEY)
    form.paste(text, keep=True)
    form.desk.key(Key.Key_Escape)
    form.desk.no_dialog()
    form.desk.pass_time(60)
    form.desk.close()
    assert clipboard_text() == text
    QGuiApplication.clipboard().clear()


def test_a_key_that_was_chosen_is_cleared_when_it_is_cancelled(form: Form) -> None:
    form.paste(f"{KEY} {OTHER}", keep=True)
    form.desk.key(Key.Key_Down)
    form.desk.key(Key.Key_Escape)
    form.desk.no_dialog()
    form.desk.pass_time(30)
    assert clipboard_text() == ""


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
    assert [found.candidate for found in held] == [None, None]
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
