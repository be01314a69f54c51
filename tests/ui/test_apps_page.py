"""The Apps page: search, filter, sorting, selection, the room it has, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QFont, QFontMetrics, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton

from cortex_desktop.domain.errors import VaultTimeout
from cortex_desktop.domain.model import AppState
from cortex_desktop.ui.kit.settings import Settings
from cortex_desktop.ui.kit.table import ARROW, PADDING
from cortex_desktop.ui.kit.toasts import SHADOW
from cortex_desktop.ui.shell.window import MainWindow
from tests.support.gui import CTRL, HEADERS, Desk, Key, painted, stored_apps
from tests.support.memory_vault import InMemoryVault

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
APPS = {
    "App 10": {"key": "Zq11AAAAAAAAAAAAAA0010", "csrf": False, "created": NOW - 3 * DAY},
    "App 2": {"key": "aB22AAAAAAAAAAAAAA0002", "sessions": False, "enabled": False, "created": NOW - DAY},
    "Ärzte-Portal": {"key": "mwidAAAAAAAAAAAAAAOYJh", "created": NOW - 2 * DAY},
    "Trial portal": {"key": "pY4tAAAAAAAAAAAAAAsWcd", "sessions": False, "csrf": False, "created": NOW - 400 * DAY},
}


@pytest.fixture
def filled(open_with: Callable[..., Desk]) -> Desk:
    """The window with some apps."""
    return open_with(APPS)


class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("port", ["Ärzte-Portal", "Trial portal"]),
            ("PORTAL trial", ["Trial portal"]),
            ("arzte", ["Ärzte-Portal"]),
            ("ÄRZTE", ["Ärzte-Portal"]),
            ("mwid", ["Ärzte-Portal"]),
            ("oyjh", ["Ärzte-Portal"]),
            ("AAAA", []),
            ("app 2", ["App 2"]),
            ("  ", ["App 2", "Ärzte-Portal", "App 10", "Trial portal"]),
            ("\\d.*[", []),
        ],
    )
    def test_finds(self, filled: Desk, typed: str, found: list[str]) -> None:
        filled.key(Key.Key_F, CTRL)
        assert QApplication.focusWidget().accessibleName() == "Search apps"
        filled.type(typed)
        assert filled.labels() == found
        assert (
            f"{len(found)} of 4 apps" if 0 < len(found) < 4 else "4 apps" if found else "No app found"
        ) in filled.screen()

    def test_nothing_found_and_back(self, filled: Desk) -> None:
        filled.key(Key.Key_F, CTRL)
        filled.type("no such app")
        assert "No app found" in filled.screen()
        assert not filled.table.isVisible()
        filled.click("Show all apps")
        assert len(filled.labels()) == 4
        assert filled.table.isVisible()
        assert not filled.find("Search apps", QLineEdit).text()

    def test_typing_anew_and_clearing(self, filled: Desk) -> None:
        filled.key(Key.Key_F, CTRL)
        filled.type("trial")
        filled.key(Key.Key_F, CTRL)  # what stands there is selected, so typing replaces it
        filled.type("app")
        assert filled.labels() == ["App 2", "App 10"]
        field = filled.find("Search apps", QLineEdit)
        clear = next(b for b in field.findChildren(QToolButton) if b.isVisible() and b.geometry().x() > 60)
        filled.click_at(clear)
        assert len(filled.labels()) == 4

    def test_a_new_app_shows_in_spite_of_a_search(self, filled: Desk) -> None:
        filled.key(Key.Key_F, CTRL)
        filled.type("trial")
        filled.create("Ward tablet")
        assert filled.selected() == "Ward tablet"
        assert len(filled.labels()) == 5


class TestSorting:
    @pytest.mark.parametrize(
        ("header", "up", "down"),
        [
            ("Label", "2 10 Ä T", "T Ä 10 2"),
            ("Created", "T 10 Ä 2", "2 Ä 10 T"),
            ("API Key", "10 2 Ä T", "T Ä 2 10"),
            # Equal ones stay in the order of their labels.
            ("Sessions", "2 T 10 Ä", "10 Ä 2 T"),
            ("CSRF Protection", "10 T 2 Ä", "2 Ä 10 T"),
            ("Status", "10 Ä T 2", "2 10 Ä T"),
        ],
    )
    def test_up_and_down_by_a_click(self, filled: Desk, header: str, up: str, down: str) -> None:
        names = {"2": "App 2", "10": "App 10", "Ä": "Ärzte-Portal", "T": "Trial portal"}
        assert filled.labels() == [names[short] for short in "2 Ä 10 T".split()], "newest first"
        for order in (up, down, up):
            filled.sort_by(header)
            assert filled.labels() == [names[short] for short in order.split()]

    def test_the_header_shows_it(self, filled: Desk) -> None:
        header = filled.table.horizontalHeader()
        filled.sort_by("Label")
        assert header.isSortIndicatorShown()
        assert header.sortIndicatorSection() == filled.column("Label")
        assert header.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder

    @pytest.mark.parametrize("mirrored", [False, True])
    def test_the_arrow_stands_beside_its_word(self, filled: Desk, qapp: QApplication, mirrored: bool) -> None:
        header = filled.table.horizontalHeader()
        filled.sort_by("Label")
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft if mirrored else Qt.LayoutDirection.LeftToRight)
        try:
            filled.let_pass(30)
            begin = header.sectionViewportPosition(0)
            section = QRect(begin, 0, header.sectionSize(0), header.height() - 2)
            pictures = []
            for shown in (True, False):
                header.setSortIndicatorShown(shown)
                pictures.append(header.viewport().grab(section).toImage())
            one, other = pictures
            marked = [
                x for x in range(one.width()) for y in range(one.height()) if one.pixel(x, y) != other.pixel(x, y)
            ]
            assert marked, "there is an arrow"
            font = filled.program.theme.font(12, QFont.Weight.DemiBold)
            end = PADDING + QFontMetrics(font).horizontalAdvance("Label")
            beside = [section.width() - x for x in marked] if mirrored else marked
            assert end <= min(beside)
            assert max(beside) <= end + 2 * ARROW
        finally:
            qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def test_cells_and_the_bar_stand_where_a_line_begins(self, filled: Desk, qapp: QApplication) -> None:
        table, theme = filled.table, filled.program.theme
        filled.select(filled.labels()[1])
        table.setFocus()
        filled.let_pass(0)
        viewport = table.viewport()
        ground, accent = theme.color("selected"), theme.color("accent")

        def inked(column: str, row: int) -> tuple[int, int]:
            """The pixels without ink on both sides of a cell."""
            place = table.visualRect(table.model().index(row, filled.column(column))).adjusted(0, 4, 0, -5)
            picture = viewport.grab(place).toImage()
            columns = range(picture.width())
            empty = picture.pixelColor(4, 1)
            full = [x for x in columns if any(picture.pixelColor(x, y) != empty for y in range(picture.height()))]
            return full[0], picture.width() - 1 - full[-1]

        selected = table.currentIndex().row()
        y = table.rowViewportPosition(selected) + 5
        other = 1 - min(selected, 1)
        before = {column: inked(column, other) for column in ("API Key", "CSRF Protection")}
        picture = viewport.grab().toImage()
        assert (picture.pixelColor(1, y), picture.pixelColor(picture.width() - 2, y)) == (accent, ground)
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        try:
            filled.let_pass(30)
            for column, (left, _) in before.items():
                assert abs(inked(column, other)[1] - left) <= 2, column
            picture = viewport.grab().toImage()
            assert (picture.pixelColor(1, y), picture.pixelColor(picture.width() - 2, y)) == (ground, accent)
        finally:
            qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def test_what_a_row_is_drawn_on(self, filled: Desk) -> None:
        """The selected row has its ground, and a bar while the table has the focus; a line ends each but the last."""
        table, theme = filled.table, filled.program.theme
        filled.select(filled.labels()[1])
        height, right = table.rowHeight(0), table.viewport().width() - 3  # beside all that stands in a cell

        def seen() -> list[tuple[str, ...]]:
            picture = table.viewport().grab().toImage()
            named = {theme.color(name).name(): name for name in ("surface", "accent_soft", "accent", "line")}
            places = [(1, 9), (right, 9), (right, height - 1)]
            return [tuple(named[picture.pixelColor(x, row * height + y).name()] for x, y in places) for row in range(4)]

        plain = ("surface", "surface", "line")
        assert seen() == [plain, ("accent", "accent_soft", "line"), plain, ("surface", "surface", "surface")]
        filled.apps.page.focus_search()
        assert seen()[1] == ("accent_soft", "accent_soft", "line")

    def test_the_cell_that_the_keyboard_is_at_is_marked(self, filled: Desk) -> None:
        table = filled.table
        filled.select(filled.labels()[1])
        rect = table.visualRect(table.currentIndex())
        place = rect.center().x(), rect.top() + 4
        before = table.viewport().grab().toImage().pixelColor(*place)
        filled.key(Key.Key_Backtab)
        filled.key(Key.Key_Tab)
        assert table.hasFocus()
        marked = table.viewport().grab().toImage().pixelColor(*place)
        assert before == filled.program.theme.color("accent_soft")
        assert marked == filled.program.theme.color("accent")

    def test_the_column_of_dots_sorts_nothing(self, filled: Desk) -> None:
        before = filled.labels()
        header = filled.table.horizontalHeader()
        filled.click_at(header.viewport(), QPoint(header.width() - 10, 10))
        assert filled.labels() == before

    def test_a_new_app_takes_its_place(self, filled: Desk) -> None:
        filled.sort_by("Label")
        filled.create("App 9")
        assert filled.labels() == ["App 2", "App 9", "App 10", "Ärzte-Portal", "Trial portal"]
        assert filled.selected() == "App 9"


class TestHover:
    @pytest.fixture
    def many(self, open_with: Callable[..., Desk]) -> Desk:
        desk = open_with({f"App {number}": {} for number in range(40)})
        desk.select(desk.labels()[0])
        return desk

    def marked(self, desk: Desk) -> list[int]:
        """The rows on screen that are drawn as under the pointer."""
        table, theme = desk.table, desk.program.theme
        picture, x = table.viewport().grab().toImage(), table.viewport().width() - 3
        rows = range(table.rowAt(0), table.rowAt(table.viewport().height() - 1) + 1)
        middles = {row: table.rowViewportPosition(row) + table.rowHeight(row) // 2 for row in rows}
        seen = [row for row, y in middles.items() if 0 <= y < picture.height()]
        return [row for row in seen if picture.pixelColor(x, middles[row]) == theme.color("header")]

    def over(self, desk: Desk, row: int) -> QPoint:
        place = desk.table.visualRect(desk.table.model().index(row, 0)).center()
        desk.hover(desk.table.viewport(), place)
        return place

    def test_the_row_under_the_pointer_is_marked(self, many: Desk) -> None:
        assert self.marked(many) == []
        self.over(many, 3)
        assert self.marked(many) == [3]
        self.over(many, 5)
        assert self.marked(many) == [5]

    @pytest.mark.parametrize("there", ["page", "headings"])
    def test_no_row_is_once_the_pointer_is_elsewhere(self, many: Desk, there: str) -> None:
        self.over(many, 3)
        where = many.apps.page if there == "page" else many.table.horizontalHeader().viewport()
        many.hover(where, QPoint(8, 8))
        many.wait(lambda: self.marked(many) == [])

    def test_no_row_is_after_the_wheel_has_turned(self, many: Desk) -> None:
        place, viewport = self.over(many, 9), many.table.viewport()
        turned = QWheelEvent(
            QPointF(place),
            QPointF(viewport.mapToGlobal(place)),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, turned)
        assert many.table.verticalScrollBar().value() > 0
        assert self.marked(many) == []

    def test_the_last_row_scrolls_up_past_a_toast(self, many: Desk) -> None:
        toast = many.tools.toasts.show("A toast", "with a second line", action="Do it")
        bar = many.table.verticalScrollBar()
        bar.setValue(bar.maximum())
        many.let_pass(30)
        last = many.table.visualRect(many.table.model().index(39, 0))
        end = many.table.viewport().mapToGlobal(last.bottomLeft()).y()
        assert end < toast.mapToGlobal(QPoint()).y() + SHADOW


class TestSelection:
    def test_the_first_app_is_selected_and_has_the_keyboard(self, filled: Desk) -> None:
        assert filled.selected() == "App 2"
        assert filled.table.hasFocus()
        filled.key(Key.Key_Down)
        assert filled.selected() == "Ärzte-Portal"

    def test_keeps_to_its_app(self, filled: Desk) -> None:
        filled.select("App 10")
        filled.sort_by("Label")
        assert filled.selected() == "App 10"
        filled.key(Key.Key_F, CTRL)
        filled.type("app")
        assert filled.selected() == "App 10"
        filled.type(" 2")
        assert filled.selected() == ""
        filled.key(Key.Key_A, CTRL)
        filled.key(Key.Key_Backspace)
        assert filled.selected() == "App 10", "it comes back with its app"

    def test_goes_to_the_neighbour_of_one_deleted(self, filled: Desk) -> None:
        filled.select("Ärzte-Portal")
        filled.key(Key.Key_Delete)
        filled.dialog()
        filled.click("Delete")
        filled.wait(lambda: "Ärzte-Portal" not in filled.labels())
        assert filled.selected() == "App 10"

    def test_menu_of_a_row_by_mouse_and_keyboard(self, filled: Desk) -> None:
        filled.click_at(filled.table.viewport(), filled.table.visualRect(filled.actions_cell("App 10")).center())
        menu = filled.menu()
        assert filled.selected() == "App 10"
        entries = [a.text() for a in menu.actions() if a.text()]
        wanted = ["Copy API key", "Copy API secret", "Copy as", "Reveal API key", "Edit…", "Disable", "Delete…"]
        assert [entry for entry in entries if entry in wanted] == wanted
        secret = next(a for a in menu.actions() if a.text() == "Copy API secret")
        assert not secret.isEnabled(), "an app with Sessions has none"
        filled.key(Key.Key_Escape)
        filled.wait(lambda: QApplication.activePopupWidget() is None)
        filled.table.setFocus()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
        QApplication.sendEvent(filled.table, event)
        filled.menu().close()


class TestRoom:
    """What the page gives up when there is less room: columns, never legibility."""

    def test_columns_go_one_after_the_other(self, filled: Desk) -> None:
        filled.resize(1200, 760)
        assert filled.columns() == ["Label", "API Key", "Sessions", "CSRF Protection", "Status", "Created", "Age"]
        seen = []
        for width in range(1150, 640, -50):
            filled.resize(width, 600)
            if filled.columns() not in seen:
                seen.append(filled.columns())
            assert chip_is_whole(filled)
        assert seen[-1] == ["Label", "API Key"]
        lengths = [len(columns) for columns in seen]
        assert lengths == sorted(lengths, reverse=True)
        filled.resize(1200, 760)
        assert len(filled.columns()) == 7

    def test_details_take_columns_and_give_them_back(self, filled: Desk) -> None:
        filled.resize(1200, 760)
        filled.key(Key.Key_Return)
        assert "First request" in filled.screen()
        assert filled.columns()[:2] == ["Label", "API Key"]
        assert len(filled.columns()) < 7
        assert chip_is_whole(filled)
        filled.click("Close details")
        assert "First request" not in filled.screen()
        assert len(filled.columns()) == 7
        assert filled.table.hasFocus()

    def test_details_alone_where_there_is_no_room_for_both(self, filled: Desk) -> None:
        filled.resize(660, 500)
        filled.key(Key.Key_I, CTRL)
        assert "First request" in filled.screen()
        assert not filled.table.isVisible()
        filled.key(Key.Key_I, CTRL)
        assert filled.table.isVisible()

    def test_no_text_of_the_table_is_cut_off(self, filled: Desk) -> None:
        filled.resize(1200, 760)
        words = painted(filled.table.horizontalHeader().viewport())
        assert words == ["Label", "API Key", "Sessions", "CSRF Protection", "Status", "Created", "Age"]
        for label in APPS:
            assert filled.seen(filled.cell(label, "Label")) == label


def chip_is_whole(desk: Desk) -> bool:
    index = desk.cell("App 10", "API Key")
    rect = desk.table.visualRect(index)
    return desk.table.viewport().rect().contains(rect) and desk.seen(index).startswith("Zq11")


class TestMemory:
    def test_size_columns_and_sorting(self, filled: Desk, start: Callable[..., Desk]) -> None:
        filled.resize(1300, 640)
        header = filled.table.horizontalHeader()
        filled.sort_by("Status")
        filled.sort_by("Status")
        header.moveSection(header.visualIndex(4), 1)  # Status to the second place
        header.resizeSection(2, 141)
        columns = filled.columns()
        assert columns[1] == "Status"
        order = filled.labels()
        filled.close()

        again = start()
        again.wait(lambda: len(again.labels()) == 4)
        assert again.window.size().toTuple() == (1300, 640)
        assert again.columns() == columns
        assert again.table.columnWidth(2) == 141
        assert again.labels() == order
        assert again.table.horizontalHeader().sortIndicatorSection() == again.column("Status")
        assert again.table.horizontalHeader().sortIndicatorOrder() is Qt.SortOrder.DescendingOrder

    def test_columns_given_up_are_not_lost(self, filled: Desk, start: Callable[..., Desk]) -> None:
        filled.resize(700, 600)
        assert len(filled.columns()) == 2
        filled.close()
        again = start()
        again.resize(1200, 760)
        assert len(again.columns()) == 7
        assert all(again.table.columnWidth(c) > 40 for c in range(6))

    @pytest.mark.parametrize(
        "settings",
        [
            "[General]\ngeometry=nonsense\ncolumns=@ByteArray(xyz)\nsort=MENU DESC\ntheme=pink\n",
            "[General]\nsort=\nclipboard_seconds=-3\nreveal_seconds=soon\n",
            "\0\0\0not an ini file [[[",
        ],
    )
    def test_nonsense_is_forgotten(self, folder: Path, open_with: Callable[..., Desk], settings: str) -> None:
        (folder / "settings.ini").write_text(settings)
        desk = open_with(APPS)
        assert desk.labels() == ["App 2", "Ärzte-Portal", "App 10", "Trial portal"]
        assert desk.columns() == ["Label", "API Key", "Sessions", "CSRF Protection", "Status", "Created", "Age"]


class TestThousands:
    """The window stays one with thousands of apps."""

    def test_search_and_selection(self, folder: Path, vault: InMemoryVault, start: Callable[..., Desk]) -> None:
        stored_apps(folder, vault, ["Last one"])
        file = folder / "apps.json"
        data = json.loads(file.read_text())
        rows = data["apps"]
        row = next(iter(rows.values()))
        rows.update({str(n): {**row, "id": f"{n:032x}", "label": f"App {n}"} for n in range(2, 2001)})
        file.write_text(json.dumps(data))
        desk = start()
        desk.wait(lambda: desk.table.model().rowCount() == 2000)
        assert "2,000 apps" in desk.screen() or "2000 apps" in desk.screen()
        desk.key(Key.Key_F, CTRL)
        desk.type("app 1999")
        assert desk.labels() == ["App 1999"]


def test_unfinished_rows_offer_nothing_but_to_delete(
    folder: Path, vault: InMemoryVault, start: Callable[..., Desk]
) -> None:
    (app,) = stored_apps(folder, vault, ["Half"], state=AppState.CREATING)
    vault.fail_next("read", VaultTimeout(vault.name))
    desk = start()
    desk.wait(lambda: desk.values("Status") == ["Not finished"])
    desk.select("Half")
    desk.key(Key.Key_C, CTRL)
    desk.click_at(desk.table.viewport(), desk.table.visualRect(desk.cell("Half", "API Key")).center())
    desk.key(Key.Key_Space)
    desk.let_pass(30)
    assert desk.key_seen("Half").startswith(app.key_ends.head)
    assert "•" in desk.key_seen("Half")
    assert not desk.toasts()


def test_a_column_is_never_narrower_than_what_stands_in_it(desk: Desk) -> None:
    """Dragged, and as an earlier version may have kept it."""
    stored = desk.create("Ward tablet")
    desk.apps.model.mark_missing(stored.id)
    header = desk.table.horizontalHeader()
    desk.resize(1600, 760)
    for name in ("Sessions", "CSRF Protection", "Status", "Created"):
        column = desk.column(name)
        header.resizeSection(column, 41)
        desk.let_pass(0)
        width = header.sectionSize(column)
        assert width > 41, name
        heading = header.fontMetrics().horizontalAdvance(name)
        assert width >= heading, name
    status = desk.table.visualRect(desk.cell("Ward tablet", "Status"))
    assert painted(desk.table.viewport(), status) == ["Key missing"]
    beside = QRect(status.right() + 1, status.top(), 60, status.height())
    assert "Key missing" not in " ".join(painted(desk.table.viewport(), beside))
    _, shown = desk.apps.page.layout_state()
    header.blockSignals(True)
    header.resizeSection(desk.column("Status"), 41)
    narrow, _ = desk.apps.page.layout_state()
    header.blockSignals(False)
    desk.apps.page.restore_layout(narrow, shown)
    assert header.sectionSize(desk.column("Status")) > 41


def test_columns_without_room_are_said_in_the_last_heading(desk: Desk) -> None:
    desk.create("Ward tablet")
    model, last = desk.table.model(), HEADERS.index("")

    def heading(role: Qt.ItemDataRole) -> str:
        return model.headerData(last, Qt.Orientation.Horizontal, role)

    desk.resize(1400, 760)
    assert heading(Qt.ItemDataRole.DisplayRole) == ""
    desk.resize(900, 600)
    gone = [name for name in ("Age", "Created", "CSRF Protection", "Sessions", "Status") if name not in desk.columns()]
    assert gone
    assert heading(Qt.ItemDataRole.DisplayRole) == f"+{len(gone)}"
    for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
        assert all(name in heading(role) for name in gone)
    assert "Status" in desk.columns(), "is the last to go"
    header = desk.table.horizontalHeader()
    desk.click_at(header.viewport(), QPoint(header.sectionViewportPosition(last) + 10, 10))
    assert [a.text() for a in desk.menu().actions() if "no room" in a.text()]
    desk.menu().close()


@pytest.mark.parametrize("pixels", [12, 13, 15, 19])
def test_the_first_size_grows_with_the_text(qapp: QApplication, folder: Path, pixels: int, qtbot) -> None:
    usual = qapp.font()
    font = QFont(usual)
    font.setPixelSize(pixels)
    qapp.setFont(font)
    try:
        window = MainWindow(Settings(folder))
        qtbot.addWidget(window)
        room = window.screen().availableGeometry()
        assert window.width() == min(round(1200 * max(1, pixels / 13)), room.width() - 40)
        assert window.height() == min(round(760 * max(1, pixels / 13)), room.height() - 60)
    finally:
        qapp.setFont(usual)
