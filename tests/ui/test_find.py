"""Finding: filters typed, as chips and in the panel, what is offered, saved filters, marks, columns, sorting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QWidget

from cortex_desktop.domain.model import Environment, Org, new_id
from cortex_desktop.domain.query import WORDS, parse
from cortex_desktop.ui.apps import search_bar
from cortex_desktop.ui.apps.chips import Chip
from cortex_desktop.ui.apps.filter_panel import FilterPanel
from cortex_desktop.ui.kit.i18n import long_day
from cortex_desktop.ui.shell.finder import Finder
from tests.support.gui import CTRL, NONE, SHIFT, Desk, Key, plain, texts

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
    """Type this in place of what stands there, chips included."""
    desk.apps.page.bar.set_text("")
    desk.key(Key.Key_F, CTRL)
    if not text.isascii():
        field(desk).setText(text)  # QTest knows ASCII only
    else:
        desk.key(Key.Key_Backspace)
        desk.type(text)
        desk.let_pass(0)
    desk.apps.page.search.put_away()


def whole(desk: Desk) -> str:
    """The whole search, as it would be typed."""
    return desk.apps.page.bar.text


def chips(desk: Desk) -> list[str]:
    """The words on the chips."""
    return [plain(chip.text()) for chip in desk.window.findChildren(Chip) if chip.isVisible()]


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


def close(desk: Desk, popup: QWidget) -> None:
    popup.close()
    desk.wait(lambda: QApplication.focusWindow() is not None)


def panel(desk: Desk) -> FilterPanel:
    """The panel of filters, opened by its keys."""
    desk.wait(lambda: QApplication.focusWindow() is not None)
    desk.key(Key.Key_F, CTRL | SHIFT)
    desk.wait(lambda: isinstance(QApplication.activePopupWidget(), FilterPanel))
    return QApplication.activePopupWidget()


def checked(shown: FilterPanel) -> list[str]:
    return [option.accessibleName() for option in shown.options if option.isChecked()]


def choose(desk: Desk, shown: FilterPanel, name: str) -> None:
    """Click a filter in the panel."""
    option = next(option for option in shown.options if option.accessibleName() == name)
    QTest.mouseClick(option, Qt.MouseButton.LeftButton)


def is_above(one: QWidget, other: QWidget) -> bool:
    return one.mapToGlobal(QPoint(0, one.height())).y() <= other.mapToGlobal(QPoint()).y()


def saved_menu(desk: Desk) -> QMenu:
    desk.wait(lambda: QApplication.focusWindow() is not None)
    desk.click("Saved filters")
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
        desk.wait(lambda: chips(desk) == ["Status: Disabled"])
        assert field(desk).text() == ""
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
        assert field(desk).text() == "kiosk "
        assert chips(desk) == ["Status: Expired"]
        assert field(desk).hasFocus()
        desk.type("ses")
        assert suggestions(desk) == ["sessions:on", "sessions:off"]
        popup = QApplication.activePopupWidget()
        desk.click_at(popup.viewport(), popup.visualRect(popup.model().index(1, 0)).center())
        desk.wait(lambda: chips(desk) == ["Status: Expired", "Sessions: Off"])

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
        assert chips(desk) == ["Owner: Grace & co"]
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
        assert whole(desk) == "csrf:on"
        desk.type("is:e")
        assert suggestions(desk)
        desk.type("x")
        desk.key(Key.Key_Return)  # what was offered for “is:e” is not taken
        assert whole(desk) == "csrf:on is:ex"
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
        assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "is:disabled, Status: Disabled"
        desk.key(Key.Key_Escape)


class TestChips:
    def test_a_filter_becomes_one_when_the_cursor_leaves_it(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("is:expired")
        assert chips(desk) == [], "it may go on"
        assert desk.labels() == ["Kiosk", "אפליקציה 7"], "and holds already"
        desk.type(" owner:none 7")
        assert chips(desk) == ["Status: Expired", "Owner: none"]
        assert field(desk).text() == "7"
        desk.apps.page.bar.set_text("")
        desk.key(Key.Key_F, CTRL)
        desk.type("ward csrf:on")
        desk.key(Key.Key_Return)
        assert chips(desk) == ["CSRF Protection: On"]
        assert field(desk).text() == "ward "
        assert desk.labels() == ["Ward"]

    def test_a_click_hits_the_row_that_is_seen(self, desk: Desk) -> None:
        """A chip that came at the press would move the table away from the pointer."""
        desk.key(Key.Key_F, CTRL)
        desk.type("is:expired")
        desk.select("אפליקציה 7")
        assert chips(desk) == []

    def test_tab_leaves_it_too(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("is:expired")
        desk.key(Key.Key_Tab)
        assert chips(desk) == ["Status: Expired"]

    def test_in_the_middle_the_rest_and_the_cursor_stay(self, desk: Desk) -> None:
        search(desk, "ward")
        field(desk).setCursorPosition(2)
        desk.type(" is:enabled ")
        assert chips(desk) == ["Status: Enabled"]
        assert field(desk).text() == "wa rd"
        desk.type("x")
        assert field(desk).text() == "wa xrd"

    def test_what_makes_no_sense_stays_in_the_field(self, desk: Desk) -> None:
        search(desk, "is:foo is:expired ")
        assert field(desk).text() == "is:foo "
        assert chips(desk) == ["Status: Expired"]

    def test_words_instead_of_syntax(self, desk: Desk) -> None:
        for typed, said in {
            "is:attention": "Status: Needs attention",
            "SESSIONS:Off": "Sessions: Off",
            "from:here": "Key: Made here",
            "expires:<=90d": "Expires within 90 days",
            "expires:<1d": "Expires in less than 1 day",
            "expires:>=0d": "Expires today or later",
            "expires:>2w": "Expires in more than 14 days",
            "review:>=2d": "Review in 2 days or more",
            "review:none": "Review never",
            "due:2026-12-04": f"Expiry or review on {long_day(date(2026, 12, 4))}",
            "created:2026": "Created in 2026",
            "created:<2026-03": "Created before 2026-03",
            "created:>90d": "Created more than 90 days ago",
            "rotated:<30d": "Key made in the last 30 days",
            "rotated:none": "Never rotated",
            'owner:""': "No owner",
            'owner:"Ada Lovelace': "Owner: Ada Lovelace",
            "label:ward": "Label: ward",
        }.items():
            desk.apps.page.look_for(typed)
            assert chips(desk) == [said], typed

    def test_taken_away_by_mouse(self, desk: Desk) -> None:
        desk.apps.page.look_for("is:expired owner:x ward")
        desk.click("Remove filter: Owner: x")
        assert whole(desk) == "is:expired ward"
        desk.click("Clear all")
        assert whole(desk) == ""
        assert desk.labels() == ALL
        assert not desk.all("Clear all")

    def test_taken_away_by_keys(self, desk: Desk) -> None:
        desk.apps.page.look_for("is:expired csrf:on sessions:on review:none")
        desk.key(Key.Key_F, CTRL)
        desk.key(Key.Key_Home)
        desk.key(Key.Key_Backspace)
        assert chips(desk) == ["Status: Expired", "CSRF Protection: On", "Sessions: On"]
        desk.find("Remove filter: Status: Expired").setFocus()
        desk.key(Key.Key_Right)
        assert QApplication.focusWidget().text() == "CSRF Protection: On"
        desk.key(Key.Key_Delete)
        assert QApplication.focusWidget().text() == "Sessions: On", "the next one has the keyboard"
        desk.key(Key.Key_Space)
        assert chips(desk) == ["Status: Expired"]
        desk.key(Key.Key_Return)
        assert chips(desk) == []
        assert field(desk).hasFocus()
        assert desk.labels() == ALL

    def test_backspace_that_is_held_down_stops_at_the_chips(self, desk: Desk) -> None:
        desk.apps.page.look_for("is:expired x")
        desk.key(Key.Key_F, CTRL)
        desk.key(Key.Key_End)
        for held in (False, True, True, True):
            event = QKeyEvent(QEvent.Type.KeyPress, Key.Key_Backspace, NONE, "\b", held)
            QApplication.sendEvent(field(desk), event)
        assert field(desk).text() == ""
        assert chips(desk) == ["Status: Expired"]

    def test_arrows_are_mirrored(self, desk: Desk, qapp: QApplication) -> None:
        desk.apps.page.look_for("is:expired csrf:on")
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        try:
            desk.let_pass(0)
            first, second = (chip for chip in desk.window.findChildren(Chip) if chip.isVisible())
            assert first.x() > second.x()
            first.setFocus()
            desk.key(Key.Key_Left)
            assert second.hasFocus()
        finally:
            qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def test_many_have_room_in_a_narrow_window(self, desk: Desk) -> None:
        desk.apps.page.look_for("is:enabled sessions:on csrf:on created:<90d rotated:<30d expires:none review:none")
        for size in ((1200, 760), (900, 600), (560, 600)):
            desk.resize(*size)
            desk.let_pass(0)
            shown = [*(chip for chip in desk.window.findChildren(Chip) if chip.isVisible()), desk.find("Clear all")]
            row = desk.apps.page.bar.chips
            for one in shown:
                assert row.rect().contains(one.geometry()), (size, one.text())
                assert not any(one.geometry().intersects(other.geometry()) for other in shown if other is not one)
            below = next(w for w in (desk.table, desk.apps.page.empty) if w.isVisible())
            desk.wait(partial(is_above, row, below), f"the chips end above what was found at {size}")

    def test_another_organization_and_an_app_that_is_hidden_take_them_away(self, desk: Desk) -> None:
        desk.apps.page.look_for("is:disabled")
        desk.apps.page.select(desk.app("Ward").id)
        assert chips(desk) == []
        desk.apps.page.look_for("is:disabled")
        desk.apps.page.forget_search()
        assert chips(desk) == []

    def test_the_field_grows_with_the_window(self, desk: Desk) -> None:
        widths = []
        for width in (560, 900, 1200):
            desk.resize(width, 600)
            widths.append(field(desk).width())
        assert widths == sorted(set(widths))
        assert widths[-1] > 500
        button = desk.find("Filter", QAbstractButton)
        assert button.text() == "Filter"
        desk.resize(560, 600)
        desk.wait(lambda: not button.text())
        assert button.toolTip() == "Filter"


class TestPanel:
    def test_lists_every_filter_of_the_search_language(self, desk: Desk) -> None:
        shown = panel(desk)
        words = {option.word for option in shown.options}
        assert words >= {f"{name}:{value}" for name, values in WORDS.items() for value in values}
        assert all(len(parse(word).terms) == 1 for word in words)
        names = [option.accessibleName() for option in shown.options]
        assert len(names) == len(set(names)), "a screen reader tells them apart"
        close(desk, shown)

    def test_checks_and_writes_what_is_on(self, desk: Desk) -> None:
        shown = panel(desk)
        assert checked(shown) == []
        choose(desk, shown, "Status: Disabled")
        assert chips(desk) == ["Status: Disabled"]
        assert desk.labels() == ["Kiosk"]
        assert checked(shown) == ["Status: Disabled"]
        assert "1 of 5 apps" in texts(shown)
        choose(desk, shown, "Status: Expired")
        assert whole(desk) == "is:expired", "in the place of the other"
        choose(desk, shown, "Owner: Ada Lovelace")
        assert whole(desk) == 'is:expired owner:"Ada Lovelace"'
        assert set(checked(shown)) == {"Status: Expired", "Owner: Ada Lovelace"}
        choose(desk, shown, "Status: Expired")  # again: no longer
        assert whole(desk) == 'owner:"Ada Lovelace"'
        desk.click("Clear all", within=shown)
        assert whole(desk) == ""
        assert checked(shown) == []
        close(desk, shown)

    def test_checks_what_was_typed(self, desk: Desk) -> None:
        search(desk, 'ward CSRF:ON "x" created:<90d created:2026 is:foo')
        shown = panel(desk)
        assert set(checked(shown)) == {"CSRF Protection: On", "Created in the last 90 days"}
        choose(desk, shown, "Status: Enabled")
        assert field(desk).text().strip() == 'ward "x"', "what makes no sense has gone with the others of its name"
        assert chips(desk) == [
            "CSRF Protection: On",
            "Created in the last 90 days",
            "Created in 2026",
            "Status: Enabled",
        ]
        close(desk, shown)

    def test_by_keys(self, desk: Desk) -> None:
        desk.resize(1200, 760)
        desk.table.setFocus()
        panel(desk)
        desk.key(Key.Key_Escape)
        desk.wait(lambda: QApplication.activePopupWidget() is None)
        assert desk.window.focusWidget() is desk.table
        shown = panel(desk)
        assert QApplication.focusWidget().accessibleName() == "Status: Enabled"
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        assert whole(desk) == "is:disabled"
        desk.key(Key.Key_Up)
        desk.key(Key.Key_Up)
        assert QApplication.focusWidget() is shown.options[-1], "round"
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Right)
        aside = QApplication.focusWidget()
        assert aside.mapTo(shown, QPoint()).x() > aside.width()
        assert abs(aside.y() - shown.options[0].y()) < 2 * aside.height()
        desk.key(Key.Key_Space)
        assert len(chips(desk)) == 2
        desk.key(Key.Key_Left)
        assert QApplication.focusWidget() is shown.options[0]
        close(desk, shown)

    def test_begins_at_what_is_on(self, desk: Desk) -> None:
        desk.apps.page.look_for("review:none")
        shown = panel(desk)
        assert QApplication.focusWidget().accessibleName() == "Review never"
        close(desk, shown)

    def test_the_button_opens_and_closes_it(self, desk: Desk) -> None:
        button = desk.find("Filter", QAbstractButton)
        desk.click("Filter")
        desk.wait(lambda: QApplication.activePopupWidget() is not None)
        QTest.mouseClick(
            QApplication.activePopupWidget(),
            Qt.MouseButton.LeftButton,
            pos=QApplication.activePopupWidget().mapFromGlobal(button.mapToGlobal(button.rect().center())),
        )
        desk.wait(lambda: QApplication.activePopupWidget() is None)
        desk.let_pass(30)
        assert QApplication.activePopupWidget() is None
        desk.apps.page.look_for("is:expired csrf:on")
        assert button.accessibleDescription() == "Status: Expired, CSRF Protection: On"

    def test_stays_inside_the_window(self, desk: Desk) -> None:
        for size in ((1200, 760), (900, 600), (560, 600)):
            desk.resize(*size)
            shown = panel(desk)
            assert desk.window.geometry().contains(shown.geometry()), size
            desk.key(Key.Key_Up)  # the last one
            last = QApplication.focusWidget()
            seen = shown.rect().contains(QRect(last.mapTo(shown, QPoint()), last.size()))
            assert seen, size
            close(desk, shown)

    def test_does_not_open_over_a_dialog(self, desk: Desk) -> None:
        desk.apps.forms.ask_new_app()
        desk.dialog()
        desk.apps.page.bar.show_filters()
        desk.apps.page.bar.show_saved()
        assert QApplication.activePopupWidget() is None


class TestSaved:
    def save(self, desk: Desk, name: str) -> None:
        desk.choose("Save this filter", saved_menu(desk))
        dialog = desk.dialog()
        desk.find("Name", QLineEdit, dialog).setText(name)
        desk.key(Key.Key_Return)
        desk.no_dialog()

    def test_kept_offered_and_replaced(self, desk: Desk, start: Start) -> None:
        search(desk, 'is:expired "x, y"')
        self.save(desk, 'Late & "odd", 50% אב')
        search(desk, "")
        menu = saved_menu(desk)
        assert not next(a for a in menu.actions() if plain(a.text()) == "Save this filter").isEnabled()
        close(desk, menu)
        desk.close()

        desk = start()
        desk.wait(lambda: len(desk.labels()) == len(APPS))
        desk.apps.page.look_for("is:disabled")
        desk.key(Key.Key_F, CTRL)
        desk.type("late")
        assert suggestions(desk) == ['is:expired "x, y"']
        desk.key(Key.Key_Down)
        desk.key(Key.Key_Return)
        desk.wait(lambda: whole(desk) == 'is:expired "x, y"')
        menu = saved_menu(desk)
        assert ticked(menu) == ['Late & "odd", 50% אב']
        close(desk, menu)
        search(desk, "is:review")
        desk.choose("Save this filter", saved_menu(desk))
        dialog = desk.dialog()
        save = desk.find("Save", QAbstractButton, dialog)
        assert not save.isEnabled()
        desk.find("Name", QLineEdit, dialog).setText('Late & "odd", 50% אב')
        assert "will be replaced" in " ".join(label.text() for label in dialog.findChildren(QLabel))
        save.click()
        desk.no_dialog()
        search(desk, "")
        desk.choose('Late & "odd", 50% אב', saved_menu(desk))
        assert whole(desk) == "is:review"

    def test_offered_beside_the_chips_until_it_has_a_name(self, desk: Desk) -> None:
        desk.apps.page.look_for("is:expired")
        desk.click("Save filter")
        desk.find("Name", QLineEdit, desk.dialog()).setText("Late")
        desk.key(Key.Key_Return)
        desk.no_dialog()
        assert not desk.all("Save filter")
        desk.apps.page.look_for("is:expired ward")
        assert desk.all("Save filter")

    def test_renamed_and_deleted_with_undo(self, desk: Desk) -> None:
        saved = desk.apps.saved
        saved.save("Late", "is:expired")
        saved.save("Old", "rotated:>365d")
        menu = saved_menu(desk)
        submenu(desk, menu, "Rename").actions()[0].trigger()
        close(desk, menu)
        name = desk.find("Name", QLineEdit, desk.dialog())
        assert name.text() == "Late"
        name.setText("Too late")
        desk.key(Key.Key_Return)
        desk.no_dialog()
        assert saved.all() == {"Old": "rotated:>365d", "Too late": "is:expired"}
        menu = saved_menu(desk)
        submenu(desk, menu, "Delete").actions()[1].trigger()
        close(desk, menu)
        assert saved.all() == {"Old": "rotated:>365d"}
        desk.click("Undo", within=desk.toast("Filter “Too late” deleted"))
        assert saved.all() == {"Old": "rotated:>365d", "Too late": "is:expired"}

    def test_each_organization_has_its_own(self, desk: Desk) -> None:
        first = desk.workspace.org
        desk.apps.saved.save("Late", "is:expired")
        repository = desk.program.stores.repository
        repository.save_org(Org(new_id(), "Zeta Labs", "zeta", Environment.DEVELOPMENT, "https://api.dev.medable.com"))
        desk.workspace.reload()
        desk.wait(lambda: len(desk.workspace.orgs) == 2)
        desk.workspace.enter(next(org.id for org in desk.workspace.orgs if org.id != first.id))
        assert desk.apps.saved.all() == {}
        desk.apps.saved.save("Mine", "is:review")
        desk.workspace.enter(first.id)
        assert desk.apps.saved.all() == {"Late": "is:expired"}

    def test_those_of_an_earlier_version_are_everywhere(self, desk: Desk) -> None:
        desk.tools.settings.set_text("filters", '{"Late": "is:expired"}')
        assert desk.apps.saved.all() == {"Late": "is:expired"}
        desk.apps.saved.remove("Late")
        assert desk.apps.saved.all() == {}

    def test_found_in_the_palette(self, desk: Desk) -> None:
        desk.apps.saved.save("Before the audit", "is:expired")
        desk.key(Key.Key_K, CTRL)
        desk.type("audit")
        assert desk.hits() == ["Filter: Before the audit"]
        desk.key(Key.Key_Return)
        desk.wait(lambda: chips(desk) == ["Status: Expired"])

    @pytest.mark.parametrize("kept", ["[1]", "{", '{"a": 1, "b": "is:disabled"}', ""])
    def test_nonsense_in_the_settings_is_left_out(self, desk: Desk, kept: str) -> None:
        desk.tools.settings.set_text("filters", kept)
        assert desk.apps.saved.all() in ({}, {"b": "is:disabled"})
        close(desk, saved_menu(desk))


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
        assert whole(desk) == "is:attention"
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
