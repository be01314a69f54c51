"""Turn the line icons into outlines that need no SVG reader: resources/icons/*.svg to resources/icons/outlines.json.

    python packaging/make_outlines.py

Run it again after every change to an icon; a test draws both and compares. Qt's own SVG reader takes the files apart:
it draws onto a device that writes down what it is told to draw, in the icons' own 24 units.

    {"key": {"stroke": ["M 12 8 L 12 12", ...], "fill": [...]}, ...}

The commands are SVG's, absolute: M (move), L (line), C (cubic curve). Strokes are STROKE wide with round ends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPaintDevice, QPaintEngine, QPaintEngineState, QPainter, QPainterPath
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons"
UNITS = 24
STROKE = 1.75


class Recorder(QPaintEngine):
    """Takes down paths instead of drawing them."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.outlines: dict[str, list[str]] = {"stroke": [], "fill": []}

    def begin(self, device: QPaintDevice) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def updateState(self, state: QPaintEngineState) -> None:
        pass

    def drawPath(self, path: QPainterPath) -> None:
        painter = self.painter()
        assert painter.combinedTransform().isIdentity()
        if painter.brush().style() != Qt.BrushStyle.NoBrush:
            self.outlines["fill"].append(commands(path))
        pen = painter.pen()
        if pen.style() != Qt.PenStyle.NoPen:
            assert (pen.widthF(), pen.capStyle(), pen.joinStyle()) == (
                STROKE,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
            self.outlines["stroke"].append(commands(path))

    def drawLines(self, lines: list[QLineF]) -> None:
        for line in lines:
            self.drawPolygon([line.p1(), line.p2()], QPaintEngine.PolygonDrawMode.PolylineMode)

    def drawPolygon(self, points: list[QPointF], mode: QPaintEngine.PolygonDrawMode) -> None:
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        if mode != QPaintEngine.PolygonDrawMode.PolylineMode:
            path.closeSubpath()
        self.drawPath(path)


class Paper(QPaintDevice):
    """Something to draw on that has the icons' own size."""

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder()

    def paintEngine(self) -> QPaintEngine:
        return self.recorder

    def metric(self, metric: QPaintDevice.PaintDeviceMetric) -> int:
        names = QPaintDevice.PaintDeviceMetric
        if metric in (names.PdmWidth, names.PdmHeight):
            return UNITS
        if metric is names.PdmDevicePixelRatioScaled:
            return 1 << 16
        return 96 if "Dpi" in metric.name else 1


def commands(path: QPainterPath) -> str:
    """The path in SVG's letters."""
    letters = {
        QPainterPath.ElementType.MoveToElement: "M",
        QPainterPath.ElementType.LineToElement: "L",
        QPainterPath.ElementType.CurveToElement: "C",
        QPainterPath.ElementType.CurveToDataElement: "",
    }
    elements = [path.elementAt(number) for number in range(path.elementCount())]
    return " ".join(f"{letters[e.type]} {round(e.x, 4):g} {round(e.y, 4):g}".lstrip() for e in elements)


def outlines(file: Path) -> dict[str, list[str]]:
    """What the icon in the file is made of."""
    renderer, paper = QSvgRenderer(str(file)), Paper()
    assert renderer.isValid(), f"not a readable SVG: {file}"
    painter = QPainter(paper)
    renderer.render(painter, QRectF(0, 0, UNITS, UNITS))
    painter.end()
    return {kind: found for kind, found in paper.recorder.outlines.items() if found}


def main() -> int:
    _app = QGuiApplication([*sys.argv, "-platform", "offscreen"])
    found = {file.stem: outlines(file) for file in sorted(FOLDER.glob("*.svg"))}
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(made, separators=(',', ':'))}" for name, made in found.items())
    (FOLDER / "outlines.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(f"{len(found)} icons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
