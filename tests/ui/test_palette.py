"""The command palette and the list of shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit, QListView

from cortex_desktop.domain.folding import fold
from cortex_desktop.domain.model import Environment, Org, new_id
from cortex_desktop.services.workbench import ready_requests
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.actions import Action
from cortex_desktop.ui.kit.finding import Hit, Source, best
from cortex_desktop.ui.kit.i18n import translate_text
from tests.support.gui import CTRL, Desk, Key, clipboard_text, painted

Start = Callable[..., Desk]
KEY = "mwidxhb8ShcqmV1B9iOYJh"  # of the Cortex guide


@pytest.fixture
def desk(open_with: Start) -> Desk:
    desk = open_with({"NewHealth App": {"key": KEY}, "Ärzte portal": {}})
    desk.select("Ärzte portal")
    return desk


def opened(desk: Desk) -> QListView:
    desk.key(Key.Key_K, CTRL)
    desk.wait(lambda: desk.all("Command palette", QLineEdit))
    return desk.find("Found", QListView)


def closed(desk: Desk) -> bool:
    return not desk.all("Command palette", QLineEdit)


def test_what_the_design_shows(desk: Desk) -> None:
    found = opened(desk)
    desk.type("new")
    assert desk.hits() == ["New App", "Copy key: NewHealth App", "Go to NewHealth App"]
    described = Qt.ItemDataRole.AccessibleDescriptionRole
    assert found.model().index(0, 0).data(described) == QKeySequence(QKeySequence.StandardKey.New).toString(
        QKeySequence.SequenceFormat.NativeText
    )
    assert found.model().index(1, 0).data(described) == "mwid…OYJh"


def sections(desk: Desk) -> dict[str, str]:
    """The heading that each listed hit stands under, as it is painted."""
    found = painted(desk.palette().list.viewport())
    titles = {"Recent", "Apps", "Organizations", "Requests", "File", "Edit", "App", "View", "Help"}
    under, heading = {}, ""
    for text in found:
        heading = text if text in titles else heading
        under.setdefault(text, heading)
    return under


def test_hits_stand_under_headings(desk: Desk) -> None:
    opened(desk)
    desk.type("new")
    under = sections(desk)
    assert under["New App"] == "File"
    assert under["Copy key: NewHealth App"] == under["Go to NewHealth App"] == "Apps"


def test_every_ready_request_is_listed(desk: Desk) -> None:
    """Those of the app that would send, as its page lists them."""
    app = max((desk.app(label) for label in desk.labels()), key=lambda app: app.created)
    wanted = {f"Request: {translate_text(each.title)}" for each in ready_requests(app)} | {"Request: Log in"}
    opened(desk)
    desk.type("request:")
    assert set(desk.hits()) == wanted
    assert {sections(desk)[text] for text in desk.hits()[:4]} == {"Requests"}
    desk.palette().edit.setText("log in")
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.program.requests.in_front)


def test_actions_say_which_app_they_are_about(desk: Desk) -> None:
    opened(desk)
    for typed in ("rotate", "rotate portal"):
        desk.palette().edit.setText(typed)
        assert desk.hits() == ["Rotate API key: Ärzte portal"]
    desk.palette().edit.setText("portal")
    assert desk.hits() == ["Copy key: Ärzte portal", "Go to Ärzte portal"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("restore", "Recently deleted"),
        ("undo", "Recently deleted"),
        ("dark", "Preferences"),
        ("lock", "Preferences"),
        ("backup", "Preferences"),
        ("help", "Keyboard shortcuts"),
    ],
)
def test_other_words_find_it_too(desk: Desk, typed: str, first: str) -> None:
    opened(desk)
    desk.type(typed)
    assert desk.hits()[0] == first


def test_expired_finds_the_filter(desk: Desk) -> None:
    opened(desk)
    desk.type("expired")
    assert "Filter" in desk.hits()


def test_what_takes_something_away_is_found_by_name_alone_and_last(desk: Desk) -> None:
    opened(desk)
    dangerous = {"Delete: Ärzte portal", "Remove all data"}
    assert not dangerous & set(desk.hits())
    for typed in ("elet", "portal"):
        desk.palette().edit.setText(typed)
        assert not dangerous & set(desk.hits())
    for typed in ("de", "delete"):  # "Details" stands in the same menu
        desk.palette().edit.setText(typed)
        assert desk.hits()[-1] == "Delete: Ärzte portal"
    desk.palette().edit.setText("remove all")
    assert desk.hits() == ["Remove all data"]


def test_what_was_run_last_comes_first(desk: Desk, start: Start) -> None:
    for typed in ("keyboard", "preferences"):
        opened(desk)
        desk.type(typed)
        desk.key(Key.Key_Return)
        desk.dialog()
        desk.key(Key.Key_Escape)
        desk.wait(lambda: desk.tools.dialogs.free)
    opened(desk)
    assert desk.hits()[:2] == ["Preferences", "Keyboard shortcuts"]
    assert sections(desk)["Keyboard shortcuts"] == "Recent"
    assert desk.hits().count("Preferences") == 1
    desk.key(Key.Key_Escape)
    desk.close()
    again = start()
    again.console.show_palette()
    assert again.hits()[0] == "Preferences"


def test_copying_a_key(desk: Desk) -> None:
    opened(desk)
    desk.type("newh")
    desk.key(Key.Key_Return)
    desk.wait(lambda: clipboard_text() == KEY)
    assert closed(desk)


def test_going_to_an_app_that_is_filtered_out(desk: Desk) -> None:
    desk.apps.page.search.setText("portal")
    opened(desk)
    desk.type("health no")
    assert desk.hits() == []
    desk.palette().edit.clear()
    desk.type("newhealth")
    desk.key(Key.Key_Down)
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.selected() == "NewHealth App")
    assert desk.window.focusWidget() is desk.table


def test_running_an_action(desk: Desk) -> None:
    opened(desk)
    desk.type("prefer")
    assert desk.hits() == ["Preferences"]
    desk.key(Key.Key_Return)
    assert desk.dialog().accessibleName() == "Preferences"


def test_what_cannot_be_done_now_is_not_found(desk: Desk) -> None:
    opened(desk)
    assert "New App" in desk.hits()
    desk.type("unlock")
    assert desk.hits() == []
    assert "Nothing found. Try fewer letters." in desk.screen()


@pytest.mark.parametrize("ways", ["esc", "again", "click"])
def test_leaving_it_gives_the_keyboard_back(desk: Desk, ways: str) -> None:
    desk.table.setFocus()
    opened(desk)
    if ways == "esc":
        desk.key(Key.Key_Escape)
    elif ways == "again":
        desk.key(Key.Key_K, CTRL)
    else:
        desk.click_at(desk.palette(), QPoint(5, 5))  # beside the card
    desk.wait(lambda: closed(desk))
    assert desk.window.focusWidget() is desk.table


def test_keys_go_round_and_tab_stays(desk: Desk) -> None:
    found = opened(desk)
    desk.type("new")
    desk.key(Key.Key_Up)
    assert found.currentIndex().row() == 2
    desk.key(Key.Key_Down)
    assert found.currentIndex().row() == 0
    desk.key(Key.Key_Tab)
    assert not closed(desk)
    assert desk.window.focusWidget() is desk.palette().edit


def test_it_goes_when_a_dialog_comes(desk: Desk) -> None:
    opened(desk)
    desk.type("new app")
    desk.key(Key.Key_Return)
    desk.dialog()
    desk.wait(lambda: closed(desk))


def test_every_shortcut_is_listed(desk: Desk) -> None:
    desk.key(Key.Key_Slash, CTRL)
    dialog = desk.dialog()
    words = {made.text() for made in dialog.findChildren(QLabel)}
    native = QKeySequence.SequenceFormat.NativeText
    missing = [
        action.text()
        for _, actions in desk.console.actions.listed()
        for action in actions
        if not action.shortcut().isEmpty() and action.shortcut().toString(native) not in words
    ]
    assert missing == []
    assert {"New App", "Rotate API key", "In the table"} <= words


def test_every_action_is_in_a_menu(desk: Desk) -> None:
    listed = [action for _, actions in desk.console.actions.listed() for action in actions]
    shortcuts = [action.shortcut().toString() for action in listed if not action.shortcut().isEmpty()]
    assert len(shortcuts) == len(set(shortcuts))
    own = desk.console.actions.findChildren(Action)
    assert len(own) > 30
    assert [made.text() for made in own if made not in listed] == []


def sources(*texts: str) -> list[Source]:
    return [Source(fold(text), lambda text=text: [Hit("", text, "", str)]) for text in texts]


def names(found: list[Hit]) -> list[str]:
    return [hit.text for hit in found]


def test_the_best_come_first() -> None:
    made = sources("Renew", "A new one", "New", "other")
    assert names(best(iter(made), "new", 9)) == ["New", "A new one", "Renew"]
    assert names(best(iter(made), "", 9)) == ["Renew", "A new one", "New", "other"]
    assert names(best(iter(made), "new", 2)) == ["New", "A new one"]


def test_what_is_called_so_wins_and_whole_words_come_before_parts() -> None:
    made = [
        Source("switch to alpha trials acme-test", lambda: [Hit("", "part", "", print)], ("acme-test", "alpha trials")),
        Source("switch to beta acme works", lambda: [Hit("", "word", "", print)], ("beta", "acme works")),
        Source("switch to zeta labs acme", lambda: [Hit("", "code", "", print)], ("acme", "zeta labs")),
    ]
    assert names(best(iter(made), "ACME ", 9)) == ["code", "word", "part"]
    assert names(best(iter(made), "acme", 1)) == ["code"], "also where the list is cut"
    assert names(best(iter(made), "zeta labs", 9)) == ["code"]


def test_an_organizations_code_and_enter(start: Callable[..., Desk], folder: Path) -> None:
    repository = TinyRepository(folder)
    for name, code in (("Alpha Trials", "acme-test"), ("Zeta Labs", "acme")):
        repository.save_org(Org(new_id(), name, code, Environment.DEVELOPMENT, "https://api.dev.medable.com"))
    repository.close()
    desk = start()
    desk.key(Key.Key_O, CTRL)
    desk.type("acme")
    desk.key(Key.Key_Return)
    assert desk.workspace.org.name == "Zeta Labs"


@given(st.lists(st.text(max_size=8), max_size=8), st.text(max_size=5))
def test_nothing_that_holds_every_word_is_left_out(texts: list[str], query: str) -> None:
    words = fold(query).split()
    expected = [text for text in texts if all(word in fold(text) for word in words)]
    assert sorted(names(best(iter(sources(*texts)), query, 99))) == sorted(expected)


def test_it_covers_the_menu_bar(desk: Desk) -> None:
    opened(desk)
    assert desk.palette().geometry() == desk.window.rect()


def test_no_shortcut_is_named_after_no_apps(desk: Desk) -> None:
    desk.console.show_shortcuts()
    named = [label.text() for label in desk.dialog().findChildren(QLabel)]
    assert "Enable" in named
    assert not [text for text in named if "0 apps" in text]


def test_the_list_of_shortcuts_stays_inside_the_window(desk: Desk) -> None:
    for size in ((1200, 760), (900, 600)):
        desk.resize(*size)
        desk.console.show_shortcuts()
        dialog = desk.dialog()
        desk.let_pass(0)
        assert dialog.height() < desk.window.height() - 20, size
        dialog.reject()
        desk.no_dialog()
