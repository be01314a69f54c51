"""Line icons in the colours of the theme, crisp on every screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QImageReader, QPainter, QPixmap

from .theme import Theme


class Icons:
    """Renders `resources/icons/<name>.svg` in a colour; renderings are kept.

    Goes through QImageReader, whose SVG plug-in does the work: the QtSvg module itself need not be imported.
    """

    def __init__(self, folder: Path, theme: Theme) -> None:
        self._folder = folder
        self._theme = theme
        self._sources: dict[str, bytes] = {}
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, token: str, size: int, ratio: float) -> QPixmap:
        """The icon in the token's colour, `size` logical pixels square, for a screen with this pixel ratio."""
        color = getattr(self._theme.tokens, token)
        key = (name, color, size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._render(name, color, size, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, token: str = "text", size: int = 16) -> QIcon:
        """The icon for a button or a menu, at 1x, 2x and 3x."""
        icon = QIcon()
        for ratio in (1.0, 2.0, 3.0):
            icon.addPixmap(self.pixmap(name, token, size, ratio))
        return icon

    def paint(self, painter: QPainter, rect: QRect, name: str, token: str, size: int = 16) -> None:
        """Draw the icon in the middle of `rect`."""
        device = painter.device()
        pixmap = self.pixmap(name, token, size, device.devicePixelRatioF() if device else 1.0)
        painter.drawPixmap(rect.x() + (rect.width() - size) // 2, rect.y() + (rect.height() - size) // 2, pixmap)

    def _render(self, name: str, color: str, size: int, ratio: float) -> QPixmap:
        if name not in self._sources:
            self._sources[name] = (self._folder / f"{name}.svg").read_bytes()
        data = QByteArray(self._sources[name].replace(b"currentColor", color.encode()))
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        reader = QImageReader(buffer, b"svg")
        side = round(size * ratio)
        reader.setScaledSize(QSize(side, side))
        pixmap = QPixmap.fromImage(reader.read())
        if pixmap.isNull():  # no SVG plug-in: an empty picture rather than none, so that layouts hold
            pixmap = QPixmap(side, side)
            pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def app_icon(resources: Path) -> QIcon:
    """The program's own icon in the sizes that windows and task bars ask for."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addFile(str(resources / "app-icon" / f"cortex-desktop-{size}.png"))
    return icon
