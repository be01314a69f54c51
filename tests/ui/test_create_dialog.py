"""The Create App dialog: what may be typed, sent once, and what happens when the keychain says no or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from PySide6.QtCore import QDate
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QProgressBar, QPushButton, QWidget

from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.ui.kit.date_picker import DatePicker
from cortex_desktop.ui.kit.dates import DateField
from cortex_desktop.ui.kit.waiting import BUSY_SECONDS, SLOW_SECONDS
from tests.support.gui import ALT, CTRL, SHIFT, Desk, Key, SlowVault, texts
from tests.support.memory_vault import InMemoryVault


class Form:
    """The open dialog and its parts."""

    def __init__(self, desk: Desk) -> None:
        desk.key(Key.Key_N, CTRL)
        self.desk = desk
        self.dialog = desk.dialog()
        self.label = desk.find("Label", QLineEdit, self.dialog)
        self.create = desk.find("Create App", QPushButton, self.dialog)

    def paste(self, text: str) -> None:
        clipboard = QGuiApplication.clipboard()
        clipboard.setText(text)
        self.desk.key(Key.Key_A, CTRL)
        self.desk.key(Key.Key_V, CTRL)
        clipboard.clear()

    def says(self) -> str:
        return " ".join(texts(self.dialog))


@pytest.fixture
def form(desk: Desk) -> Form:
    return Form(desk)


def test_starts_in_label_with_the_guides_settings(form: Form) -> None:
    assert form.dialog.accessibleName() == "Create App"
    assert QApplication.focusWidget() is form.label
    assert "My organization · Development" in form.says()
    assert not form.desk.find("Sessions", QCheckBox).isChecked()
    assert form.desk.find("CSRF Protection", QCheckBox).isChecked()
    assert not form.create.isEnabled()


def test_tab_goes_through_the_dialog_in_reading_order(form: Form) -> None:
    form.desk.type("x")
    order = []
    for _ in range(6):
        order.append(QApplication.focusWidget())
        form.desk.key(Key.Key_Tab)
    names = [w.accessibleName() or w.text() for w in order]
    assert names == ["Label", "Sessions", "CSRF Protection", "More", "Cancel", "Create App"]
    assert QApplication.focusWidget() is form.label
    form.desk.key(Key.Key_Backtab, SHIFT)
    assert QApplication.focusWidget() is form.create


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ""),
        ("   ", ""),
        ("x" * 121, "It has 121 characters, and 120 are allowed."),
        ("👩🏽‍⚕️" * 31, "120 are allowed"),
        ("Ward\ttablet", "control characters are not allowed"),
        ("Ward\ntablet", "control characters are not allowed"),
        ("Ward\u202etelbat", "control characters are not allowed"),
    ],
    ids=["empty", "blank", "121", "emoji too many", "tab", "newline", "turned around"],
)
def test_a_label_that_cannot_be_used(form: Form, text: str, complaint: str) -> None:
    form.desk.type("fine")
    assert form.create.isEnabled()
    form.paste(text or " ")
    if not text:
        form.desk.key(Key.Key_Backspace)
    assert not form.create.isEnabled()
    assert complaint in form.says()
    assert complaint in form.label.accessibleDescription(), "a screen reader hears it too"
    form.desk.key(Key.Key_Return)
    form.desk.let_pass(30)
    assert form.dialog.isVisible()
    assert not form.desk.labels()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x" * 120, "x" * 120),
        ("  Ward tablet  ", "Ward tablet"),
        ("Clinic 👩🏽‍⚕️🏥", "Clinic 👩🏽‍⚕️🏥"),
        ("تطبيق المرضى", "تطبيق المرضى"),
        ("<b>Ward</b> & co {label}", "<b>Ward</b> & co {label}"),
    ],
    ids=["120", "trimmed", "emoji", "right to left", "markup"],
)
def test_a_label_that_can_be_used(form: Form, text: str, kept: str) -> None:
    form.paste(text)
    form.desk.key(Key.Key_Return)
    form.desk.no_dialog()
    assert form.desk.labels() == [kept]
    form.desk.toast("App created")
    form.desk.key(Key.Key_Delete)  # the question names it as well
    form.desk.dialog()
    form.desk.key(Key.Key_Escape)
    form.desk.no_dialog()


def test_says_how_many_characters_are_left(form: Form) -> None:
    form.paste("x" * 119)
    assert "1 character left" in form.says()
    form.paste("x" * 110)
    assert "10 characters left" in form.says()


def test_a_label_used_twice_is_warned_of_and_allowed(desk: Desk) -> None:
    desk.create("Ward tablet")
    form = Form(desk)
    form.paste(" WARD tablet ")
    assert "Another app has this label." in form.says()
    assert form.create.isEnabled()
    form.desk.key(Key.Key_Return)
    form.desk.no_dialog()
    assert sorted(desk.labels()) == ["WARD tablet", "Ward tablet"]


class TestMore:
    def open(self, form: Form) -> None:
        """Type a label and open More by keyboard."""
        form.desk.type("Ward tablet")
        for _ in range(3):
            form.desk.key(Key.Key_Tab)
        assert QApplication.focusWidget().text() == "More"
        form.desk.key(Key.Key_Space)

    def test_owner_and_expiry_by_keyboard_alone(self, form: Form) -> None:
        assert not form.desk.all("Owner")
        height = form.dialog.height()
        self.open(form)
        assert QApplication.focusWidget() is form.desk.find("Owner", QLineEdit)
        assert form.dialog.height() > height
        form.desk.type("Ada")
        form.desk.key(Key.Key_Tab)
        form.desk.key(Key.Key_Space)  # Expires
        form.desk.key(Key.Key_Tab)
        form.desk.key(Key.Key_A, CTRL)
        form.desk.type("2031-02-28")
        form.desk.key(Key.Key_Return)
        form.desk.no_dialog()
        app = form.desk.app("Ward tablet")
        assert (app.owner, app.expires, app.review, app.version) == ("Ada", date(2031, 2, 28), None, 1)
        form.desk.key(Key.Key_3, CTRL)
        log = form.desk.program.activity.presenter.page.model
        form.desk.wait(lambda: log.rowCount() == 1, "one entry tells of all of it")

    def test_both_can_stay_empty(self, form: Form) -> None:
        self.open(form)
        form.desk.key(Key.Key_Return)
        form.desk.no_dialog()
        app = form.desk.app("Ward tablet")
        assert (app.owner, app.expires) == ("", None)

    def test_what_cannot_be_kept_is_said_and_not_hidden(self, form: Form) -> None:
        self.open(form)
        form.desk.click("Expires", QCheckBox)
        day = form.desk.find("Expires on", QLineEdit)
        day.selectAll()
        QTest.keyClicks(day, "whenever")
        assert "This is no date" in form.says()
        assert "This is no date" in day.accessibleDescription()
        assert not form.create.isEnabled()
        form.desk.click("More")
        assert "This is no date" in form.says(), "it does not go away with More"
        form.desk.click("Expires", QCheckBox)
        assert form.create.isEnabled()
        owner = form.desk.find("Owner", QLineEdit)
        owner.setText("x" * 121)
        assert "120" in owner.accessibleDescription()
        assert not form.create.isEnabled()

    def test_the_calendar_is_the_one_of_the_other_dialogs(self, form: Form) -> None:
        self.open(form)
        form.desk.click("Expires", QCheckBox)
        day = form.desk.find("Expires on", DateField)
        day.setFocus()
        form.desk.key(Key.Key_Down, ALT)
        popup = QApplication.activePopupWidget()
        assert isinstance(popup, DatePicker)
        next(button for button in popup.findChildren(QPushButton) if button.text() == "1 year").click()
        assert day.shown() == QDate.currentDate().addYears(1)

    def test_a_copy_shows_what_it_takes_over(self, desk: Desk) -> None:
        desk.create("Ward tablet")
        app = desk.app("Ward tablet")
        desk.program.stores.repository.change_app(app.id, partial(replace, owner="Ada"))
        desk.workspace.reload()
        desk.wait(lambda: desk.apps.page.current() is not None and desk.apps.page.current().owner)
        desk.apps.forms.ask_duplicate()
        dialog = desk.dialog()
        assert desk.find("Owner", QLineEdit, dialog).text() == "Ada"
        desk.key(Key.Key_Escape)
        desk.no_dialog()


@pytest.mark.parametrize("way", ["escape", "cancel", "close"])
def test_nothing_is_made_when_it_is_called_off(form: Form, way: str, vault: InMemoryVault) -> None:
    form.desk.type("Ward tablet")
    if way == "escape":
        form.desk.key(Key.Key_Escape)
    elif way == "cancel":
        form.desk.click("Cancel")
    else:
        form.dialog.close()
    form.desk.no_dialog()
    assert not form.desk.labels()
    assert not vault.items
    Form(form.desk)  # and it opens again
    form.desk.key(Key.Key_Escape)


def test_only_one_opens(form: Form) -> None:
    form.desk.action("new_app").trigger()
    assert len([w for w in QApplication.topLevelWidgets() if w.accessibleName() == "Create App" and w.isVisible()]) == 1


class TestSlowKeychain:
    """The keychain takes its time."""

    @pytest.fixture
    def vault(self) -> SlowVault:
        return SlowVault()

    @pytest.fixture
    def form(self, start: Callable[..., Desk], vault: SlowVault) -> Form:
        form = Form(start())
        vault.slow = {"store"}
        form.desk.type("Ward tablet")
        return form

    def store(self, form: Form, vault: SlowVault) -> None:
        """Press Enter, and wait until the keychain is asked."""
        form.desk.key(Key.Key_Return)
        form.desk.wait(lambda: "store" in {call[0] for call in vault.calls})

    def test_enter_twice_makes_one_app(self, form: Form, vault: SlowVault) -> None:
        self.store(form, vault)
        form.desk.key(Key.Key_Return)
        form.create.click()
        vault.answer()
        form.desk.no_dialog()
        form.desk.let_pass(50)
        assert form.desk.labels() == ["Ward tablet"]
        assert len(form.desk.program.stores.repository.apps()) == 1

    def test_says_that_it_is_busy_and_cannot_be_left(self, form: Form, vault: SlowVault) -> None:
        form.desk.key(Key.Key_Return)
        progress = form.dialog.findChild(QProgressBar)
        assert not progress.isVisible(), "what is quick is done without a word"
        form.desk.pass_time(BUSY_SECONDS)
        assert progress.isVisible()
        assert "Storing the key in the keychain…" in form.says()
        assert not form.create.isEnabled()
        form.desk.key(Key.Key_Escape)
        form.dialog.close()
        form.desk.let_pass(20)
        assert form.dialog.isVisible()
        vault.answer()
        form.desk.no_dialog()
        assert form.desk.labels() == ["Ward tablet"]

    def test_stop_waiting(self, form: Form, vault: SlowVault) -> None:
        self.store(form, vault)
        form.desk.pass_time(SLOW_SECONDS)
        assert form.desk.all("Stop waiting", QPushButton)
        assert "system prompt may be open behind this window" in form.says()
        vault.slow = set()
        vault.current = VaultState.LOCKED  # or it would be settled at once
        form.desk.click("Stop waiting")
        form.desk.wait(lambda: "Not finished yet" in form.says())
        assert vault.stopped == 1
        assert form.label.text() == "Ward tablet"
        assert not form.desk.all("Stop waiting", QPushButton)
        form.desk.key(Key.Key_Escape)
        form.desk.no_dialog()
        # Its row is the journal: it shows, and says what it is.
        form.desk.wait(lambda: form.desk.values("Status") == ["Not finished"])

    def test_quitting_while_it_waits(self, form: Form, vault: SlowVault) -> None:
        self.store(form, vault)
        form.desk.pass_time(SLOW_SECONDS)
        assert form.desk.all("Stop waiting", QPushButton)
        form.desk.close()  # and the leak check says whether all has ended


@pytest.mark.parametrize("problem", VaultProblem)
def test_stays_open_with_what_was_typed_and_says_why(form: Form, vault: InMemoryVault, problem: VaultProblem) -> None:
    form.desk.type("Ward tablet")
    form.desk.find("Sessions", QCheckBox).setChecked(True)
    vault.fail_next("store", VaultError(problem, vault.name))
    form.desk.key(Key.Key_Return)
    error = VaultError(problem, vault.name)
    form.desk.wait(lambda: str(error.title) in form.says())
    assert str(error.message) in form.says()
    assert str(error.advice) in form.says()
    assert form.label.text() == "Ward tablet"
    assert form.desk.find("Sessions", QCheckBox).isChecked()
    assert QApplication.focusWidget() is form.label
    assert not form.desk.labels()
    assert not form.desk.program.stores.repository.apps()
    assert everything_inside(form.dialog)

    form.desk.key(Key.Key_Return)  # and again, now that it works
    form.desk.no_dialog()
    assert form.desk.labels() == ["Ward tablet"]


def everything_inside(dialog: QWidget) -> bool:
    """Whether the dialog grew with its words."""
    buttons = [b for b in dialog.findChildren(QPushButton) if b.isVisible()]
    return all(dialog.rect().contains(b.mapTo(dialog, b.rect().bottomRight())) for b in buttons)
