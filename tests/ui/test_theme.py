"""Colours: readable in both appearances, and switched while the window is open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QListWidget, QListWidgetItem

from cortex_desktop.ui.kit.theme import Theme
from cortex_desktop.ui.kit.tokens import DARK, LIGHT, READABLE_PAIRS, Tokens
from tests.support.gui import Desk, Key

Start = Callable[..., Desk]
STYLES = Path(__file__).parent.parent.parent / "resources" / "styles"


def luminance(color: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", READABLE_PAIRS, ids="-on-".join)
def test_text_can_be_read(tokens: Tokens, pair: tuple[str, str]) -> None:
    ink, ground = (getattr(tokens, name) for name in pair)
    assert contrast(ink, ground) >= 4.5


def test_rules_of_the_style_sheet_that_name_ink_and_ground_can_be_read() -> None:
    sheet = (STYLES / "app.qss").read_text("utf-8").replace("${", "<").replace('}"', '>"')
    sheet = re.sub(r"<(\w+)}", r"<\1>", sheet)
    checked = 0
    for selector, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        ink, ground = (re.search(rf"(?<![-\w]){name}: <(\w+)>", rule) for name in ("color", "background"))
        if ink and ground and ":disabled" not in selector:  # which WCAG leaves out
            checked += 1
            for tokens in (LIGHT, DARK):
                assert contrast(getattr(tokens, ink[1]), getattr(tokens, ground[1])) >= 4.5, selector
    assert checked > 5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_tokens_are_colours(tokens: Tokens) -> None:
    values = [value for value in tokens if isinstance(value, str)]
    assert all(re.fullmatch("#[0-9A-F]{6}", value) for value in values)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, STYLES)
    yield theme
    theme.setParent(None)
    theme.deleteLater()
    qapp.styleHints().setColorScheme(Qt.ColorScheme.Unknown)


@pytest.mark.parametrize(("mode", "tokens"), [("light", LIGHT), ("dark", DARK)])
def test_a_mode_sets_tokens_palette_style_sheet_and_platform(
    theme: Theme, qapp: QApplication, qtbot, mode: str, tokens: Tokens
) -> None:
    theme.set_mode("dark" if mode == "light" else "light")
    with qtbot.waitSignal(theme.changed):
        theme.set_mode(mode)
    assert theme.tokens is tokens
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(tokens.background)
    assert qapp.palette().color(QPalette.ColorRole.Text) == QColor(tokens.text)
    scheme = Qt.ColorScheme.Dark if mode == "dark" else Qt.ColorScheme.Light
    # Where Qt has no theme of the desktop to ask, as in the tests' own session, it knows no scheme (H-Q7).
    assert qapp.styleHints().colorScheme() in (scheme, Qt.ColorScheme.Unknown)
    sheet = qapp.styleSheet()
    assert tokens.background in sheet
    assert "$" not in sheet
    for file in re.findall(r'url\("([^"]+)"\)', sheet):
        assert Path(file).is_file(), f"the style sheet names a picture that is not there: {file}"


@pytest.mark.parametrize(("mode", "tokens"), [("light", LIGHT), ("dark", DARK)])
def test_boxes_to_check_in_a_list_have_an_outline(theme: Theme, qtbot, mode: str, tokens: Tokens) -> None:
    theme.set_mode(mode)
    rows = QListWidget()
    qtbot.addWidget(rows)
    item = QListWidgetItem("")  # without text, only the box is seen
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    item.setCheckState(Qt.CheckState.Unchecked)
    rows.addItem(item)
    rows.resize(200, 80)
    picture = rows.grab().toImage()
    place = rows.visualItemRect(item).translated(rows.viewport().pos())
    inks = {
        picture.pixelColor(x, y).name()
        for x in range(place.left(), place.left() + 40)
        for y in range(place.top(), place.bottom())
    }
    assert max(contrast(ink, tokens.surface) for ink in inks) >= 3  # as WCAG has it for controls


def test_system_follows_the_system(theme: Theme, qapp: QApplication) -> None:
    theme.set_mode("dark")
    theme.set_mode("system")
    dark = qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark
    assert theme.tokens is (DARK if dark else LIGHT)


def test_switching_in_preferences_changes_the_open_window_and_is_remembered(desk: Desk, start: Start) -> None:
    assert ground(desk) == QColor(LIGHT.background)
    desk.choose("Preferences", desk.open_menu("File"))
    desk.dialog()
    appearance = desk.find("Theme", QComboBox)
    appearance.setFocus()
    appearance.setCurrentText("Dark")
    assert ground(desk) == QColor(DARK.background)
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    desk.close()
    again = start()
    assert ground(again) == QColor(DARK.background)
    again.choose("Preferences", again.open_menu("File"))
    again.dialog()
    assert again.find("Theme", QComboBox).currentText() == "Dark"
    again.find("Theme", QComboBox).setCurrentText("Light")
    assert ground(again) == QColor(LIGHT.background)


def ground(desk: Desk) -> QColor:
    """The colour that is really there, at a corner of the page."""
    return desk.apps.page.grab().toImage().pixelColor(4, 4)
