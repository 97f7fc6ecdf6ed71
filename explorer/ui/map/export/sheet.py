"""What stands beside and below a map that is taken away: the whole legend, and which map it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from explorer.core.class_colours import COLOURS
from explorer.ui.map.export.legend_columns import NOTHING, PAD, ROW, Line, placed
from explorer.ui.map.legend.colour_bar import ticks, worded
from explorer.ui.map.legend.contents import LegendContents
from explorer.ui.map.legend.shape_legend import SHAPES, paint_shape
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, counted, elided, paper_font
from explorer.ui.widgets.theme import Theme

CAPTION = 32
"""Height of the strip below the map."""
MOST = 2_000
"""Values that are listed: a picture of more would take more memory than it tells."""
BAR, BAR_HEIGHT = 14, 160
WIDE, WIDEST = 1200, 2400
"""Pixels that the map has across at least on the sheet, and up to how many where its legend would be larger."""
GROWTH = 1.25

MIDDLE = Qt.AlignmentFlag.AlignVCenter


class MapSheet:
    """Lays a legend out beside a map that is ``shown`` at so many pixels, or below it, and a caption right below it.

    The map is at the upper left, ``scale`` times as large as it is shown: letters have one size, and a map of a small
    window would be less than its legend. The sheet grows until every value is named in full.
    """

    def __init__(
        self, theme: Theme, shown: QSize, legend: LegendContents | None, caption: str, *, clear: bool = False
    ) -> None:
        """Lay it out; ``clear``: without a ground."""
        self._clear = clear
        self._theme, self._legend, self._caption = theme, legend, caption
        self.scale = max(1.0, WIDE / max(shown.width(), 1))
        self._place(shown)
        while self._below_its_legend() and self.scale * shown.width() < WIDEST:
            self.scale *= GROWTH
            self._place(shown)

    def _place(self, shown: QSize) -> None:
        """Lay it out at the present scale."""
        self.map_size, legend = shown * self.scale, self._legend
        self._placed = (
            NOTHING if legend is None else placed(_lines(legend), self.map_size, caption=CAPTION, bar=_bar(legend))
        )
        self.size = QSize(self.map_size.width(), self.map_size.height() + CAPTION).expandedTo(self._placed.size)

    def _below_its_legend(self) -> bool:
        """Return whether the map has less than half of the sheet."""
        return 2 * self.map_size.width() * self.map_size.height() < self.size.width() * self.size.height()

    def paint(self, painter: QPainter) -> None:
        """Paint what lies beside and below the map."""
        theme, right, below = self._theme, self.map_size.width(), self.map_size.height()
        whole = QRectF(0, 0, self.size.width(), self.size.height())
        if not self._clear:
            painter.fillRect(whole.adjusted(right, 0, 0, 0), theme.colour("background"))
            painter.fillRect(whole.adjusted(0, below, 0, 0), theme.colour("background"))
        painter.setFont(paper_font(12))
        painter.setPen(theme.colour("muted"))
        across = right if self._placed.below else whole.width()
        strip = QRectF(PAD, below, across - 2 * PAD, CAPTION)
        painter.drawText(strip, MIDDLE, elided(self._caption, paper_font(12), int(strip.width())))
        high = self._placed.rows.height
        for column in self._placed.columns:
            for row, line in enumerate(column.lines):
                self._paint_line(painter, line, QRectF(column.left, column.top + row * high, column.width, high))
        if self._legend is not None and self._legend.scale is not None:
            self._paint_scale(painter, self._legend, QRectF(right + PAD, PAD + ROW + 6, BAR, BAR_HEIGHT - 12))

    def _paint_line(self, painter: QPainter, line: Line, box: QRectF) -> None:
        theme, middle, rows = self._theme, box.center().y(), self._placed.rows
        if line.colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*line.colour))
            painter.drawEllipse(QRectF(box.left(), middle - 4, 8, 8))
        if line.shape is not None:
            paint_shape(painter, theme, line.shape, QRectF(box.left(), middle - 4, 8, 8))
        painter.setFont(paper_font(rows.words))
        painter.setPen(theme.colour(line.token))
        text = elided(line.text, paper_font(rows.words), rows.longest, Qt.TextElideMode.ElideMiddle)
        painter.drawText(box.adjusted(line.left, 0, 0, 0), MIDDLE, text)
        painter.setFont(paper_font(rows.numbers, numbers=True))
        painter.setPen(theme.colour("muted"))
        painter.drawText(box, MIDDLE | Qt.AlignmentFlag.AlignRight, line.number)

    def _paint_scale(self, painter: QPainter, legend: LegendContents, bar: QRectF) -> None:
        """Paint the bar of the colours with its ticks."""
        assert legend.scale is not None
        low, high = legend.scale
        column = np.ascontiguousarray(legend.colours[::-1])
        painter.drawImage(bar, QImage(column.data, 1, len(column), 3, QImage.Format.Format_RGB888).copy())
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        painter.setFont(paper_font(11, numbers=True))
        for tick in ticks(low, high):
            at = bar.bottom() - (tick - low) / max(high - low, 1e-30) * bar.height()
            painter.setPen(QPen(self._theme.colour("muted"), 1))
            painter.drawLine(QPointF(bar.right(), at), QPointF(bar.right() + 4, at))
            painter.setPen(self._theme.colour("text"))
            painter.drawText(QRectF(bar.right() + 8, at - 8, 60, 16), MIDDLE, worded(tick, high - low))


def _bar(legend: LegendContents) -> QSize:
    """Return the room below the title that the bar of a scale takes with its ticks."""
    return QSize() if legend.scale is None else QSize(BAR + 8 + 60, BAR_HEIGHT)


def _lines(legend: LegendContents) -> list[Line]:
    """Return the title, a line for each value, what the shapes mean, and notes."""
    lines = [Line(legend.title, token="muted"), *_values(legend)]
    if legend.scale is not None:
        lines += [Line("")] * -(-BAR_HEIGHT // ROW)
    if legend.shapes:
        lines += [Line(""), *(Line(SHAPES[shape], shape=shape, token="muted") for shape in legend.shapes)]
    if legend.notes:
        lines += [Line(""), *(Line(note, token="muted") for note in legend.notes)]
    return lines


def _values(legend: LegendContents) -> list[Line]:
    """Return a line for each value, and what is to be known where they are more than colours, or than lines."""
    if legend.scale is not None:
        return []
    shown = zip(legend.names[:MOST], legend.counts.tolist(), legend.colours.tolist(), strict=False)
    lines = [Line(name, count(number), (red, green, blue)) for name, number, (red, green, blue) in shown]
    left = len(legend.names) + legend.left - len(lines)
    if left > 0:
        lines.append(Line(tr("{left} more, in the same colours", left=counted(left, "value")), token="muted"))
    elif len(lines) > COLOURS:
        lines.append(Line(tr("The colours repeat after {values}", values=counted(COLOURS, "value")), token="muted"))
    return lines
