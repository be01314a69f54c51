"""The Activity page: what was done is there at once, is found, goes into a file, and no key ever does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QModelIndex, QPoint, Qt, QTime
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QTableView, QToolButton, QWidget

from cortex_desktop.domain.activity import ACTION_WORDS, Action, ActivityEntry
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import App
from cortex_desktop.domain.text import Text
from cortex_desktop.storage.activity import FILE_NAME, ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.system.paths import resources
from cortex_desktop.ui.activity.model import ActivityColumn
from cortex_desktop.ui.activity.reader import Found
from cortex_desktop.ui.activity.table import ICONS
from cortex_desktop.ui.kit.i18n import full_day, long_day, translate_text
from cortex_desktop.ui.kit.marks import Mark
from cortex_desktop.ui.kit.table import PADDING
from cortex_desktop.ui.kit.waiting import BUSY_SECONDS
from tests.support.gui import CTRL, Desk, Key, clipboard_text, painted, stored_apps, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
EVERYTHING = 1_200


def entry(app: App, action: Action, minutes: int, **details: str | int | bool) -> ActivityEntry:
    when = datetime.now(UTC) - timedelta(minutes=minutes)
    return ActivityEntry(when, "john", "desk-7", action, app.org_id, "My organization", app.id, app.label, details)


@pytest.fixture
def apps(folder: Path, vault: InMemoryVault) -> list[App]:
    return stored_apps(folder, vault, ["NewHealth App", "Ärzte portal"])


@pytest.fixture
def desk(folder: Path, apps: list[App], start: Start) -> Desk:
    """Two apps and three entries, the last of yesterday or before."""
    ActivityFile(folder).append(
        [
            entry(apps[1], Action.DISABLED, 60 * 24 * 40),
            entry(apps[0], Action.CREATED, 2, sessions=True, csrf=False),
            entry(apps[1], Action.KEY_COPIED, 1, clears_after=30),
        ]
    )
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 2)
    return desk


def table(desk: Desk) -> QTableView:
    return desk.table_named("Activity")


def opened(desk: Desk) -> QTableView:
    desk.click("Activity")
    desk.wait(lambda: table(desk).model().rowCount(), "there is activity")
    return table(desk)


def days(desk: Desk) -> list[str]:
    """The headings of days in the list."""
    model = table(desk).model()
    return [model.index(row, 0).data() for row in range(model.rowCount()) if model.day_of(row) is not None]


def entry_rows(desk: Desk) -> list[int]:
    """The rows that are no headings."""
    model = table(desk).model()
    return [row for row in range(model.rowCount()) if model.day_of(row) is None]


def lines(desk: Desk, *columns: ActivityColumn) -> list[list[str]]:
    """These columns' texts of each run or entry, once they are there. More may come meanwhile."""
    model = table(desk).model()
    indexes = [[model.index(row, column) for column in columns] for row in entry_rows(desk)]
    desk.wait(lambda: all(index.data() is not None for line in indexes for index in line), "the lines are read")
    return [[index.data() for index in line] for line in indexes]


def cells(desk: Desk, column: ActivityColumn) -> list[str]:
    return [text for (text,) in lines(desk, column)]


def rows(desk: Desk) -> list[str]:
    return [f"{what}: {app}" for what, app in lines(desk, ActivityColumn.WHAT, ActivityColumn.APP)]


def test_what_the_design_shows(desk: Desk) -> None:
    opened(desk)
    assert desk.window.windowTitle() == "Activity – Cortex Desktop"
    assert rows(desk) == ["Key copied: Ärzte portal", "Created: NewHealth App", "Disabled: Ärzte portal"]
    assert cells(desk, ActivityColumn.DETAILS) == [
        "Cleared from the clipboard after 30 s",
        "Sessions on, CSRF Protection off",
        "",
    ]
    assert set(cells(desk, ActivityColumn.WHO)) == {"john"}
    assert "Everything done to the apps of My organization on this computer." in desk.screen()
    assert "3 entries" in desk.screen()
    for heading in ("When", "What", "App", "Details", "Who"):
        model = table(desk).model()
        assert heading in [model.headerData(c, Qt.Orientation.Horizontal) for c in ActivityColumn]


def test_what_is_done_now_is_on_top_at_once(desk: Desk) -> None:
    opened(desk)
    desk.key(Key.Key_1, CTRL)
    desk.select("NewHealth App")
    desk.key(Key.Key_C, CTRL)
    desk.key(Key.Key_R, CTRL)
    desk.key(Key.Key_E, CTRL)
    desk.key(Key.Key_3, CTRL)
    desk.wait(lambda: len(rows(desk)) == 6)
    assert set(rows(desk)[:3]) == {
        "Key copied: NewHealth App",
        "Key revealed: NewHealth App",
        "Disabled: NewHealth App",
    }
    assert "john" not in cells(desk, ActivityColumn.WHO)[:3], "the real user of this computer"


