"""The ground of a figure with its title and caption, and how texts and lines are drawn on it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from explorer.ui.widgets.text import elided, paper_font
from explorer.ui.widgets.theme import Theme

PAD, TITLE, CAPTION = 16.0, 28.0, 24.0
LEFT = Qt.AlignmentFlag.AlignLeft


def figure_font(pixels: int, *, bold: bool = False) -> QFont:
    """Return a font whose letters stand where they should at any magnification."""
    font = paper_font(pixels, bold=bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@dataclass(frozen=True, slots=True)
class Page:
    """A painter, the theme it draws in, and the size of the whole in logical pixels."""

    painter: QPainter
    theme: Theme
    size: QSizeF

    def frame(self, title: str, caption: str) -> None:
        """Fill the ground and write title and caption."""
        width, height = self.size.width(), self.size.height()
        self.painter.fillRect(QRectF(0, 0, width, height), self.theme.colour("panel"))
        self.text(QRectF(PAD, PAD - 4, width - 2 * PAD, 18), title, 13, bold=True)
        room = QRectF(PAD, height - CAPTION, width - 2 * PAD, 16)
        self.text(room, elided(caption, paper_font(11), int(room.width())), 11, token="muted")

    def text(
        self,
        box: QRectF,
        text: str,
        pixels: int,
        *,
        token: str = "text",
        bold: bool = False,
        align: Qt.AlignmentFlag = LEFT,
    ) -> None:
        """Write a line of plain text into a box."""
        self.painter.setFont(figure_font(pixels, bold=bold))
        self.painter.setPen(self.theme.colour(token))
        self.painter.drawText(box, int(align) | int(Qt.TextFlag.TextSingleLine), text)

    def pen(self, token: str, width: float, *, dashed: bool = False, alpha: int = 255) -> QPen:
        """Return a pen in a colour of the theme."""
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        pen = QPen(self.theme.colour(token, alpha), width, style)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return pen
