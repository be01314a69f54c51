"""What all dialogs share: a heading said once, the dimmed window, soft shadows; and the date picker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QLocale, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCalendarWidget,
    QCheckBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QToolButton,
    QWidget,
)

from cortex_desktop.domain.errors import SecretMissing, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.findings import Finding, Problem
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.ui.kit import date_picker
from cortex_desktop.ui.kit.date_picker import DatePicker
from cortex_desktop.ui.kit.dates import DateField
from cortex_desktop.ui.kit.i18n import long_day
from cortex_desktop.ui.kit.theme import system_tokens
from cortex_desktop.ui.kit.toasts import SHADOW
from cortex_desktop.ui.kit.widgets import Overlay, shadow
from tests.support.gui import ALT, Desk, Key, painted, texts
from tests.support.memory_vault import InMemoryVault
from tests.ui.test_pseudo_language import dialogs, fill

Start = Callable[..., Desk]


@pytest.fixture
def filled(start: Start, folder: Path, vault: InMemoryVault) -> Desk:
    fill(folder, vault)
    desk = start()
    desk.wait(lambda: desk.apps.model.total == 4)
    return desk


def test_each_says_its_heading_once(filled: Desk) -> None:
    """The title bar names the program; the heading is inside, and is the accessible name."""
    names = set()
    for name, dialog in dialogs(filled):
        names.add(name)
        heading = dialog.findChild(QLabel, "dialogTitle").text()
        assert dialog.windowTitle() == "Cortex Desktop", name
        assert dialog.accessibleName() == heading, name
        if name == "shortcuts":
            continue  # it lists itself
        said = [part.text() for part in dialog.findChildren(QLabel) if part.isVisible()]
        assert sum(heading in text for text in said) == 1, (name, said)
    assert len(names) > 30


class TestOverlay:
    def test_dims_all_of_the_window_with_its_menu_bar(self, desk: Desk) -> None:
        spot = desk.window.menuBar().rect().center()
        before = desk.window.grab().toImage().pixelColor(spot)
        desk.apps.forms.ask_new_app()
        desk.dialog()
        overlay = desk.window.findChild(Overlay)
        assert overlay.isVisible()
        assert overlay.geometry() == desk.window.rect()
        assert desk.window.grab().toImage().pixelColor(spot).lightness() < before.lightness() * 0.8
        desk.resize(1100, 700)
        assert overlay.geometry() == desk.window.rect(), "it follows the window"
        desk.key(Key.Key_Escape)
        desk.no_dialog()
        assert desk.window.grab().toImage().pixelColor(spot) == before


class TestShadow:
    def test_is_soft_and_falls_downwards(self) -> None:
        picture = QImage(200, 160, QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            shadow(painter, picture.rect(), SHADOW, 10)

        def outwards(step: int) -> list[int]:
            card_edge = SHADOW if step < 0 else picture.height() - 1 - SHADOW
            return [picture.pixelColor(100, card_edge + step * distance).alpha() for distance in range(1, SHADOW)]

        above, below = outwards(-1), outwards(1)
        for side in (above, below):
            assert side == sorted(side, reverse=True), "it fades out"
            assert max(one - after for one, after in pairwise(side)) <= 4, "without an edge"
            assert side[-1] <= 2
        assert sum(below) > 1.5 * sum(above), "light falls from above"

    def test_lies_around_a_toast_and_the_palette(self, desk: Desk) -> None:
        desk.tools.toasts.show("Title")
        toast = desk.tools.toasts.shown[0]
        assert self.darkens_below(desk, QRect(toast.mapTo(desk.window, QPoint()), toast.size()), SHADOW)
        toast.leave()
        desk.console.show_palette()
        palette = desk.palette()
        assert palette.isVisible()
        assert self.darkens_below(desk, QRect(palette.mapTo(desk.window, QPoint()), palette.size()), 0)

    def darkens_below(self, desk: Desk, card: QRect, margin: int) -> bool:
        shown = desk.window.grab().toImage()
        x, edge = card.center().x(), card.bottom() - margin
        near = shown.pixelColor(x, min(edge + 3, desk.window.height() - 1)).lightness()
        far = QColor(desk.program.theme.color("background")).lightness()
        return near < far


def test_rotating_says_when_the_key_is_shown(filled: Desk) -> None:
    filled.select("NewHealth App")
    filled.apps.ask_rotate()
    assert "shown as soon as it is stored" in " ".join(texts(filled.dialog()))


def reds(button: QWidget) -> int:
    """How many of a button's pixels are red."""
    shown = button.grab().toImage()
    colors = (shown.pixelColor(x, y) for x in range(shown.width()) for y in range(shown.height()))
    return sum(color.red() - max(color.green(), color.blue()) > 60 for color in colors)


