"""Line icons in the colours of the theme, crisp on every screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from .theme import Theme


class Icons:
    """Draws the SVG files of `resources/icons` in a colour of the theme, and keeps the pictures."""

    def __init__(self, folder: Path, theme: Theme) -> None:
        self._folder = folder
        self._theme = theme
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, token: str, size: int, ratio: float) -> QPixmap:
        """The icon in the token's colour, `size` logical pixels square, for a screen with this pixel ratio."""
        color = getattr(self._theme.tokens, token)
        key = (name, color, size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._render(name, color, size, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, token: str = "text", size: int = 16, gap: int = 0) -> QIcon:
        """The icon for a button or a menu, at 1x, 2x and 3x. gap: empty pixels right of it, or left if negative."""
        icon = QIcon()
        for ratio in (1.0, 2.0, 3.0):
            pixmap = self.pixmap(name, token, size, ratio)
            icon.addPixmap(_with_gap(pixmap, round(gap * ratio)) if gap else pixmap)
        return icon

    def paint(self, painter: QPainter, rect: QRect, name: str, token: str, size: int = 16) -> None:
        """Draw the icon in the middle of `rect`."""
        device = painter.device()
        pixmap = self.pixmap(name, token, size, device.devicePixelRatioF() if device else 1.0)
        painter.drawPixmap(rect.x() + (rect.width() - size) // 2, rect.y() + (rect.height() - size) // 2, pixmap)

    def _render(self, name: str, color: str, size: int, ratio: float) -> QPixmap:
        svg = (self._folder / f"{name}.svg").read_bytes().replace(b"currentColor", color.encode())
        side = round(size * ratio)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            QSvgRenderer(svg).render(painter)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def _with_gap(pixmap: QPixmap, gap: int) -> QPixmap:
    wider = QPixmap(pixmap.width() + abs(gap), pixmap.height())
    wider.setDevicePixelRatio(pixmap.devicePixelRatio())
    wider.fill(Qt.GlobalColor.transparent)
    with QPainter(wider) as painter:
        painter.drawPixmap(QPointF(max(0, -gap) / pixmap.devicePixelRatio(), 0), pixmap)
    return wider


def app_icon(resources: Path) -> QIcon:
    """The program's own icon in the sizes that windows and task bars ask for."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addFile(str(resources / "app-icon" / f"cortex-desktop-{size}.png"))
    return icon
