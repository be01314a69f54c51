"""Finding: filters as one types and from the menu, what is offered, saved filters, marks, columns, sorting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu

from cortex_desktop.ui.apps import search_bar
from cortex_desktop.ui.shell.finder import Finder
from tests.support.gui import CTRL, SHIFT, Desk, Key, plain

Start = Callable[..., Desk]
NOW = datetime.now(UTC)
TODAY = date.today()  # noqa: DTZ011
DAY = timedelta(days=1)
USUAL = ["Label", "API Key", "Sessions", "CSRF Protection", "Status", "Created", "Age"]
APPS: dict[str, dict[str, object]] = {
    "Kiosk": {"enabled": False, "expires": TODAY - DAY},
    "Portal: phase 2": {"expires": TODAY + 9 * DAY, "owner": "Ada Lovelace", "sessions": False},
    'Say "hi" 🩺': {"review": TODAY, "owner": "Grace & co", "csrf": False},
    "אפליקציה 7": {"expires": TODAY - DAY, "owner": "עדה", "notes": "ask\nBob first"},
    "Ward": {},
}
ALL = list(APPS)


@pytest.fixture
def desk(open_with: Start) -> Desk:
    ages = (NOW - timedelta(days=100 * age) for age in range(len(APPS)))
    return open_with({label: {"created": next(ages), **fields} for label, fields in APPS.items()})


def field(desk: Desk) -> QLineEdit:
    return desk.find("Search apps", QLineEdit)


def search(desk: Desk, text: str) -> None:
    """Type this in place of what stands there."""
    desk.key(Key.Key_F, CTRL)
    if not text.isascii():
        field(desk).setText(text)  # QTest knows ASCII only
    else:
        desk.key(Key.Key_Backspace)
        desk.type(text)
        desk.let_pass(0)
    desk.apps.page.search.put_away()


def suggestions(desk: Desk) -> list[str]:
    desk.let_pass(0)
    return desk.apps.page.search.suggested


def wrong(desk: Desk) -> str:
    """What is said of words that make no sense."""
    notes = [w for w in desk.window.findChildren(QLabel) if w.objectName() == "fieldNote" and w.isVisible()]
    return " ".join(note.text() for note in notes)


def ticked(menu: QMenu) -> list[str]:
    return [plain(action.text()) for action in menu.actions() if action.isChecked()]


def submenu(desk: Desk, menu: QMenu, title: str) -> QMenu:
    return next(a.menu() for a in menu.actions() if a.menu() is not None and plain(a.text()) == title)


def close(desk: Desk, menu: QMenu) -> None:
    menu.close()
    desk.wait(lambda: QApplication.focusWindow() is not None)


def filter_menu(desk: Desk) -> QMenu:
    desk.wait(lambda: QApplication.focusWindow() is not None)
    desk.key(Key.Key_F, CTRL | SHIFT)
    return desk.menu()


FINDS = {
    "is:disabled": ["Kiosk"],
    "is:attention": ["Portal: phase 2", 'Say "hi" 🩺', "אפליקציה 7"],
    "is:expired": ["Kiosk", "אפליקציה 7"],
    "is:expiring": ["Portal: phase 2"],
    "is:review": ['Say "hi" 🩺'],
    "sessions:off": ["Portal: phase 2"],
    "csrf:off": ['Say "hi" 🩺'],
    "created:<150d": ["Kiosk", "Portal: phase 2"],
    "expires:<30d is:enabled": ["Portal: phase 2", "אפליקציה 7"],
    "owner:lovelace": ["Portal: phase 2"],
    'owner:""': ["Kiosk", "Ward"],
    "bob": ["אפליקציה 7"],
    "portal:": ["Portal: phase 2"],
    '"portal: phase"': ["Portal: phase 2"],
    '"say \\"hi"': ['Say "hi" 🩺'],
    "🩺": ['Say "hi" 🩺'],
    "אפליקציה": ["אפליקציה 7"],
    "owner:עדה is:expired": ["אפליקציה 7"],
}


def test_nothing_moves_as_one_types(desk: Desk) -> None:
    page = desk.apps.page
    search(desk, "is:")
    before = [widget.geometry() for widget in (page.search, page.bar.filter)]
    desk.type("disabled")
    desk.let_pass(50)
    assert desk.labels() == ["Kiosk"]
    assert [widget.geometry() for widget in (page.search, page.bar.filter)] == before


class TestTyping:
    def test_finds(self, desk: Desk) -> None:
        for typed, found in FINDS.items():
            search(desk, typed)
            assert desk.labels() == found, typed
            assert not wrong(desk)

    def test_the_wrong_word_is_said_and_the_rest_holds(self, desk: Desk) -> None:
        search(desk, "is:foo phase")
        assert wrong(desk).startswith("“is:foo” is left out: it can be is:enabled, is:disabled")
        assert desk.labels() == ["Portal: phase 2"]
        search(desk, "created:<9x is:disabled")
        assert "“created:<9x” is left out" in wrong(desk)
        assert desk.labels() == ["Kiosk"]
        search(desk, "ward")
        assert not wrong(desk)

    def test_a_filter_begun_is_no_mistake_until_one_leaves_it(self, desk: Desk) -> None:
        search(desk, "created:<9")
        assert not wrong(desk)
        assert len(desk.labels()) == len(APPS)
        desk.key(Key.Key_Return)
        assert desk.table.hasFocus()
        assert "“created:<9” is left out" in wrong(desk)
        search(desk, "created:<9d")
        assert not wrong(desk)

    def test_nothing_found_says_why_and_offers_the_way_back(self, desk: Desk) -> None:
        search(desk, "staus:disabled")
        assert "“staus:disabled” is not a filter and was searched for as text." in desk.screen()
        search(desk, "is:missing ward")
        assert "No app matches all of this." in desk.screen()
        desk.click("Show all apps")
        assert desk.labels() == ALL
        assert field(desk).hasFocus()

    def test_what_was_found_is_said_once_one_pauses(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        said: list[str] = []
        monkeypatch.setattr(search_bar, "announce", lambda _widget, text: said.append(text))
        search(desk, "is:expired")
        desk.wait(lambda: said)
        assert said == ["2 of 5 apps"]
        search(desk, "nothing")
        desk.wait(lambda: len(said) > 1)
        assert said[1:] == ["No app found"]

    def test_a_mark_follows_its_app(self, desk: Desk) -> None:
        search(desk, "is:disabled")
        desk.select("Kiosk")
        desk.key(Key.Key_E, CTRL)
        desk.wait(lambda: "No app matches all of this." in desk.screen())
        search(desk, "is:expired")
        assert "Kiosk" in desk.labels()


class TestSuggestions:
    def test_by_keyboard(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("is")
        assert suggestions(desk)[:2] == ["is:enabled", "is:disabled"]
        desk.type(":di")
        assert suggestions(desk) == ["is:disabled"]
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        desk.wait(lambda: field(desk).text() == "is:disabled ")
        assert desk.labels() == ["Kiosk"]
        assert field(desk).hasFocus()
        assert suggestions(desk) == []

    def test_by_tab_and_by_mouse(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("kiosk is:e")
        assert suggestions(desk) == ["is:enabled", "is:expired", "is:expiring"]
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Tab)
        assert field(desk).text() == "kiosk is:expired "
        assert field(desk).hasFocus()
        desk.type("ses")
        assert suggestions(desk) == ["sessions:on", "sessions:off"]
        popup = QApplication.activePopupWidget()
        desk.click_at(popup.viewport(), popup.visualRect(popup.model().index(1, 0)).center())
        desk.wait(lambda: field(desk).text() == "kiosk is:expired sessions:off ")

    def test_in_the_middle(self, desk: Desk) -> None:
        search(desk, "xx phase")
        field(desk).setCursorPosition(0)
        desk.key(Key.Key_Delete)
        desk.key(Key.Key_Delete)
        desk.type("csrf:")
        assert suggestions(desk) == ["csrf:on", "csrf:off"]
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        assert field(desk).text() == "csrf:on phase"
        assert desk.labels() == ["Portal: phase 2"]

    def test_owners_whatever_they_are_called(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("own")
        assert suggestions(desk) == ['owner:""']
        desk.type("er:")
        assert set(suggestions(desk)) == {'owner:"Ada Lovelace"', 'owner:"Grace & co"', "owner:עדה", 'owner:""'}
        desk.type("gr")  # what was offered before is no longer, at once
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        assert field(desk).text() == 'owner:"Grace & co" '
        assert desk.labels() == ['Say "hi" 🩺']

    def test_escape_puts_them_away_and_then_empties(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("is:e")
        assert suggestions(desk)
        desk.key(Key.Key_Escape)
        assert suggestions(desk) == []
        assert field(desk).text() == "is:e"
        desk.key(Key.Key_Escape)
        assert field(desk).text() == ""

    def test_enter_without_a_choice_goes_to_what_was_found(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("dis")  # might become is:disabled
        assert suggestions(desk) == ["is:disabled"]
        search(desk, "wa")
        desk.key(Key.Key_Return)
        assert desk.table.hasFocus()
        desk.key(Key.Key_F, CTRL)
        desk.type("is:e")
        assert suggestions(desk)
        desk.key(Key.Key_Return)
        assert QApplication.activePopupWidget() is None
        desk.wait(desk.table.hasFocus)

    def test_quicker_than_what_is_offered(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("csrf:o")
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        assert field(desk).text() == "csrf:on "
        desk.type("is:e")
        assert suggestions(desk)
        desk.type("x")
        desk.key(Key.Key_Return)  # what was offered for “is:e” is not taken
        assert field(desk).text() == "csrf:on is:ex"
        desk.key(Key.Key_F, CTRL)
        desk.type("ward")
        desk.key(Key.Key_Down)
        desk.wait(desk.table.hasFocus)
        desk.key(Key.Key_F, CTRL)
        desk.type("is:e")
        assert suggestions(desk)
        desk.type("q")
        desk.key(Key.Key_Down)  # nothing is offered any more
        desk.wait(desk.table.hasFocus)
        assert field(desk).text() == "is:eq"

    def test_words_that_begin_no_filter_offer_nothing(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        for letter in "ward ":
            desk.type(letter)
            assert suggestions(desk) == []

    def test_what_is_offered_has_words_for_a_reader(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("is:dis")
        assert suggestions(desk)
        popup = QApplication.activePopupWidget()
        assert popup.accessibleName() == "Suggestions"
        index = popup.model().index(0, 0)
        assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "is:disabled, Disabled"
        desk.key(Key.Key_Escape)


class TestMenu:
    def test_says_and_writes_what_the_text_says(self, desk: Desk) -> None:
        button = desk.find("Filter", QAbstractButton)
        assert button.text() == "All statuses"
        menu = filter_menu(desk)
        assert ticked(menu) == ["All statuses"]
        desk.choose("Disabled", menu)
        assert field(desk).text() == "is:disabled"
        assert button.text() == "Disabled"
        assert desk.labels() == ["Kiosk"]
        menu = filter_menu(desk)
        assert ticked(menu) == ["Disabled"]
        desk.choose("Expired", menu)
        assert field(desk).text() == "is:expired", "in the place of the other"
        menu = filter_menu(desk)
        below = submenu(desk, menu, "Owner")
        assert [plain(a.text()) for a in below.actions()] == ["Anyone", "Ada Lovelace", "Grace & co", "עדה", "No owner"]
        below.actions()[1].trigger()
        close(desk, menu)
        assert field(desk).text() == 'is:expired owner:"Ada Lovelace"'
        assert button.text() == "2 filters"
        menu = filter_menu(desk)
        assert ticked(submenu(desk, menu, "Owner")) == ["Ada Lovelace"]
        assert ticked(submenu(desk, menu, "Sessions")) == ["On or off"]
        desk.choose("Expired", menu)  # again: no longer
        assert field(desk).text() == 'owner:"Ada Lovelace"'
        assert button.text() == "Owner: Ada Lovelace"
        desk.choose("Show all apps", filter_menu(desk))
        assert field(desk).text() == ""
        assert button.text() == "All statuses"

    def test_the_button_speaks_of_what_holds(self, desk: Desk) -> None:
        button = desk.find("Filter", QAbstractButton)
        for typed, said in (
            ("owner:", "All statuses"),
            ('owner:""', "Owner: No owner"),
            ("is:foo CSRF:Off", "CSRF Protection: Off"),
            ("is:dis", "All statuses"),
            ("created:2026", "created: 2026"),
            ('x "is:disabled"', "All statuses"),
        ):
            search(desk, typed)
            assert button.text() == said, typed
        search(desk, f"owner:{'x' * 200}")
        assert button.width() < 260
        assert button.toolTip() == f"Owner: {'x' * 200}"

    def test_ticks_what_was_typed(self, desk: Desk) -> None:
        search(desk, 'ward CSRF:ON "x" created:<90d created:2026 is:foo')
        menu = filter_menu(desk)
        assert ticked(menu) == []
        assert ticked(submenu(desk, menu, "CSRF Protection")) == ["On"]
        assert ticked(submenu(desk, menu, "Created")) == ["In the last 90 days"]
        desk.choose("Enabled", menu)
        assert field(desk).text() == 'ward CSRF:ON "x" created:<90d created:2026 is:enabled'

    def test_by_mouse_and_keys(self, desk: Desk) -> None:
        desk.click("Filter")
        desk.menu()
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        assert field(desk).text() == "is:enabled"

    def test_does_not_open_over_a_dialog(self, desk: Desk) -> None:
        desk.apps.forms.ask_new_app()
        desk.dialog()
        desk.apps.page.bar.show_menu()
        assert QApplication.activePopupWidget() is None


class TestSaved:
    def save(self, desk: Desk, name: str) -> None:
        desk.choose("Save this filter", filter_menu(desk))
        dialog = desk.dialog()
        desk.find("Name", QLineEdit, dialog).setText(name)
        desk.key(Key.Key_Return)
        desk.no_dialog()

    def test_kept_offered_replaced_and_removed(self, desk: Desk, start: Start) -> None:
        search(desk, 'is:expired "x, y"')
        self.save(desk, 'Late & "odd", 50% אב')
        search(desk, "")
        menu = filter_menu(desk)
        assert not next(a for a in menu.actions() if plain(a.text()) == "Save this filter").isEnabled()
        close(desk, menu)
        desk.close()

        desk = start()
        desk.wait(lambda: len(desk.labels()) == len(APPS))
        desk.key(Key.Key_F, CTRL)
        desk.type("late")
        assert suggestions(desk) == ['is:expired "x, y"']
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        assert field(desk).text() == 'is:expired "x, y" '
        menu = filter_menu(desk)
        assert 'Late & "odd", 50% אב' in ticked(menu)
        close(desk, menu)
        search(desk, "is:review")
        desk.choose("Save this filter", filter_menu(desk))
        dialog = desk.dialog()
        save = desk.find("Save", QAbstractButton, dialog)
        assert not save.isEnabled()
        desk.find("Name", QLineEdit, dialog).setText('Late & "odd", 50% אב')
        assert "will be replaced" in " ".join(label.text() for label in dialog.findChildren(QLabel))
        save.click()
        desk.no_dialog()
        search(desk, "")
        desk.choose('Late & "odd", 50% אב', filter_menu(desk))
        assert field(desk).text() == "is:review"
        menu = filter_menu(desk)
        submenu(desk, menu, "Remove a saved filter").actions()[0].trigger()
        close(desk, menu)
        assert desk.apps.page.bar.filters.saved.all() == {}

    @pytest.mark.parametrize("kept", ["[1]", "{", '{"a": 1, "b": "is:disabled"}', ""])
    def test_nonsense_in_the_settings_is_left_out(self, desk: Desk, kept: str) -> None:
        desk.tools.settings.set_text("filters", kept)
        assert desk.apps.page.bar.filters.saved.all() in ({}, {"b": "is:disabled"})
        close(desk, filter_menu(desk))


class TestMarks:
    def test_in_words_in_the_table(self, desk: Desk) -> None:
        words = dict(zip(desk.labels(), desk.values("Status"), strict=True))
        assert list(words.values()) == ["Disabled", "Expires soon", "Review due", "Expired", "Enabled"]
        for label, word in words.items():
            assert desk.seen(desk.cell(label, "Status")) == word

    def test_counted_in_the_sidebar_which_shows_them(self, desk: Desk) -> None:
        badge = desk.find("3 apps need attention", QAbstractButton)
        search(desk, "ward")
        badge.setFocus()
        desk.key(Key.Key_Space)
        assert field(desk).text() == "is:attention"
        assert len(desk.labels()) == 3
        assert desk.table.hasFocus()
        desk.resize(700, 600)
        assert badge.isVisible()
        assert badge.parentWidget().rect().contains(badge.geometry())

    def test_gone_when_nothing_needs_it(self, desk: Desk) -> None:
        for label in ("Portal: phase 2", 'Say "hi" 🩺', "אפליקציה 7"):
            desk.select(label)
            desk.key(Key.Key_E, CTRL)
            desk.wait(lambda label=label: desk.values("Status")[desk.labels().index(label)] == "Disabled")
        assert not desk.console.sidebar.buttons["apps"].attention.isVisible()


class TestColumns:
    def entry(self, menu: QMenu, text: str):
        return next(action for action in menu.actions() if plain(action.text()).startswith(text))

    def test_shown_hidden_and_remembered(self, desk: Desk, start: Start) -> None:
        desk.resize(1500, 760)
        assert desk.columns() == USUAL
        menu = desk.console.actions.menus["columns"]
        for name in ("Owner", "Expires", "Sessions"):
            self.entry(menu, name).trigger()
        wanted = ["Label", "API Key", "CSRF Protection", "Status", "Created", "Age", "Owner", "Expires"]
        assert desk.columns() == wanted
        assert desk.seen(desk.cell("Portal: phase 2", "Owner")) == "Ada Lovelace"
        assert desk.seen(desk.cell("Portal: phase 2", "Expires")) == desk.values("Expires")[1]
        assert desk.seen(desk.cell("Ward", "Owner")) == ""
        desk.close()
        desk = start()
        desk.resize(1500, 760)
        desk.wait(lambda: len(desk.labels()) == len(APPS))
        assert desk.columns() == wanted
        self.entry(desk.console.actions.menus["columns"], "Reset").trigger()
        assert desk.columns() == USUAL

    def test_without_room_they_wait_and_say_so(self, desk: Desk) -> None:
        desk.resize(1100, 700)
        menu = desk.console.actions.menus["columns"]
        self.entry(menu, "Owner").trigger()
        shown = desk.columns()
        assert "Created" not in shown
        assert self.entry(menu, "Created").text() == "Created (no room now)"
        assert self.entry(menu, "Created").isChecked()
        desk.resize(1600, 760)
        assert set(desk.columns()) == {*USUAL, "Owner"}
        assert self.entry(menu, "Created").text() == "Created"

    def test_moved_by_keyboard(self, desk: Desk) -> None:
        desk.resize(1400, 760)
        desk.table.setCurrentIndex(desk.cell("Ward", "Status"))
        left = self.entry(desk.console.actions.menus["columns"], "Move “Status” left")
        left.trigger()
        left.trigger()
        assert desk.columns()[2] == "Status"
        for _ in range(9):
            left.trigger()
        assert desk.columns()[0] == "Status"
        right = self.entry(desk.console.actions.menus["columns"], "Move “Status” right")
        for _ in range(9):
            right.trigger()
        assert desk.columns()[-1] == "Status"
        header = desk.table.horizontalHeader()
        assert header.logicalIndex(header.count() - 1) == 6, "the dots stay last"

    def test_the_dots_cannot_be_dragged_away(self, desk: Desk) -> None:
        header = desk.table.horizontalHeader()
        header.moveSection(header.count() - 1, 0)
        assert header.logicalIndex(header.count() - 1) == 6
        assert desk.columns() == USUAL

    def test_the_menu_of_a_heading(self, desk: Desk) -> None:
        desk.resize(1400, 760)
        header = desk.table.horizontalHeader()
        place = QPoint(header.sectionViewportPosition(3) + 10, 10)
        header.customContextMenuRequested.emit(place)
        menu = desk.menu()
        assert ticked(menu) == USUAL[2:]
        desk.choose("Move “CSRF Protection” left", menu)
        assert desk.columns()[2] == "CSRF Protection"
        header.customContextMenuRequested.emit(place)
        desk.choose("Status", desk.menu())
        assert "Status" not in desk.columns()

    def test_a_state_of_before_there_were_so_many_is_taken_up(self, folder: Path, desk: Desk, start: Start) -> None:
        """The header's bytes as the program wrote them with seven columns, Status moved to the second place."""
        from PySide6.QtGui import QStandardItemModel
        from PySide6.QtWidgets import QTableView

        old = QTableView()
        old.setModel(QStandardItemModel(0, 7, old))
        head = old.horizontalHeader()
        head.moveSection(4, 1)
        head.resizeSection(2, 141)
        head.resizeSection(6, 44)
        desk.apps.page.restore_layout(head.saveState(), "")
        old.deleteLater()
        desk.resize(1400, 760)
        assert desk.columns() == ["Label", "Status", "API Key", "Sessions", "CSRF Protection", "Created", "Age"]
        assert desk.table.columnWidth(2) == 141
        assert desk.table.horizontalHeader().visualIndex(6) == 10
        assert desk.table.columnWidth(6) < 60


