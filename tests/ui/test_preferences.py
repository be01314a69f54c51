"""Preferences: groups that a screen reader says, facts as text, wrong values in words; and one place for Close."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QDialog, QGroupBox, QLineEdit, QPushButton, QWidget

from cortex_desktop.domain.errors import UpdateError, UpdateProblem
from cortex_desktop.domain.request import Limits
from cortex_desktop.services.updates import Release
from cortex_desktop.ui.kit.settings import Settings
from cortex_desktop.ui.shell.preferences import PreferencesDialog
from cortex_desktop.ui.shell.updates_dialog import UpdatesDialog
from tests.support.gui import Desk, Key, texts


def opened(desk: Desk) -> PreferencesDialog:
    desk.console.show_preferences()
    dialog = desk.dialog()
    assert isinstance(dialog, PreferencesDialog)
    return dialog


def says(dialog: QWidget, words: str) -> bool:
    return any(words in text for text in texts(dialog))


def test_groups_are_groups_for_a_screen_reader_too(desk: Desk) -> None:
    dialog = opened(desk)
    groups = dialog.findChildren(QGroupBox)
    assert [group.title() for group in groups] == ["Appearance", "Security", "Storage", "Network", "Updates"]
    for group in groups:
        spoken = QAccessible.queryAccessibleInterface(group)
        assert spoken.role() == QAccessible.Role.Grouping
        assert spoken.text(QAccessible.Text.Name) == group.title()


def test_facts_are_text_that_can_be_reached_and_copied(desk: Desk, folder: Path) -> None:
    dialog = opened(desk)
    for name, value in (("Data folder", str(folder)), ("Keychain", "Test keychain")):
        fact = desk.find(name, QLineEdit)
        assert fact.text() == value
        assert fact.isEnabled()
        assert fact.isReadOnly()
        fact.setFocus()
        assert fact.hasFocus()
    assert not [field for field in dialog.findChildren(QLineEdit) if not field.isEnabled()]


def test_limits_are_kept(desk: Desk, start: Callable[..., Desk]) -> None:
    dialog = opened(desk)
    dialog.connect_seconds.setValue(3)
    dialog.read_seconds.setValue(4)
    dialog.total_seconds.setValue(5)
    dialog.login_path.setText(" /c_sign_in ")
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    desk.close()
    settings = start().tools.settings
    assert settings.network() == (Limits(3, 4, 5), None)
    assert settings.login_path == "/c_sign_in"


def test_damaged_settings_count_as_absent(folder: Path, start: Callable[..., Desk]) -> None:
    lines = ("connect_seconds=0", "read_seconds=x", "total_seconds=99999", "login_path=")
    (folder / "settings.ini").write_text("[General]\n" + "\n".join(lines) + "\n")
    settings = start().tools.settings
    assert settings.network() == (Limits(), None)
    assert settings.login_path == "/accounts/login"


def test_what_cannot_be_used_is_said_below_its_field(desk: Desk, tmp_path: Path) -> None:
    dialog, settings = opened(desk), desk.tools.settings
    dialog.total_seconds.setValue(5)
    assert says(dialog, "Each request ends after 5 seconds")
    dialog.total_seconds.setValue(60)
    assert not says(dialog, "Each request ends")
    for wrong in ("https://evil.example/login", "/", "/login?x=1", "/a#b", "//evil.example/x"):
        dialog.login_path.setText(wrong)
        assert says(dialog, "Only a path belongs here"), wrong
        assert dialog.login_path.accessibleDescription().startswith("Only a path")
        assert settings.login_path == "/accounts/login"
    dialog.login_path.setText("c_sign_in")
    assert not says(dialog, "Only a path")
    assert settings.login_path == "/c_sign_in"
    dialog.login_path.setText("")
    assert settings.login_path == "/accounts/login"
    dialog.feed.setText("http://example.org")
    assert says(dialog, "begins with https://")
    dialog.feed.setText("")
    assert not says(dialog, "begins with https://")
    (tmp_path / "none.pem").write_text("nothing")
    for name, words in (("gone.pem", "cannot be read"), ("none.pem", "holds no certificate")):
        dialog.ca_file.setText(str(tmp_path / name))
        dialog.ca_file.editingFinished.emit()
        desk.wait(lambda words=words: says(dialog, words))
        assert dialog.ca_file.property("invalid")
    dialog.ca_file.setText("")
    dialog.ca_file.editingFinished.emit()
    desk.wait(lambda: not says(dialog, "certificate"))


def test_a_file_that_went_away_is_said_when_preferences_open(desk: Desk, tmp_path: Path) -> None:
    desk.tools.settings.ca_file = str(tmp_path / "gone.pem")
    dialog = opened(desk)
    desk.wait(lambda: says(dialog, "This file cannot be read"))


@pytest.mark.parametrize("size", [(1200, 760), (640, 480)])
def test_it_has_two_columns_where_there_is_room_and_all_of_it_can_be_reached(desk: Desk, size: tuple[int, int]) -> None:
    desk.window.resize(*size)
    desk.let_pass(50)
    dialog = opened(desk)
    left, right = [part for part in dialog.findChildren(QWidget) if part.objectName() == "column"]
    is_beside = left.mapTo(dialog, QPoint()).y() == right.mapTo(dialog, QPoint()).y()
    assert is_beside if size[0] == 1200 else not is_beside
    reached = []
    for _ in range(40):
        desk.key(Key.Key_Tab)
        widget = QApplication.focusWidget()
        assert widget.visibleRegion().boundingRect().height() > 0, widget.accessibleName()
        reached.append(widget)
    fields = {dialog.theme, dialog.idle, dialog.total_seconds, dialog.ca_file, dialog.login_path, dialog.feed}
    assert fields <= set(reached)


# Close


def dialogs(desk: Desk) -> list[tuple[str, Callable[[], object]]]:
    console, apps = desk.console, desk.apps
    return [
        ("Preferences", console.show_preferences),
        ("About", console.show_about),
        ("Keyboard shortcuts", console.show_shortcuts),
        ("Updates", desk.program.updates.ask),
        ("Recently deleted", apps.show_deleted),
        ("Check keychain", apps.check_keychain),
    ]


def test_close_is_the_last_button_of_each_dialog(desk: Desk) -> None:
    for name, act in dialogs(desk):
        act()
        dialog = desk.dialog()
        desk.wait(lambda: desk.all("Close", QPushButton))
        last = buttons(dialog)[-1]
        assert last.text() == "Close", name
        assert last.property("role") == "", name
        desk.click("Close")
        desk.no_dialog()


def buttons(dialog: QDialog) -> list[QPushButton]:
    """Those at the foot, as one reads them."""
    [foot] = [part for part in dialog.findChildren(QWidget) if part.objectName() == "dialogFoot"]
    return sorted((each for each in foot.findChildren(QPushButton) if each.isVisible()), key=lambda each: each.x())


# What a check for updates comes to


def test_each_outcome_of_a_check_for_updates_has_its_words_and_its_default(desk: Desk) -> None:
    desk.program.updates.ask()
    dialog = desk.dialog()
    assert isinstance(dialog, UpdatesDialog)
    release = Release("9.9.9", "https://example.org/releases")
    for show, words, default in (
        (dialog.show_busy, "Looking for a newer version…", "Close"),
        (lambda: dialog.show_release(release, False), "You have the newest version", "Close"),
        (lambda: dialog.show_release(release, True), "Get it from example.org", "Open the download page"),
        (lambda: dialog.show_failure(UpdateError(UpdateProblem.PROXY, "example.org")), "The system’s proxy", "Close"),
    ):
        show()
        assert says(dialog, words)
        assert dialog.focusWidget().text() == default


@pytest.mark.skipif(sys.platform == "win32", reason="folders of Windows are private by their place")
def test_nobody_else_may_read_what_is_remembered(qtbot, folder: Path) -> None:
    Settings(folder).set_text("requests_visited", "1")
    found = folder / "settings.ini"
    qtbot.waitUntil(lambda: found.exists() and found.stat().st_size > 0)  # Qt writes it by itself
    assert found.stat().st_mode & 0o777 == 0o600
