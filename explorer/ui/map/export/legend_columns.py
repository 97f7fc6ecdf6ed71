"""Where the lines of a legend stand on the sheet of an exported map: beside the map, or below it where many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count as numbers

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics

from explorer.ui.widgets.text import paper_font

PAD, ROW, SWATCH, BETWEEN = 16, 20, 16, 14
LEAST_BETWEEN = 18
"""Pixels between two columns below the map, which are spread over its width."""
BESIDE = 0.5
"""The share of the width of the map that a legend beside it may have: the map is what is looked at."""
ROOMY_COLUMNS = 2
"""Columns of high rows that a legend may have beside any map."""
TALLEST = 2.0
"""By how much a sheet may be higher than wide before the legend below the map goes on beside it."""
LONGEST = 480
"""A name is whole up to so many pixels, and up to the width of the map."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How high rows are, how large their words and numbers, and from how many pixels on a name is shortened."""

    height: int
    words: int
    numbers: int
    longest: int = LONGEST


ROOMY, DENSE = Rows(ROW, 12, 11), Rows(14, 10, 10)


@lru_cache(maxsize=8192)
def _advance(text: str, pixels: int, *, numbers: bool) -> int:
    """Return how wide a text is; the same ones are asked for again for each way to place them."""
    return QFontMetrics(paper_font(pixels, numbers=numbers)).horizontalAdvance(text)


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

    def width(self, rows: Rows) -> int:
        """Return the pixels that the line needs."""
        words = min(_advance(self.text, rows.words, numbers=False), rows.longest)
        number = _advance(self.number, rows.numbers, numbers=True)
        return self.left + words + (BETWEEN + number if self.number else 0)


@dataclass(frozen=True, slots=True)
class Column:
    """Lines one below the other, from a place of the sheet on, and how wide they are at most."""

    lines: Sequence[Line]
    left: int
    top: int
    width: int


@dataclass(frozen=True, slots=True)
class Placed:
    """The columns of a legend with their rows, and how large the sheet is that holds them; ``below``: below the map."""

    columns: tuple[Column, ...]
    rows: Rows
    size: QSize
    below: bool = False


NOTHING = Placed((), ROOMY, QSize())


def placed(lines: Sequence[Line], map_size: QSize, *, caption: int, bar: QSize) -> Placed:
    """Place the lines on a sheet with a map at its upper left and a caption of that height below the map.

    Few stand beside the map in high rows, more in low rows as long as the map stays the larger part, and the others
    below it, in as many columns as the map is wide. ``bar``: the room below the title that is not a line's, or a null
    size.
    """
    longest = max(LONGEST, map_size.width() - 2 * PAD)
    roomy, dense = replace(ROOMY, longest=longest), replace(DENSE, longest=longest)
    beside = _beside(lines, map_size, roomy, bar)
    if not bar.isEmpty() or len(beside.columns) <= ROOMY_COLUMNS:
        return beside
    for rows in (roomy, dense):
        beside = _beside(lines, map_size, rows, bar)
        if beside.size.width() <= (1 + BESIDE) * map_size.width():
            return beside
    return _below(lines, map_size, dense, map_size.height() + caption)


def _beside(lines: Sequence[Line], map_size: QSize, rows: Rows, bar: QSize) -> Placed:
    """Place the lines in columns as high as the map, each as wide as it needs."""
    fit = max((map_size.height() - 2 * PAD) // rows.height, 1 + -(-bar.height() // rows.height), 1)
    columns, left = list[Column](), map_size.width() + PAD
    for first in range(0, len(lines), fit):
        some = lines[first : first + fit]
        width = max(bar.width() if first == 0 else 0, *(line.width(rows) for line in some))
        columns.append(Column(some, left, PAD, width))
        left += width + 2 * BETWEEN
    high = PAD + min(fit, len(lines)) * rows.height
    return Placed(tuple(columns), rows, QSize(left - 2 * BETWEEN + PAD, high))


def _below(lines: Sequence[Line], map_size: QSize, rows: Rows, start: int) -> Placed:
    """Place the lines in columns of one width from ``start`` on, and where these are too high also beside the map."""
    width = max(line.width(rows) for line in lines)
    across, above = max(map_size.width() - 2 * PAD, width), (start - PAD) // rows.height
    under = (across + LEAST_BETWEEN) // (width + LEAST_BETWEEN)
    pitch = (across - width) // (under - 1) if under > 1 else width + 2 * BETWEEN
    beyond = across + 2 * PAD
    for beside in numbers():
        deep = -(-max(len(lines) - beside * above, 1) // (under + beside))
        side = (beside - 1) * pitch + width + 2 * PAD if beside else 0
        size = QSize(beyond + side, start + deep * rows.height + PAD)
        if size.height() <= TALLEST * size.width():
            break
    made, first = list[Column](), 0
    for place in range(under + beside):
        rise, left = (above, beyond - under * pitch + PAD) if place >= under else (0, PAD)
        some = lines[first : first + deep + rise]
        made.append(Column(some, left + place * pitch, start - rise * rows.height, width))
        first += len(some)
    return Placed(tuple(made), rows, size, below=True)
