"""Who gets a key: marked text before the window's shortcuts, and what lies over the page before the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from cortex_desktop.ui.shell.palette import Palette
from tests.support.gui import ALT, CTRL, NONE, SHIFT, Desk, Key, clipboard_text


@pytest.fixture(autouse=True)
def _clipboard() -> Iterator[None]:
    yield
    QGuiApplication.clipboard().clear()


@pytest.fixture
def desk(open_with: Callable[..., Desk]) -> Desk:
    desk = open_with(["Ward tablet", "Trial portal"], sessions=False)
    desk.select("Ward tablet")
    desk.key(Key.Key_I, CTRL)
    desk.let_pass(0)
    return desk


def title(desk: Desk) -> QLabel:
    """The app's label on top of its details."""
    return next(w for w in desk.window.findChildren(QLabel) if w.objectName() == "detailsTitle" and w.isVisible())


def mark_by_mouse(desk: Desk, widget: QWidget) -> None:
    """Mark a line as a person does, by three clicks."""
    window = widget.window()
    place = widget.mapTo(window, QPoint(12, min(widget.height() // 2, 16)))
    QTest.mouseDClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=place)
    desk.let_pass(0)


def copied(desk: Desk) -> str:
    """What Ctrl+C puts on the clipboard now."""
    QGuiApplication.clipboard().setText("nothing yet")
    desk.key(Key.Key_C, CTRL)
    desk.wait(lambda: clipboard_text() != "nothing yet", "something was copied")
    return clipboard_text()


def test_a_marked_title_is_copied_and_not_the_key(desk: Desk) -> None:
    mark_by_mouse(desk, title(desk))
    assert title(desk).selectedText() == "Ward tablet"
    assert copied(desk) == "Ward tablet"


def test_nothing_marked_in_it_the_key_is_copied(desk: Desk) -> None:
    desk.click_at(title(desk), QPoint(12, 10))
    assert not title(desk).hasSelectedText()
    assert copied(desk) == desk.kept("Ward tablet")


def test_a_part_of_the_first_request_is_copied_and_not_the_key(desk: Desk) -> None:
    request = desk.find("First request", QPlainTextEdit)
    request.setFocus()
    desk.key(Key.Key_Home, CTRL)
    cursor = request.textCursor()
    cursor.movePosition(cursor.MoveOperation.Right, cursor.MoveMode.KeepAnchor, 4)
    request.setTextCursor(cursor)
    assert copied(desk) == "curl"


def test_all_of_a_text_is_marked_where_the_keyboard_is(desk: Desk) -> None:
    request = desk.find("First request", QPlainTextEdit)
    request.setFocus()
    desk.key(Key.Key_A, CTRL)
    assert request.textCursor().selectedText().startswith("curl")
    assert desk.selected() == "Ward tablet", "and not all apps"


def test_marked_in_a_field(desk: Desk) -> None:
    desk.key(Key.Key_F, CTRL)
    desk.type("ward")
    desk.key(Key.Key_A, CTRL)
    assert copied(desk) == "ward"


def test_marked_in_a_dialog(desk: Desk) -> None:
    desk.key(Key.Key_F2)
    dialog = desk.dialog()
    label = desk.find("Label", QLineEdit, dialog)
    label.selectAll()
    assert copied(desk) == "Ward tablet"
    label.deselect()
    QGuiApplication.clipboard().setText("kept")
    desk.key(Key.Key_C, CTRL)
    desk.let_pass(50)
    assert clipboard_text() == "kept", "the page's shortcut is off behind a dialog"


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [(Key.Key_R, CTRL), (Key.Key_C, CTRL | SHIFT), (Key.Key_E, CTRL), (Key.Key_F2, NONE), (Key.Key_2, CTRL)],
)
def test_shortcuts_of_the_page_are_off_behind_the_palette(desk: Desk, key: Key, modifiers) -> None:
    before = desk.window.windowTitle()
    desk.key(Key.Key_K, CTRL)
    desk.key(key, modifiers)
    desk.let_pass(50)
    assert desk.palette().isVisible()
    assert desk.window.windowTitle() == before
    assert not desk.tools.reveal.app_id
    assert desk.tools.clipboard.seconds_left == 0
    assert desk.app("Ward tablet").enabled
    assert desk.dialog_or_none() is None


def test_the_palettes_own_shortcut_still_closes_it(desk: Desk) -> None:
    desk.key(Key.Key_K, CTRL)
    assert desk.palette().isVisible()
    desk.key(Key.Key_K, CTRL)
    desk.wait(lambda: not desk.window.findChildren(Palette), "the palette has closed")


def test_no_shortcut_is_what_a_keyboard_writes_a_sign_with(desk: Desk) -> None:
    """Ctrl+Alt is AltGr on Windows."""
    for _, actions in desk.console.actions.listed():
        for action in actions:
            keys = action.shortcut()
            held = [keys[at].keyboardModifiers() for at in range(keys.count())]
            assert not any(each & CTRL and each & ALT for each in held), action.text()


def press(desk: Desk, key: Key, *, repeat: bool = False) -> None:
    """Press a key and hold it, in the window that has the keyboard."""
    window = QGuiApplication.focusWindow()
    text = "\r" if key is Key.Key_Return else " " if key is Key.Key_Space else ""
    QApplication.sendEvent(window, QKeyEvent(QEvent.Type.KeyPress, key, NONE, text, repeat))


@pytest.mark.parametrize("key", [Key.Key_Return, Key.Key_Space])
def test_a_dialog_takes_no_key_before_it_was_seen(desk: Desk, key: Key) -> None:
    kept = desk.kept("Ward tablet")
    desk.apps.ask_rotate()
    dialog = desk.unseen_dialog()
    press(desk, key)
    desk.clock.advance(0.29)
    press(desk, key)
    desk.let_pass(50)
    assert dialog.isVisible()
    assert desk.kept("Ward tablet") == kept
    desk.clock.advance(0.02)
    desk.key(Key.Key_Return)
    desk.no_dialog()
    assert desk.kept("Ward tablet") != kept


def test_nor_one_that_was_held_down_since_before(desk: Desk) -> None:
    kept = desk.kept("Ward tablet")
    desk.apps.ask_rotate()
    dialog = desk.dialog()
    for _ in range(5):
        desk.clock.advance(1)
        press(desk, Key.Key_Return, repeat=True)
    desk.let_pass(50)
    assert dialog.isVisible()
    assert desk.kept("Ward tablet") == kept


def test_the_palette_and_enter_twice_leave_a_dialog_open(desk: Desk) -> None:
    kept = desk.kept("Ward tablet")
    desk.key(Key.Key_K, CTRL)
    desk.type("rotate api")
    desk.key(Key.Key_Return)
    desk.unseen_dialog()
    desk.key(Key.Key_Return)
    desk.let_pass(50)
    assert desk.dialog_or_none() is not None
    assert desk.kept("Ward tablet") == kept


def test_who_types_at_once_loses_no_letter(desk: Desk) -> None:
    desk.key(Key.Key_N, CTRL)
    dialog = desk.unseen_dialog()
    desk.type("Ward 2")
    assert desk.find("Label", QLineEdit, dialog).text() == "Ward 2"


def test_enter_presses_the_button_that_has_the_keyboard(desk: Desk) -> None:
    """In dialogs and outside them, whatever the dialog's default is."""
    desk.select("Ward tablet")
    desk.key(Key.Key_Delete)
    dialog = desk.dialog()
    desk.key(Key.Key_Tab)
    assert dialog.focusWidget() is desk.find("Delete", QPushButton, dialog)
    desk.key(Key.Key_Return)
    desk.no_dialog()
    desk.toast("deleted")
    desk.console.sidebar.buttons["activity"].setFocus()
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.program.activity.in_front)
    desk.find("Preferences", QAbstractButton, desk.console.sidebar).setFocus()
    desk.key(Key.Key_Enter)
    desk.dialog()


def test_a_first_start_has_the_keyboard_on_new_app(start: Callable[..., Desk]) -> None:
    desk = start()
    desk.wait(lambda: "No apps yet" in desk.screen())
    desk.wait(lambda: QApplication.focusWidget() is desk.apps.page.empty.action)
    desk.key(Key.Key_Return)
    assert desk.dialog().accessibleName() == "Create App"
