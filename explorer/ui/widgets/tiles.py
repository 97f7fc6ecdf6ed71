"""Thumbnails as buttons: an item of the dataset in a frame, with a line of figures below."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QToolTip, QWidget

from explorer.ui.widgets.item_picture import ItemPicture, paint_item_picture
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import broken, elided, number_font, plain_tip
from explorer.ui.widgets.text_size import scaled, text_size
from explorer.ui.widgets.theme import ThemeManager

CAPTION = 18
ROUND = 5.0


@dataclass(frozen=True, slots=True)
class TileText:
    """What a tile says: ``left`` a distance, ``right`` a movement in the colour ``token``, ``tip`` on hovering."""

    left: str = ""
    right: str = ""
    token: str = "muted"
    tip: str = ""


NO_ITEM = tr("No item")


class Tile(QAbstractButton):
    """An item in a frame. A click, Enter or Space activates it.

    Signals
    -------
    hovered(bool): the pointer came or left.
    """

    hovered = Signal(bool)

    def __init__(self, themes: ThemeManager, side: int, *, caption: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes, self._side, self._caption = themes, side, caption
        self._face: ItemPicture | None = None
        self._frame = ""
        self._text = TileText()
        self.item = -1
        self.setAccessibleName(NO_ITEM)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._fit()
        text_size().changed.connect(self._fit)

    def _fit(self) -> None:
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Return the size of the picture and, if there is one, its caption."""
        return QSize(self._side, self._side + (scaled(CAPTION) if self._caption else 0))

    def set_side(self, side: int, *, caption: bool | None = None) -> None:
        """Change the size of the picture, and whether it has a caption; None: as before."""
        told = self._caption if caption is None else caption
        if (side, told) != (self._side, self._caption):
            self._side, self._caption = side, told
            self._fit()

    def show_item(self, item: int, face: ItemPicture | None, frame: str, text: TileText) -> None:
        """Show an item; ``frame`` is a colour token, empty for none; a text stands above the tip in full."""
        self.item, self._face, self._frame, self._text = item, face, frame, text
        tip = f"{broken(face.sentence)}\n{text.tip}" if face is not None and face.sentence else text.tip
        self.setToolTip(plain_tip(tip))
        self.setAccessibleName(tip or NO_ITEM)
        self.update()

    @property
    def frame(self) -> str:
        """The colour token of the frame."""
        return self._frame

    @property
    def text_shown(self) -> TileText:
        """What the tile says."""
        return self._text

    def event(self, event: QEvent) -> bool:
        """Show the tip below the tile, so that it covers no tile of the row that is looked at."""
        if event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self.toolTip(), self)
            return True
        return super().event(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer came."""
        super().enterEvent(event)
        self.hovered.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer left."""
        super().leaveEvent(event)
        self.hovered.emit(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Do nothing more than the first click: it has put another item under the pointer, which was not meant."""
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw picture, frame and caption."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        theme = self._themes.current
        box = QRectF(1, 1, self._side - 2, self._side - 2)
        outline = QPainterPath()
        outline.addRoundedRect(box, ROUND, ROUND)
        painter.fillPath(outline, theme.colour("raised"))
        if self._face is not None:
            paint_item_picture(painter, theme, self._face, box, ROUND)
        if self._frame:
            painter.strokePath(outline, QPen(theme.colour(self._frame), 2))
        if self.hasFocus() or self.underMouse():
            painter.strokePath(outline, QPen(theme.colour("accent"), 2))
        if self._caption:
            self._paint_caption(painter)

    def _paint_caption(self, painter: QPainter) -> None:
        theme = self._themes.current
        line = QRectF(1, self._side, self._side - 2, scaled(CAPTION))
        font = number_font(11)
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        left = self._text.left if self._text.right else elided(self._text.left, font, round(line.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, left)
        painter.setPen(theme.colour(self._text.token))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._text.right)
