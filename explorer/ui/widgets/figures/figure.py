"""What a figure is: the data of a chart, a matrix or a list, apart from the widget that shows them on screen."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from explorer.ui.widgets.plot_axes import powers, readable, round_step

Doubles = npt.NDArray[np.float64]
Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The numbers of a figure: a title and the cells of each column, all of one length; NaN is an empty cell."""

    titles: tuple[str, ...]
    cells: tuple[Sequence[object] | Doubles, ...]

    def as_csv(self) -> str:
        """Return the numbers as CSV, in full, with a line of titles."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.titles)
        columns = [column.tolist() if isinstance(column, np.ndarray) else column for column in self.cells]
        for row in zip(*columns, strict=True):
            writer.writerow("" if isinstance(cell, float) and math.isnan(cell) else cell for cell in row)
        return out.getvalue()


def joined(x: str, lines: Sequence[tuple[str, Doubles, Doubles]]) -> Columns:
    """Return the columns of lines (name, x, y) that have some x in common: a row for each x, sorted."""
    every = np.unique(np.concatenate([at for _, at, _ in lines])) if lines else np.zeros(0)
    columns = []
    for _, at, values in lines:
        column = np.full(len(every), np.nan)
        column[np.searchsorted(every, at)] = values
        columns.append(column)
    whole = [int(value) if value == int(value) else value for value in every.tolist()]
    return Columns((x, *(name for name, _, _ in lines)), (whole, *columns))


@dataclass(frozen=True, slots=True)
class Axis:
    """A side of a chart: its title with the unit, where it begins and ends, and its ticks; a logarithmic one in powers.

    ``quiet``: it has no ticks, for example that of densities.
    """

    title: str
    low: float
    high: float
    ticks: tuple[Tick, ...] = ()

    def share(self, places: Doubles) -> Doubles:
        """Return where places stand on the axis, 0 to 1."""
        return np.asarray((places - self.low) / ((self.high - self.low) or 1.0))


def even_axis(title: str, low: float, high: float, *, percent: bool = False, most: float = 7.0) -> Axis:
    """Return an axis with ticks at round numbers; ``percent``: values are shares."""
    if not high > low:
        low, high = low - 0.5, low + 0.5
    step = round_step(high - low, most)
    places = [step * k for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    texts = [f"{100 * place:.6g}" if percent else readable(place, step) for place in places]
    return Axis(title, low, high, tuple(zip(places, texts, strict=True)))


def log_axis(title: str, low: float, high: float) -> Axis:
    """Return an axis from 10^``low`` to 10^``high``."""
    return Axis(title, low, high, tuple((place, readable(10.0**place)) for place in powers(low, high, 12.0)))


@dataclass(frozen=True, slots=True)
class Trace:
    """A line of a chart in a colour of the theme: places (P,), what the legend says of it, and how it is drawn.

    ``band`` (P, 2): least and largest; ``floor``: the line is the upper edge of an area that begins there; ``right``:
    it belongs to the axis at the right; ``dots``: a dot at each place.
    """

    name: str
    token: str
    x: Doubles
    y: Doubles
    dashed: bool = False
    width: float = 1.6
    band: Doubles | None = None
    floor: float | None = None
    right: bool = False
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line at a place, with words."""

    x: float
    text: str
    token: str = "muted"
    dashed: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over two or three axes. ``caption``: which data, run and step; ``columns``: all numbers."""

    title: str
    caption: str
    columns: Columns
    bottom: Axis
    left: Axis
    traces: tuple[Trace, ...]
    right: Axis | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """Numbers (H, W) as a picture whose colours are full at ``limit``; ``rows``: names of both, where they have some.

    ``low`` and ``high`` say what the two ends of the colours mean.
    """

    title: str
    caption: str
    columns: Columns
    values: npt.NDArray[np.float32]
    limit: float
    low: str
    high: str
    rows: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of texts, as the panel shows them; ``columns`` has the numbers in full."""

    title: str
    caption: str
    columns: Columns
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Figure = Chart | Matrix | Listing


def matrix_columns(values: npt.NDArray[np.float32], rows: Sequence[str] = ()) -> Columns:
    """Return the columns of a matrix (H, W): the name or number of each row, then its cells."""
    names = list(rows) or [str(row) for row in range(len(values))]
    across = list(rows) or [str(column) for column in range(values.shape[1])]
    return Columns(("", *across), (names, *np.asarray(values, np.float64).T))
