"""What comes on screen moves for a moment and can be used meanwhile, unless the system asks for less motion."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from cortex_desktop.ui.kit.motion import SECONDS, Motion
from cortex_desktop.ui.kit.widgets import CONFIRM_SECONDS, ICON_GAP, Button, IconButton
from tests.support.clock import TestClock
from tests.support.gui import CTRL, Desk, Key, painted

Start = Callable[..., Desk]
LEFT, RIGHT = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


@pytest.fixture
def desk(open_with: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("cortex_desktop.system.motion.wants_less_motion", lambda: False)
    desk = open_with(["Ward tablet", "Trial portal"])
    desk.wait(lambda: motion(desk).seconds, "things may move")
    return desk


def motion(desk: Desk) -> Motion:
    return desk.tools.look.motion


def places(desk: Desk, widget: Callable[[], QWidget]) -> list[QPoint]:
    """Where the widget is at the beginning, in the middle and at the end of its motion."""
    found = [widget().mapTo(desk.window, QPoint())]
    for _ in range(2):
        desk.pass_time(SECONDS / 2)
        found.append(widget().mapTo(desk.window, QPoint()))
    desk.pass_time(SECONDS)
    assert widget().mapTo(desk.window, QPoint()) == found[-1], "it is there"
    return found


# The motion itself


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


def test_it_goes_from_nothing_to_all(qapp: QApplication, clock: TestClock) -> None:
    steps: list[float] = []
    owner, moves = QWidget(), Motion(clock)
    moves.allow(True)
    moves.run(owner, steps.append)
    assert steps == [0]
    clock.advance(SECONDS)
    assert steps[-1] == 1
    assert len(steps) > 4
    assert steps == sorted(steps)
    clock.advance(1)
    assert steps.count(1) == 1
    owner.deleteLater()


def test_nothing_moves_before_it_is_allowed(qapp: QApplication, clock: TestClock) -> None:
    steps: list[float] = []
    owner, moves = QWidget(), Motion(clock)
    moves.run(owner, steps.append)
    moves.slide(owner, QPoint(9, 9))
    assert steps == [1]
    assert owner.pos() == QPoint()
    owner.deleteLater()


def test_another_motion_of_the_same_ends_the_first(qapp: QApplication, clock: TestClock) -> None:
    first: list[float] = []
    owner, moves = QWidget(), Motion(clock)
    moves.allow(True)
    moves.run(owner, first.append)
    moves.run(owner, lambda _: None)
    assert first == [0, 1]
    clock.advance(1)
    assert first == [0, 1]
    owner.deleteLater()


def test_what_is_put_elsewhere_stays_there(qapp: QApplication, clock: TestClock) -> None:
    widget, moves = QWidget(), Motion(clock)
    moves.allow(True)
    widget.move(100, 100)
    moves.slide(widget, QPoint(0, 20))
    clock.advance(SECONDS / 3)
    assert widget.pos() != QPoint(100, 100)
    widget.move(300, 300)
    clock.advance(1)
    assert widget.pos() == QPoint(300, 300)
    widget.deleteLater()


def test_what_moves_may_go(qapp: QApplication, clock: TestClock) -> None:
    steps: list[float] = []
    owner, moves = QWidget(), Motion(clock)
    moves.allow(True)
    moves.run(owner, steps.append)
    owner.deleteLater()
    QApplication.sendPostedEvents(None, 0)
    del owner
    QTest.qWait(0)
    clock.advance(1)
    assert steps[0] == 0


# What moves


def test_a_toast_comes_up_and_can_be_clicked_at_once(desk: Desk) -> None:
    clicked: list[bool] = []

    def show() -> QWidget:
        return desk.tools.toasts.show("Ready", action="Do it")

    toast = show()
    high, middle, low = (place.y() for place in places(desk, lambda: toast))
    assert high > middle > low
    toast = show()
    toast.acted.connect(lambda: clicked.append(True))
    desk.click("Do it", within=toast)
    assert clicked == [True]


def test_a_toast_that_counts_down_goes_on_moving(desk: Desk) -> None:
    toast = desk.tools.toasts.show("Ready")
    begins = toast.y()
    toast.count_down(30, lambda left: f"{left} s")
    desk.let_pass(0)
    assert toast.y() > desk.window.centralWidget().height() - toast.height(), "its words have moved it nowhere else"
    desk.pass_time(SECONDS)
    assert toast.y() < begins


@pytest.mark.parametrize("direction", [LEFT, RIGHT])
def test_the_details_come_from_the_far_side(desk: Desk, direction: Qt.LayoutDirection) -> None:
    desk.window.setLayoutDirection(direction)
    desk.select("Ward tablet")
    desk.key(Key.Key_Return)
    begin, middle, end = (place.x() for place in places(desk, lambda: desk.apps.page.details))
    assert (begin > middle > end) if direction is LEFT else (begin < middle < end)


def test_what_is_typed_while_the_palette_comes_is_taken(desk: Desk) -> None:
    desk.key(Key.Key_K, CTRL)
    begin = desk.palette().findChild(QWidget, "paletteEdit").mapTo(desk.window, QPoint())
    desk.type("ward")
    assert desk.palette().edit.text() == "ward"
    desk.key(Key.Key_Escape)
    desk.key(Key.Key_K, CTRL)
    found = places(desk, lambda: desk.palette().edit)
    assert found[0].y() < found[1].y() < found[2].y()
    assert found[0].y() <= begin.y()


def test_a_revealed_key_comes_on_screen(desk: Desk) -> None:
    desk.select("Ward tablet")
    desk.key(Key.Key_R, CTRL)
    desk.wait(lambda: desk.tools.reveal.app_id)
    place = desk.table.visualRect(desk.cell("Ward tablet", "API Key"))

    def inks() -> int:
        picture = desk.table.viewport().grab(place).toImage()
        return len({picture.pixelColor(x, y).lightness() for x in range(20, 150) for y in range(picture.height())})

    first = inks()
    desk.pass_time(SECONDS)
    assert inks() > first
    assert desk.kept("Ward tablet") in painted(desk.table.viewport(), place)


def test_the_systems_wish_is_asked_again_when_a_person_comes_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert motion(desk).seconds == SECONDS
    monkeypatch.setattr("cortex_desktop.system.motion.wants_less_motion", lambda: True)
    app = QGuiApplication.instance()
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    desk.wait(lambda: not motion(desk).seconds, "it asks for less")
    monkeypatch.setattr("cortex_desktop.system.motion.wants_less_motion", lambda: False)
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    desk.wait(lambda: motion(desk).seconds, "it does no more")


# What was done


def picture_of(button: IconButton) -> bytes:
    image = button.icon().pixmap(16, 16).toImage()
    return bytes(image.constBits())


def test_copying_turns_into_a_check_for_a_second(desk: Desk) -> None:
    desk.select("Ward tablet")
    desk.key(Key.Key_Return)
    button = desk.find("Copy API key", IconButton, desk.apps.page.details)
    place = desk.table.visualRect(desk.cell("Ward tablet", "API Key"))

    def row() -> object:
        return desk.table.viewport().grab(place).toImage()

    desk.hover(desk.table.viewport(), QPoint(2, 2))
    before, row_before = picture_of(button), row()
    desk.key(Key.Key_C, CTRL)
    desk.toast("API key copied")
    assert picture_of(button) != before
    assert row() != row_before
    desk.pass_time(CONFIRM_SECONDS)
    assert picture_of(button) == before
    assert row() == row_before


def test_another_apps_copy_is_confirmed_in_its_row_alone(desk: Desk) -> None:
    desk.select("Ward tablet")
    desk.key(Key.Key_Return)
    button = desk.find("Copy API key", IconButton, desk.apps.page.details)
    before = picture_of(button)
    desk.apps.keys.copy_key(desk.app("Trial portal"))
    desk.toast("API key copied")
    assert picture_of(button) == before


@pytest.mark.parametrize("role", ["", "primary", "danger", "link"])
def test_a_button_that_is_held_down_looks_so(desk: Desk, role: str) -> None:
    button = Button("Press", desk.tools.look, role)
    button.setParent(desk.window.centralWidget())
    button.show()
    desk.hover(button, QPoint(5, 5))
    before = button.grab().toImage()
    button.setDown(True)
    assert button.grab().toImage() != before
    button.setParent(None)
    button.deleteLater()


@pytest.mark.parametrize("direction", [LEFT, RIGHT])
def test_a_buttons_icon_keeps_off_its_word(desk: Desk, direction: Qt.LayoutDirection) -> None:
    button = Button("", desk.tools.look, icon="plus")
    button.setParent(desk.window.centralWidget())
    button.setLayoutDirection(direction)
    picture = button.icon().pixmap(button.iconSize(), 1.0).toImage()
    inked = [x for x in range(picture.width()) for y in range(picture.height()) if picture.pixelColor(x, y).alpha()]
    outer = picture.width() - 1 - max(inked) if direction is RIGHT else min(inked)
    inner = min(inked) if direction is RIGHT else picture.width() - 1 - max(inked)
    assert inner == outer + ICON_GAP
    button.setParent(None)
    button.deleteLater()


def test_a_page_in_the_sidebar_that_is_held_down_looks_so(desk: Desk) -> None:
    button: QAbstractButton = next(iter(desk.console.sidebar.buttons.values()))
    desk.hover(button, QPoint(5, 5))
    before = button.grab().toImage()
    button.setDown(True)
    assert button.grab().toImage() != before
    button.setDown(False)
