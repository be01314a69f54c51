"""The Overview page: what it says of an org's keys, where each mark leads, and who can reach it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QToolButton, QWidget

from cortex_desktop.domain.activity import Action, ActivityEntry
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import Environment, Org, new_id
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.marks import Chart, Mark
from cortex_desktop.ui.overview.charts import SIDE
from cortex_desktop.ui.overview.page import OverviewPage
from tests.support.gui import CTRL, Desk, Key, painted, stored_app, stored_apps
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
APPS = {
    "Lab results feed": {"expires": TODAY - 7 * DAY},
    "Patient iOS": {"review": TODAY - 3 * DAY, "created": NOW - 40 * DAY},
    "Trial portal": {"expires": TODAY + 11 * DAY, "sessions": False},
    "Nurse tablet": {"expires": TODAY + 25 * DAY, "review": TODAY + 11 * DAY},
    "eConsent web": {"review": TODAY + 49 * DAY, "created": NOW - 100 * DAY},
    "Legacy kiosk": {"enabled": False, "created": NOW - 659 * DAY},
}


class Watch:
    """The wall clock of page and list."""

    def __init__(self) -> None:
        self.time = NOW


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return watch.time.astimezone(tz)

    class Today(date):
        @classmethod
        def today(cls) -> date:
            return watch.time.astimezone().date()

    for module in ("overview.presenter", "overview.page", "apps.model", "apps.checks"):
        monkeypatch.setattr(f"cortex_desktop.ui.{module}.datetime", Stopped)
    monkeypatch.setattr("cortex_desktop.ui.apps.model.date", Today)
    return watch


@pytest.fixture
def full(folder: Path, vault: InMemoryVault, start: Start, watch: Watch) -> Desk:
    """The page, open on the apps above."""
    stored_apps(folder, vault, APPS, created=NOW - DAY)
    desk = start()
    desk.wait(lambda: len(desk.labels()) == len(APPS))
    desk.key(Key.Key_5, CTRL)
    desk.wait(lambda: shown(desk).figures.marks)
    return desk


def shown(desk: Desk) -> OverviewPage:
    return desk.program.overview.presenter.page


def charts(desk: Desk) -> list[Chart]:
    return [chart for chart in shown(desk).findChildren(Chart) if chart.isVisible() and chart.marks]


def names(chart: Chart) -> list[str]:
    return [mark.accessibleName() for mark in chart.marks]


def click(desk: Desk, name: str) -> None:
    """Click the first mark with this name; the page comes to the front for it."""
    desk.program.overview.open()
    mark = next(mark for chart in charts(desk) for mark in chart.marks if mark.accessibleName() == name)
    desk.click_at(mark)


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


# What it says


def test_it_opens_by_its_shortcut_on_its_first_figure(full: Desk) -> None:
    assert full.window.windowTitle() == "Overview – Cortex Desktop"
    assert focused().accessibleName() == "6 apps. 5 enabled, 1 disabled"
    assert "Health of the keys of My organization. No key is read to draw this page." in full.screen()


def test_it_says_how_the_keys_are(full: Desk) -> None:
    page = shown(full)
    assert names(page.figures) == [
        "6 apps. 5 enabled, 1 disabled",
        "4 need attention. 1 expired, 2 soon, 1 to review",
        "2 expire by 21 Feb. Next: Trial portal, 4 Dec",
        "1 older than a year. Legacy kiosk, 659 days",
    ]
    assert names(page.concerns) == [
        "Lab results feed, Expired, 16 Nov 2026, 7 days ago",
        "Patient iOS, Review due, 20 Nov 2026, 3 days ago",
        "Trial portal, Expires soon, 4 Dec 2026, in 11 days",
        "Nurse tablet, Expires soon, 18 Dec 2026, in 25 days",
    ]
    assert names(page.calendar)[:3] == [
        "4 December, 1 app expires, 1 app to review, Trial portal, Nurse tablet",
        "18 December, 1 app expires, Nurse tablet",
        "11 January, 1 app to review, eConsent web",
    ]
    assert names(page.ages) == [
        "Under 30 days, 3 keys",
        "30 to 90 days, 1 key",
        "90 to 180 days, 1 key",
        "180 to 365 days, 0 keys",
        "Over a year, 1 key",
    ]
    assert "The other 2 need nothing now." in full.screen()
    assert "Half are younger than" in full.screen()


def test_no_key_is_read_for_it(full: Desk, vault: InMemoryVault) -> None:
    vault.calls.clear()
    full.program.apps.open()
    full.key(Key.Key_5, CTRL)
    full.let_pass(50)
    assert not [call for call in vault.calls if call[0] != "state"]


def test_without_apps_it_is_the_empty_apps_page(desk: Desk) -> None:
    desk.key(Key.Key_5, CTRL)
    desk.wait(lambda: "No apps yet" in desk.screen())
    assert not desk.find("Save report").isEnabled()
    desk.click("New App", within=shown(desk))
    assert desk.find("Label", within=desk.dialog())
    assert desk.window.windowTitle().startswith("Apps")


def test_nothing_needs_attention(open_with: Callable[..., Desk]) -> None:
    desk = open_with(["NewHealth App"])
    desk.key(Key.Key_5, CTRL)
    desk.wait(lambda: shown(desk).figures.marks)
    assert painted(shown(desk).concerns) == ["Nothing needs attention."]
    assert "No app has a date. Set one in its details." in " ".join(painted(shown(desk).calendar, children=False))
    assert [mark.isEnabled() for mark in shown(desk).figures.marks] == [True, False, False, False]


def test_it_follows_what_is_done_elsewhere(full: Desk) -> None:
    repository_app = full.app("eConsent web")
    full.apps.set_enabled(repository_app, False)
    full.wait(lambda: names(shown(full).figures)[0] == "6 apps. 4 enabled, 2 disabled")


def test_a_deleted_app_counts_no_more_until_it_is_restored(full: Desk) -> None:
    app = full.app("Trial portal")
    full.apps.delete(app, lambda _: None)
    full.wait(lambda: names(shown(full).figures)[0].startswith("5 apps."))
    assert names(shown(full).figures)[2].startswith("1 expires by 21 Feb. Next: Nurse tablet")
    full.apps.restore(app)
    full.wait(lambda: names(shown(full).figures)[0].startswith("6 apps."))


def test_figures_of_a_removed_org_give_way_to_its_neighbours(full: Desk) -> None:
    other = Org(new_id(), "Zoo", "zoo", Environment.TEST, "https://api.dev.medable.com")
    full.workspace.set_orgs([other])
    full.wait(lambda: "No apps yet" in full.screen())
    assert "Health of the keys of Zoo." in full.screen()


def test_the_lower_cards_keep_their_height_while_figures_change(full: Desk) -> None:
    full.resize(1200, 760)
    page = shown(full)
    heights = set()
    for _ in range(3):
        full.workspace.set_missing(set())
        full.let_pass(20)
        heights.add(page.ages.height())
    assert len(heights) == 1
    assert page.check_card.visibleRegion().boundingRect() == page.check_card.rect()


def test_a_missing_key_comes_first(full: Desk) -> None:
    app = full.app("eConsent web")
    full.apps.model.mark_missing(app.id)
    full.wait(lambda: names(shown(full).concerns)[0] == "eConsent web, Key missing")
    assert names(shown(full).figures)[1].startswith("5 need attention. 1 without key, 1 expired")
    assert "1 app does not match Test keychain" in full.screen()
    click(full, "1 without key")
    assert full.labels() == ["eConsent web"]


def test_the_keychain_check_is_remembered_and_made_again(full: Desk, vault: InMemoryVault) -> None:
    assert "Test keychain has not been checked yet" in full.screen()
    for bad in (False, True):
        if bad:
            vault.items.pop(full.app("Trial portal").refs[0])
        full.click("Check again" if bad else "Check keychain", within=shown(full))
        dialog = full.dialog()
        full.wait(lambda dialog=dialog: dialog.close_button.text() == "Close")
        dialog.close()
        full.no_dialog()
        wanted = "1 app does not match Test keychain" if bad else "Nothing is missing from Test keychain"
        full.wait(lambda wanted=wanted: wanted in full.screen())
    assert "Trial portal. Checked today at" in full.screen()


# Time


def test_midnight_passes_while_it_is_open(full: Desk, watch: Watch) -> None:
    watch.time = datetime(2026, 12, 5, 0, 0, 1).astimezone(UTC)
    full.pass_time(60)
    assert names(shown(full).concerns)[1] == "Trial portal, Expired, 4 Dec 2026, yesterday"
    assert names(shown(full).figures)[2].startswith("1 expires by 5 Mar")
    click(full, names(shown(full).figures)[1])
    assert sorted(full.labels()) == ["Lab results feed", "Nurse tablet", "Patient iOS", "Trial portal"]


@pytest.mark.skipif(os.name == "nt", reason="a process cannot change its time zone there")
def test_the_time_zone_changes_while_it_is_open(full: Desk, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.time = datetime(2026, 12, 4, 23, tzinfo=UTC)
    try:
        for zone, words in (("UTC", "today"), ("Asia/Tokyo", "yesterday"), ("America/New_York", "today")):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            full.pass_time(60)
            row = next(name for name in names(shown(full).concerns) if name.startswith("Trial portal"))
            assert row.endswith(words)
    finally:
        monkeypatch.undo()
        time.tzset()


# Where marks lead


def test_each_mark_leads_to_exactly_what_it_counts(full: Desk) -> None:
    everything = sorted(APPS)
    for name, labels in (
        ("6 apps. 5 enabled, 1 disabled", everything),
        ("4 need attention. 1 expired, 2 soon, 1 to review", everything_but("eConsent web", "Legacy kiosk")),
        ("2 expire by 21 Feb. Next: Trial portal, 4 Dec", ["Nurse tablet", "Trial portal"]),
        ("1 older than a year. Legacy kiosk, 659 days", ["Legacy kiosk"]),
        ("4 apps need attention", everything_but("eConsent web", "Legacy kiosk")),
        ("2 expire", ["Nurse tablet", "Trial portal"]),
        ("2 reviews", ["Nurse tablet", "eConsent web"]),
        ("4 December, 1 app expires, 1 app to review, Trial portal, Nurse tablet", ["Nurse tablet", "Trial portal"]),
        ("18 December, 1 app expires, Nurse tablet", ["Nurse tablet"]),
        ("11 January, 1 app to review, eConsent web", ["eConsent web"]),
        ("Under 30 days, 3 keys", ["Lab results feed", "Nurse tablet", "Trial portal"]),
        ("Over a year, 1 key", ["Legacy kiosk"]),
    ):
        click(full, name)
        assert full.window.windowTitle().startswith("Apps"), name
        assert sorted(full.labels()) == labels, name


def everything_but(*labels: str) -> list[str]:
    return sorted(set(APPS) - set(labels))


def test_a_row_leads_to_its_app(full: Desk) -> None:
    click(full, "Patient iOS, Review due, 20 Nov 2026, 3 days ago")
    assert full.selected() == "Patient iOS"


def copied(folder: Path, org_id: str, *whens: datetime, action: Action = Action.KEY_COPIED) -> None:
    log = ActivityFile(folder)
    log.append([ActivityEntry(when, "john", "desk-7", action, org_id, "org", "0b", "An app") for when in whens])


def test_copies_are_counted_by_week_and_lead_to_activity(
    folder: Path, vault: InMemoryVault, start: Start, watch: Watch
) -> None:
    (app,) = stored_apps(folder, vault, ["NewHealth App"])
    monday = datetime(2026, 11, 9).astimezone(UTC)
    second = timedelta(seconds=1)
    copied(folder, app.org_id, monday - second, monday, monday + 7 * DAY - second, monday + 7 * DAY, NOW)
    copied(folder, app.org_id, monday, action=Action.SECRET_COPIED)
    copied(folder, "another", monday)
    desk = start()
    desk.key(Key.Key_5, CTRL)
    desk.wait(lambda: names(shown(desk).copies))
    assert names(shown(desk).copies)[-4:] == [
        "Week of 2 November, 1 key copied",
        "Week of 9 November, 2 keys copied",
        "Week of 16 November, 1 key copied",
        "This week so far, 1 key copied",
    ]
    click(desk, "Week of 9 November, 2 keys copied")
    assert desk.window.windowTitle().startswith("Activity")
    activity = desk.program.activity.presenter.page
    assert activity.only_copies.isChecked()
    assert all(shown.isVisible() for shown in (activity.first_day, activity.last_day, activity.only_copies))
    model = activity.model
    desk.wait(lambda: model.entry_count == 2)
    desk.let_pass(50)
    assert model.entry_count == 2
    click(desk, "5 keys copied in 12 weeks")
    desk.wait(lambda: model.entry_count == 5)
    desk.find("Filter by time", QComboBox).setCurrentIndex(0)
    desk.wait(lambda: model.entry_count == 6)


def test_copies_are_kept_up(folder: Path, vault: InMemoryVault, start: Start) -> None:
    stored_apps(folder, vault, ["NewHealth App"])
    desk = start()
    desk.key(Key.Key_5, CTRL)
    desk.wait(lambda: names(shown(desk).copies))
    for count in (1, 2, 3):
        desk.program.apps.open()
        desk.select("NewHealth App")
        desk.key(Key.Key_C, CTRL)
        desk.program.overview.open()
        words = f"This week so far, {count} key{'s' * (count > 1)} copied"
        desk.wait(lambda words=words: names(shown(desk).copies)[-1:] == [words])


def test_a_log_that_cannot_be_read_is_counted_later(full: Desk, watch: Watch, tmp_path: Path) -> None:
    page, history = shown(full), full.program.services.history
    full.wait(lambda: page.copies.marks)
    count = history.count_copies

    def refuse(*_: object) -> None:
        raise StorageError("The log cannot be read", "Nothing is lost.", "")

    history.count_copies = lambda *given: (refuse() for _ in (0,))
    watch.time += 7 * DAY
    full.pass_time(60)
    full.wait(lambda: "The log cannot be read. Nothing is lost." in full.screen())
    assert not page.copies.marks
    full.program.overview.presenter.save_report(str(tmp_path / "report.html"))
    full.toast("Report saved")
    assert "copied per week" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    history.count_copies = count
    full.pass_time(60)
    full.wait(lambda: page.copies.marks)


def test_another_org_has_its_own_figures(folder: Path, vault: InMemoryVault, start: Start, watch: Watch) -> None:
    (app,) = stored_apps(folder, vault, ["Here"])
    repository = TinyRepository(folder)
    other = Org(new_id(), "Zoo", "zoo", Environment.TEST, "https://api.dev.medable.com")
    repository.save_org(other)
    for label in ("There", "There too"):
        stored_app(repository, vault, label, org_id=other.id, created=NOW)
    repository.close()
    copied(folder, other.id, NOW)
    copied(folder, app.org_id, NOW, NOW)
    desk = start()
    desk.key(Key.Key_5, CTRL)
    desk.wait(lambda: names(shown(desk).copies)[-1:] == ["This week so far, 2 keys copied"])
    assert names(shown(desk).figures)[0] == "1 app. 1 enabled"
    desk.workspace.enter(other.id)
    desk.wait(lambda: names(shown(desk).copies)[-1:] == ["This week so far, 1 key copied"])
    assert names(shown(desk).figures)[0] == "2 apps. 2 enabled"


# By keyboard, and for screen readers


def test_every_mark_is_an_object_with_a_name(full: Desk) -> None:
    for chart in charts(full):
        for mark in chart.marks:
            spoken = QAccessible.queryAccessibleInterface(mark)
            assert spoken.role() == QAccessible.Role.Button
            assert spoken.text(QAccessible.Text.Name).strip()
            assert not spoken.state().invisible
            assert mark.toolTip()


def test_tab_goes_from_chart_to_chart_as_one_reads(full: Desk) -> None:
    page = shown(full)
    page.report.setFocus()
    seen: list[QWidget] = []
    for _ in range(7):
        full.key(Key.Key_Tab)
        seen.append(focused())
    stops = [widget.parentWidget() for widget in seen[:-1]]
    wanted = [
        page.figures,
        page.attention_card.links,
        page.concerns,
        page.calendar_card.links,
        page.calendar,
        page.ages,
    ]
    assert stops == wanted
    assert seen[-1] is page.check_card.again


def test_arrows_go_through_a_chart_and_tab_comes_back(full: Desk) -> None:
    page = shown(full)
    full.key(Key.Key_Right)
    assert focused() is page.figures.marks[1]
    full.key(Key.Key_Down)
    full.key(Key.Key_Right)
    full.key(Key.Key_Right)
    assert focused() is page.figures.marks[3]
    full.key(Key.Key_Home)
    full.key(Key.Key_Left)
    assert focused() is page.figures.marks[0]
    full.key(Key.Key_End)
    full.key(Key.Key_Tab)
    full.key(Key.Key_Backtab)
    assert focused() is page.figures.marks[3]


def test_what_counts_nothing_is_passed_over(full: Desk) -> None:
    ages = shown(full).ages
    ages.take_keyboard()
    full.key(Key.Key_End)
    full.key(Key.Key_Up)
    assert focused().accessibleName() == "90 to 180 days, 1 key"


def test_arrows_follow_the_writing(full: Desk) -> None:
    page = shown(full)
    page.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    full.let_pass(0)
    first, second = page.figures.marks[:2]
    assert first.geometry().left() > second.geometry().left()
    full.key(Key.Key_Left)
    assert focused() is second


@pytest.mark.parametrize("key", [Key.Key_Return, Key.Key_Enter, Key.Key_Space])
def test_a_key_follows_a_mark(full: Desk, key: Qt.Key) -> None:
    full.key(Key.Key_End)
    full.key(key)
    full.wait(lambda: full.labels() == ["Legacy kiosk"])


def test_the_keyboard_stays_where_it_is_while_figures_change(full: Desk) -> None:
    page = shown(full)
    page.concerns.take_keyboard()
    full.key(Key.Key_Down)
    at = page.concerns.marks.index(focused())
    full.apps.set_enabled(full.app("Lab results feed"), False)
    full.wait(lambda: len(page.concerns.marks) == 3)
    assert page.concerns.marks.index(focused()) == at
    for label in ("Patient iOS", "Trial portal"):
        full.apps.set_enabled(full.app(label), False)
    full.wait(lambda: len(page.concerns.marks) == 1)
    assert focused() is page.concerns.marks[0]


def test_what_has_the_keyboard_is_on_screen(full: Desk) -> None:
    full.resize(900, 600)
    page = shown(full)
    full.wait(lambda: page.copies.marks)
    for chart in charts(full):
        chart.take_keyboard()
        mark = focused()
        assert isinstance(mark, Mark)
        visible = mark.visibleRegion().boundingRect()
        assert visible == QRect(mark.rect()), mark.accessibleName()


def test_nothing_is_cut_off_where_there_is_little_room(full: Desk) -> None:
    for size in ((900, 600), (640, 480), (560, 600)):
        full.resize(*size)
        full.let_pass(0)
        for chart in charts(full):
            for mark in chart.marks:
                assert chart.rect().contains(mark.geometry()), (size, mark.accessibleName())


def test_no_headline_is_cut_in_a_narrow_window(full: Desk) -> None:
    full.resize(900, 600)
    full.let_pass(0)
    assert not [text for text in painted(shown(full).figures) if "…" in text]


def test_reasons_without_room_are_left_out_as_a_whole(full: Desk) -> None:
    full.apps.model.mark_missing(full.app("eConsent web").id)
    full.resize(1100, 760)
    full.wait(lambda: "1 without key, 1 expired, …" in painted(shown(full).figures))
    assert names(shown(full).figures)[1].endswith("1 without key, 1 expired, 2 soon, 1 to review")


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_titles_and_links_stand_in_line_with_what_is_below(full: Desk, direction: Qt.LayoutDirection) -> None:
    full.window.setLayoutDirection(direction)
    full.resize(1190, 760)
    full.let_pass(0)
    card = shown(full).calendar_card
    title = next(each for each in card.findChildren(QLabel) if each.text() == "Next 90 days")
    link = card.links.marks[-1]
    before, after = title.mapTo(card, QPoint()).x(), link.mapTo(card, QPoint(link.width() - 4, 0)).x()
    if direction is Qt.LayoutDirection.RightToLeft:
        before = card.width() - before - title.width()
        after = card.width() - link.mapTo(card, QPoint(4, 0)).x()
    edge = 1
    assert (before, card.width() - after) == (SIDE + edge, SIDE + edge)


# The report, and where the window opens


def test_the_report_is_saved(full: Desk, tmp_path: Path) -> None:
    full.wait(lambda: shown(full).copies.marks)
    full.program.overview.presenter.save_report(str(tmp_path / "report.html"))
    full.toast("Report saved")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>Health of the keys of My organization</h1>" in page
    assert "Lab results feed" in page


def test_a_reports_ending_says_what_is_in_it(full: Desk, tmp_path: Path) -> None:
    full.wait(lambda: shown(full).copies.marks)
    full.program.overview.presenter.save_report(str(tmp_path / "x.txt"))
    full.toast("x.txt.html")
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["x.txt.html"]


def test_arrows_of_the_reports_file_dialog_are_seen_in_dark(full: Desk) -> None:
    full.tools.look.theme.set_mode("dark")
    shown(full).report_asked.emit()
    dialog = full.dialog()
    picture = dialog.findChild(QToolButton, "backButton").icon().pixmap(16, 16).toImage()
    inks = [picture.pixelColor(x, y) for x in range(16) for y in range(16)]
    assert max(ink.lightness() for ink in inks if ink.alpha() > 200) > 150
    dialog.reject()
    full.no_dialog()


def test_why_a_report_was_not_saved(full: Desk, tmp_path: Path) -> None:
    errors: list[StorageError] = []
    full.workspace.failed.connect(errors.append)
    full.program.overview.presenter.save_report(str(tmp_path / "nowhere" / "report.html"))
    full.wait(lambda: errors)
    assert not list(tmp_path.glob("*.html"))


def test_the_window_opens_on_it_if_preferences_say_so(folder: Path, vault: InMemoryVault, start: Start) -> None:
    stored_apps(folder, vault, ["NewHealth App"])
    desk = start()
    assert desk.window.windowTitle().startswith("Apps")
    desk.action("preferences").trigger()
    box = desk.find("Opens on", QComboBox, within=desk.dialog())
    box.setCurrentIndex(1)
    desk.click("Close", within=desk.dialog())
    desk.no_dialog()
    desk.close()
    again = start()
    assert again.window.windowTitle().startswith("Overview")
    again.wait(lambda: names(shown(again).figures)[0] == "1 app. 1 enabled")


def test_nothing_of_it_is_loaded_before_it_is_opened() -> None:
    code = """
import sys
import cortex_desktop.composition, cortex_desktop.ui.app, cortex_desktop.ui.overview.entry
found = [name for name in sys.modules if "health" in name or "ui.overview." in name]
print(*sorted(found))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cortex_desktop.ui.overview.entry"]
