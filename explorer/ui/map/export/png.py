"""The map as PNG, with all that lies over it, up to four times as fine as on screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage

from explorer.core.errors import UserError
from explorer.core.registry import register
from explorer.engine.export.base import SaveChoice
from explorer.ui.map.canvas.scene import Picture
from explorer.ui.map.export.map_picture import LARGEST_RATIO, DrawnMap, MapPicture
from explorer.ui.widgets.language import tr

LARGEST = 256_000_000
"""Pixels of a picture that is offered: a sheet with a thousand names is large, and four bytes each have to fit."""


@register("map_picture", "png", title="PNG")
class Png(MapPicture):
    """The map as a picture of pixels."""

    action = tr("Save the map as PNG")
    tip = tr("The map with its whole legend, up to 4 times as fine")
    usual = 1

    @classmethod
    def choices(cls, width: int, height: int) -> tuple[SaveChoice, ...]:
        """Return the resolutions, of which there are two in any case."""
        ratios = (r for r in range(1, LARGEST_RATIO + 1) if r <= 2 or width * height * r * r <= LARGEST)
        return tuple(
            SaveChoice(tr("PNG, {width} × {height} (*.png)", width=width * r, height=height * r), {"ratio": r})
            for r in ratios
        )

    def prepare(self, drawn: DrawnMap) -> Callable[[], bytes]:
        """Paint what lies over the points; the file is compressed later."""
        image = drawn.composed()
        return lambda: png_of(image)


def image_of(picture: Picture, *, clear: bool = False) -> QImage:
    """Return a drawn picture as an image of its own memory, with its ratio; ``clear``: its ground is see-through."""
    pixels, kind = picture.pixels, QImage.Format.Format_RGB32
    if clear and picture.ground is not None:
        kind = QImage.Format.Format_ARGB32
        count = min(len(pixels), len(picture.owner))
        empty = (pixels[:count] == picture.ground) & (picture.owner[:count] < 0)
        pixels = pixels.copy()
        pixels[:count][empty] = 0
    memory = np.ascontiguousarray(pixels[picture.offset :])
    image = QImage(memory.data, picture.width, picture.height, picture.stride * 4, kind).copy()
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
        raise UserError(tr("The picture is too large to be saved as PNG"), remedy=tr("Choose a lower resolution"))
    return bytes(buffer.data().data())
