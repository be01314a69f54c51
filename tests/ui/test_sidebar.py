"""The sidebar: what a narrow one keeps, Recently deleted with its count, and which side things stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from cortex_desktop.domain.model import AppState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.services.keychain import KeychainStatus
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.widgets import Picture
from tests.support.gui import Desk, painted, stored_apps

Start = Callable[..., Desk]


@pytest.fixture
def desk(open_with: Callable[..., Desk]) -> Desk:
    return open_with(["Ward tablet", "Trial portal"])


# Narrow


def lock(desk: Desk) -> Picture:
    """The keychain's picture at the foot."""
    pictures = [picture for picture in desk.console.sidebar.findChildren(Picture) if picture.isVisible()]
    assert len(pictures) == 1
    return pictures[0]


def middle_of(desk: Desk, part: QWidget) -> int:
    return part.mapTo(desk.console.sidebar, part.rect().center()).x()


def test_a_narrow_sidebar_keeps_how_the_keychain_is(desk: Desk) -> None:
    assert lock(desk).accessibleName() == "", "the words beside it say it"
    desk.resize(600, 600)
    desk.wait(lambda: desk.console.sidebar.width() < 100)
    assert lock(desk).accessibleName() == "Keys in Test keychain: Unlocked"
    assert "Keys in Test keychain: Unlocked" in lock(desk).toolTip()
    calm = lock(desk).grab().toImage()
    desk.console.sidebar.keychain(KeychainStatus("Test keychain", VaultState.LOCKED))
    assert lock(desk).accessibleName() == "Keys in Test keychain: Locked"
    assert lock(desk).grab().toImage() != calm
    preferences = desk.find("Preferences", QAbstractButton, desk.console.sidebar)
    parts = (lock(desk), preferences)
    desk.wait(lambda: all(6 < middle_of(desk, part) < desk.console.sidebar.width() - 6 for part in parts))
    assert not lock(desk).geometry().intersects(preferences.geometry())
    assert preferences.geometry().right() < preferences.parentWidget().width()
    desk.resize(1200, 700)
    desk.wait(lambda: desk.console.sidebar.width() > 100)
    assert lock(desk).accessibleName() == ""


# Recently deleted


def deleted(desk: Desk) -> QAbstractButton | None:
    found = desk.all("Recently deleted", QAbstractButton, desk.console.sidebar)
    return found[0] if found else None


def count(desk: Desk) -> str:
    """What stands at the far side of the line, and is said of it; empty while the line is hidden."""
    button = deleted(desk)
    if button is None:
        return ""
    assert button.accessibleDescription() in painted(button)
    return button.accessibleDescription()


def test_recently_deleted_is_counted_and_opened(desk: Desk) -> None:
    desk.let_pass(20)
    assert deleted(desk) is None, "there is none"
    for number, label in enumerate(("Ward tablet", "Trial portal"), 1):
        desk.apps.delete(desk.app(label), lambda _: None)
        desk.wait(lambda number=number: count(desk) == str(number))
    deleted(desk).click()
    dialog = desk.dialog()
    assert dialog.accessibleName() == "Recently deleted"
    dialog.close()
    desk.no_dialog()
    desk.apps.restore(desk.app("Ward tablet"))
    desk.wait(lambda: count(desk) == "1")
    desk.apps.purge(desk.app("Trial portal"))
    desk.wait(lambda: deleted(desk) is None, "nothing is left to restore")


def test_recently_deleted_is_counted_for_the_org_at_hand(folder, vault, start: Start) -> None:
    made = stored_apps(folder, vault, ["Ward tablet", "Gone", "Gone too"])
    repository = TinyRepository(folder)
    until = datetime.now(UTC) + timedelta(days=9)
    for app in made[1:]:
        repository.change_app(app.id, lambda app: replace(app, state=AppState.DELETED, purge_after=until))
    other = replace(repository.orgs()[0], id="0e", name="Other", code="other")
    repository.save_org(other)
    repository.close()
    desk = start()
    desk.wait(lambda: count(desk) == "2")
    desk.workspace.enter("0e")
    desk.wait(lambda: deleted(desk) is None)
    desk.workspace.enter(made[0].org_id)
    desk.wait(lambda: count(desk) == "2")


# From right to left


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_icons_stand_where_a_line_begins(desk: Desk, direction: Qt.LayoutDirection) -> None:
    desk.window.setLayoutDirection(direction)
    desk.let_pass(0)
    pages = desk.console.sidebar.buttons.values()
    for button in pages:
        left = QRect(8, 0, 20, button.height())
        found = inked(button, left), inked(button, mirror(button, left))
        mirrored = direction is Qt.LayoutDirection.RightToLeft
        counted = button.text() == "Apps"  # at its far side
        assert found[mirrored], button.text()
        assert counted or not found[not mirrored], button.text()


def test_what_needs_attention_changes_sides_with_the_writing(desk: Desk) -> None:
    button = desk.console.sidebar.buttons["apps"]
    button.attend(4)
    before = button.attention.geometry()
    for direction in (Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight):
        desk.window.setLayoutDirection(direction)
        desk.let_pass(0)
        mirrored = direction is Qt.LayoutDirection.RightToLeft
        assert button.attention.geometry() == (mirror(button, before) if mirrored else before)


def mirror(widget: QWidget, rect: QRect) -> QRect:
    return QRect(widget.width() - rect.right() - 1, rect.top(), rect.width(), rect.height())


def inked(widget: QWidget, area: QRect) -> bool:
    """True if something is drawn there on the ground."""
    picture = widget.grab(area).toImage()
    xs, ys = range(4, picture.width() - 4), range(6, picture.height() - 6)
    return len({picture.pixelColor(x, y).name() for x in xs for y in ys}) > 3
