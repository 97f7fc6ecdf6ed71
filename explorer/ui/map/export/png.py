"""Drawn maps as images, files and elements of a document."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage

from explorer.core.errors import UserError
from explorer.ui.map.canvas.scene import Picture

ENDINGS = frozenset({".png", ".svg", ".csv", ".parquet", ".gif", ".mp4"})


def ending_of(kind: str) -> str:
    """Return the ending that a name filter stands for."""
    return "." + kind.rpartition("*.")[2].rstrip(")")


def image_of(picture: Picture) -> QImage:
    """Return a drawn picture as an image of its own memory, with its ratio."""
    memory = np.ascontiguousarray(picture.pixels[picture.offset :])
    image = QImage(memory.data, picture.width, picture.height, picture.stride * 4, QImage.Format.Format_RGB32).copy()
    image.setDevicePixelRatio(picture.ratio)
    return image


def png_of(drawn: QImage | Picture) -> bytes:
    """Return an image or a drawn picture as the bytes of a PNG; in any thread.

    Raises
    ------
    UserError: if that is not possible.
    """
    image = drawn if isinstance(drawn, QImage) else image_of(drawn)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise UserError("the picture is too large to be saved as PNG", remedy="Choose a lower resolution")
    return bytes(buffer.data().data())


def inner_of(document: bytes) -> str:
    """Return the elements inside the root of an SVG as text, without its title and description."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(document)
    kept = [child for child in root if child.tag.rpartition("}")[2] not in ("title", "desc")]
    return "\n".join(ElementTree.tostring(child, encoding="unicode") for child in kept)
