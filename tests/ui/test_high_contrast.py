"""High contrast: the system's own colours, and nothing that cannot be read or told apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessibilityHints, QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget

from cortex_desktop.ui.kit.theme import system_tokens
from cortex_desktop.ui.kit.widgets import Button, IconButton
from tests.support.gui import CTRL, Desk, Key

HIGH, NORMAL = Qt.ContrastPreference.HighContrast, Qt.ContrastPreference.NoPreference


@pytest.fixture
def contrast(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Callable[[Qt.ContrastPreference], None]:
    """`contrast(HIGH)`: the system asks for high contrast from now on, and says so."""
    wanted = [NORMAL]
    monkeypatch.setattr(QAccessibilityHints, "contrastPreference", lambda _: wanted[0])

    def contrast(preference: Qt.ContrastPreference) -> None:
        wanted[0] = preference
        QGuiApplication.styleHints().accessibility().contrastPreferenceChanged.emit(preference)

    return contrast


@pytest.fixture
def desk(open_with: Callable[..., Desk], contrast: Callable[[Qt.ContrastPreference], None]) -> Desk:
    desk = open_with(["Ward tablet", "Trial portal"], sessions=False)
    desk.select("Ward tablet")
    contrast(HIGH)
    return desk


def seen(widget: QWidget, area: QRect | None = None) -> set[str]:
    """The colours that a part of a widget is painted with."""
    picture = (widget.grab(area) if area is not None else widget.grab()).toImage()
    return {
        picture.pixelColor(x, y).name() for x in range(2, picture.width() - 2) for y in range(2, picture.height() - 2)
    }


def ground(widget: QWidget, area: QRect | None = None) -> str:
    """The colour that most of it has."""
    picture = (widget.grab(area) if area is not None else widget.grab()).toImage()
    inks = [picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())]
    return max(set(inks), key=inks.count)


def system(role: QPalette.ColorRole) -> str:
    return QApplication.palette().color(role).name()


def test_it_is_switched_on_and_off_while_the_program_runs(
    open_with: Callable[..., Desk], contrast: Callable[[Qt.ContrastPreference], None]
) -> None:
    desk = open_with(["Ward tablet"])
    theme = desk.tools.look.theme
    usual = theme.tokens
    assert not usual.high_contrast
    contrast(HIGH)
    assert theme.tokens == system_tokens(QApplication.palette())
    contrast(NORMAL)
    assert theme.tokens is usual


def test_colours_are_the_systems(desk: Desk) -> None:
    tokens = desk.tools.look.theme.tokens
    assert QColor(tokens.selected).name() == system(QPalette.ColorRole.Highlight)
    assert QColor(tokens.on_selected).name() == system(QPalette.ColorRole.HighlightedText)
    gray = QApplication.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert QColor(tokens.disabled) == gray


@pytest.mark.parametrize("role", ["", "primary", "danger"])
def test_a_button_that_cannot_be_used_is_read(desk: Desk, role: str, qtbot) -> None:
    button = Button("Create App", desk.tools.look, role)
    qtbot.addWidget(button)
    button.setEnabled(False)
    button.show()
    tokens = desk.tools.look.theme.tokens
    assert ground(button) == QColor(tokens.background).name()
    assert QColor(tokens.disabled).name() in seen(button)


def test_a_pressed_button_is_read(desk: Desk, qtbot) -> None:
    button = Button("Cancel", desk.tools.look)
    qtbot.addWidget(button)
    button.show()
    button.setDown(True)
    assert len(seen(button)) > 1
    assert ground(button) == system(QPalette.ColorRole.Base)


def test_an_icon_under_the_pointer_is_seen(desk: Desk, qtbot) -> None:
    button = IconButton("copy", "Copy", desk.tools.look)
    qtbot.addWidget(button)
    button.show()
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    inks = seen(button, QRect(4, 4, button.width() - 8, button.height() - 8))
    assert system(QPalette.ColorRole.Base) in inks
    assert min(QColor(ink).lightness() for ink in inks) < 64, "an icon of one line, softened at its edges"


def test_the_current_entry_of_a_menu_is_marked(desk: Desk) -> None:
    menu = QMenu(desk.window)
    first = menu.addAction("First")
    menu.addAction("Second")
    menu.popup(desk.window.mapToGlobal(QPoint(50, 50)))
    menu.setActiveAction(first)
    desk.let_pass(0)
    here = menu.actionGeometry(first)
    assert ground(menu, here) == system(QPalette.ColorRole.Highlight)
    menu.close()


def test_the_current_entry_of_the_palette_is_marked(desk: Desk) -> None:
    desk.key(Key.Key_K, CTRL)
    found = desk.palette().list
    assert ground(found.viewport(), found.visualRect(found.currentIndex())) == system(QPalette.ColorRole.Highlight)
    assert system(QPalette.ColorRole.HighlightedText) in seen(found.viewport(), found.visualRect(found.currentIndex()))


def test_the_selected_row_is_marked_and_read(desk: Desk) -> None:
    rect = desk.table.visualRect(desk.cell("Ward tablet", "Label"))
    assert ground(desk.table.viewport(), rect) == system(QPalette.ColorRole.Highlight)
    assert system(QPalette.ColorRole.HighlightedText) in seen(desk.table.viewport(), rect)


def test_the_font_stays_when_the_systems_theme_sets_another(desk: Desk, qapp: QApplication) -> None:
    """As gtk3's does when light and dark are switched."""
    sidebar = next(w for w in desk.window.findChildren(QLabel) if w.objectName() == "section")
    family, usual = sidebar.font().family(), qapp.font()
    qapp.setFont(desk.tools.look.theme.mono)
    desk.tools.look.theme.set_mode("dark")
    desk.let_pass(0)
    assert sidebar.font().family() == family
    assert desk.tools.look.theme.font().family() == family
    assert qapp.font() == usual
    qapp.setFont(usual)
