"""Draw the background of the disk image's window: an arrow from the app to Applications.

    python packaging/macos/make_background.py

Needs PySide6. Writes background.png and background@2x.png beside this file. Light, as Finder shows such pictures the
same in dark mode, with dark labels.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

SIZE = (640, 400)
PAPER, LINE = QColor("#f4f6f8"), QColor("#0f6f80")
ARROW_Y, ARROW_FROM, ARROW_TO = 190, 262, 378


def draw(ratio: int) -> QImage:
    """The picture for a screen with this many pixels to a point."""
    image = QImage(SIZE[0] * ratio, SIZE[1] * ratio, QImage.Format.Format_RGB32)
    image.fill(PAPER)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(ratio, ratio)
    painter.setPen(QPen(LINE, 5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    tip = QPointF(ARROW_TO, ARROW_Y)
    painter.drawLine(QPointF(ARROW_FROM, ARROW_Y), tip)
    painter.drawPolyline(QPolygonF([tip + QPointF(-20, -20), tip, tip + QPointF(-20, 20)]))
    painter.fillRect(QRectF(0, SIZE[1] - 6, SIZE[0], 6), LINE)
    painter.end()
    image.setDotsPerMeterX(2835 * ratio)  # 72 dots an inch
    image.setDotsPerMeterY(2835 * ratio)
    return image


if __name__ == "__main__":
    here = Path(__file__).parent
    for ratio, name in ((1, "background.png"), (2, "background@2x.png")):
        draw(ratio).save(str(here / name))