def test_what_destroys_looks_so_also_while_it_is_off(desk: Desk) -> None:
    desk.console.ask_remove_data()
    dialog = desk.dialog()
    button = desk.find("Remove all data", QPushButton, dialog)
    assert not button.isEnabled()
    off = reds(button)
    assert off > 100
    assert reds(desk.find("Cancel", QPushButton, dialog)) == 0
    desk.find("Type “remove” to confirm", QLineEdit, dialog).setText("remove")
    assert button.isEnabled()
    on = reds(button)
    assert on > 5 * off
    button.setDown(True)
    assert reds(button) < on / 2, "held down it looks so"
    button.setDown(False)
    desk.key(Key.Key_Escape)
    desk.no_dialog()


def test_in_high_contrast_what_is_off_is_the_systems_grey(qapp: QApplication) -> None:
    system = qapp.style().standardPalette()
    tokens = system_tokens(system)
    assert QColor(tokens.danger_off) == system.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert tokens.danger_off == tokens.disabled


class TestRecentlyDeleted:
    def test_shows_how_long_each_app_waits(self, open_with: Start) -> None:
        desk = open_with(["Long", "Soon", "Last"])
        for label, days in (("Long", 28), ("Soon", 5), ("Last", 0.5)):
            app, gone = desk.app(label), []
            desk.apps.delete(app, gone.append)
            desk.wait(lambda gone=gone: bool(gone))
            until = datetime.now(UTC) + timedelta(days=days)
            desk.program.stores.repository.change_app(app.id, partial(replace, purge_after=until))
        desk.apps.show_deleted()
        found = desk.dialog().findChild(QListWidget)
        words = painted(found.viewport())
        assert {"28 days left", "5 days left", "Last day"} <= set(words)
        picture = found.viewport().grab().toImage()
        bars = {}
        for row in range(found.count()):
            place = found.visualItemRect(found.item(row))
            token = {"Long": "accent", "Soon": "warning", "Last": "danger"}[found.item(row).text().split()[0]]
            color = desk.program.theme.color(token)
            bars[token] = max(
                sum(picture.pixelColor(x, y) == color for x in range(place.left(), place.right()))
                for y in range(place.center().y() + 3, place.bottom())
            )
        assert bars["accent"] == pytest.approx(bars["warning"] * 28 / 5, rel=0.15)
        assert 0 < bars["danger"] < bars["warning"]

    def test_nothing_there_is_said_with_nothing_to_press(self, desk: Desk) -> None:
        desk.apps.show_deleted()
        dialog = desk.dialog()
        assert "Nothing was deleted" in texts(dialog)
        buttons = [b.text() for b in dialog.findChildren(QPushButton) if b.isVisible()]
        assert buttons == ["Close"]


class TestKeychainCheck:
    def test_good_news_has_a_check(self, filled: Desk) -> None:
        filled.apps.check_keychain()
        dialog = filled.dialog()
        filled.wait(lambda: dialog.close_button.text() == "Close")
        words = texts(dialog)
        assert "Everything matches" in words
        assert "4 apps checked." in words
        green = QColor(filled.program.theme.color("success"))
        shown = dialog.grab().toImage()
        assert any(shown.pixelColor(x, y) == green for x in range(shown.width()) for y in range(shown.height())), (
            "painted in the colour of success"
        )

    def test_what_is_gravest_comes_first(self, filled: Desk) -> None:
        filled.apps.check_keychain()
        dialog = filled.dialog()
        app = filled.apps.model.all_apps()[0]
        ref = app.ref(SecretKind.API_KEY)
        filled.wait(lambda: dialog.close_button.text() == "Close")
        dialog.checked([Finding(app, ref, problem) for problem in reversed(Problem)])
        found = dialog.findChild(QListWidget)
        listed = [found.item(row).data(Qt.ItemDataRole.UserRole).problem for row in range(found.count())]
        grave, little = (
            {Problem.MISSING, Problem.NO_KEY, Problem.DIFFERS},
            {Problem.KEPT_MISSING, Problem.LEFTOVER},
        )
        assert set(listed[:3]) == grave
        assert set(listed[-2:]) == little
        pictures = {found.item(row).icon().pixmap(16).toImage().cacheKey() for row in (0, 4, len(listed) - 1)}
        assert len(pictures) == 3, "each kind has a sign of its own"


