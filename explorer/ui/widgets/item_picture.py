"""How one item looks in a tile or on a card: its picture, or where it has none the colour of its class and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath

from explorer.core.class_colours import class_colours
from explorer.core.errors import printable
from explorer.core.types import UNLABELLED, ByteArray
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import elided, ui_font, wrapped
from explorer.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.data.modalities.base import Inputs, Modality

BAR = 0.16
"""Share of the side that the colour of the class takes at the foot."""
WIDE = 70
"""Pixels of a tile above which a text in it has larger letters."""


@dataclass(frozen=True, slots=True)
class ItemPicture:
    """A picture, or where there is none the colour of a class (None: without one) and words such as its id in short."""

    image: QImage | None = None
    colour: tuple[int, int, int] | None = None
    text: str = ""

    @property
    def sentence(self) -> str:
        """The words where they are several, and tell of the item more than a tile has room for; else empty."""
        return self.text if self.image is None and " " in self.text else ""


def picture_image(pixels: ByteArray) -> QImage:
    """Return a picture (H, W, C) uint8, C 1 or 3, as an image that owns its memory."""
    solid = np.ascontiguousarray(pixels)
    height, width, channels = solid.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(solid.data, width, height, width * channels, kind).copy()


def class_name(dataset: Dataset, item: int) -> str:
    """Return the class of an item as plain text, ``unlabelled`` where it has none."""
    label = int(dataset.labels[item])
    return tr("unlabelled") if label == UNLABELLED else printable(dataset.class_names[label])


def item_picture(dataset: Dataset, item: int) -> ItemPicture:
    """Return how an item of a dataset looks, as its modality shows it."""
    preview = dataset.preview(item)
    if not isinstance(preview, str):
        return ItemPicture(picture_image(preview))
    label = int(dataset.labels[item])
    colour = None
    if label >= 0:
        red, green, blue = class_colours(len(dataset.class_names))[label].tolist()
        colour = (red, green, blue)
    return ItemPicture(None, colour, printable(preview))


def input_picture(modality: Modality, input: Inputs, name: str) -> ItemPicture:
    """Return how an input (H, W, C) that is no item of the data looks; ``name``: what it is called."""
    previews = None if modality.in_words(input) else modality.previews(input[np.newaxis])
    words = modality.words(name, input)
    return ItemPicture(text=printable(words)) if previews is None else ItemPicture(picture_image(previews[0]))


def paint_item_picture(painter: QPainter, theme: Theme, face: ItemPicture, box: QRectF, corner: float) -> None:
    """Paint a face into a box with round corners; a picture fills it."""
    outline = QPainterPath()
    outline.addRoundedRect(box, corner, corner)
    painter.save()
    painter.setClipPath(outline)
    if face.image is not None:
        painter.drawImage(box, face.image)
    else:
        _paint_words(painter, theme, face, box)
    painter.restore()


def _paint_words(painter: QPainter, theme: Theme, face: ItemPicture, box: QRectF) -> None:
    """Paint the words on a faint ground of the colour of the class, and that colour in full at the foot."""
    colour = theme.legible_colour(QColor(*face.colour)) if face.colour is not None else theme.colour("disabled")
    painter.fillRect(box, theme.colour("raised"))
    ground = QColor(colour)
    ground.setAlpha(56)
    painter.fillRect(box, ground)
    height = max(4.0, box.height() * BAR)
    painter.fillRect(QRectF(box.left(), box.bottom() - height, box.width(), height), colour)
    words = box.adjusted(3, 2, -3, -height)
    painter.setPen(theme.colour("text"))
    if face.sentence:
        _paint_sentence(painter, face.sentence, words)
        return
    font = ui_font(13, bold=True)
    if QFontMetrics(font).horizontalAdvance(face.text) > words.width():
        font = ui_font(10)
    painter.setFont(font)
    text = elided(face.text, font, int(words.width()), Qt.TextElideMode.ElideMiddle)
    painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)


def _paint_sentence(painter: QPainter, text: str, box: QRectF) -> None:
    """Paint as many lines of a text as there is room for."""
    font = ui_font(11 if box.width() > WIDE else 9)
    painter.setFont(font)
    height = QFontMetrics(font).height() - 1
    for row, line in enumerate(wrapped(text, font, int(box.width()), max(1, int(box.height() // height)))):
        painter.drawText(box.adjusted(0, row * height, 0, 0), Qt.AlignmentFlag.AlignTop, line)
