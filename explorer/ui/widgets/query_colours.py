"""The colours of pinned queries, and the sign with their number that goes with them wherever they are shown."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import number_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import QUERY_COLOURS, Theme, ThemeManager

SIDE = 15
"""Logical pixels of the sign along an edge."""


def query_token(number: int) -> str:
    """Return the colour token of the query with a number, from 1; beyond the last colour the first comes again."""
    return f"query_{(number - 1) % QUERY_COLOURS + 1}"


def ink_on(ground: QColor) -> QColor:
    """Return black or white, whichever can be read on a colour: it has a contrast of 4.5 at least."""
    shares = (ground.redF(), ground.greenF(), ground.blueF())
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares)
    light = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
    return QColor(Qt.GlobalColor.black if light > 0.179 else Qt.GlobalColor.white)


def paint_number(painter: QPainter, theme: Theme, number: int, box: QRectF) -> None:
    """Paint the sign of a query: its number on its colour, with a rim that parts it from what lies below."""
    colour = theme.colour(query_token(number))
    painter.setPen(QPen(theme.colour("background"), 1.5))
    painter.setBrush(colour)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(ink_on(colour))
    painter.setFont(number_font(10 if number < 10 else 9, bold=True))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))


class QueryNumber(QWidget):
    """The sign of a query beside its name; hidden where ``number`` is 0, which is none."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.number = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        themes.changed.connect(self._on_theme)
        self.hide()

    def sizeHint(self) -> QSize:
        """Return room for the sign and its rim."""
        return QSize(scaled(SIDE) + 2, scaled(SIDE) + 2)

    def show_number(self, number: int) -> None:
        """Show the sign of the query with this number."""
        self.number = number
        self.setVisible(number > 0)
        words = tr("Query {number}: number and colour of its marker and lines on the map", number=number)
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.update()

    def _on_theme(self, _theme: Theme) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_number(painter, self._themes.current, self.number, QRectF(self.rect()).adjusted(1, 1, -1, -1))