def test_a_line_read_further_down_stays_where_it_is(desk: Desk, apps: list[App], folder: Path) -> None:
    ActivityFile(folder).append([entry(apps[0], Action.EDITED, 0, version=n) for n in range(100)])
    view = opened(desk)
    desk.wait(lambda: view.model().entry_count == 103)
    view.scrollTo(view.model().index(60, 0), QTableView.ScrollHint.PositionAtTop)
    before = view.rowViewportPosition(60)
    desk.apps.set_enabled(apps[0], False)
    desk.wait(lambda: view.model().entry_count == 104)
    assert view.rowViewportPosition(61) == before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("arzte", ["Key copied: Ärzte portal", "Disabled: Ärzte portal"]),
        ("created", ["Created: NewHealth App"]),
        ("sessions on", ["Created: NewHealth App"]),
        ("JOHN arzte copied", ["Key copied: Ärzte portal"]),
        ("", ["Key copied: Ärzte portal", "Created: NewHealth App", "Disabled: Ärzte portal"]),
    ],
)
def test_search(desk: Desk, text: str, found: list[str]) -> None:
    opened(desk)
    desk.key(Key.Key_F, CTRL)
    desk.find("Search activity", QLineEdit).setText(text)
    desk.wait(lambda: table(desk).model().entry_count == len(found))
    assert rows(desk) == found


def test_nothing_found_and_back(desk: Desk) -> None:
    opened(desk)
    desk.key(Key.Key_F, CTRL)
    desk.type("no such")
    desk.wait(lambda: "No activity matches" in desk.screen())
    desk.click("Show all activity")
    desk.wait(lambda: len(rows(desk)) == 3)
    assert not desk.find("Search activity", QLineEdit).text()


def test_one_app_and_times(desk: Desk, apps: list[App]) -> None:
    opened(desk)
    which = desk.find("Filter by app", QComboBox)
    which.showPopup()
    which.hidePopup()
    texts = [which.itemText(number) for number in range(which.count())]
    assert texts == ["All apps", "All organizations", "Ärzte portal", "NewHealth App"]
    which.setCurrentIndex(2)
    desk.wait(lambda: len(rows(desk)) == 2)
    desk.find("Filter by time", QComboBox).setCurrentText("Last 7 days")
    desk.wait(lambda: rows(desk) == ["Key copied: Ärzte portal"])
    desk.find("Filter by time", QComboBox).setCurrentText("Today")
    desk.wait(lambda: len(rows(desk)) <= 1)


def test_from_an_app_to_its_activity_and_back(desk: Desk) -> None:
    desk.select("Ärzte portal")
    desk.action("app_activity").trigger()
    desk.wait(lambda: rows(desk) == ["Key copied: Ärzte portal", "Disabled: Ärzte portal"])
    desk.action("open_apps").trigger()
    desk.select("NewHealth App")
    desk.action("open_activity").trigger()
    view = table(desk)
    view.setCurrentIndex(view.model().index(entry_rows(desk)[0], 0))
    view.setFocus()
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.selected() == "Ärzte portal")
    assert desk.console.pages.currentWidget() is desk.apps.page


def test_an_app_that_is_gone_is_said(desk: Desk, apps: list[App], folder: Path) -> None:
    ActivityFile(folder).append([entry(replace(apps[0], id="ff", label="Gone"), Action.PURGED, 0)])
    view = opened(desk)
    desk.wait(lambda: rows(desk)[0] == "Deleted for good: Gone")
    view.setCurrentIndex(view.model().index(entry_rows(desk)[0], 0))
    view.setFocus()
    desk.key(Key.Key_Return)
    desk.toast("This app is gone")


def test_all_orgs(desk: Desk, apps: list[App], folder: Path) -> None:
    other = replace(entry(apps[0], Action.ROTATED, 0), org_id="ff", org_name="Other org")
    ActivityFile(folder).append([other])
    view = opened(desk)
    desk.wait(lambda: len(rows(desk)) == 3)
    assert view.isColumnHidden(ActivityColumn.ORG)
    desk.find("Filter by app", QComboBox).setCurrentText("All organizations")
    desk.wait(lambda: len(rows(desk)) == 4)
    assert not view.isColumnHidden(ActivityColumn.ORG)
    assert cells(desk, ActivityColumn.ORG)[0] == "Other org"


def test_nothing_was_done_yet(start: Start) -> None:
    desk = start()
    desk.click("Activity")
    desk.wait(lambda: "No activity yet" in desk.screen())
    assert not desk.find("Export", within=desk.window).isEnabled()