class TestErrors:
    def test_a_keychain_that_does_not_answer_is_looked_at_again(self, desk: Desk, vault: InMemoryVault) -> None:
        desk.console.status_messages.show_error(VaultTimeout("Test keychain"))
        vault.calls.clear()
        desk.click("Try again", within=desk.toast("does not answer"))
        desk.wait(lambda: "state" in {call for call, _ in vault.calls})

    def test_a_missing_key_leads_to_the_keychain_check(self, desk: Desk) -> None:
        desk.console.status_messages.show_error(SecretMissing("Test keychain"))
        desk.click("Check keychain", within=desk.toast("key is missing"))
        assert desk.dialog().accessibleName() == "Check keychain"
        desk.key(Key.Key_Escape)
        desk.no_dialog()

    def test_what_nobody_can_mend_at_once_offers_nothing(self, desk: Desk) -> None:
        desk.console.status_messages.show_error(VaultError(VaultProblem.FULL, "Test keychain"))
        toast = desk.toast("full")
        assert [b.text() for b in toast.findChildren(QPushButton)] == []


class TestDatePicker:
    @pytest.fixture
    def field(self, desk: Desk) -> DateField:
        desk.apps.forms.ask_new_app()
        dialog = desk.dialog()
        dialog.more.click()
        desk.find("Expires", QCheckBox, dialog).click()
        field = desk.find("Expires on", DateField, dialog)
        field.setFocus()
        return field

    def popup(self, desk: Desk) -> DatePicker:
        desk.wait(lambda: isinstance(QApplication.activePopupWidget(), DatePicker))
        return QApplication.activePopupWidget()

    def press(self, popup: DatePicker, key: Key) -> None:
        QTest.keyClick(popup.focusWidget() or popup, key)

    def test_its_icon_opens_it(self, desk: Desk, field: DateField) -> None:
        button = field.findChild(QToolButton)
        assert button.toolTip() == "Open the calendar"
        button.click()
        assert self.popup(desk).month.selectedDate() == field.shown()

    def test_escape_leaves_the_day_and_gives_the_keyboard_back(self, desk: Desk, field: DateField) -> None:
        before = field.day
        desk.key(Key.Key_Down, ALT)
        popup = self.popup(desk)
        self.press(popup, Key.Key_Right)
        self.press(popup, Key.Key_Escape)
        desk.wait(lambda: QApplication.activePopupWidget() is None)
        assert field.day == before
        assert field.hasFocus()
        assert desk.dialog_or_none() is not None, "the dialog stays"

    def test_tab_reaches_the_days_ahead(self, desk: Desk, field: DateField) -> None:
        desk.key(Key.Key_F4)
        popup = self.popup(desk)
        reached = []
        for _ in range(8):
            self.press(popup, Key.Key_Tab)
            reached.append(popup.focusWidget())
        names = [widget.text() for widget in reached if isinstance(widget, QPushButton)]
        assert {"30 days", "90 days", "1 year"} <= set(names)
        year = next(widget for widget in reached if isinstance(widget, QPushButton) and widget.text() == "1 year")
        QTest.keyClick(year, Key.Key_Space)
        assert field.shown() == QDate.currentDate().addYears(1)

    def test_a_screen_reader_hears_whole_dates(
        self, desk: Desk, field: DateField, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = []
        monkeypatch.setattr(date_picker, "announce", lambda _widget, text: said.append(text))
        desk.key(Key.Key_F4)
        popup = self.popup(desk)
        assert popup.month.accessibleName() == "Expires on"
        assert popup.month.accessibleDescription() == long_day(field.day)
        self.press(popup, Key.Key_Right)
        assert said == [long_day(field.day + timedelta(days=1))]
        ahead = next(b for b in popup.findChildren(QPushButton) if b.text() == "30 days")
        then = QDate.currentDate().addDays(30)
        assert ahead.accessibleDescription() == long_day(then.toPython())
        names = {b.accessibleName() for b in popup.findChildren(QToolButton)}
        assert {"Month before", "Month after"} <= names

    @pytest.mark.parametrize(
        ("name", "first"), [("de_DE", Qt.DayOfWeek.Monday), ("en_US", Qt.DayOfWeek.Sunday)], ids=["de", "us"]
    )
    def test_the_week_begins_where_the_person_lives(
        self, desk: Desk, field: DateField, name: str, first: Qt.DayOfWeek
    ) -> None:
        usual = QLocale()
        QLocale.setDefault(QLocale(name))
        try:
            popup = DatePicker(field._look, "Day", QDate(2027, 2, 28), desk.window, ahead=False)
            month = popup.findChild(QCalendarWidget)
            assert month.firstDayOfWeek() == first
            assert not popup.findChildren(QPushButton), "days ahead only where they make sense"
            popup.close()
        finally:
            QLocale.setDefault(usual)

    def test_is_drawn_in_the_programs_colours(self, desk: Desk, field: DateField) -> None:
        desk.key(Key.Key_F4)
        popup = self.popup(desk)
        shown = popup.month.grab().toImage()
        colors = {shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(shown.height())}
        assert desk.program.theme.color("accent").name() in colors
        assert not {color for color in colors if QColor(color).red() - QColor(color).green() > 60}, "no red weekends"
        popup.close()
