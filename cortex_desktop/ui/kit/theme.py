"""The current appearance: palette, style sheet and fonts, made of the design's tokens."""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from .tokens import DARK, LIGHT, Tokens


class Theme(QObject):
    """The current appearance. Follows the system's unless a person chose light or dark.

    changed: tokens, palette and style sheet are new; painted widgets repaint.
    """

    changed = Signal()

    def __init__(self, app: QApplication, styles: Path, mode: str = "system") -> None:
        super().__init__(app)
        self._app = app
        app.setStyle("fusion")
        self._font = QFont(app.font())
        self._template = Template((styles / "app.qss").read_text(encoding="utf-8"))
        self._styles = styles
        self.base = QFontInfo(self._font).pixelSize()
        self.mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.mono.setPixelSize(self.base)
        self.tokens = LIGHT
        self._mode = mode
        self._apply()
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        accessibility = hints.accessibility()
        if accessibility is not None:
            accessibility.contrastPreferenceChanged.connect(self._apply)

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
        font = QFont(self._font)
        font.setPixelSize(self.px(size))
        font.setWeight(weight)
        return font

    def color(self, token: str) -> QColor:
        """The colour of a token by its name."""
        return QColor(getattr(self.tokens, token))

    def ink(self, token: str, *, selected: bool) -> str:
        """Return the token to draw with. selected: on the ground of a current entry, which may have its own ink."""
        return "on_selected" if selected and self.tokens.high_contrast else token

    @Slot()
    def _system_changed(self) -> None:
        if self._mode == "system" or self.tokens.high_contrast:
            self._apply()

    @Slot()
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
        # A platform's theme may set another font when it changes colours; gtk3's sets a monospaced one.
        self._app.setFont(self._font)
        self._app.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def _high_contrast(self) -> bool:
        """True if the system asks for high contrast; then its own colours are used."""
        accessibility = self._app.styleHints().accessibility()
        return accessibility is not None and accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast

    def _style_sheet(self) -> str:
        values = {name: value for name, value in self.tokens._asdict().items() if isinstance(value, str)}
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

    def name(role: QPalette.ColorRole, group: QPalette.ColorGroup = QPalette.ColorGroup.Active) -> str:
        return system.color(group, role).name().upper()

    ground, text = name(roles.Base), name(roles.Text)
    gray = name(roles.Text, QPalette.ColorGroup.Disabled)
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
        accent_pressed=text,
        accent_soft=ground,
        on_accent=ground,
        danger=text,
        on_danger=ground,
        danger_off=gray,
        warning=text,
        success=text,
        danger_soft=ground,
        warning_soft=ground,
        success_soft=ground,
        code=ground,
        selected=name(roles.Highlight),
        on_selected=name(roles.HighlightedText),
        hover=ground,
        hover_line=name(roles.Highlight),
        pressed=ground,
        disabled=gray,
        disabled_ground=ground,
        disabled_line=gray,
        high_contrast=True,
    )