def test_a_long_log_is_read_as_far_as_it_is_looked_at(folder: Path, apps: list[App], start: Start) -> None:
    ActivityFile(folder).append([entry(apps[n % 2], Action.EDITED, n, version=n) for n in range(EVERYTHING * 4)])
    desk = start()
    desk.click("Activity")
    view = table(desk)
    desk.wait(lambda: view.model().entry_count == EVERYTHING * 4)
    read: list[int] = []
    desk.program.activity.reader.fetched.connect(lambda places, lines: read.extend(places))
    for row in range(0, EVERYTHING * 4, 97):
        view.scrollTo(view.model().index(row, 0))
        desk.let_pass(0)
    view.scrollToBottom()
    last = view.model().index(view.model().rowCount() - 1, ActivityColumn.DETAILS)
    desk.wait(lambda: last.data() is not None)
    assert last.data() == "Version 0 of the key"
    assert len(set(read)) < EVERYTHING * 4, "what was passed over while scrolling was not read"


# What is wrong


def harm(folder: Path) -> None:
    raw = (folder / FILE_NAME).read_bytes()
    (folder / FILE_NAME).write_bytes(raw.replace(b"NewHealth", b"OldHealth"))


def test_a_changed_log_is_said_once_with_its_place_and_for_ever_on_its_page(
    desk: Desk, folder: Path, start: Start
) -> None:
    desk.close()
    harm(folder)
    desk = start()
    toast = desk.toast("The activity log was changed outside Cortex Desktop")
    assert "Entry 2 was changed (line 2 of the file)." in desk.toasts()[0]
    desk.click("Show activity", within=toast)
    desk.wait(lambda: "Entry 2 was changed" in desk.banner())
    desk.close()
    desk = start()
    desk.click("Activity")
    desk.wait(lambda: "Entry 2 was changed" in desk.banner())
    assert desk.toasts() == []


def test_a_log_that_is_whole_is_no_news(desk: Desk) -> None:
    opened(desk)
    desk.let_pass(50)
    assert desk.banner() == ""
    assert desk.toasts() == []


def test_a_log_that_cannot_be_read_is_said(folder: Path, apps: list[App], start: Start) -> None:
    (folder / FILE_NAME).mkdir()
    desk = start()
    desk.click("Activity")
    desk.wait(lambda: {"The activity log can't be read", "Try again"} <= set(texts(desk.window)))
    (folder / FILE_NAME).rmdir()
    desk.click("Try again")
    desk.wait(lambda: "No activity yet" in desk.screen())


