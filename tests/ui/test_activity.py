"""The Activity page: what was done is there at once, is found, goes into a file, and no key ever does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QTableView, QToolButton, QWidget

from cortex_desktop.domain.activity import Action, ActivityEntry
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import App
from cortex_desktop.storage.activity import FILE_NAME, ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.system.paths import resources
from cortex_desktop.ui.activity.model import ActivityColumn
from cortex_desktop.ui.activity.table import ICONS
from cortex_desktop.ui.kit.i18n import long_day
from cortex_desktop.ui.kit.table import PADDING
from cortex_desktop.ui.kit.waiting import BUSY_SECONDS
from tests.support.gui import CTRL, Desk, Key, clipboard_text, stored_apps
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


def lines(desk: Desk, *columns: ActivityColumn) -> list[list[str]]:
    """These columns' texts of each line, once they are there. More lines may come meanwhile."""
    model = table(desk).model()
    indexes = [[model.index(row, column) for column in columns] for row in range(model.rowCount())]
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
    ActivityFile(folder).append([entry(apps[0], Action.EDITED, 0) for _ in range(100)])
    view = opened(desk)
    desk.wait(lambda: view.model().rowCount() == 103)
    view.scrollTo(view.model().index(60, 0), QTableView.ScrollHint.PositionAtTop)
    before = view.rowViewportPosition(60)
    desk.apps.set_enabled(apps[0], False)
    desk.wait(lambda: view.model().rowCount() == 104)
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
    desk.wait(lambda: table(desk).model().rowCount() == len(found))
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
    view.setCurrentIndex(view.model().index(0, 0))
    view.setFocus()
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.selected() == "Ärzte portal")
    assert desk.console.pages.currentWidget() is desk.apps.page


def test_an_app_that_is_gone_is_said(desk: Desk, apps: list[App], folder: Path) -> None:
    ActivityFile(folder).append([entry(replace(apps[0], id="ff", label="Gone"), Action.PURGED, 0)])
    view = opened(desk)
    desk.wait(lambda: rows(desk)[0] == "Deleted for good: Gone")
    view.setCurrentIndex(view.model().index(0, 0))
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
    desk.wait(lambda: view.model().rowCount() == EVERYTHING * 4)
    read: list[int] = []
    desk.program.activity.reader.fetched.connect(lambda places, lines: read.extend(places))
    for row in range(0, EVERYTHING * 4, 97):
        view.scrollTo(view.model().index(row, 0))
        desk.let_pass(0)
    view.scrollToBottom()
    last = view.model().index(EVERYTHING * 4 - 1, ActivityColumn.DETAILS)
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
    desk.wait(lambda: "The activity log can't be read" in desk.screen())
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
    desk.wait(lambda: table(desk).model().rowCount() == EVERYTHING)
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
    desk.wait(lambda: table(desk).model().rowCount() == EVERYTHING)
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
        index: QModelIndex = view.model().index(1, column)
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
    view.selectRow(1)
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


def test_wide_windows_give_labels_room(desk: Desk) -> None:
    view = opened(desk)
    desk.resize(1200, 600)
    desk.wait(lambda: view.columnWidth(ActivityColumn.APP) > view.painter.width_of(ActivityColumn.APP))


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


def test_what_is_found_further_down_moves_nothing(desk: Desk) -> None:
    opened(desk)
    page = desk.program.activity.presenter.page
    page.add_older(list(range(10_000, 10_400)))
    desk.let_pass(50)
    before = [widget.geometry() for widget in page.findChildren(QWidget)]
    page.add_older(list(range(20_000, 20_300)))
    desk.let_pass(50)
    assert "703" in desk.screen()
    assert [widget.geometry() for widget in page.findChildren(QWidget)] == before


def test_no_date_is_cut_short(desk: Desk) -> None:
    view = opened(desk)
    column = view.painter.width_of(ActivityColumn.WHEN) - 2 * PADDING
    metrics = QFontMetrics(desk.program.theme.font(13))
    first = date(2026, 1, 1)
    cut = [
        day for day in (first + timedelta(n) for n in range(365)) if metrics.horizontalAdvance(long_day(day)) > column
    ]
    assert not cut
