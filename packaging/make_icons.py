"""Render the application icon: SVG sources to PNG, .ico (Windows) and .icns (macOS).

    python packaging/make_icons.py

Needs PySide6 (QtGui, QtSvg) and nothing else. Reads the SVG files in
resources/app-icon and writes everything beside them; run it again after every
change to a source. The same PySide6 version gives the same bytes.

Sources: cortex-desktop.svg for 32 px and up, cortex-desktop-24.svg for 20 and 24 px,
cortex-desktop-16.svg for 16 px (the small ones are drawn on the pixel grid).

Formats:

* ICO: https://learn.microsoft.com/en-us/previous-versions/ms997538(v=msdn.10) (directory and
  32-bit images) and https://en.wikipedia.org/wiki/ICO_(file_format) (PNG images). Images up to
  64 px are stored as 32-bit bitmaps, which every reader knows, larger ones as PNG.
* ICNS: https://en.wikipedia.org/wiki/Apple_Icon_Image_format. 16 and 32 px are stored as ic04 and
  ic05 in "ARGB" form (macOS 11 and later), because their PNG forms icp4 and icp5 are not shown
  properly for an application in a bundle; the others are PNG.
* The tile of a macOS icon fills 824 of 1024 px: Apple's icon grid,
  https://developer.apple.com/design/human-interface-guidelines/app-icons
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

ICON_DIR = Path(__file__).resolve().parent.parent / "resources" / "app-icon"
NAME = "cortex-desktop"

PNG_SIZES = (16, 20, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024)
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICO_LARGEST_BITMAP = 64
# Type code and size in pixels; two codes of one size are the plain and the @2x image.
ICNS_TYPES = (
    ("ic04", 16),
    ("ic11", 32),
    ("ic05", 32),
    ("ic12", 64),
    ("ic07", 128),
    ("ic13", 256),
    ("ic08", 256),
    ("ic14", 512),
    ("ic09", 512),
    ("ic10", 1024),
)
ICNS_ARGB_TYPES = ("ic04", "ic05")

# The tile in cortex-desktop.svg is 240 of 256 wide; on macOS it shall be 824 of 1024.
MAC_SCALE = (824 / 1024) / (240 / 256)


def source_for(size: int) -> Path:
    """The SVG that is drawn for this size."""
    if size <= 16:
        return ICON_DIR / f"{NAME}-16.svg"
    if size <= 24:
        return ICON_DIR / f"{NAME}-24.svg"
    return ICON_DIR / f"{NAME}.svg"


def render(size: int, scale: float = 1.0) -> QImage:
    """Draw the icon on a transparent square, scaled about its centre."""
    source = source_for(size)
    renderer = QSvgRenderer(str(source))
    if not renderer.isValid():
        raise ValueError(f"not a readable SVG: {source}")
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    edge = size * scale
    offset = (size - edge) / 2
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(offset, offset, edge, edge))
    painter.end()
    return image


def render_mac(size: int) -> QImage:
    """The same with the margin of a macOS icon; 16 px keep to the pixel grid instead."""
    return render(size) if size <= 16 else render(size, MAC_SCALE)


def png_bytes(image: QImage) -> bytes:
    """The image as a PNG file, compressed as far as Qt goes."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    writer.setCompression(100)
    if not writer.write(image.convertToFormat(QImage.Format.Format_RGBA8888)):
        raise ValueError(writer.errorString())
    return bytes(buffer.data().data())


def rgba_rows(image: QImage) -> list[bytes]:
    """The rows of the image, top to bottom, four bytes a pixel, alpha not multiplied in."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    data = bytes(plain.constBits())
    stride = plain.bytesPerLine()
    return [data[y * stride : y * stride + plain.width() * 4] for y in range(plain.height())]


def ico_bitmap(image: QImage) -> bytes:
    """A 32-bit bitmap as an ICO holds it: header, rows bottom to top, 1-bit mask."""
    size = image.width()
    pixels = bytearray()
    mask = bytearray()
    mask_row_length = (size + 31) // 32 * 4
    for row in reversed(rgba_rows(image)):
        bits = bytearray(mask_row_length)
        for x in range(size):
            red, green, blue, alpha = row[x * 4 : x * 4 + 4]
            pixels += bytes((blue, green, red, alpha))
            if alpha == 0:
                bits[x // 8] |= 0x80 >> (x % 8)
        mask += bits
    # BITMAPINFOHEADER; the height counts the picture and the mask.
    header = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, len(pixels) + len(mask), 0, 0, 0, 0)
    return header + bytes(pixels) + bytes(mask)


def ico_bytes() -> bytes:
    """The .ico file: ICONDIR, one ICONDIRENTRY an image, the images."""
    images = []
    for size in ICO_SIZES:
        image = render(size)
        images.append(ico_bitmap(image) if size <= ICO_LARGEST_BITMAP else png_bytes(image))
    directory = struct.pack("<HHH", 0, 1, len(images))
    offset = 6 + 16 * len(images)
    for size, data in zip(ICO_SIZES, images, strict=True):
        edge = size % 256  # 0 stands for 256
        directory += struct.pack("<BBBBHHII", edge, edge, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return directory + b"".join(images)


def icns_run_length(channel: bytes) -> bytes:
    """Pack one channel: 0..127 = that many + 1 bytes follow, 128..255 = repeat 3..130 times."""
    packed = bytearray()
    literal = bytearray()

    def flush() -> None:
        for start in range(0, len(literal), 128):
            part = literal[start : start + 128]
            packed.append(len(part) - 1)
            packed.extend(part)
        literal.clear()

    at = 0
    while at < len(channel):
        run = 1
        while run < 130 and at + run < len(channel) and channel[at + run] == channel[at]:
            run += 1
        if run >= 3:
            flush()
            packed += bytes((run + 125, channel[at]))
        else:
            literal += channel[at : at + run]
        at += run
    flush()
    return bytes(packed)


def icns_argb(image: QImage) -> bytes:
    """The image in the form of ic04 and ic05: "ARGB", then the four channels packed."""
    data = b"".join(rgba_rows(image))
    return b"ARGB" + b"".join(icns_run_length(data[start::4]) for start in (3, 0, 1, 2))


def icns_bytes() -> bytes:
    """The .icns file: a header with the length, then type, length and data of each image."""
    body = b""
    for code, size in ICNS_TYPES:
        image = render_mac(size)
        data = icns_argb(image) if code in ICNS_ARGB_TYPES else png_bytes(image)
        body += struct.pack(">4sI", code.encode("ascii"), len(data) + 8) + data
    return struct.pack(">4sI", b"icns", len(body) + 8) + body


def main() -> int:
    files = {f"{NAME}-{size}.png": png_bytes(render(size)) for size in PNG_SIZES}
    files[f"{NAME}.ico"] = ico_bytes()
    files[f"{NAME}.icns"] = icns_bytes()
    for name, data in files.items():
        (ICON_DIR / name).write_bytes(data)
        print(f"{len(data):8}  {name}")
    print(f"{sum(map(len, files.values())):8}  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
