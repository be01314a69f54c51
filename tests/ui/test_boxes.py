"""The wheel over a box without the keyboard changes nothing and scrolls the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QScrollArea, QWidget

from cortex_desktop.ui.kit.boxes import ComboBox, SpinBox
from tests.support.gui import Desk, names_of


@pytest.fixture
def desk(open_with: Callable[..., Desk]) -> Desk:
    desk = open_with(["Ward tablet", "Trial portal"], sessions=False)
    desk.select("Ward tablet")
    return desk


def turn(widget: QWidget, *steps: int) -> None:
    """Turn the wheel over the middle of a widget; by default towards the person, and half of it back."""
    window = widget.window()
    place = QPointF(widget.mapTo(window, widget.rect().center()))
    for step in steps or (-120, -120, 120):
        QTest.wheelEvent(window.windowHandle(), place, QPoint(0, step))


def value(box: QWidget) -> object:
    return box.currentIndex() if isinstance(box, QComboBox) else box.value()


def places(desk: Desk) -> Iterator[QWidget]:
    """Every page and dialog that has boxes."""
    page = desk.apps.page
    page.open_details()
    yield desk.window
    for name in ("open_organization", "open_activity"):
        desk.action(name).trigger()
        yield desk.window
    desk.action("open_apps").trigger()
    for act in (
        desk.apps.ask_rotate,
        desk.apps.forms.ask_edit,
        desk.apps.forms.ask_import_key,
        desk.console.show_preferences,
        desk.program.orgs.presenter.ask_add,
    ):
        act()
        dialog = desk.dialog()
        if hasattr(dialog, "take"):
            dialog.take("a=mwidxhb8ShcqmV1B9iOYJh b=GsAqlhnIMzrDeD8V2MBQWq")
        yield dialog
        dialog.close()
        desk.no_dialog()


def test_everywhere(desk: Desk) -> None:
    seen = 0
    for place in places(desk):
        desk.let_pass(0)
        for box in [*place.findChildren(QComboBox), *place.findChildren(QAbstractSpinBox)]:
            if not box.isVisible():
                continue
            assert isinstance(box, ComboBox | SpinBox), f"{names_of(box)} has the base of all boxes"
            box.clearFocus()
            before = value(box)
            turn(box)
            assert value(box) == before, names_of(box)
            assert not box.hasFocus(), f"{names_of(box)} got the keyboard by the wheel"
            seen += 1
    assert seen >= 10


def test_it_scrolls_the_page(desk: Desk) -> None:
    desk.action("open_organization").trigger()
    desk.resize(700, 400)
    box = desk.find("Environment", QComboBox)
    areas = [area for area in desk.window.findChildren(QScrollArea) if area.isAncestorOf(box)]
    bars = [area.verticalScrollBar() for area in areas]
    desk.wait(lambda: any(bar.maximum() for bar in bars), "there is something to scroll")
    for area in areas:
        area.ensureWidgetVisible(box)
    box.clearFocus()
    for step in (120, -120):
        before = sum(bar.value() for bar in bars)
        turn(box, step, step)
    assert sum(bar.value() for bar in bars) > before
    assert box.currentText() == "Development"


def test_with_the_keyboard_the_wheel_chooses(desk: Desk) -> None:
    desk.action("open_organization").trigger()
    desk.resize(1100, 700)
    box = desk.find("Environment", QComboBox)
    box.setFocus()
    turn(box, -120)
    assert box.currentText() != "Development"
