"""The key in the table: shown to eyes for a while, one at a time, and never handed to whoever asks the model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from cortex_desktop.domain.ports import VaultState
from tests.support.gui import Desk, Key, clipboard_text, texts
from tests.support.memory_vault import InMemoryVault

LABELS = ("Ward tablet", "Trial portal", "EMR integration")


@pytest.fixture
def desk(open_with: Callable[..., Desk]) -> Desk:
    return open_with(LABELS)


def shown(desk: Desk) -> list[str]:
    """The labels of the apps whose key is readable."""
    return [label for label in desk.labels() if desk.key_seen(label) == desk.kept(label)]


def reveal(desk: Desk, label: str) -> None:
    desk.click_in_key(label, "eye")
    desk.wait(lambda: shown(desk) == [label], f"the key of {label} shows")


class TestMouse:
    def test_eye_shows_and_hides(self, desk: Desk) -> None:
        assert not shown(desk)
        reveal(desk, "Trial portal")
        desk.click_in_key("Trial portal", "eye")
        assert not shown(desk)

    def test_copy_copies_without_showing(self, desk: Desk) -> None:
        desk.click_in_key("Trial portal", "copy")
        desk.toast("API key copied")
        assert clipboard_text() == desk.kept("Trial portal")
        assert not shown(desk)

    def test_two_quick_clicks_are_two_clicks(self, desk: Desk) -> None:
        place = desk.part_of_key("Trial portal", "copy")
        window = desk.window.windowHandle()
        inside = desk.table.viewport().mapTo(desk.window, place)
        QTest.mouseDClick(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, inside)
        desk.toast("API key copied")
        assert "First request" not in desk.screen(), "a double click elsewhere opens the details; here it does not"

    def test_a_click_beside_the_buttons_only_selects(self, desk: Desk) -> None:
        rect = desk.table.visualRect(desk.cell("Trial portal", "API Key"))
        desk.click_at(desk.table.viewport(), QPoint(rect.left() + 40, rect.center().y()))
        desk.let_pass(30)
        assert desk.selected() == "Trial portal"
        assert not shown(desk)
        assert not clipboard_text()

    def test_other_buttons_of_the_mouse_do_nothing(self, desk: Desk) -> None:
        place = desk.part_of_key("Trial portal", "eye")
        desk.click_at(desk.table.viewport(), place, Qt.MouseButton.MiddleButton)
        desk.let_pass(30)
        assert not shown(desk)

    def test_pressed_here_and_let_go_elsewhere(self, desk: Desk) -> None:
        eye, copy = (desk.part_of_key("Trial portal", part) for part in ("eye", "copy"))
        window, viewport = desk.window.windowHandle(), desk.table.viewport()
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        QTest.mousePress(window, left, none, viewport.mapTo(desk.window, eye))
        away = desk.table.visualRect(desk.cell("EMR integration", "Label")).center()
        QTest.mouseRelease(window, left, none, viewport.mapTo(desk.window, away))
        desk.let_pass(30)
        assert not shown(desk)
        assert copy != eye

    def test_the_pointer_becomes_a_hand_over_buttons_alone(self, desk: Desk) -> None:
        viewport = desk.table.viewport()
        desk.hover(viewport, desk.part_of_key("Trial portal", "eye"))
        assert viewport.cursor().shape() is Qt.CursorShape.PointingHandCursor
        desk.hover(viewport, desk.table.visualRect(desk.cell("Trial portal", "Label")).center())
        assert viewport.cursor().shape() is Qt.CursorShape.ArrowCursor
        desk.hover(viewport, desk.table.visualRect(desk.actions_cell("Trial portal")).center())
        assert viewport.cursor().shape() is Qt.CursorShape.PointingHandCursor
        desk.hover(desk.apps.page, QPoint(5, 5))
        desk.wait(lambda: viewport.cursor().shape() is Qt.CursorShape.ArrowCursor)

    @pytest.mark.parametrize(("part", "tip"), [("eye", "Reveal API key"), ("copy", "Copy API key")])
    def test_each_button_says_what_it_does(self, desk: Desk, part: str, tip: str) -> None:
        viewport, place = desk.table.viewport(), desk.part_of_key("Trial portal", part)
        QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, place, viewport.mapToGlobal(place)))
        assert QToolTip.text() == tip

    def test_the_tip_of_a_shown_key_counts_down(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        viewport = desk.table.viewport()
        place = desk.table.visualRect(desk.cell("Trial portal", "API Key")).center()
        QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, place, viewport.mapToGlobal(place)))
        assert QToolTip.text() == "Hides again in 30 s"


class TestKeyboard:
    def test_space_on_the_cell(self, desk: Desk) -> None:
        desk.select("Trial portal")
        desk.key(Key.Key_Right)
        desk.key(Key.Key_Space)
        desk.wait(lambda: shown(desk) == ["Trial portal"])
        desk.key(Key.Key_Space)
        assert not shown(desk)

    def test_space_on_the_dots_opens_the_menu(self, desk: Desk) -> None:
        desk.select("Trial portal")
        desk.key(Key.Key_End)
        desk.key(Key.Key_Space)
        assert desk.menu()
        desk.key(Key.Key_Escape)

    def test_space_on_other_cells_does_nothing(self, desk: Desk) -> None:
        desk.select("Trial portal")
        desk.key(Key.Key_Space)
        desk.let_pass(30)
        assert not shown(desk)

    def test_ctrl_r_from_anywhere_in_the_window(self, desk: Desk) -> None:
        desk.select("Trial portal")
        desk.apps.page.search.setFocus()
        desk.key(Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        desk.wait(lambda: shown(desk) == ["Trial portal"])


class TestEnds:
    def test_by_another_reveal(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        reveal(desk, "Ward tablet")  # `reveal` waits until this is the only one
        assert desk.key_seen("Trial portal").count("•") == 14

    def test_by_time(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        desk.pass_time(29)
        assert shown(desk) == ["Trial portal"]
        desk.pass_time(1)
        assert not shown(desk)
        assert desk.tools.reveal.secret is None

    def test_when_the_keychain_gets_locked(self, desk: Desk, vault: InMemoryVault) -> None:
        reveal(desk, "Trial portal")
        key = desk.kept("Trial portal")
        vault.current = VaultState.LOCKED
        desk.click_in_key("Ward tablet", "eye")
        desk.wait(lambda: key not in desk.key_seen("Trial portal"))

    def test_when_its_app_is_deleted(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        desk.select("Trial portal")
        desk.key(Key.Key_Delete)
        desk.dialog()
        desk.click("Delete")
        desk.wait(lambda: "Trial portal" not in desk.labels())
        assert desk.tools.reveal.secret is None

    def test_at_quit(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        desk.window.close()
        assert desk.tools.reveal.secret is None


class TestNobodyElseGetsIt:
    def test_the_model_gives_it_for_no_role(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        key = desk.kept("Trial portal")
        model = desk.table.model()
        roles = [*range(0x40), *range(int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 32)]
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                index = model.index(row, column)
                told = [model.data(index, role) for role in roles]
                told += [model.itemData(index), model.mimeData([index]).formats()]
                told += [bytes(model.mimeData([index]).data(f)) for f in model.mimeData([index]).formats()]
                assert key not in f"{told!r}{[str(t) for t in told]}"
        assert key not in repr(vars(model))

    def test_the_screen_readers_tree_holds_no_masked_key(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        desk.key(Key.Key_Return)
        desk.wait(lambda: "First request" in desk.screen())
        desk.select("Ward tablet")
        others = [desk.kept(label) for label in LABELS if label != "Trial portal"]
        said = accessible_tree(desk.window)
        for key in others:
            assert key not in said
        desk.click_in_key("Trial portal", "eye")
        desk.select("Trial portal")
        assert desk.kept("Trial portal") not in accessible_tree(desk.window)

    def test_what_is_said_of_a_cell(self, desk: Desk) -> None:
        index = desk.cell("Trial portal", "API Key")
        end = desk.kept("Trial portal")[-4:]
        assert desk.spoken(index) == f"API key, hidden, ends with {end}"
        reveal(desk, "Trial portal")
        assert desk.spoken(desk.cell("Trial portal", "API Key")) == f"API key, shown, ends with {end}"

    def test_copying_the_cells_of_the_table_copies_the_key_not_dots(self, desk: Desk) -> None:
        desk.select("Trial portal")
        desk.key(Key.Key_Right)
        desk.key(Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        desk.wait(lambda: clipboard_text() == desk.kept("Trial portal"))

    def test_titles_and_tool_tips(self, desk: Desk) -> None:
        reveal(desk, "Trial portal")
        key = desk.kept("Trial portal")
        assert key not in desk.window.windowTitle()
        for widget in desk.window.findChildren(QWidget):
            assert key not in widget.toolTip() + widget.accessibleName() + widget.accessibleDescription()
        assert not any(key in text for text in texts(desk.window))


def accessible_tree(widget: QWidget) -> str:
    """All names, descriptions and values in the accessible tree."""
    said: list[str] = []

    def walk(thing) -> None:
        if thing is None or not thing.isValid():
            return
        said.extend(thing.text(kind) for kind in QAccessible.Text if kind is not QAccessible.Text.UserText)
        for number in range(thing.childCount()):
            walk(thing.child(number))

    walk(QAccessible.queryAccessibleInterface(widget))
    assert any("hidden, ends with" in text for text in said), "the tree was not walked"
    return "\n".join(said)
