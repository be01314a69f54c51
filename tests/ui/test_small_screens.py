"""Nothing is cut or painted over: text sizes of 9 to 14 pt, 100 to 200 % on 1024 x 600, right to left.

A screen of 1024 x 600 at 150 % is one of 683 x 400 to a program. Height may scroll; width may not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QScreen
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.exceptions import TimeoutError as WaitedTooLong

from cortex_desktop.ui.kit.search import SearchField
from tests.support import pseudo
from tests.support.gui import Desk
from tests.support.memory_vault import InMemoryVault
from tests.ui.test_pseudo_language import dialogs, fill, scenes

pytestmark = pytest.mark.timeout(240)  # a hundred scenes, each laid out anew

LEFT, RIGHT = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft
SCREENS = {
    "9pt 100%": (12, 1024, 600, LEFT),
    "11pt 100% right to left": (15, 1024, 600, RIGHT),
    "14pt 100%": (19, 1024, 600, LEFT),
    "9pt 150%": (12, 683, 400, LEFT),
    "10pt 200% right to left": (13, 512, 300, RIGHT),
}


@pytest.fixture(params=SCREENS.values(), ids=SCREENS)
def desk(
    request: pytest.FixtureRequest,
    qapp: QApplication,
    folder: Path,
    vault: InMemoryVault,
    start: Callable[..., Desk],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    pixels, width, height, direction = request.param
    usual = qapp.font()
    font = QFont(usual)
    font.setPixelSize(pixels)
    qapp.setFont(font)
    qapp.setLayoutDirection(direction)
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: QRect(0, 0, width, height))
    fill(folder, vault)
    desk = start()
    desk.wait(lambda: desk.apps.model.total == 4)
    desk.apps.model.mark_missing(desk.app("Trial portal").id)
    desk.resize(width, height - 40)
    yield desk
    desk.close()
    qapp.setLayoutDirection(LEFT)
    qapp.setFont(usual)


def wrong(desk: Desk, window: QWidget) -> list[str]:
    """What is cut or painted over once all is laid out, which takes several passes of the event loop."""
    with contextlib.suppress(WaitedTooLong):
        desk.qtbot.waitUntil(lambda: not look(window), timeout=1000)
    return look(window)


def look(window: QWidget) -> list[str]:
    return [*pseudo.clipped(window, end=""), *pseudo.painted_over(window)]


def test_in_the_window(desk: Desk) -> None:
    found = []
    for scene in scenes(desk):
        found += [f"{scene}: {problem}" for problem in wrong(desk, desk.window)]
    assert not found, "\n" + "\n".join(found)


def test_in_dialogs(desk: Desk) -> None:
    found = []
    room = desk.window.screen().availableGeometry()
    for name, dialog in dialogs(desk):
        found += [f"{name}: {problem}" for problem in wrong(desk, dialog)]
        if dialog.width() > room.width() or dialog.height() > room.height():
            found.append(f"{name}: is {dialog.width()}x{dialog.height()} px")
        for button in dialog.findChildren(QPushButton):
            place = QRect(button.mapTo(dialog, button.rect().topLeft()), button.size())
            in_foot = button.parentWidget() is not None and button.parentWidget().objectName() == "dialogFoot"
            if in_foot and button.isVisible() and not dialog.rect().contains(place):
                found.append(f"{name}: {pseudo.name_of(button)} cannot be reached")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("direction", [LEFT, RIGHT])
def test_the_shortcut_lies_beside_the_searchs_placeholder(
    qapp: QApplication, start: Callable[..., Desk], direction: Qt.LayoutDirection
) -> None:
    qapp.setLayoutDirection(direction)
    try:
        desk = start()
        desk.create("Ward tablet")
        field = desk.find("Search apps", SearchField)
        keys = next(w for w in field.findChildren(QLabel) if w.objectName() == "keys")
        margins = field.textMargins()
        assert keys.isVisible()
        if direction is RIGHT:
            assert keys.geometry().right() <= margins.left() + 9
        else:
            assert keys.geometry().left() >= field.width() - margins.right() - 9
        assert margins.left() + margins.right() > keys.width()
        desk.close()
    finally:
        qapp.setLayoutDirection(LEFT)
