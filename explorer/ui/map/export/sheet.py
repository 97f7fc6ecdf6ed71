"""What stands beside and below a map that is taken away: the whole legend, and which map it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen

from explorer.ui.map.legend.colour_bar import ticks, worded
from explorer.ui.map.legend.contents import LegendContents
from explorer.ui.map.legend.shape_legend import SHAPES, paint_shape
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, counted, elided, paper_font
from explorer.ui.widgets.theme import Theme

PAD, ROW, SWATCH, BETWEEN = 16, 20, 16, 14
CAPTION = 32
"""Height of the strip below the map."""
BESIDE = 0.75
"""The share of the width of the map that a legend in several columns has at most."""
FEWEST_COLUMNS = 2
"""Columns that a legend may have beside any map."""
MOST = 256
"""Values that are listed: beyond them colours repeat, and tell nothing any more."""
BAR, BAR_HEIGHT = 14, 160

MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Rows:
    """How high rows are, how large their words and numbers, and from how many pixels on a name is shortened."""

    height: int
    words: int
    numbers: int
    longest: int


ROOMY, DENSE = Rows(ROW, 12, 11, 480), Rows(14, 10, 10, 180)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the legend: words with a colour or a shape before them and a number behind."""

    text: str
    number: str = ""
    colour: tuple[int, int, int] | None = None
    shape: int | None = None
    token: str = "text"

    @property
    def left(self) -> int:
        """Pixels before the words."""
        return 0 if self.colour is None and self.shape is None else SWATCH

    def longest(self, rows: Rows) -> int:
        """Return from how many pixels on its words are shortened: only names of values have less room in low rows."""
        return ROOMY.longest if self.colour is None else rows.longest

    def width(self, rows: Rows) -> int:
        """Return the pixels that the line needs."""
        words = min(QFontMetrics(paper_font(rows.words)).horizontalAdvance(self.text), self.longest(rows))
        number = QFontMetrics(paper_font(rows.numbers, numbers=True)).horizontalAdvance(self.number)
        return self.left + words + (BETWEEN + number if self.number else 0)


class MapSheet:
    """Lays a legend out beside a map of ``map_size`` logical pixels, and a caption below it.

    A legend of many values has lower rows in several columns; where even these would be wider than ``BESIDE`` of the
    map, it says how many values are not named.
    """

    def __init__(
        self, theme: Theme, map_size: QSize, legend: LegendContents | None, caption: str, *, clear: bool = False
    ) -> None:
        """Lay it out; ``clear``: without a ground."""
        self._clear = clear
        self._theme, self._map, self._legend, self._caption = theme, map_size, legend, caption
        self._rows = ROOMY
        self._columns = [] if legend is None else self._laid_out(legend)
        widths = [max(line.width(self._rows) for line in column) for column in self._columns]
        if legend is not None and legend.scale is not None:
            widths[0] = max(widths[0], BAR + 8 + 60)
        self._widths = widths
        side = sum(widths) + BETWEEN * 2 * max(len(widths) - 1, 0) + 2 * PAD if widths else 0
        self.size = QSize(map_size.width() + side, map_size.height() + CAPTION)

    def _laid_out(self, legend: LegendContents) -> list[list[Line]]:
        """Return the lines of each column; the first has the title above, and the scale where there is one."""
        title, after = Line(legend.title, token="muted"), _after(legend)
        values = _values(legend, MOST)
        if 1 + len(values) + len(after) > FEWEST_COLUMNS * self._fit():
            self._rows = DENSE
            widest = max(line.width(DENSE) for line in (title, *values, *after)) + 2 * BETWEEN
            columns = max(FEWEST_COLUMNS, int(BESIDE * self._map.width()) // widest)
            values = _values(legend, min(MOST, columns * self._fit() - len(after) - 2))
        lines, fit = [title, *values, *after], self._fit()
        return [lines[first : first + fit] for first in range(0, len(lines), fit)]

    def _fit(self) -> int:
        """Return how many rows a column has."""
        return max((self._map.height() - 2 * PAD) // self._rows.height, 1 + -(-BAR_HEIGHT // ROW))

    def paint(self, painter: QPainter) -> None:
        """Paint what lies beside and below the map."""
        theme, right, below = self._theme, self._map.width(), self._map.height()
        whole = QRectF(0, 0, self.size.width(), self.size.height())
        if not self._clear:
            painter.fillRect(QRectF(right, 0, whole.width() - right, whole.height()), theme.colour("background"))
            painter.fillRect(QRectF(0, below, whole.width(), CAPTION), theme.colour("background"))
        painter.setFont(paper_font(12))
        painter.setPen(theme.colour("muted"))
        strip = QRectF(PAD, below, whole.width() - 2 * PAD, CAPTION)
        painter.drawText(strip, MIDDLE, elided(self._caption, paper_font(12), int(strip.width())))
        left, high = right + PAD, self._rows.height
        for column, width in zip(self._columns, self._widths, strict=True):
            for row, line in enumerate(column):
                self._paint_line(painter, line, QRectF(left, PAD + row * high, width, high))
            left += width + 2 * BETWEEN
        if self._legend is not None and self._legend.scale is not None:
            self._paint_scale(painter, self._legend, QRectF(right + PAD, PAD + ROW + 6, BAR, BAR_HEIGHT - 12))

    def _paint_line(self, painter: QPainter, line: Line, box: QRectF) -> None:
        theme, middle, rows = self._theme, box.center().y(), self._rows
        if line.colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*line.colour))
            painter.drawEllipse(QRectF(box.left(), middle - 4, 8, 8))
        if line.shape is not None:
            paint_shape(painter, theme, line.shape, QRectF(box.left(), middle - 4, 8, 8))
        painter.setFont(paper_font(rows.words))
        painter.setPen(theme.colour(line.token))
        text = elided(line.text, paper_font(rows.words), line.longest(rows), Qt.TextElideMode.ElideMiddle)
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


def _after(legend: LegendContents) -> list[Line]:
    """Return what stands below the values: room for a scale, what the shapes mean, and notes."""
    lines = [] if legend.scale is None else [Line("")] * -(-BAR_HEIGHT // ROW)
    if legend.shapes:
        lines += [Line(""), *(Line(SHAPES[shape], shape=shape, token="muted") for shape in legend.shapes)]
    if legend.notes:
        lines += [Line(""), *(Line(note, token="muted") for note in legend.notes)]
    return lines


def _values(legend: LegendContents, most: int) -> list[Line]:
    """Return a line for each of at most so many values, and one for those that are not listed."""
    if legend.scale is not None:
        return []
    shown = zip(legend.names[:most], legend.counts.tolist(), legend.colours.tolist(), strict=False)
    lines = [Line(name, count(number), (red, green, blue)) for name, number, (red, green, blue) in shown]
    left = len(legend.names) - len(lines)
    if left <= 0:
        return lines
    if most < MOST:
        return [*lines, Line(tr("and {left} more", left=count(left)), token="muted")]
    return [*lines, Line(tr("{left} more, in the same colours", left=counted(left, "value")), token="muted")]
