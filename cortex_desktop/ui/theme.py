"""Colours and type: design tokens, and what is made of them (palette, style sheet)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Tokens:
    """The named colours of one appearance, as #RRGGBB; values and names of the design."""

    dark: bool
    background: str
    surface: str
    raised: str
    sidebar: str
    selected_entry: str
    header: str
    line: str
    strong_line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    danger: str
    warning: str
    success: str
    danger_soft: str
    warning_soft: str
    success_soft: str
    code: str


LIGHT = Tokens(
    dark=False,
    background="#F5F6F8",
    surface="#FFFFFF",
    raised="#FFFFFF",
    sidebar="#F0F2F5",
    selected_entry="#FFFFFF",
    header="#FAFBFC",
    line="#E4E7EC",
    strong_line="#D0D5DD",
    text="#182230",
    # The design's #667085 gives 4.4:1 on the sidebar and on chips; this is the nearest grey with 4.5:1 on all.
    muted="#5D6779",
    accent="#0B7285",
    accent_hover="#095C6B",
    accent_soft="#E3F4F6",
    on_accent="#FFFFFF",
    danger="#B42318",
    warning="#B54708",
    success="#067647",
    danger_soft="#FEF3F2",
    warning_soft="#FFFAEB",
    success_soft="#ECFDF3",
    code="#F2F4F7",
)

DARK = Tokens(
    dark=True,
    background="#101418",
    surface="#161B21",
    raised="#1C232B",
    sidebar="#13181D",
    selected_entry="#1F2730",
    header="#14191F",
    line="#262E37",
    strong_line="#38424E",
    text="#E6EAF0",
    muted="#94A1B2",
    accent="#3CC2D4",
    accent_hover="#66D3E1",
    accent_soft="#12343A",
    on_accent="#062A30",
    danger="#F97066",
    warning="#FDB022",
    success="#47CD89",
    danger_soft="#3A1A18",
    warning_soft="#3A2B10",
    success_soft="#10301F",
    code="#0F1317",
)

_GROUNDS = ("background", "surface", "raised", "sidebar", "selected_entry", "header", "accent_soft", "code")
READABLE_PAIRS = (
    *(("text", ground) for ground in _GROUNDS),
    *(("muted", ground) for ground in _GROUNDS),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("accent", "surface"),
    ("accent", "raised"),
    ("danger", "surface"),
    ("danger", "raised"),
    ("danger", "danger_soft"),
    ("warning", "warning_soft"),
    ("success", "success_soft"),
    ("text", "warning_soft"),
    ("text", "danger_soft"),
    ("muted", "warning_soft"),
    ("muted", "danger_soft"),
)
"""Text and the ground it stands on somewhere in the window. Each pair must reach 4.5:1; a test computes it."""


class Theme(QObject):
    """The appearance in force. Follows the system's unless a person chose light or dark.

    changed: tokens, palette and style sheet are new; whoever paints by hand repaints.
    """

    changed = Signal()

    def __init__(self, app: QApplication, styles: Path, mode: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._template = Template((styles / "app.qss").read_text(encoding="utf-8"))
        self._styles = styles
        self.base = QFontInfo(app.font()).pixelSize()
        self.mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.mono.setPixelSize(self.base)
        self.tokens = LIGHT
        self._mode = mode
        app.setStyle("Fusion")
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def mode(self) -> str:
        """ "system", "light" or "dark": what the person chose."""
        return self._mode

    def set_mode(self, mode: str) -> None:
        """Choose "system", "light" or "dark"; the window changes at once."""
        if mode != self._mode:
            self._mode = mode
            self._apply()

    def px(self, at_13: float) -> int:
        """A length of the design, drawn for 13 px text, at the size of the person's own font."""
        return round(at_13 * self.base / 13)

    def font(self, size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The system's font at `size` of the design, in pixels at 13 px text."""
        font = QFont(self._app.font())
        font.setPixelSize(self.px(size))
        font.setWeight(weight)
        return font

    def color(self, token: str) -> QColor:
        """The colour of a token by its name."""
        return QColor(getattr(self.tokens, token))

    @Slot()
    def _system_changed(self) -> None:
        if self._mode == "system":
            self._apply()

    def _apply(self) -> None:
        hints = self._app.styleHints()
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        # Tells the platform as well, so that title bars and native menus agree with the window.
        hints.setColorScheme(schemes.get(self._mode, Qt.ColorScheme.Unknown))
        dark = self._mode == "dark" or (self._mode == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
        if self._high_contrast():
            self._app.setPalette(QPalette())
            self.tokens = system_tokens(self._app.palette())
        else:
            self.tokens = DARK if dark else LIGHT
            self._app.setPalette(palette(self.tokens))
        self._app.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def _high_contrast(self) -> bool:
        """Whether the system asks for high contrast; then its own colours are taken."""
        accessibility = self._app.styleHints().accessibility()
        return accessibility is not None and accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast

    def _style_sheet(self) -> str:
        values = {f.name: getattr(self.tokens, f.name) for f in fields(self.tokens) if f.name != "dark"}
        values["mono"] = self.mono.family()
        values["folder"] = self._styles.as_posix()
        values["scheme"] = "dark" if self.tokens.dark else "light"
        for size in (11, 12, 13, 15, 16, 17, 20):
            values[f"px{size}"] = f"{self.px(size)}px"
        values["control"] = f"{self.px(32)}px"  # 34 with its borders
        return self._template.substitute(values)


def palette(tokens: Tokens) -> QPalette:
    """Qt's palette of the tokens: what unstyled parts (menus, tool tips, native-like dialogs) are drawn with."""
    roles = QPalette.ColorRole
    colors = {
        roles.Window: tokens.background,
        roles.WindowText: tokens.text,
        roles.Base: tokens.surface,
        roles.AlternateBase: tokens.header,
        roles.Text: tokens.text,
        roles.Button: tokens.raised,
        roles.ButtonText: tokens.text,
        roles.ToolTipBase: tokens.raised,
        roles.ToolTipText: tokens.text,
        roles.PlaceholderText: tokens.muted,
        roles.Highlight: tokens.accent,
        roles.HighlightedText: tokens.on_accent,
        roles.Link: tokens.accent,
        roles.LinkVisited: tokens.accent,
        roles.Accent: tokens.accent,
        roles.Light: tokens.raised,
        roles.Midlight: tokens.line,
        roles.Mid: tokens.strong_line,
        roles.Dark: tokens.strong_line,
        roles.Shadow: "#000000",
    }
    made = QPalette()
    for role, color in colors.items():
        made.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.muted))
    return made


def system_tokens(system: QPalette) -> Tokens:
    """Tokens made of the system's own colours, for those who set high contrast."""
    roles = QPalette.ColorRole

    def name(role: QPalette.ColorRole) -> str:
        return system.color(role).name().upper()

    ground, text = name(roles.Base), name(roles.Text)
    return Tokens(
        dark=system.color(roles.Base).lightness() < system.color(roles.Text).lightness(),
        background=ground,
        surface=ground,
        raised=ground,
        sidebar=ground,
        selected_entry=ground,
        header=ground,
        line=text,
        strong_line=text,
        text=text,
        muted=text,
        # The accent also stands as text on the ground, and the system's highlight may be too close to that.
        accent=text,
        accent_hover=text,
        accent_soft=ground,
        on_accent=ground,
        danger=text,
        warning=text,
        success=text,
        danger_soft=ground,
        warning_soft=ground,
        success_soft=ground,
        code=ground,
    )
