"""The details panel: its time line, its actions, earlier keys, and one place for a readable key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFontInfo
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton

from cortex_desktop.domain.model import KeptVersion, Origin
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.ui.apps.details import DetailsPanel
from cortex_desktop.ui.apps.time_line import Line
from cortex_desktop.ui.kit.i18n import long_day, long_time
from cortex_desktop.ui.kit.marks import Mark
from tests.support.gui import CTRL, Desk, Key, clipboard_text, painted, texts
from tests.support.memory_vault import InMemoryVault

Open = Callable[..., Desk]
KEY, OLD = "mwidxhb8ShcqmV1B9iOYJh", "GsAqlhnIMzrDeD8V2MBQWq"
MASKED = f"mwid{'•' * 14}OYJh"
NOW, TODAY = datetime.now(UTC), date.today()  # noqa: DTZ011
DAY = timedelta(days=1)
FULL = {
    "key": KEY,
    "created": NOW - 300 * DAY,
    "rotated": NOW - 20 * DAY,
    "last_copied": NOW - 3 * DAY,
    "version": 2,
    "last_version": 2,
    "kept": (KeptVersion(1, KeyEnds.of(Secret(OLD)), True, NOW + 10 * DAY),),
    "review": TODAY + 30 * DAY,
    "expires": TODAY + 90 * DAY,
}


@pytest.fixture
def desk(open_with: Open, vault: InMemoryVault) -> Desk:
    desk = open_with({"NewHealth App": FULL, "Plain": {"created": NOW - DAY}})
    app = desk.app("NewHealth App")
    vault.items[SecretRef(app.org_id, app.id, SecretKind.API_KEY, 1)] = Secret(OLD)
    desk.resize(1200, 760)
    desk.select("NewHealth App")
    desk.key(Key.Key_Return)
    desk.wait(lambda: panel(desk).isVisible())
    return desk


def panel(desk: Desk) -> DetailsPanel:
    return desk.apps.page.details


def line(desk: Desk) -> Line:
    return panel(desk).time_line.line


def marks(desk: Desk) -> dict[str, Mark]:
    """The marks by what they are."""
    return {mark.accessibleName().partition(":")[0]: mark for mark in line(desk).marks}


def caption(desk: Desk) -> str:
    return panel(desk).time_line.caption.text()


class TestTimeLine:
    def test_each_moment_is_an_object_with_a_name_and_its_full_date(self, desk: Desk) -> None:
        assert [mark.accessibleName() for mark in line(desk).marks] == [
            f"Created: {long_time(FULL['created'])}",
            f"Rotated: {long_time(FULL['rotated'])}",
            f"Last copied: {long_time(FULL['last_copied'])}",
            f"Today: {long_day(TODAY)}",
            f"1 earlier key kept until {long_time(NOW + 10 * DAY)}",
            f"Review: {long_day(FULL['review'])}",
            f"Expires: {long_day(FULL['expires'])}",
        ]
        assert line(desk).accessibleName() == "Time line"
        assert line(desk).accessibleDescription() == "The key is 20 days old · expires in 90 days"

    def test_stand_in_the_order_of_time_and_never_on_each_other(self, desk: Desk) -> None:
        for width in (1200, 900):
            desk.resize(width, 760)
            places = [mark.geometry() for mark in line(desk).marks]
            assert places == sorted(places, key=QRect.left)
            assert not any(one.intersects(other) for one, other in pairwise(places))
            assert places[0].left() == 0
            assert places[-1].right() <= line(desk).rect().right()

    def test_words_and_dates_stand_under_it(self, desk: Desk) -> None:
        words = painted(line(desk))
        assert {"Created", long_day(TODAY - 300 * DAY), "Today", "Expires", long_day(FULL["expires"])} <= set(words)

    def test_by_keyboard_the_caption_says_what_a_mark_is(self, desk: Desk) -> None:
        usual, height = caption(desk), panel(desk).time_line.caption.height()
        assert line(desk).take_keyboard()
        for _ in line(desk).marks:
            mark = QApplication.focusWidget()
            assert caption(desk) == mark.accessibleName()
            assert panel(desk).time_line.caption.height() == height, "nothing below it moves"
            desk.key(Key.Key_Right)
        desk.key(Key.Key_Tab)
        assert caption(desk) == usual == "The key is 20 days old · expires in 90 days"

    def test_under_the_pointer_too(self, desk: Desk) -> None:
        mark = marks(desk)["Expires"]
        desk.hover(mark, mark.rect().center())
        desk.wait(lambda: caption(desk) == f"Expires: {long_day(FULL['expires'])}")
        desk.hover(panel(desk), QPoint(5, 5))
        desk.wait(lambda: caption(desk) == "The key is 20 days old · expires in 90 days")

    def test_is_readable_without_colour(self, desk: Desk) -> None:
        """Each mark's form differs from the others', in black and white."""
        line(desk).setFocus()
        forms = set()
        for mark in line(desk).marks:
            shown = mark.grab().toImage()
            dark = QColor(desk.program.theme.color("surface")).lightness()
            forms.add(
                tuple(
                    abs(shown.pixelColor(x, y).lightness() - dark) > 60
                    for x in range(shown.width())
                    for y in range(shown.height())
                )
            )
        assert len(forms) == len(line(desk).marks)

    def test_the_time_an_earlier_key_is_kept_is_a_hatched_band(self, open_with: Open) -> None:
        dates = {"created": NOW - 20 * DAY, "rotated": NOW - 10 * DAY, "last_copied": None}
        desk = open_with({"App": {**FULL, **dates, "review": None, "expires": TODAY + 30 * DAY}})
        desk.select("App")
        desk.key(Key.Key_Return)

        def drawn(between: tuple[str, str]) -> set[str]:
            left, right = (marks(desk)[name].geometry() for name in between)
            y = left.center().y() - 4  # beside the line, inside the band
            shown = line(desk).grab().toImage()
            xs = range(left.right() + 3, right.left() - 3)
            return {shown.pixelColor(x, y).name() for x in xs}

        assert len(drawn(("Rotated", "Today"))) > 1, "strokes on a ground"
        assert len(drawn(("Created", "Rotated"))) == 1, "none where nothing is kept"

    def test_says_what_has_passed_in_words(self, open_with: Open) -> None:
        desk = open_with({"Old": {"expires": TODAY - 2 * DAY, "created": NOW - 400 * DAY, "review": TODAY}})
        desk.select("Old")
        desk.key(Key.Key_Return)
        assert list(marks(desk))[1:2] == ["Expired"]
        assert caption(desk) == "The key is 400 days old · never copied · expired 2 days ago"

    def test_a_new_day_moves_on(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        class Tomorrow(date):
            @classmethod
            def today(cls) -> date:
                return TODAY + DAY

        monkeypatch.setattr("cortex_desktop.ui.apps.model.date", Tomorrow)
        desk.workspace.hour_passed.emit()
        assert caption(desk).endswith("expires in 89 days")

    def test_right_to_left_time_runs_the_other_way(self, desk: Desk, qapp: QApplication) -> None:
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        try:
            desk.let_pass(0)
            places = [mark.x() for mark in line(desk).marks]
            assert places == sorted(places, reverse=True)
        finally:
            qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    @pytest.mark.parametrize("mirrored", [False, True])
    def test_the_answers_stand_in_line_with_what_is_above(self, desk: Desk, qapp: QApplication, mirrored: bool) -> None:
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft if mirrored else Qt.LayoutDirection.LeftToRight)
        try:
            app = desk.app(desk.selected())
            panel(desk).show_app(replace(app, origin=Origin.UNKNOWN), 0)
            desk.let_pass(30)
            answer = desk.find("Cortex made it", QAbstractButton, panel(desk))
            above, place = line(desk), answer.mapTo(panel(desk), QPoint(8, 0)).x()
            begin = above.mapTo(panel(desk), QPoint()).x()
            if mirrored:
                place, begin = answer.mapTo(panel(desk), QPoint(answer.width() - 8, 0)).x(), begin + above.width()
            assert place == begin
        finally:
            qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


class TestActions:
    def test_stay_in_sight_while_the_rest_scrolls(self, desk: Desk) -> None:
        desk.resize(1200, 420)
        for name in ("Rotate key", "Disable", "More actions"):
            button = desk.find(name, QAbstractButton, panel(desk))
            corner = button.mapTo(desk.window, QPoint(button.width(), button.height()))
            assert desk.window.rect().contains(corner), name
        first = [desk.find(name, QAbstractButton, panel(desk)).x() for name in ("Rotate key", "Disable")]
        assert first == sorted(first)

    def test_delete_is_in_the_menu(self, desk: Desk) -> None:
        assert "Delete" not in texts(panel(desk))
        desk.click("More actions", within=panel(desk))
        assert "Delete…" in [action.text() for action in desk.menu().actions()]
        desk.choose("Delete")
        assert "Delete “NewHealth App”?" in texts(desk.dialog())
        desk.key(Key.Key_Escape)
        desk.no_dialog()

    def test_of_several_apps_stay_in_sight_too(self, desk: Desk) -> None:
        desk.resize(1200, 420)
        desk.apps.page.select_all()
        for button in (panel(desk).many.rotate, panel(desk).many.delete):
            corner = button.mapTo(desk.window, QPoint(button.width(), button.height()))
            assert desk.window.rect().contains(corner)


class TestOnePlace:
    def test_a_key_revealed_in_the_details_stays_masked_in_the_table(self, desk: Desk) -> None:
        desk.key(Key.Key_R, CTRL)
        desk.wait(lambda: panel(desk).key.text.text() == KEY)
        assert desk.key_seen("NewHealth App") == MASKED
        assert "hidden" in desk.spoken(desk.cell("NewHealth App", "API Key"))
        desk.key(Key.Key_I, CTRL)
        assert desk.key_seen("NewHealth App") == KEY, "without the details the table shows it"
        assert "shown" in desk.spoken(desk.cell("NewHealth App", "API Key"))
        desk.key(Key.Key_I, CTRL)
        assert desk.key_seen("NewHealth App") == MASKED

    def test_of_several_apps_the_table_shows_it(self, desk: Desk) -> None:
        desk.key(Key.Key_R, CTRL)
        desk.wait(lambda: panel(desk).key.text.text() == KEY)
        desk.apps.page.select_all()
        assert desk.key_seen("NewHealth App") == KEY

    def test_its_count_down_moves_nothing(self, desk: Desk) -> None:
        def places() -> dict[str, QRect]:
            found = {}
            for part in panel(desk).findChildren(QLabel) + panel(desk).findChildren(QAbstractButton):
                if part.isVisible():
                    found[part.text() or part.accessibleName()] = QRect(part.mapTo(panel(desk), QPoint()), part.size())
            return {name: place for name, place in found.items() if "Hides" not in name}

        desk.click("Reveal API key", within=panel(desk))
        desk.wait(lambda: panel(desk).key.text.text() == KEY)
        desk.let_pass(0)
        before = places()
        hides = next(part for part in panel(desk).findChildren(QLabel) if part.text().startswith("Hides again"))
        where = QRect(hides.mapTo(panel(desk), QPoint()), hides.size())
        for left in range(29, 0, -1):
            desk.pass_time(1)
            assert hides.text() == f"Hides again in {left} s"
            assert QRect(hides.mapTo(panel(desk), QPoint()), hides.size()) == where
            assert places() == before
        desk.pass_time(1)
        assert panel(desk).key.text.text() == MASKED


class TestEarlierKeys:
    def test_have_words_on_their_buttons_and_ends_in_the_fixed_font(self, desk: Desk) -> None:
        words = texts(panel(desk))
        assert {"Copy", "Roll back", "Remove"} <= set(words)
        ends = next(part for part in panel(desk).findChildren(QLabel) if part.text() == "GsAq…BQWq")
        assert QFontInfo(ends.font()).fixedPitch()
        assert QFontInfo(panel(desk).key.text.font()).fixedPitch()

    def test_copy_copies_that_key_and_clears_it_again(self, desk: Desk) -> None:
        desk.find("Copy GsAq…BQWq", QPushButton, panel(desk)).click()
        desk.wait(lambda: clipboard_text() == OLD)
        desk.toast("Earlier API key copied")
        desk.pass_time(31)
        desk.wait(lambda: clipboard_text() != OLD)

    def test_whose_time_is_up_can_only_be_removed(self, open_with: Open) -> None:
        kept = (KeptVersion(1, KeyEnds.of(generate(SecretKind.API_KEY)), True, NOW - DAY),)
        desk = open_with({"App": {"version": 2, "last_version": 2}})
        desk.select("App")
        desk.apps.model.put(replace(desk.app("App"), kept=kept))  # as before recovery came to it
        desk.key(Key.Key_Return)
        names = {button.text() for button in panel(desk).findChildren(QPushButton) if button.isVisible()}
        assert "Roll back" not in names
        assert "Remove…" in names


class TestMissing:
    def test_says_so_and_offers_what_can_be_done(self, desk: Desk) -> None:
        desk.apps.model.mark_missing(desk.app("NewHealth App").id)
        words = texts(panel(desk))
        assert "The keychain does not hold this key" in words
        assert not any("Stored in" in text for text in words)
        desk.click("Type the key again", QPushButton, panel(desk))
        assert "Type the key again" in " ".join(texts(desk.dialog()))
        desk.key(Key.Key_Escape)
        desk.no_dialog()


class TestNarrow:
    @pytest.fixture
    def narrow(self, desk: Desk) -> Desk:
        desk.table.setFocus()
        desk.resize(700, 600)
        desk.wait(lambda: not desk.table.isVisible())
        return desk

    def test_the_way_back_is_there_and_has_the_keyboard(self, narrow: Desk) -> None:
        back = narrow.find("Back to Apps", QPushButton, panel(narrow))
        assert back.text() == "Apps"
        assert back.hasFocus()
        assert not narrow.all("Close details", QAbstractButton, panel(narrow))
        narrow.key(Key.Key_Space)
        assert narrow.table.isVisible()
        assert narrow.table.hasFocus()
        assert narrow.selected() == "NewHealth App"

    def test_escape_leads_back_too(self, narrow: Desk) -> None:
        line(narrow).take_keyboard()
        narrow.key(Key.Key_Escape)
        assert narrow.table.isVisible()

    def test_of_several_apps_too(self, narrow: Desk) -> None:
        narrow.key(Key.Key_Escape)
        narrow.key(Key.Key_A, CTRL)
        narrow.key(Key.Key_I, CTRL)
        assert not narrow.table.isVisible()
        narrow.find("Back to Apps", QPushButton, panel(narrow)).click()
        assert narrow.table.isVisible()

    def test_with_room_again_the_details_have_their_cross(self, narrow: Desk) -> None:
        narrow.resize(1200, 760)
        assert narrow.table.isVisible()
        assert narrow.all("Close details", QAbstractButton, panel(narrow))
        assert not narrow.all("Back to Apps", QPushButton, panel(narrow))

    def test_a_toast_leaves_the_actions_free(self, narrow: Desk) -> None:
        narrow.key(Key.Key_C, CTRL)
        toast = narrow.toast("API key copied")
        place = QRect(toast.mapTo(narrow.window, QPoint()), toast.size())
        for name in ("Rotate key", "More actions"):
            button = narrow.find(name, QAbstractButton, panel(narrow))
            assert not place.adjusted(20, 20, -20, -20).intersects(
                QRect(button.mapTo(narrow.window, QPoint()), button.size())
            )


def test_escape_closes_the_details(desk: Desk) -> None:
    desk.table.setFocus()
    desk.key(Key.Key_Escape)
    assert not panel(desk).isVisible()
    assert desk.table.hasFocus()
