"""The card of the item under the pointer: above all that floats on the canvas, and never in the way of the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explorer.ui.map.canvas.marks import Card, box_of, paint_card
from explorer.ui.widgets.theme import Theme

SHADOW = (4, 3, 4, 6)
"""Pixels around the box."""


class HoverCard(QWidget):
    """Hidden while nothing is hovered."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._shown: tuple[Theme, Card, QPointF, QRectF] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_card(self, theme: Theme, card: Card, point: QPointF, area: QRectF) -> None:
        """Show a card beside a point of the canvas, within an area of it."""
        self._shown = theme, card, point, area
        left, top, right, bottom = SHADOW
        self.setGeometry(box_of(card, point, area).toAlignedRect().adjusted(-left, -top, right, bottom))
        if self.isHidden():
            self.raise_()
            self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card."""
        if self._shown is None:
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(-QPointF(self.pos()))
        paint_card(painter, *self._shown)
        painter.end()
