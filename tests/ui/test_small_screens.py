"""Nothing is cut or painted over: text sizes of 9 to 14 pt, 100 to 200 % on 1024 x 600, right to left.

A screen of 1024 x 600 at 150 % is one of 683 x 400 to a program. Height may scroll; width may not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QScreen
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.exceptions import TimeoutError as WaitedTooLong

from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.request import Answer, Credentials, Form
from cortex_desktop.domain.secret import Secret
from cortex_desktop.services.answers import shown
from cortex_desktop.ui.kit.search import SearchField
from cortex_desktop.ui.requests.answer_card import Outcome
from tests.support import pseudo
from tests.support.gui import CTRL, Desk, Key
from tests.support.memory_vault import InMemoryVault
from tests.ui.test_pseudo_language import dialogs, fill, scenes

pytestmark = pytest.mark.timeout(240)  # a hundred scenes, each laid out anew

LEFT, RIGHT = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft
SCREENS = {
    "9pt 100%": (12, 1024, 600, LEFT),
    "11pt 100% right to left": (15, 1024, 600, RIGHT),
    "14pt 100%": (19, 1024, 600, LEFT),
    "20pt 100%": (26, 1024, 600, LEFT),
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


@pytest.mark.parametrize("visited", [True, False])
def test_on_the_requests_page(desk: Desk, visited: bool) -> None:
    if visited:
        desk.tools.settings.set_text("requests_visited", "1")
    desk.key(Key.Key_4, CTRL)
    desk.wait(lambda: desk.program.requests.is_made)
    assert not (found := wrong(desk, desk.window)), "\n" + "\n".join(found)


SMALLEST = pytest.mark.parametrize("desk", [SCREENS["10pt 200% right to left"]], indirect=True, ids=["10pt 200%"])


@SMALLEST
def test_what_has_the_keyboard_in_a_form_is_on_screen(desk: Desk) -> None:
    desk.apps.page.select(desk.app("NewHealth App").id)
    for ask in (desk.apps.forms.ask_edit, desk.apps.forms.ask_import_key, desk.program.orgs.presenter.ask_add):
        ask()
        dialog = desk.dialog()
        fields = {focused()}
        for _ in range(12):
            desk.key(Key.Key_Tab)
            field = focused()
            fields.add(field)
            desk.wait(lambda field=field: is_seen(field), f"{pseudo.name_of(field)} is on screen")
        assert len(fields) > 4
        dialog.reject()
        desk.no_dialog()


@SMALLEST
def test_an_error_in_a_form_is_on_screen(desk: Desk, vault: InMemoryVault) -> None:
    vault.current = VaultState.LOCKED
    desk.apps.forms.ask_new_app()
    dialog = desk.dialog()
    desk.type("Ward tablet")
    desk.key(Key.Key_Return)
    labels = dialog.findChildren(QLabel)
    desk.wait(lambda: any("locked" in label.text() and is_seen(label) for label in labels), "it is on screen")
    dialog.reject()
    desk.no_dialog()


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def is_seen(part: QWidget) -> bool:
    """True if the whole of this is within what the form shows."""
    around = part.parentWidget()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parentWidget()
    if around is None:
        return part.isVisible()  # in the foot, which does not scroll
    view = around.viewport()
    return part.isVisible() and view.rect().contains(QRect(part.mapTo(view, QPoint()), part.size()))


LARGE = pytest.mark.parametrize(
    "desk", [SCREENS["14pt 100%"], SCREENS["20pt 100%"]], indirect=True, ids=["14pt", "20pt"]
)


@LARGE
def test_the_least_window_has_room_for_larger_text(desk: Desk) -> None:
    least = desk.window.minimumSize()
    desk.resize(least.width(), least.height())
    assert desk.window.width() >= min(1024, 560 * desk.window.fontInfo().pixelSize() / 13 - 1)
    found = []
    for entry in (
        desk.program.apps,
        desk.program.orgs,
        desk.program.activity,
        desk.program.requests,
        desk.program.overview,
    ):
        entry.open()
        found += [f"{entry.name}: {problem}" for problem in wrong(desk, desk.window)]
    assert not found, "\n" + "\n".join(found)


@SMALLEST
def test_the_status_of_an_answer_has_room(desk: Desk) -> None:
    desk.tools.settings.set_text("requests_visited", "1")
    desk.program.requests.open()
    desk.wait(lambda: desk.program.requests.is_made)
    card = desk.program.requests.presenter.page.answer
    for status in (200, 400, 404, 429, 500):
        answer = Answer(status, (), b"{}", 2, True, 0.0123, Form.JSON, "")
        card.show_answer(Outcome(answer, shown(answer, Credentials(Secret("x" * 22))), "", False), asks_for_code=False)
        assert not (found := wrong(desk, desk.window)), "\n" + "\n".join(found)


@SMALLEST
def test_the_words_of_the_keychain_check_have_room_beside_its_buttons(desk: Desk) -> None:
    desk.program.overview.open()
    card = desk.program.overview.presenter.page.check_card
    desk.wait(lambda: card.links.isVisible(), "a key is missing")
    title = next(part for part in card.findChildren(QLabel) if "match" in part.text())
    desk.wait(lambda: title.width() > card.width() * 0.7)
    assert card.again.mapTo(card, QPoint()).y() > title.geometry().bottom()


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
            assert keys.geometry().left() >= 9
            assert keys.geometry().right() <= margins.left() + 9
        else:
            assert keys.geometry().left() >= field.width() - margins.right() - 9
        assert margins.left() + margins.right() > keys.width()
        desk.close()
    finally:
        qapp.setLayoutDirection(LEFT)
