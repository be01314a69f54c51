"""A page is one entry: the window shows it in the sidebar, the menus, the palette and the list of shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout

from cortex_desktop.ui.app import Program
from cortex_desktop.ui.kit.actions import Action, Menu
from cortex_desktop.ui.kit.finding import Hit, Source
from cortex_desktop.ui.kit.page import Page, PageEntry, Section
from tests.support.gui import CTRL, Desk, Key, plain, texts


class NotesPage(Page):
    """A field to write into."""

    def __init__(self) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.field.setAccessibleName("Note")
        column = QVBoxLayout(self)
        column.addWidget(QLabel("Nothing is noted"))
        column.addWidget(self.field)

    def take_keyboard(self) -> None:
        self.field.setFocus()

    def focus_search(self) -> bool:
        self.field.setFocus()
        self.field.setText("searched")
        return True


class Notes(PageEntry):
    """A page that nobody but this test knows."""

    def __init__(self) -> None:
        super().__init__("notes", "info", "Notes", Section.DEVELOPER, "Ctrl+9")
        self.asked = self.looked = 0

    def make(self) -> NotesPage:
        return NotesPage()

    def actions(self) -> list[Action]:
        return [
            Action("write_note", "plus", "Write note…", self.write, "Ctrl+Shift+9", at={Menu.FILE: 150}),
            Action("tear_note", "trash-2", "Tear note", self.write, at={Menu.EDIT: 300}, enabled=self.is_in_front),
        ]

    def is_in_front(self) -> bool:
        self.looked += 1
        return self.in_front

    def found(self, words: Sequence[str]) -> Iterable[Source]:
        return [Source("milk", lambda: [Hit("info", "Buy milk", "", self.open)])]

    def write(self) -> None:
        self.asked += 1
        self.open()
        self.page.setWindowTitle("written")


class WithNotes(Program):
    """The program with one page more."""

    def pages(self) -> list[PageEntry]:
        self.notes = Notes()
        return [*super().pages(), self.notes]


@pytest.fixture
def desk(start: Callable[..., Desk]) -> Desk:
    return start(program=WithNotes)


def is_open(desk: Desk) -> bool:
    return "Nothing is noted" in desk.screen() and desk.window.windowTitle() == "Notes – Cortex Desktop"


def test_it_is_made_when_it_is_opened(desk: Desk) -> None:
    assert not desk.program.notes.is_made
    assert not is_open(desk)
    desk.click("Notes")
    assert is_open(desk)
    assert desk.program.notes.is_made


def test_by_its_shortcut(desk: Desk) -> None:
    desk.key(Key.Key_9, CTRL)
    assert is_open(desk)
    assert desk.window.focusWidget().accessibleName() == "Note"


def test_by_the_palette(desk: Desk) -> None:
    for typed, hit in (("notes", "Notes"), ("milk", "Buy milk")):
        desk.program.apps.open()
        desk.key(Key.Key_K, CTRL)
        desk.type(typed)
        assert desk.hits() == [hit]
        desk.key(Key.Key_Return)
        desk.wait(lambda: is_open(desk))


def test_its_commands_work_before_it_was_opened(desk: Desk) -> None:
    menu = desk.open_menu("File")
    assert "Write note" in [plain(action.text()) for action in menu.actions()]
    desk.choose("Write note", menu)
    desk.wait(lambda: is_open(desk))
    assert desk.program.notes.asked == 1
    assert desk.program.notes.page.windowTitle() == "written"


def test_its_commands_say_when_they_are_enabled(desk: Desk) -> None:
    assert not desk.action("tear_note").isEnabled()
    desk.click("Notes")
    desk.wait(lambda: desk.action("tear_note").isEnabled())
    desk.click("Apps")
    desk.wait(lambda: not desk.action("tear_note").isEnabled())


def test_its_shortcuts_are_listed(desk: Desk) -> None:
    desk.action("shortcuts").trigger()
    listed = set(texts(desk.dialog()))
    assert {"Notes", "Write note", "Disable", "Enable"} <= listed
    assert not [text for text in listed if "0" in text.split()], "no number of what is not selected"


def test_find_is_its_own_search(desk: Desk) -> None:
    desk.click("Notes")
    desk.key(Key.Key_F, CTRL)
    desk.wait(lambda: desk.find("Note", QLineEdit).text() == "searched")


def test_actions_are_brought_up_to_date_once_a_turn(desk: Desk) -> None:
    """However many things have changed."""
    app = desk.create("Ward tablet")
    desk.let_pass(20)
    desk.program.notes.looked = 0
    for _ in range(5):
        desk.workspace.put(app)
        desk.program.apps.changed.emit()
    assert desk.program.notes.looked == 0
    desk.wait(lambda: desk.program.notes.looked)
    desk.let_pass(20)
    assert desk.program.notes.looked == 1


def test_the_window_waits_while_a_page_holds_it(desk: Desk) -> None:
    held = iter([True, False])
    desk.program.notes.hold_window = lambda: next(held)
    desk.window.close()
    assert desk.window.isVisible()
    desk.program.notes.idle.emit()
    desk.wait(lambda: not desk.window.isVisible())