def test_a_log_that_cannot_be_written_is_said_once(
    desk: Desk, apps: list[App], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full", "Not saved.", "Free some space.")

    monkeypatch.setattr(ActivityFile, "append", full)
    desk.apps.set_enabled(apps[0], False)
    desk.toast("Activity is not recorded now")
    desk.apps.set_enabled(apps[1], False)
    desk.wait(lambda: not desk.app("Ärzte portal").enabled)
    desk.let_pass(50)
    assert len(desk.toasts()) == 1
    assert not desk.app("NewHealth App").enabled, "what was done stays done"


# Exports


@pytest.mark.parametrize("kind", ["html", "csv"])
def test_export(desk: Desk, tmp_path: Path, kind: str) -> None:
    opened(desk)
    desk.find("Search activity", QLineEdit).setText("arzte")
    desk.wait(lambda: len(rows(desk)) == 2)
    desk.click("Export")
    dialog = desk.dialog()
    assert isinstance(dialog, QFileDialog)
    if kind == "csv":
        dialog.selectNameFilter(dialog.nameFilters()[1])
        dialog.filterSelected.emit(dialog.nameFilters()[1])
    dialog.setDirectory(str(tmp_path))
    dialog.findChild(QLineEdit).setText("handed over")
    dialog.accept()
    desk.no_dialog()
    desk.toast("Activity exported")
    assert "2 entries" in desk.toasts()[0]
    text = (tmp_path / f"handed over.{kind}").read_text("utf-8-sig")
    assert text.count("Ärzte portal") == 2
    assert "NewHealth" not in text
    assert ("with “arzte”" in text) == (kind == "html")


def test_arrows_of_the_file_dialog_are_seen_in_dark(desk: Desk) -> None:
    desk.tools.look.theme.set_mode("dark")
    opened(desk)
    desk.wait(lambda: rows(desk))
    desk.click("Export")
    dialog = desk.dialog()
    for name in ("backButton", "forwardButton", "toParentButton", "newFolderButton"):
        picture = dialog.findChild(QToolButton, name).icon().pixmap(16, 16).toImage()
        inks = [picture.pixelColor(x, y) for x in range(16) for y in range(16)]
        assert max(ink.lightness() for ink in inks if ink.alpha() > 200) > 150, name
    dialog.reject()
    desk.no_dialog()


def test_the_command_works_before_the_page_was_opened(desk: Desk) -> None:
    assert not desk.program.activity.is_made
    desk.action("export_activity").trigger()
    desk.wait(lambda: isinstance(desk.dialog_or_none(), QFileDialog), "it asks where to")
    desk.dialog_or_none().reject()
    desk.no_dialog()
    assert table(desk).model().rowCount()


@pytest.mark.parametrize(
    ("name", "there", "written"),
    [
        ("x.txt", (), "x.txt.html"),
        ("2026.11", ("2026.11.html",), "2026.11 (2).html"),
        ("plain", (), "plain.html"),
        ("x.CSV", (), "x.CSV"),
    ],
)
def test_a_files_ending_says_what_is_in_it(
    desk: Desk, tmp_path: Path, name: str, there: tuple[str, ...], written: str
) -> None:
    opened(desk)
    desk.wait(lambda: rows(desk))
    folder = tmp_path / "exports"
    folder.mkdir()
    for old in there:
        (folder / old).write_text("old")
    desk.program.activity.presenter.export(str(folder / name))
    desk.toast(written)
    assert {file.name for file in folder.iterdir()} == {written, *there}
    assert all((folder / old).read_text() == "old" for old in there)


def test_an_apps_activity_is_shown_before_the_page_was_opened(desk: Desk) -> None:
    desk.select("Ärzte portal")
    assert not desk.program.activity.is_made
    desk.action("app_activity").trigger()
    desk.wait(lambda: rows(desk), "it lists what was done")
    assert all("Ärzte portal" in row for row in rows(desk))


def test_an_export_that_fails_is_said(desk: Desk, tmp_path: Path) -> None:
    opened(desk)
    desk.program.activity.presenter.export(str(tmp_path / "not there" / "out.csv"))
    desk.toast("The export was not saved")


def test_a_long_export_says_so_and_can_be_cancelled(
    folder: Path, apps: list[App], start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ActivityFile(folder).append([entry(apps[n % 2], Action.EDITED, n) for n in range(EVERYTHING)])
    monkeypatch.setattr("cortex_desktop.services.history.BATCH", 1)
    desk = start()
    opened(desk)
    desk.wait(lambda: table(desk).model().entry_count == EVERYTHING)
    (tmp_path / "out").mkdir()
    desk.program.activity.presenter.export(str(tmp_path / "out" / "out.html"))
    desk.pass_time(BUSY_SECONDS)
    toast = desk.toast("Exporting activity…")
    desk.wait(lambda: "% written" in desk.toasts()[0])
    desk.click("Cancel", within=toast)
    desk.wait(lambda: not list((tmp_path / "out").iterdir()), "nothing is left of it")
    assert not desk.program.activity.reader.exporting


def test_quitting_in_the_middle_of_an_export_leaves_nothing(
    folder: Path, apps: list[App], start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ActivityFile(folder).append([entry(apps[n % 2], Action.EDITED, n) for n in range(EVERYTHING)])
    monkeypatch.setattr("cortex_desktop.services.history.BATCH", 1)
    desk = start()
    opened(desk)
    desk.wait(lambda: table(desk).model().entry_count == EVERYTHING)
    (tmp_path / "out").mkdir()
    desk.program.activity.presenter.export(str(tmp_path / "out" / "out.csv"))
    desk.wait(lambda: list((tmp_path / "out").iterdir()), "it has begun")
    desk.close()
    assert not list((tmp_path / "out").iterdir())


# For all who look and listen


def test_a_row_is_spoken_and_explained_in_full(desk: Desk) -> None:
    view = opened(desk)
    cells(desk, ActivityColumn.WHEN)

    def said(column: ActivityColumn, role: Qt.ItemDataRole) -> str:
        index: QModelIndex = view.model().index(entry_rows(desk)[1], column)
        return index.data(role)

    assert str(datetime.now().astimezone().year) in said(ActivityColumn.WHEN, Qt.ItemDataRole.AccessibleTextRole)
    tip = said(ActivityColumn.WHAT, Qt.ItemDataRole.ToolTipRole)
    for part in ("Created", "NewHealth App", "Sessions on", "john on desk-7"):
        assert part in tip


def test_ctrl_c_copies_the_row(desk: Desk) -> None:
    desk.select("NewHealth App")
    view = opened(desk)
    rows(desk)
    view.setFocus()
    view.selectRow(entry_rows(desk)[1])
    desk.key(Key.Key_C, CTRL)
    when, *parts = clipboard_text().split("\t")
    assert str(datetime.now().astimezone().year) in when
    assert parts == [
        "Created",
        "NewHealth App",
        "My organization",
        "Sessions on, CSRF Protection off",
        "john",
        "desk-7",
    ]


def test_each_kind_has_a_picture() -> None:
    assert set(ICONS) == set(Action)
    assert not [name for name in ICONS.values() if not (resources() / "icons" / f"{name}.svg").exists()]


@pytest.mark.parametrize("kind", [Action.KEY_TAKEN, Action.BROUGHT_BACK])
def test_nothing_is_cut_short_where_there_is_room(desk: Desk, folder: Path, apps: list[App], kind: Action) -> None:
    app = replace(apps[0], label="Ward tablets of the outpatient clinic")
    ActivityFile(folder).append([entry(app, kind, 0)])
    view = opened(desk)
    desk.resize(1400, 600)
    words = translate_text(Text(ACTION_WORDS[kind]))
    desk.wait(lambda: {words, app.label} <= set(painted(view.viewport())), "they are written in full")


def test_columns_get_no_narrower_while_a_list_is_read(desk: Desk, folder: Path, apps: list[App]) -> None:
    app = replace(apps[0], label="Ward tablets of the outpatient clinic")
    ActivityFile(folder).append([entry(apps[1], Action.EDITED, 99, version=n) for n in range(60)])
    ActivityFile(folder).append([entry(app, Action.EDITED, 0)])
    view = opened(desk)
    desk.resize(1400, 600)
    desk.wait(lambda: app.label in painted(view.viewport()))
    before = view.columnWidth(ActivityColumn.APP)
    view.scrollToBottom()
    desk.let_pass(50)
    assert view.columnWidth(ActivityColumn.APP) == before


@pytest.mark.parametrize("width", [560, 900, 1200])
def test_narrow_windows_keep_what_counts(desk: Desk, width: int) -> None:
    view = opened(desk)
    desk.resize(width, 600)
    for column in (ActivityColumn.WHEN, ActivityColumn.WHAT, ActivityColumn.APP):
        assert not view.isColumnHidden(column)
    desk.wait(
        lambda: sum(map(view.columnWidth, ActivityColumn)) == view.viewport().width(), "the columns fill the table"
    )
    assert view.isColumnHidden(ActivityColumn.WHO) == (width < 1200)
    assert view.isColumnHidden(ActivityColumn.DETAILS) == (width == 560)


def test_opening_the_page_is_what_loads_it(start: Start) -> None:
    desk = start()
    assert not desk.program.activity.is_made
    desk.click("Activity")
    assert desk.program.activity.is_made


def test_the_database_and_the_log_tell_the_same(desk: Desk, folder: Path) -> None:
    app = desk.create("Ward tablet")
    desk.wait(lambda: app.id.encode() in (folder / FILE_NAME).read_bytes())
    desk.close()
    assert app.id in {row.id for row in TinyRepository(folder).apps()}


def test_places_are_handed_on_as_they_are(desk: Desk) -> None:
    opened(desk)
    reader, places = desk.program.activity.reader, list(range(3))
    taken: list[object] = []
    for signal in (reader.older, reader.newer, reader.broken):
        signal.disconnect()
        signal.connect(taken.append)
        signal.emit(places)
    assert all(each is places for each in taken), "copying ten thousand to C++ and back takes longer than a frame"
    assert len(taken) == 3


def found_at(places: range) -> Found:
    return Found(list(places), list(places), {})


def test_what_is_found_further_down_moves_nothing(desk: Desk) -> None:
    opened(desk)
    page = desk.program.activity.presenter.page
    page.add_older(found_at(range(10_400, 10_000, -1)))
    desk.let_pass(50)
    before = [widget.geometry() for widget in page.findChildren(QWidget)]
    page.add_older(found_at(range(9_300, 9_000, -1)))
    desk.let_pass(50)
    assert "703" in desk.screen()
    assert [widget.geometry() for widget in page.findChildren(QWidget)] == before


def test_no_time_is_cut_short(desk: Desk) -> None:
    view = opened(desk)
    column = view.painter.width_of(ActivityColumn.WHEN) - 2 * PADDING
    metrics = QFontMetrics(desk.program.theme.font(13))
    short = QLocale.FormatType.ShortFormat
    times = [QLocale().toString(QTime(at // 60, at % 60), short) for at in range(24 * 60)]
    assert not [time for time in times if metrics.horizontalAdvance(time) > column]


# Days and runs


@pytest.fixture
def busy(folder: Path, apps: list[App], start: Start) -> Desk:
    """Seven copies of one key today, four of which follow on another; and one yesterday, of another key."""
    log = ActivityFile(folder)
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    kinds = [
        (apps[1], -60),
        (apps[0], 1),
        (apps[0], 2),
        (apps[0], 3),
        (apps[1], 4),
        *((apps[0], n) for n in (5, 6, 7, 8)),
    ]
    log.append(
        [
            replace(entry(app, Action.KEY_COPIED, 0, clears_after=30), when=midnight + timedelta(seconds=at))
            for app, at in kinds
        ]
    )
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 2)
    return desk


def folded(desk: Desk) -> list[str]:
    """The list as a screen reader has it: headings, and what was done to which app."""
    model = table(desk).model()
    role = Qt.ItemDataRole.AccessibleTextRole
    texts = []
    for row in range(model.rowCount()):
        what, app = (model.index(row, column) for column in (ActivityColumn.WHAT, ActivityColumn.APP))
        desk.wait(lambda what=what: what.data() is not None, "the line is read")
        heading = model.index(row, ActivityColumn.WHEN).data(role)
        texts.append(heading if model.day_of(row) is not None else f"{what.data(role)}: {app.data(role)}")
    return texts


FOLDED = [
    "Today",
    "Key copied, 4 times, collapsed: NewHealth App",
    "Key copied: Ärzte portal",
    "Key copied, 3 times, collapsed: NewHealth App",
    "Yesterday",
    "Key copied: Ärzte portal",
]


def test_days_have_headings_and_what_was_done_again_is_folded(busy: Desk) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    assert "9 entries" in busy.screen(), "all are counted"
    assert {"Today", "4 times", "3 times", "Yesterday"} <= set(painted(view.viewport()))
    assert cells(busy, ActivityColumn.WHAT) == ["Key copied"] * 4


def test_an_older_day_has_its_date(desk: Desk) -> None:
    opened(desk)
    before = (datetime.now().astimezone() - timedelta(days=40)).date()
    assert days(desk)[-1] == full_day(before)
    assert str(before.year) in days(desk)[-1]


def test_a_run_is_opened_and_closed_by_keyboard(busy: Desk) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    view.setFocus()
    assert view.currentIndex().row() == 1, "a heading is no stop"
    part = "Key copied: NewHealth App"
    unfolded = [FOLDED[0], FOLDED[1].replace("collapsed", "expanded"), *[part] * 4, *FOLDED[2:]]
    for opens, closes in ((Key.Key_Right, Key.Key_Left), (Key.Key_Return, Key.Key_Return)):
        busy.key(opens)
        assert folded(busy) == unfolded
        busy.key(closes)
        assert folded(busy) == FOLDED
    busy.key(Key.Key_Right)
    busy.key(Key.Key_Right)
    assert view.currentIndex().row() == 2
    busy.key(Key.Key_Down)
    busy.key(Key.Key_Left)
    assert view.currentIndex().row() == 1, "back to the run"
    for _ in range(5):
        busy.key(Key.Key_Down)
    assert view.currentIndex().row() == 6
    busy.key(Key.Key_Down)
    busy.key(Key.Key_Down)
    assert view.model().day_of(8) is not None
    assert view.currentIndex().row() == 9, "past the heading"
    for key, modifiers in ((Key.Key_Home, CTRL), (Key.Key_PageUp, Qt.KeyboardModifier.NoModifier)):
        view.setCurrentIndex(view.model().index(6, 0))
        busy.key(key, modifiers)
        assert view.currentIndex().row() == 1


def test_arrows_open_the_other_way_round_where_text_runs_from_right_to_left(busy: Desk) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    view.setFocus()
    busy.key(Key.Key_Left)
    assert "expanded" in folded(busy)[1]
    busy.key(Key.Key_Right)
    assert folded(busy) == FOLDED


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_a_run_is_opened_by_a_click_on_how_often(busy: Desk, direction: Qt.LayoutDirection) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    view.setLayoutDirection(direction)
    cell = view.visualRect(view.model().index(1, ActivityColumn.WHAT))
    hands = []
    for x in range(cell.left(), cell.right(), 3):
        busy.hover(view.viewport(), QPoint(x, cell.center().y()))
        if view.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor:
            hands.append(x)
    busy.click_at(view.viewport(), QPoint(hands[len(hands) // 2], cell.center().y()))
    assert "expanded" in folded(busy)[1]
    busy.click_at(
        view.viewport(),
        QPoint(hands[0] - 20 if direction is Qt.LayoutDirection.LeftToRight else hands[-1] + 20, cell.center().y()),
    )
    assert "expanded" in folded(busy)[1], "beside it a click chooses the row"


def test_a_click_that_begins_elsewhere_opens_nothing(busy: Desk) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    cell = view.visualRect(view.model().index(1, ActivityColumn.WHAT))
    xs = [x for x in range(cell.left(), cell.right()) if view.painter.is_fold_at(QPoint(x, cell.center().y()))]
    on_it = QPoint(xs[len(xs) // 2], cell.center().y())
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, cell.center().y()))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=on_it)
    assert folded(busy) == FOLDED
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=on_it)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=on_it)
    assert folded(busy) != FOLDED


def test_the_row_under_the_pointer_is_seen_and_no_heading(busy: Desk) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED

    def pictures() -> list[object]:
        return [view.viewport().grab(view.visualRect(view.model().index(row, 2))).toImage() for row in range(3)]

    busy.hover(view.horizontalHeader(), QPoint(5, 5))
    before = pictures()
    for row, seen in ((0, False), (2, True)):
        busy.hover(view.viewport(), view.visualRect(view.model().index(row, 2)).center())
        assert [one != other for one, other in zip(before, pictures(), strict=True)] == [
            seen and at == row for at in range(3)
        ]


@pytest.mark.parametrize("is_open", [False, True])
def test_a_run_goes_on_while_it_is_listed(busy: Desk, folder: Path, apps: list[App], is_open: bool) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    if is_open:
        view.toggle(1)
    view.setCurrentIndex(view.model().index(1, 0))
    again = replace(entry(apps[0], Action.KEY_COPIED, 0, clears_after=30), who="john")
    ActivityFile(folder).append([again])
    busy.program.activity.reader.grow()
    busy.wait(lambda: view.model().entry_count == 10)
    rest = FOLDED[2:]
    state = "expanded" if is_open else "collapsed"
    expected = [
        FOLDED[0],
        f"Key copied, 5 times, {state}: NewHealth App",
        *["Key copied: NewHealth App"] * (5 * is_open),
        *rest,
    ]
    assert folded(busy) == expected
    assert view.currentIndex().row() == 1, "what is chosen stays"
    ActivityFile(folder).append([entry(apps[1], Action.DISABLED, 0)])
    busy.program.activity.reader.grow()
    busy.wait(lambda: view.model().entry_count == 11)
    assert folded(busy) == [expected[0], "Disabled: Ärzte portal", *expected[1:]]


def test_a_first_entry_of_today_gets_its_heading(folder: Path, apps: list[App], start: Start) -> None:
    ActivityFile(folder).append([entry(apps[0], Action.CREATED, 60 * 24 * 3)])
    desk = start()
    opened(desk)
    desk.wait(lambda: len(days(desk)) == 1)
    desk.wait(lambda: len(desk.labels()) == 2)
    desk.apps.set_enabled(apps[0], False)
    desk.wait(lambda: len(rows(desk)) == 2)
    assert days(desk)[0] == "Today"
    assert [table(desk).model().day_of(row) is not None for row in range(4)] == [True, False, True, False]


@pytest.mark.parametrize("hand_out", [0, 3600])
def test_runs_in_parts_make_the_same_list(busy: Desk, monkeypatch: pytest.MonkeyPatch, hand_out: int) -> None:
    """However the log is read in parts, the list has the same rows, an open run too."""
    monkeypatch.setattr("cortex_desktop.storage.activity.FIRST_PIECE", 500)
    monkeypatch.setattr("cortex_desktop.storage.activity.PIECE", 500)
    monkeypatch.setattr("cortex_desktop.ui.activity.reader.HAND_OUT_SECONDS", hand_out)
    opened(busy)
    busy.wait(lambda: table(busy).model().entry_count == 9)
    assert folded(busy) == FOLDED


def test_a_run_is_copied_with_how_often(busy: Desk) -> None:
    view = opened(busy)
    assert folded(busy) == FOLDED
    view.setFocus()
    view.selectRow(1)
    busy.key(Key.Key_C, CTRL)
    assert clipboard_text().split("\t")[1:3] == ["Key copied, 4 times", "NewHealth App"]


def test_an_export_has_each_entry_of_a_run(busy: Desk, tmp_path: Path) -> None:
    opened(busy)
    assert folded(busy) == FOLDED
    busy.program.activity.presenter.export(str(tmp_path / "out.csv"))
    busy.toast("9 entries")
    assert (tmp_path / "out.csv").read_text("utf-8-sig").count("Key copied") == 9


# Bars by day


def bars(desk: Desk) -> list[Mark]:
    desk.wait(lambda: desk.program.activity.presenter.page.bars.marks, "the days are counted")
    return desk.program.activity.presenter.page.bars.marks


def bar_names(desk: Desk) -> list[str]:
    return [mark.accessibleName() for mark in bars(desk) if mark.isEnabled()]


def day_name(back: int) -> str:
    return full_day(datetime.now().astimezone().date() - timedelta(days=back))


def test_a_bar_for_each_day_lists_that_day(busy: Desk) -> None:
    opened(busy)
    assert len(bars(busy)) == 30
    assert bar_names(busy) == [f"{day_name(1)}, 1 entry", f"{day_name(0)}, 8 entries"]
    bars(busy)[-2].click()
    busy.wait(lambda: folded(busy) == FOLDED[4:])
    assert bar_names(busy) == [f"{day_name(1)}, 1 entry, listed", f"{day_name(0)}, 8 entries"]
    which = busy.find("Filter by time", QComboBox)
    assert which.currentText() == long_day(datetime.now().astimezone().date() - timedelta(days=1))
    bars(busy)[-1].click()
    busy.wait(lambda: folded(busy) == FOLDED[:4])
    bars(busy)[-1].click()
    busy.wait(lambda: folded(busy) == FOLDED)
    assert which.currentText() == "Any time"
    assert which.count() == 6, "no day is left in the list"


def test_bars_by_keyboard(busy: Desk) -> None:
    opened(busy)
    bars(busy)
    page = busy.program.activity.presenter.page
    assert page.bars.take_keyboard()
    busy.key(Key.Key_End)
    assert QApplication.focusWidget() is bars(busy)[-1]
    busy.key(Key.Key_Left)
    busy.key(Key.Key_Return)
    busy.wait(lambda: folded(busy) == FOLDED[4:])
    assert QApplication.focusWidget() is bars(busy)[-2], "the keyboard stays"
    busy.key(Key.Key_Space)
    busy.wait(lambda: folded(busy) == FOLDED)


def test_bars_count_what_the_search_and_the_apps_filter_find(busy: Desk) -> None:
    opened(busy)
    bars(busy)
    busy.find("Search activity", QLineEdit).setText("newhealth")
    busy.wait(lambda: table(busy).model().entry_count == 7)
    assert len(bar_names(busy)) == 2, "counted when no letter has come for a while"
    busy.pass_time(BUSY_SECONDS)
    busy.wait(lambda: bar_names(busy) == [f"{day_name(0)}, 7 entries"])
    busy.find("Search activity", QLineEdit).clear()
    busy.pass_time(BUSY_SECONDS)
    busy.wait(lambda: len(bar_names(busy)) == 2)
    which = busy.find("Filter by app", QComboBox)
    which.showPopup()
    which.hidePopup()
    which.setCurrentText("Ärzte portal")
    busy.wait(lambda: bar_names(busy) == [f"{day_name(1)}, 1 entry", f"{day_name(0)}, 1 entry"])


def test_bars_are_kept_up_by_adding(busy: Desk, folder: Path, apps: list[App], monkeypatch: pytest.MonkeyPatch) -> None:
    opened(busy)
    bars(busy)
    read: list[int] = []
    count = ActivityFile.count
    monkeypatch.setattr(
        ActivityFile, "count", lambda log, query, edges, after: read.append(after) or count(log, query, edges, after)
    )
    busy.apps.set_enabled(apps[0], False)
    busy.wait(lambda: bar_names(busy)[-1:] == [f"{day_name(0)}, 9 entries"])
    assert read
    assert all(read), "from where the last count ended"


def test_bars_go_back_to_the_days_that_are_listed(busy: Desk, folder: Path, apps: list[App]) -> None:
    ActivityFile(folder)
    page = opened(busy) and busy.program.activity.presenter.page
    bars(busy)
    last = datetime.now().astimezone().date() - timedelta(days=60)
    page.show_copies(last - timedelta(days=6), last)
    busy.wait(lambda: bars(busy)[-1].accessibleName().startswith(full_day(last)))
    assert page.first_day.isVisible(), "what is listed can be seen and changed"
    assert page.last_day.isVisible()
    page.choose_day(None)
    busy.wait(lambda: bars(busy)[-1].accessibleName().startswith(day_name(0)))


def test_midnight_turns_today_into_yesterday(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(busy)
    bars(busy)
    tomorrow = datetime.now().astimezone().date() + timedelta(days=1)

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return tomorrow

    for module in ("bars", "model"):
        monkeypatch.setattr(f"cortex_desktop.ui.activity.{module}.date", Tomorrow)
    busy.pass_time(24 * 3600 + 1)
    busy.wait(lambda: bars(busy)[-1].accessibleName().startswith(full_day(tomorrow)))
    assert days(busy)[0] == "Yesterday"


def test_bars_give_up_their_room_in_a_low_window(busy: Desk) -> None:
    opened(busy)
    bars(busy)
    page = busy.program.activity.presenter.page
    busy.wait(page.bars.isVisible)
    busy.resize(900, 400)
    busy.wait(lambda: not page.bars.isVisible(), str(page.height()))


def test_without_entries_there_are_no_bars(start: Start) -> None:
    desk = start()
    desk.click("Activity")
    desk.wait(lambda: "No activity yet" in desk.screen())
    bars(desk)
    assert not desk.program.activity.presenter.page.bars.isVisible()
