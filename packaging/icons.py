"""Draws the icon of the application for the systems that take no SVG.

``python packaging/icons.py FOLDER`` writes ``embedding-explorer.ico`` (Windows), ``.icns`` (macOS) and the sizes of the
hicolor theme (Linux) as ``NxN.png``.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SVG = Path(__file__).resolve().parents[1] / "resources" / "icons" / "app.svg"
NAME = "embedding-explorer"
HICOLOR = (16, 22, 24, 32, 48, 64, 128, 256, 512)
WINDOWS = (16, 20, 24, 32, 40, 48, 64, 128, 256)
MACOS = (16, 32, 64, 128, 256, 512, 1024)
ROOM_ON_MACOS = 0.1
"""The share of its width that an icon of macOS leaves free on each side."""


def png(size: int, room: float = 0.0) -> bytes:
    """Return the icon as a PNG of ``size`` pixels; ``room``: the share left free on each side."""
    picture = QImage(size, size, QImage.Format.Format_ARGB32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    free = size * room
    QSvgRenderer(str(SVG)).render(painter, QRectF(free, free, size - 2 * free, size - 2 * free))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]  # its stub knows no devices
    return bytes(buffer.data().data())


def write_hicolor(folder: Path) -> None:
    """Write the sizes of the hicolor theme, and the SVG, below ``folder``, which is called hicolor in the end."""
    for size in HICOLOR:
        _write(folder / f"{size}x{size}" / "apps" / f"{NAME}.png", png(size))
    _write(folder / "scalable" / "apps" / f"{NAME}.svg", SVG.read_bytes())


def write_ico(path: Path) -> None:
    """Write the icon of Windows, each size drawn by itself."""
    pictures = [Image.open(BytesIO(png(size))) for size in WINDOWS]
    pictures[-1].save(path, format="ICO", append_images=pictures[:-1], sizes=[(size, size) for size in WINDOWS])


def write_icns(path: Path) -> None:
    """Write the icon of macOS, each size drawn by itself."""
    pictures = [Image.open(BytesIO(png(size, ROOM_ON_MACOS))) for size in MACOS]
    pictures[-1].save(path, format="ICNS", append_images=pictures[:-1])


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def main(folder: Path) -> None:
    """Write all of them below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_hicolor(folder / "hicolor")
    write_ico(folder / f"{NAME}.ico")
    write_icns(folder / f"{NAME}.icns")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
