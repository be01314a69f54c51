"""Line icons in the colours of the theme, crisp on every screen."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPen, QPixmap

from .theme import Theme

UNITS = 24
"""Width and height of an icon as it was designed."""

STROKE = 1.75


class Icons:
    """Draws the icons of `resources/icons` in a colour; pictures are kept.

    From outlines that `packaging/make_outlines.py` made of the SVG files: reading those here would load 2 MB.
    """

    def __init__(self, folder: Path, theme: Theme) -> None:
        self._theme = theme
        self._outlines: dict[str, dict[str, list[str]]] = json.loads((folder / "outlines.json").read_bytes())
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, token: str, size: int, ratio: float) -> QPixmap:
        """The icon in the token's colour, `size` logical pixels square, for a screen with this pixel ratio."""
        color = getattr(self._theme.tokens, token)
        key = (name, color, size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._render(name, color, size, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, token: str = "text", size: int = 16, gap: int = 0) -> QIcon:
        """The icon for a button or a menu, at 1x, 2x and 3x. gap: empty pixels behind it."""
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
        side = round(size * ratio)
        image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        ink = QColor(color)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / UNITS, side / UNITS)
        for outline in self._outlines[name].get("fill", ()):
            painter.fillPath(_path(outline), ink)
        painter.setPen(QPen(ink, STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        for outline in self._outlines[name].get("stroke", ()):
            painter.drawPath(_path(outline))
        painter.end()
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def _with_gap(pixmap: QPixmap, gap: int) -> QPixmap:
    wider = QPixmap(pixmap.width() + gap, pixmap.height())
    wider.setDevicePixelRatio(pixmap.devicePixelRatio())
    wider.fill(Qt.GlobalColor.transparent)
    with QPainter(wider) as painter:
        painter.drawPixmap(0, 0, pixmap)
    return wider


def _path(outline: str) -> QPainterPath:
    """The path that SVG's commands M, L and C with absolute places tell of."""
    path = QPainterPath()
    words = iter(outline.split())
    for letter in words:
        points = [QPointF(float(next(words)), float(next(words))) for _ in range(3 if letter == "C" else 1)]
        if letter == "M":
            path.moveTo(*points)
        elif letter == "L":
            path.lineTo(*points)
        else:
            path.cubicTo(*points)
    return path


def app_icon(resources: Path) -> QIcon:
    """The program's own icon in the sizes that windows and task bars ask for."""
    icon = QIcon()
    # X11 is given a copy of each, 1 MB for the largest alone; Linux desktops take that from the menu entry's icon.
    for size in (16, 24, 32, 48, 64, 128) if sys.platform == "linux" else (16, 24, 32, 48, 64, 128, 256):
        icon.addFile(str(resources / "app-icon" / f"cortex-desktop-{size}.png"))
    return icon
