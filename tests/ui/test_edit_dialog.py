"""Editing and duplicating an app at the real window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QLocale, QRect
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCalendarWidget,
    QCheckBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from cortex_desktop.domain.errors import StorageError, VaultError, VaultProblem
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.dates import DateField
from tests.support.gui import ALT, CTRL, SHIFT, Desk, Key, stored_app, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
TODAY = date.today()  # noqa: DTZ011 (where the person is)


@pytest.fixture
def desk(folder: Path, vault: InMemoryVault, start: Start) -> Desk:
    repository = TinyRepository(folder)
    stored_app(repository, vault, "With sessions", sessions=True, owner="Ada", expires=TODAY + timedelta(days=90))
    stored_app(repository, vault, "Signing", sessions=False, csrf=False)
    repository.close()
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 2)
    return desk


class Form:
    """The open dialog and its parts."""

    def __init__(self, desk: Desk, label: str) -> None:
        desk.select(label)
        desk.key(Key.Key_F2)
        self.desk = desk
        self.dialog = desk.dialog()

    def part(self, name: str, kind: type[QWidget] = QWidget) -> QWidget:
        return self.desk.find(name, kind, self.dialog)

    def says(self) -> str:
        return " ".join(texts(self.dialog))

    def save(self) -> None:
        self.desk.click("Save", within=self.dialog)

    def saved(self) -> None:
        self.save()
        self.desk.no_dialog()


def test_shows_what_is_and_keeps_what_is_changed(desk: Desk) -> None:
    form = Form(desk, "With sessions")
    assert form.part("Label").text() == "With sessions"
    assert form.part("Owner").text() == "Ada"
    assert form.part("Expires", QCheckBox).isChecked()
    assert not form.part("Review", QCheckBox).isChecked()
    assert QApplication.focusWidget() is form.part("Label")
    desk.type("Ward tablet")
    desk.key(Key.Key_Tab)
    desk.type("Grace")
    desk.key(Key.Key_Tab)
    desk.type("Line 1")
    desk.key(Key.Key_Return)
    desk.type("Line 2")
    form.part("CSRF Protection", QCheckBox).click()
    form.part("Expires", QCheckBox).click()
    form.part("Review", QCheckBox).click()
    form.part("Review on", DateField).setDate(QDate(2030, 2, 28))
    form.saved()
    app = desk.app("Ward tablet")
    assert (app.owner, app.notes, app.csrf, app.sessions) == ("Grace", "Line 1\nLine 2", False, True)
    assert (app.expires, app.review) == (None, date(2030, 2, 28))
    assert desk.selected() == "Ward tablet"


def test_all_of_it_by_keyboard(desk: Desk) -> None:
    form = Form(desk, "Signing")
    order = []
    for _ in range(10):
        order.append(QApplication.focusWidget().accessibleName() or QApplication.focusWidget().text())
        desk.key(Key.Key_Tab)
    assert order == [
        "Label",
        "Owner",
        "Notes",
        "Sessions",
        "CSRF Protection",
        "Expires",
        "Review",
        "Cancel",
        "Save",
        "Label",
    ]
    desk.key(Key.Key_Backtab, SHIFT)
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    assert form.desk.app("Signing").owner == ""


def test_undo_in_the_notice_brings_all_back(desk: Desk, vault: InMemoryVault) -> None:
    secret = desk.kept("Signing", SecretKind.API_SECRET)
    form = Form(desk, "Signing")
    desk.type("Changed")
    form.part("Sessions", QCheckBox).click()
    assert "It stays in the keychain for 7 days" in form.says(), "said before it is done"
    form.saved()
    assert desk.app("Changed").sessions
    desk.click("Undo", within=desk.toast("“Changed” saved"))
    desk.wait(lambda: "Signing" in desk.labels())
    assert desk.kept("Signing", SecretKind.API_SECRET) == secret
    assert len(vault.items) == 3, "nothing beside the keys of the two and this secret"
    assert not [n for n in desk.toasts() if "resolved" in n], "it is no work of an earlier session"


def test_switched_off_there_is_a_secret_to_copy(desk: Desk) -> None:
    key = desk.kept("With sessions")
    form = Form(desk, "With sessions")
    form.part("Sessions", QCheckBox).click()
    assert "an API secret is generated" in form.says()
    form.saved()
    desk.toast("Its API secret is in the keychain now")
    assert desk.kept("With sessions") == key
    assert len(desk.kept("With sessions", SecretKind.API_SECRET)) == 64
    assert desk.action("copy_secret").isEnabled()


def test_switched_there_and_back_nothing_is_said_or_done(desk: Desk, vault: InMemoryVault) -> None:
    form = Form(desk, "Signing")
    before = form.says()
    for _ in range(2):
        form.part("Sessions", QCheckBox).click()
    assert form.says() == before
    vault.calls.clear()
    form.saved()
    assert not desk.toasts()
    assert not [call for call, _ in vault.calls if call != "state"]


@pytest.mark.parametrize(
    "typed", ["05 Jan 2027", "5 jan 2027", "2027-01-05", " 2027-01-05 ", "Jan 5, 2027", "{short}", "{medium}", "{long}"]
)
@pytest.mark.parametrize("language", ["en_US", "en_GB", "de_DE", "ar_EG", "ja_JP"])
def test_a_typed_or_pasted_day_is_taken(desk: Desk, typed: str, language: str) -> None:
    locale, day, before = QLocale(language), QDate(2027, 1, 5), QLocale()
    forms = QLocale.FormatType
    text = typed.format(
        short=locale.toString(day, forms.ShortFormat),
        medium=locale.toString(day, "d MMM yyyy"),
        long=locale.toString(day, "d MMMM yyyy"),
    )
    QLocale.setDefault(locale)
    try:
        form = Form(desk, "With sessions")
        field = form.part("Expires on", DateField)
        field.setFocus()
        field.selectAll()
        field.insert("")
        QGuiApplication.clipboard().setText(text)
        desk.key(Key.Key_V, CTRL)
        form.saved()
    finally:
        QLocale.setDefault(before)
        QGuiApplication.clipboard().clear()
    assert desk.app("With sessions").expires == date(2027, 1, 5)


@pytest.mark.parametrize("typed", ["", "soon", "31 Feb 2027", "2027-13-01", "5 Jan", "5 Jan 20", "0-1-2"])
def test_what_is_no_day_is_said_and_not_saved(desk: Desk, typed: str) -> None:
    form = Form(desk, "With sessions")
    field = form.part("Expires on", DateField)
    field.setFocus()
    desk.key(Key.Key_A, CTRL)
    desk.key(Key.Key_Delete)
    desk.type(typed)
    assert "This is no date" in form.says()
    assert "This is no date" in field.accessibleDescription()
    assert not form.part("Save").isEnabled()
    form.part("Expires", QCheckBox).click()
    assert form.part("Save").isEnabled()


def test_the_calendar_opens_by_keyboard(desk: Desk) -> None:
    form = Form(desk, "With sessions")
    field = form.part("Expires on", DateField)
    field.setFocus()
    before = field.day
    desk.key(Key.Key_Down, ALT)
    calendar = QApplication.activePopupWidget().findChild(QCalendarWidget)
    assert field.day == before
    QTest.keyClick(calendar.focusWidget() or calendar, Key.Key_Right)
    QTest.keyClick(calendar.focusWidget() or calendar, Key.Key_Return)
    assert field.day == before + timedelta(days=1)
    desk.wait(lambda: QApplication.activePopupWidget() is None)
    desk.dialog()
    desk.key(Key.Key_Up)
    assert field.day == before + timedelta(days=2)


@pytest.mark.parametrize(("text", "days", "years"), [("30 days", 30, 0), ("90 days", 90, 0), ("1 year", 0, 1)])
def test_the_calendar_offers_days_ahead(desk: Desk, text: str, days: int, years: int) -> None:
    form = Form(desk, "With sessions")
    field = form.part("Expires on", DateField)
    field.open_calendar()
    popup = QApplication.activePopupWidget()
    next(made for made in popup.findChildren(QPushButton) if made.text() == text).click()
    assert field.shown() == QDate.currentDate().addDays(days).addYears(years)
    desk.wait(lambda: QApplication.activePopupWidget() is None)


def test_a_day_in_the_past_is_warned_of_and_taken(desk: Desk) -> None:
    form = Form(desk, "With sessions")
    assert "in the past" not in form.says()
    form.part("Expires on", DateField).setDate(QDate.currentDate().addDays(-1))
    assert "This date is in the past" in form.says()
    assert "in the past" in form.part("Expires on", DateField).accessibleDescription()
    form.part("Expires", QCheckBox).click()
    assert "in the past" not in form.says(), "there is none now"
    form.part("Expires", QCheckBox).click()
    form.saved()
    app = desk.app("With sessions")
    assert app.expires == TODAY - timedelta(days=1)
    assert app.enabled


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("Label", "a\u202eb", "control characters are not allowed"),
        ("Owner", "x" * 121, "It has 121 characters"),
        ("Notes", "x" * 4001, "They have 4001 characters"),
    ],
)
def test_what_cannot_be_kept_is_said_and_stays_to_be_mended(desk: Desk, name: str, text: str, complaint: str) -> None:
    form = Form(desk, "Signing")
    field = form.part(name)
    put = field.setPlainText if isinstance(field, QPlainTextEdit) else field.setText
    put(text)
    assert complaint in form.says()
    assert not form.part("Save").isEnabled()
    put("fine")
    assert form.part("Save").isEnabled()


def test_its_own_label_is_no_other_apps(desk: Desk) -> None:
    form = Form(desk, "Signing")
    assert "Another app has this label" not in form.says()
    form.part("Label").setText("with SESSIONS")
    assert "Another app has this label" in form.says()


def test_nothing_typed_is_lost_when_saving_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    form = Form(desk, "Signing")
    form.part("Notes").setPlainText("Much to remember")
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> None:
            raise StorageError("The disk is full", "Nothing was saved.", "Free some space.")

        patch.setattr(desk.program.stores.repository, "change_app", refuse)
        form.save()
        desk.wait(lambda: "The disk is full" in form.says())
    assert form.part("Notes").toPlainText() == "Much to remember"
    form.saved()
    assert desk.app("Signing").notes == "Much to remember"


def test_a_locked_keychain_stands_in_the_way_of_sessions_only(desk: Desk, vault: InMemoryVault) -> None:
    vault.current = VaultState.LOCKED
    form = Form(desk, "Signing")
    form.part("Owner").setText("Ada")
    form.part("Sessions", QCheckBox).click()
    form.save()
    desk.wait(lambda: "Your keychain is locked" in form.says())
    assert desk.app("Signing").owner == ""
    form.part("Sessions", QCheckBox).click()
    form.saved()
    assert desk.app("Signing").owner == "Ada"


def test_a_keychain_that_refuses_the_secret_leaves_the_app_as_it_was(desk: Desk, vault: InMemoryVault) -> None:
    before, items = desk.app("With sessions"), dict(vault.items)
    vault.fail_next("store", VaultError(VaultProblem.FULL, vault.name))
    form = Form(desk, "With sessions")
    form.part("Sessions", QCheckBox).click()
    form.save()
    desk.wait(lambda: "The keychain is full" in form.says())
    after = desk.app("With sessions")
    assert after.details == before.details
    assert dict(vault.items) == items


class TestInTheDetails:
    def test_what_was_noted_stands_there(self, desk: Desk) -> None:
        desk.select("Signing")
        desk.key(Key.Key_Return)
        panel = desk.apps.page.details
        assert "Owner" not in texts(panel)
        desk.click("Edit App", within=panel)
        dialog = desk.dialog()
        desk.find("Owner", QLineEdit, dialog).setText("Ada")
        desk.find("Notes", QPlainTextEdit, dialog).setPlainText("Nightly import")
        desk.find("Review", QCheckBox, dialog).click()
        desk.click("Save")
        desk.no_dialog()
        desk.wait(lambda: {"Owner", "Ada", "Notes", "Nightly import"} <= set(texts(panel)))
        marks = [mark.accessibleName().partition(":")[0] for mark in panel.time_line.line.marks]
        assert marks == ["Created", "Now", "Review"]

    def test_an_earlier_version_says_what_comes_back_with_it(self, desk: Desk, vault: InMemoryVault) -> None:
        form = Form(desk, "Signing")
        form.part("Sessions", QCheckBox).click()
        form.saved()
        desk.key(Key.Key_I, CTRL)
        panel = desk.apps.page.details
        assert any("(Sessions off, with its secret)" in text for text in texts(panel))
        ends = desk.app("Signing").key_ends
        desk.click(f"Roll back to {ends.head}…{ends.tail}", within=panel)
        desk.wait(lambda: not desk.apps.page.current().sessions)
        assert len(desk.kept("Signing", SecretKind.API_SECRET)) == 64


class TestDuplicate:
    def test_has_the_same_settings_and_a_key_of_its_own(self, desk: Desk) -> None:
        desk.select("With sessions")
        desk.key(Key.Key_D, CTRL)
        dialog = desk.dialog()
        label = desk.find("Label", QLineEdit, dialog)
        assert label.text() == label.selectedText() == "With sessions copy"
        desk.key(Key.Key_Return)
        desk.no_dialog()
        desk.toast("App created")
        made, first = desk.app("With sessions copy"), desk.app("With sessions")
        assert (made.sessions, made.owner, made.expires) == (True, "Ada", first.expires)
        assert desk.kept("With sessions copy") != desk.kept("With sessions")

    def test_a_second_copy_is_told_from_the_first(self, desk: Desk) -> None:
        for wanted in ("Signing copy", "Signing copy 2"):
            desk.select("Signing")
            desk.key(Key.Key_D, CTRL)
            dialog = desk.dialog()
            assert desk.find("Label", QLineEdit, dialog).text() == wanted
            assert not desk.find("Sessions", QCheckBox, dialog).isChecked()
            assert not desk.find("CSRF Protection", QCheckBox, dialog).isChecked()
            desk.key(Key.Key_Return)
            desk.no_dialog()

    def test_the_label_fits_and_a_day_that_is_past_stays_behind(
        self, folder: Path, vault: InMemoryVault, start: Start
    ) -> None:
        repository = TinyRepository(folder)
        stored_app(repository, vault, "x" * 120, sessions=True, expires=TODAY - timedelta(days=1), notes="n")
        repository.close()
        desk = start()
        desk.wait(lambda: desk.labels())
        desk.select("x" * 120)
        desk.key(Key.Key_D, CTRL)
        desk.dialog()
        desk.key(Key.Key_Return)
        desk.no_dialog()
        made = desk.app("x" * 115 + " copy")
        assert (made.expires, made.notes) == (None, "n")


def test_with_room_for_it_nothing_scrolls(desk: Desk) -> None:
    desk.select("Signing")
    forms, apps = desk.apps.forms, desk.apps
    for ask in (forms.ask_edit, forms.ask_new_app, forms.ask_import_key, apps.ask_rotate, apps.ask_delete):
        ask()
        dialog = desk.dialog()
        desk.let_pass(20)
        assert dialog.findChild(QScrollArea).verticalScrollBar().maximum() == 0, dialog.windowTitle()
        dialog.close()
        desk.no_dialog()


def test_on_a_small_screen_the_form_scrolls_and_the_buttons_stay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """1920 x 1080 at 200 % leaves 960 x 540."""
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: QRect(0, 0, 960, 540))
    form = Form(desk, "Signing")
    assert form.dialog.height() <= 540 - 60
    bar = form.dialog.findChild(QScrollArea).verticalScrollBar()
    assert bar.maximum() > 0
    for name in ("Save", "Cancel"):
        button = form.part(name)
        assert form.dialog.rect().contains(button.geometry().translated(button.parentWidget().pos()))
    form.part("Review", QCheckBox).setFocus()
    for _ in range(2):  # the keyboard brings what has the focus into sight
        desk.key(Key.Key_Backtab, SHIFT)
        desk.key(Key.Key_Tab)
    assert not form.part("Review", QCheckBox).visibleRegion().isEmpty()