class TestSorting:
    def test_every_column_without_a_mouse(self, desk: Desk) -> None:
        desk.resize(1600, 760)
        menu = desk.console.actions.menus["sorting"]
        names = [plain(action.text()) for action in menu.actions() if not action.isSeparator()]
        assert names == [*USUAL, "Owner", "Expires", "Key from", "Ascending", "Descending"]
        assert ticked(menu) == ["Created", "Descending"]
        by = {plain(action.text()): action for action in menu.actions()}
        by["Owner"].trigger()
        by["Ascending"].trigger()
        assert desk.labels()[:2] == ["Portal: phase 2", 'Say "hi" 🩺']
        assert ticked(menu) == ["Owner", "Ascending"]
        by["Expires"].trigger()
        assert set(desk.labels()[:2]) == {"Kiosk", "אפליקציה 7"}
        desk.sort_by("Label")
        assert ticked(menu) == ["Label", "Ascending"]
        desk.sort_by("Label")
        assert ticked(menu) == ["Label", "Descending"]

    def test_the_palette_says_what_is_sorted_and_shown(self, desk: Desk) -> None:
        finder = Finder(desk.console.actions, desk.workspace, [desk.program.apps], desk.program.settings)
        assert {"Sort by Owner", "Column: Owner"} <= {hit.text for hit in finder.search("owner")}
