"""Thumbnails as buttons: a picture of the dataset in a frame, with a line of figures below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from explorer.core.types import ByteArray
from explorer.ui.text import number_font
from explorer.ui.theme import ThemeManager

CAPTION = 18
ROUND = 5.0


def picture_image(pixels: ByteArray) -> QImage:
    """Return a picture (H, W, C) uint8, C 1 or 3, as an image that owns its memory."""
    solid = np.ascontiguousarray(pixels)
    height, width, channels = solid.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(solid.data, width, height, width * channels, kind).copy()


@dataclass(frozen=True, slots=True)
class TileText:
    """What a tile says: ``left`` a distance, ``right`` a movement in the colour ``token``, ``tip`` on hovering."""

    left: str = ""
    right: str = ""
    token: str = "muted"
    tip: str = ""


class Tile(QAbstractButton):
    """A picture in a frame. A click, Enter or Space activates it.

    Signals
    -------
    hovered(bool): the pointer came or left.
    """

    hovered = Signal(bool)

    def __init__(self, themes: ThemeManager, side: int, *, caption: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes, self._side, self._caption = themes, side, caption
        self._image: QImage | None = None
        self._frame = ""
        self._text = TileText()
        self.item = -1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Return the size of the picture and, if there is one, its caption."""
        return QSize(self._side, self._side + (CAPTION if self._caption else 0))

    def set_side(self, side: int) -> None:
        """Change the size of the picture."""
        if side != self._side:
            self._side = side
            self.setFixedSize(self.sizeHint())

    def show_item(self, item: int, image: QImage | None, frame: str, text: TileText) -> None:
        """Show an item; ``frame`` is a colour token, empty for none."""
        self.item, self._image, self._frame, self._text = item, image, frame, text
        self.setToolTip(text.tip)
        self.setAccessibleName(text.tip)
        self.update()

    @property
    def frame(self) -> str:
        """The colour token of the frame."""
        return self._frame

    @property
    def text_shown(self) -> TileText:
        """What the tile says."""
        return self._text

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer came."""
        super().enterEvent(event)
        self.hovered.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer left."""
        super().leaveEvent(event)
        self.hovered.emit(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw picture, frame and caption."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        theme = self._themes.current
        box = QRectF(1, 1, self._side - 2, self._side - 2)
        outline = QPainterPath()
        outline.addRoundedRect(box, ROUND, ROUND)
        painter.fillPath(outline, theme.colour("raised"))
        if self._image is not None:
            painter.setClipPath(outline)
            painter.drawImage(box, self._image)
            painter.setClipping(False)
        if self._frame:
            painter.strokePath(outline, QPen(theme.colour(self._frame), 2))
        if self.hasFocus() or self.underMouse():
            painter.strokePath(outline, QPen(theme.colour("accent"), 2))
        if self._caption:
            self._paint_caption(painter)

    def _paint_caption(self, painter: QPainter) -> None:
        theme = self._themes.current
        line = QRectF(1, self._side, self._side - 2, CAPTION)
        painter.setFont(number_font(11))
        painter.setPen(theme.colour("muted"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text.left)
        painter.setPen(theme.colour(self._text.token))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._text.right)
