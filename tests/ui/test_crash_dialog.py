"""The dialog that says that something went wrong inside."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPlainTextEdit

from cortex_desktop.system.crash import Crashes
from tests.support.gui import CTRL, Desk, Key, clipboard_text, texts

TITLE = "Something went wrong inside Cortex Desktop"


@pytest.fixture
def crashes(desk: Desk, folder: Path) -> Iterator[Crashes]:
    """Crash capture, connected as `ui.app.run` does."""
    crashes = Crashes(folder)
    crashes.install()
    crashes.reported.connect(desk.console.status_messages.show_crash)
    yield crashes
    crashes.close()


def fail(number: int = 0) -> None:
    """A defect; each number in a place of its own."""
    try:
        exec("\n" * number + "raise KeyError('defect %d')" % number)  # noqa: S102, UP031
    except KeyError:
        sys.excepthook(*sys.exc_info())


def open_dialogs() -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]


def test_what_it_says_and_does(desk: Desk, crashes: Crashes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    fail()
    dialog = desk.dialog()
    words = " ".join(texts(dialog))
    assert TITLE in words
    assert "Apps and keys that were stored before are still there." in words
    assert "It was not sent to anyone" in words
    report = desk.find("Report", QPlainTextEdit, dialog)
    assert report.isReadOnly()
    assert "KeyError: 'defect 0'" in report.toPlainText()
    desk.click("Copy report")
    assert clipboard_text() == report.toPlainText()
    desk.find("Copied")
    desk.click("Open log folder")
    assert opened == [str(folder)]
    assert all(w.accessibleName() or isinstance(w, QLabel) or w.text() for w in dialog.findChildren(QLabel))
    desk.click("Close")
    desk.no_dialog()


def test_enter_and_esc_close_it(desk: Desk, crashes: Crashes) -> None:
    for number, key in enumerate((Key.Key_Return, Key.Key_Escape)):
        fail(number)
        desk.dialog()
        desk.key(key)
        desk.no_dialog()


def test_the_same_again_opens_no_other(desk: Desk, crashes: Crashes) -> None:
    fail()
    desk.dialog()
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    for _ in range(50):
        fail()
    desk.let_pass(50)
    assert open_dialogs() == []


def test_others_meanwhile_are_added(desk: Desk, crashes: Crashes) -> None:
    for number in range(3):
        fail(number)
    dialog = desk.dialog()
    desk.let_pass(50)
    assert open_dialogs() == [dialog]
    report = desk.find("Report", QPlainTextEdit, dialog).toPlainText()
    assert [f"KeyError: 'defect {n}'" in report for n in range(3)] == [True] * 3


def test_no_other_dialog_opens_beside_it(desk: Desk, crashes: Crashes) -> None:
    fail()
    dialog = desk.dialog()
    desk.action("new_app").trigger()  # on macOS the menu bar stays within reach
    desk.let_pass(50)
    assert open_dialogs() == [dialog]


def test_it_comes_over_a_dialog_that_is_stuck(desk: Desk, crashes: Crashes) -> None:
    desk.key(Key.Key_N, CTRL)
    create = desk.dialog()
    fail()
    desk.wait(lambda: len(open_dialogs()) == 2, "both are open")
    (crash,) = (d for d in open_dialogs() if d is not create)
    desk.wait(lambda: QApplication.activeWindow() is crash, "the report has the keyboard")
    desk.pass_time(1)  # by then it has been seen, and takes keys
    desk.key(Key.Key_Escape)
    desk.wait(lambda: open_dialogs() == [create], "the other is still there")
    desk.dialog()
    desk.key(Key.Key_Escape)
    desk.no_dialog()


def test_an_error_in_what_a_click_does(desk: Desk, crashes: Crashes, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it really comes: Qt calls a slot, and the slot fails."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("in a slot")

    monkeypatch.setattr(desk.workspace, "on_vault", broken)
    desk.key(Key.Key_N, CTRL)
    desk.dialog()
    desk.type("NewHealth App")
    desk.key(Key.Key_Return)
    desk.wait(lambda: len(open_dialogs()) == 2, "the report is open")
    (crash,) = (d for d in open_dialogs() if d.windowTitle() == TITLE)
    assert "ZeroDivisionError: in a slot" in desk.find("Report", QPlainTextEdit, crash).toPlainText()


def test_a_defect_in_a_lane(desk: Desk, crashes: Crashes) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("in a lane")

    act: Callable[..., None] = broken
    desk.program.stores.vault.before = act
    desk.workspace.look_at_keychain()
    dialog = desk.dialog()
    report = desk.find("Report", QPlainTextEdit, dialog).toPlainText()
    assert "ZeroDivisionError: in a lane" in report
    assert "in broken" in report
    desk.program.stores.vault.before = None
