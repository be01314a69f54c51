"""The icons look as their SVG files do, at every size and in every colour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QApplication

from cortex_desktop.system.paths import resources
from cortex_desktop.ui.kit.icons import Icons
from cortex_desktop.ui.kit.theme import Theme

FOLDER = resources() / "icons"


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, resources() / "styles", "light")
    yield theme
    theme.setParent(None)
    theme.deleteLater()


def by_svg(file: Path, color: str, side: int) -> QImage:
    data = QByteArray(file.read_bytes().replace(b"currentColor", color.encode()))  # the buffer only points to it
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, b"svg")
    reader.setScaledSize(QSize(side, side))
    return reader.read()


def pixels(image: QImage) -> bytes:
    held = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return bytes(held.constBits())


@pytest.mark.parametrize(("size", "ratio"), [(14, 1.0), (16, 1.0), (16, 1.5), (16, 2.0), (34, 3.0)])
def test_an_icon_is_its_svg_file_in_the_tokens_color_at_each_ratio(theme: Theme, size: int, ratio: float) -> None:
    icons = Icons(FOLDER, theme)
    files = sorted(FOLDER.glob("*.svg"))
    assert len(files) > 40
    side = round(size * ratio)
    for file in files:
        drawn = icons.pixmap(file.stem, "accent", size, ratio).toImage()
        assert drawn.devicePixelRatio() == ratio
        ours, theirs = pixels(drawn), pixels(by_svg(file, theme.tokens.accent, side))
        assert len(ours) == len(theirs) == side * side * 4
        assert any(ours)
        assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) <= 8, file.stem
