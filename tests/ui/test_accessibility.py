"""For keyboards and screen readers: every control has a name, no shortcut is taken twice, focus is always seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtGui import QAccessible, QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from cortex_desktop.domain.activity import Break, Harm
from cortex_desktop.ui.overview.page import ChartCard, CheckCard
from tests.support.gui import Desk, Key, painted, stored_apps, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]


@pytest.fixture
def desk(folder: Path, vault: InMemoryVault, start: Start) -> Desk:
    stored_apps(folder, vault, ["NewHealth App"], sessions=True)
    stored_apps(folder, vault, ["EMR integration"], sessions=False, review=date(2026, 1, 1))
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 2)
    return desk


def focusable(window: QWidget) -> list[QWidget]:
    """What the Tab key can reach, whatever the platform's own rule for buttons is."""
    widgets = [w for w in window.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
    return [w for w in widgets if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.focusProxy() is None]


def spoken_name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def windows(desk: Desk) -> Iterator[tuple[str, QWidget]]:
    """The window with everything in it, then every dialog."""
    console = desk.console
    desk.select("EMR integration")
    desk.key(Key.Key_Return)
    desk.key(Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    desk.toast("API key copied")
    yield "window", desk.window
    desk.click("Dismiss", within=desk.toast("API key copied"))
    desk.program.orgs.open()
    console.pages.currentWidget().form.environment.setCurrentIndex(4)
    console.pages.currentWidget().form.own_environment.setText("Live")
    yield "Organization", desk.window
    desk.program.apps.open()
    desk.key(Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: desk.program.activity.presenter.page.model.rowCount())
    desk.program.activity.presenter.page.show_breaks([Break(Harm.CHANGED, 1, 1, 1)])
    yield "Activity", desk.window
    desk.key(Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    yield "Overview", desk.window
    desk.key(Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    desk.apps.page.look_for("is:enabled csrf:on created:<90d")
    yield "filters on", desk.window
    desk.apps.page.bar.show_filters()
    filters = QApplication.activePopupWidget()
    assert filters is not None
    yield "Filters", filters
    filters.close()
    desk.wait(lambda: QApplication.focusWindow() is not None)
    desk.apps.page.look_for("")
    desk.apps.page.select_all()
    desk.apps.disable_several()
    desk.wait(lambda: desk.apps.bulk.can_undo)
    yield "several apps", desk.window
    for name, act in (
        ("Create App", desk.apps.forms.ask_new_app),
        ("Preferences", console.show_preferences),
        ("About", console.show_about),
        ("Add organization", desk.program.orgs.presenter.ask_add),
        ("Remove all data", console.ask_remove_data),
        ("Updates", desk.program.updates.ask),
        ("Delete several", lambda: desk.apps.bulk.ask_delete(desk.apps.model.all_apps() * 5)),
        ("Rotate several", desk.apps.ask_rotate),
        ("Which apps", desk.apps.bulk.show_list),
        ("Delete", lambda: (desk.apps.page.select(desk.app("NewHealth App").id), desk.apps.ask_delete())),
        ("Edit App", desk.apps.forms.ask_edit),
        ("Add existing key", lambda: _with_a_key_found(desk)),
        ("Save filter", lambda: desk.apps.ask_filter_name("is:enabled")),
    ):
        act()
        dialog = desk.dialog()
        yield name, dialog
        dialog.close()
        desk.no_dialog()


def _with_a_key_found(desk: Desk) -> None:
    desk.apps.forms.ask_import_key()
    secret = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
    desk.tools.dialogs.current.take(
        f"CLIENT_KEY=mwidxhb8ShcqmV1B9iOYJh\n# CLIENT_KEY=GsAqlhnIMzrDeD8V2MBQWq\nSIGN_SECRET={secret}\n"
    )


def test_every_control_has_a_name(desk: Desk) -> None:
    nameless = [
        f"{where}: {type(widget).__name__} “{widget.objectName()}”"
        for where, window in windows(desk)
        for widget in focusable(window)
        # The page takes the focus from clicks beside everything, and so says nothing.
        if not spoken_name(widget).strip()
    ]
    assert not nameless


def test_no_two_controls_of_a_window_have_the_same_name_and_role(desk: Desk) -> None:
    for where, window in windows(desk):
        names = Counter(
            (spoken_name(w), type(w).__name__) for w in focusable(window) if not w.inherits("QAbstractItemView")
        )
        twice = [name for name, count in names.items() if count > 1]
        assert not twice, where


def test_every_control_can_be_reached_by_tab_and_back(desk: Desk) -> None:
    for where, window in windows(desk):
        wanted = {spoken_name(w) for w in focusable(window) if not isinstance(w, QTableView)}
        for key in (Key.Key_Tab, Key.Key_Backtab):
            reached = set()
            for _ in range(2 * len(wanted) + 8):
                desk.key(key)
                assert QApplication.focusWidget() is not None
                reached.add(spoken_name(QApplication.focusWidget()))
            assert not wanted - reached, (where, wanted - reached)


def region(widget: QWidget, window: QWidget) -> QWidget:
    """The part of the window that is read by itself, from top to bottom."""
    while (
        widget is not window
        and not isinstance(widget, ChartCard | CheckCard)
        and widget.objectName() not in {"sidebar", "details", "toast", "orgScroll", "column", "filterColumn"}
    ):
        widget = widget.parentWidget()
    return widget


def once_round(desk: Desk) -> list[QWidget]:
    """What Tab comes to, until it is again where it began."""
    reached: list[QWidget] = []
    while len(reached) < 60:
        desk.key(Key.Key_Tab)
        widget = QApplication.focusWidget()
        if reached and widget is reached[0]:
            break
        reached.append(widget)
    return reached


def test_tab_goes_as_one_reads(desk: Desk) -> None:
    """Each part of the window from its top to its bottom, and all of it before the next part."""
    desk.apps.page.keychain_banner.show_message("warning", "lock", "A banner", "made late", "Unlock…")
    for where, window in windows(desk):
        reached = once_round(desk)
        parts = [region(widget, window) for widget in reached]
        begins = [place for place, part in enumerate(parts) if part is not parts[place - 1]]
        assert len(begins) == (len(set(parts)) if len(set(parts)) > 1 else 0), where
        if not begins:  # all is one part, whose top is what comes after the last button
            corners = [widget.mapTo(window, QPoint()) for widget in reached]
            begins = [min(range(len(reached)), key=lambda place: (corners[place].y(), corners[place].x()))]
        reached = reached[begins[0] :] + reached[: begins[0]]
        for one, after in pairwise(reached):
            if region(one, window) is region(after, window):
                middle = one.mapTo(window, QPoint(0, one.height() // 2)).y()  # neighbours stand on one line
                end = after.mapTo(window, QPoint(0, after.height())).y()
                assert end >= middle, (where, spoken_name(one), spoken_name(after))


def test_focus_is_seen(desk: Desk) -> None:
    """A control with the focus looks different from the same control without it."""
    for where, window in windows(desk):
        for widget in focusable(window):
            if isinstance(widget, QTableView):
                continue
            frame = widget.parentWidget() if widget.objectName() == "keyText" else widget
            other = next(w for w in focusable(window) if w is not widget and frame is not w.parentWidget())
            other.setFocus(Qt.FocusReason.TabFocusReason)
            if isinstance(widget, QLineEdit):
                widget.deselect()
            desk.let_pass(0)
            before = frame.grab().toImage()
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            if isinstance(widget, QLineEdit):
                widget.deselect()
            desk.let_pass(0)
            assert widget.hasFocus()
            assert frame.grab().toImage() != before, f"{where}: {spoken_name(widget)}"


def test_names_of_the_contract(desk: Desk) -> None:
    desk.find("New App", QAbstractButton)
    desk.find("Search apps", QLineEdit)
    desk.find("Apps", QTableView)
    desk.apps.forms.ask_new_app()
    dialog = desk.dialog()
    for name, kind in (
        ("Create App", QAbstractButton),
        ("Cancel", QAbstractButton),
        ("Label", QLineEdit),
        ("Sessions", QCheckBox),
        ("CSRF Protection", QCheckBox),
    ):
        assert spoken_name(desk.find(name, kind, dialog)) == name


def test_roles(desk: Desk) -> None:
    def role(name: str, kind: type[QWidget]) -> QAccessible.Role:
        return QAccessible.queryAccessibleInterface(desk.find(name, kind)).role()

    assert role("Apps", QTableView) is QAccessible.Role.Table
    assert role("New App", QAbstractButton) in (QAccessible.Role.Button, QAccessible.Role.PushButton)
    assert role("Search apps", QLineEdit) is QAccessible.Role.EditableText
    assert role("Filter", QAbstractButton) in (QAccessible.Role.Button, QAccessible.Role.PushButton)
    for page in desk.console.sidebar.buttons.values():
        interface = QAccessible.queryAccessibleInterface(page)
        assert interface.role() in (QAccessible.Role.Button, QAccessible.Role.PushButton), "and no check box"
        current = "current page" in interface.text(QAccessible.Text.Description)
        assert current == (page.text() == "Apps")


def test_everything_that_a_screen_reader_meets_has_a_name(desk: Desk) -> None:
    """Also what Tab does not reach: the buttons inside fields, the count beside a page; on Linux a box's name too."""
    for where, window in windows(desk):
        for kind in (QAbstractButton, QComboBox):
            for widget in window.findChildren(kind):
                if widget.isVisible() and widget.objectName() != "qt_scrollarea_viewport":
                    interface = QAccessible.queryAccessibleInterface(widget)
                    assert interface.text(QAccessible.Text.Name).strip(), (where, widget, widget.parentWidget())
        for box in window.findChildren(QComboBox):
            buddies = [w for w in window.findChildren(QLabel) if w.buddy() is box]
            described = QAccessible.queryAccessibleInterface(box).text(QAccessible.Text.Description)
            assert buddies or described or not box.isVisible(), (where, box.accessibleName())


def test_one_system_of_digits(folder: Path, vault: InMemoryVault, start: Start) -> None:
    stored_apps(folder, vault, [f"App {number}" for number in range(12)], review=date(2026, 1, 1))
    before = QLocale()
    QLocale.setDefault(QLocale("ar_EG"))
    try:
        desk = start()
        desk.wait(lambda: len(desk.labels()) == 12)
        for name in ("open_organization", "open_activity", "open_apps"):
            desk.action(name).trigger()
            desk.let_pass(0)
            words = " ".join([*painted(desk.window), desk.screen()])
            assert not re.search("[\u0660-\u0669\u06f0-\u06f9]", words), f"{name}: English words, other digits"
            assert "12" in words
        assert desk.values("Created")[0].isascii()
    finally:
        QLocale.setDefault(before)


def test_what_is_said_of_a_row(desk: Desk) -> None:
    app = desk.app("EMR integration")
    model = desk.table.model()
    row = desk.labels().index("EMR integration")
    assert [desk.spoken(model.index(row, column)) for column in range(model.columnCount())] == [
        "EMR integration",
        f"API key, hidden, ends with {app.key_ends.tail}",
        "Sessions: Off",
        "CSRF Protection: On",
        "Review due. Review due since 1 Jan 2026.",
        desk.values("Created")[row],
        "Actions for EMR integration",
        "No owner",
        "Expires: never",
        "Key from: Not known",
        "The key is from today",
    ]
    table = QAccessible.queryAccessibleInterface(desk.table)
    children = [table.child(number) for number in range(table.childCount())]
    heads = [child.text(QAccessible.Text.Name) for child in children if child.role() is QAccessible.Role.ColumnHeader]
    assert heads == [
        "Label",
        "API Key",
        "Sessions",
        "CSRF Protection",
        "Status",
        "Created",
        "Actions",
        "Owner",
        "Expires",
        "Key from",
        "Age",
    ]


def actions(menu_owner: QWidget) -> Iterator[QAction]:
    yield from (a for a in menu_owner.findChildren(QAction) if a.text() and not a.isSeparator())


def test_no_shortcut_is_taken_twice(desk: Desk) -> None:
    taken: dict[str, set[str]] = {}
    for action in actions(desk.window):
        for keys in action.shortcuts():
            taken.setdefault(keys.toString(QKeySequence.SequenceFormat.PortableText), set()).add(action.text())
    assert not {keys: names for keys, names in taken.items() if len(names) > 1}
    wanted = {"Ctrl+N", "Ctrl+F", "Ctrl+C", "Ctrl+Q", "Del", "Ctrl+R", "Ctrl+E", "Ctrl+I", "Ctrl+,"}
    assert wanted <= set(taken)


def test_menus_open_by_their_letters(desk: Desk) -> None:
    letters = [a.text()[a.text().index("&") + 1].lower() for a in desk.window.menuBar().actions()]
    assert len(set(letters)) == len(letters)
    desk.key(Key.Key_F, Qt.KeyboardModifier.AltModifier)
    assert desk.menu().title() == "&File"
    desk.key(Key.Key_Escape)


def test_quit_by_keyboard(desk: Desk) -> None:
    desk.key(Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not desk.window.isVisible()


def test_escape_and_enter_move_between_table_and_details(desk: Desk) -> None:
    desk.select("NewHealth App")
    desk.key(Key.Key_Return)
    assert desk.apps.page.details.isVisible()
    desk.key(Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert not desk.apps.page.details.isVisible()
    assert desk.table.hasFocus()


def test_labels_belong_to_their_fields(desk: Desk) -> None:
    """A click on a field's name, or its letter, leads to the field; and a screen reader knows the two as one."""
    for act, names in (
        (desk.apps.forms.ask_new_app, ["Label"]),
        (desk.apps.forms.ask_edit, ["Label", "Owner", "Notes"]),
        (desk.apps.forms.ask_import_key, ["Paste the key", "Label"]),
        (desk.program.orgs.presenter.ask_add, ["Name", "Code", "Environment", "API endpoint"]),
        (desk.console.show_preferences, ["Theme", "Clear the clipboard after", "Hide a revealed key after"]),
    ):
        act()
        dialog = desk.dialog()
        buddies = {label.text(): label.buddy() for label in dialog.findChildren(QWidget) if hasattr(label, "buddy")}
        for name in names:
            assert buddies[name] is not None, name
            assert buddies[name].accessibleName() == name
        dialog.close()
        desk.no_dialog()


def test_states_are_told_in_words_too(desk: Desk) -> None:
    """Nothing is said by colour alone."""
    assert desk.seen(desk.cell("NewHealth App", "Status")) == "Enabled"
    desk.select("NewHealth App")
    desk.key(Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: desk.seen(desk.cell("NewHealth App", "Status")) == "Disabled")
    assert "Unlocked" in texts(desk.console.sidebar)


def test_text_twice_as_large(start: Start, qapp: QApplication, folder: Path, vault: InMemoryVault) -> None:
    """A person who needs larger letters still gets whole controls."""
    font = qapp.font()
    large = qapp.font()
    large.setPointSizeF(font.pointSizeF() * 1.6)
    qapp.setFont(large)
    try:
        stored_apps(folder, vault, ["NewHealth App"])
        desk = start()
        desk.wait(lambda: desk.labels() == ["NewHealth App"])
        desk.resize(1200, 800)
        button = desk.find("New App", QAbstractButton)
        assert button.sizeHint().width() <= button.width()
        assert desk.key_seen("NewHealth App")
        rect = desk.table.visualRect(desk.cell("NewHealth App", "API Key"))
        assert desk.table.viewport().rect().contains(rect)
        QTest.mouseMove(desk.window.windowHandle(), QPoint(3, 3))
        desk.close()
    finally:
        qapp.setFont(font)
