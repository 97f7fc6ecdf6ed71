"""Runs as lines over parallel axes: what their recipes say differently, and a metric; a drag on an axis brushes it.

Inselberg, The plane with parallel coordinates, 1985.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from explorer.core.registry import Scalar
from explorer.core.types import FloatArray
from explorer.engine.run_rows import RunRow
from explorer.ui.shell.saved_runs.run_columns import Column, said_setting, worded
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme, ThemeManager

MOST_AXES, MOST_LINES = 9, 2_000
"""Axes and lines that are drawn; of more the first axes, and lines spread evenly over all."""
SIDE, ABOVE, BELOW, REACH = 70, 40, 44, 16
EDGE = 12
NONE = -0.2
"""Where runs cross an axis of which they say nothing."""
MOST_WORDS = 24
"""So many different words have places of their own on an axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: where each run crosses it, (N,) in 0..1 from below, ``NONE`` where it says nothing; its ticks."""

    key: str
    title: str
    at: FloatArray
    ticks: tuple[tuple[float, str], ...]


def axis_of_column(column: Column, rows: Sequence[RunRow]) -> Axis | None:
    """Return the axis of a column, None where all runs say one thing; rates and the like go by their logarithms."""
    values = [worded(column.key, row) for row in rows]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    told = [value for value in values if value is not None]
    if len(set(told)) < 2:
        return None
    said_of = [row.value(column.key) for row in rows]
    words = [value for value, one in zip(values, said_of, strict=True) if isinstance(value, str) and value != one]
    if len(set(numbers)) > 1 and len(numbers) + len(words) == len(told):  # a zero that is no number has no place
        return _number_axis(column, values, sorted(set(map(float, numbers))))
    names = sorted({str(value) for value in told})[:MOST_WORDS]
    places = {name: (place + 0.5) / len(names) for place, name in enumerate(names)}
    at = np.array([NONE if value is None else places.get(str(value), NONE) for value in values], np.float32)
    ticks = tuple((place, said_setting(column.key, name)) for name, place in places.items())
    return Axis(column.key, column.title, at, (*ticks, *_nothing(at)))


def _number_axis(column: Column, said_of: Sequence[Scalar | None], different: list[float]) -> Axis:
    values = [None if isinstance(value, str) else value for value in said_of]
    words = sorted({value for value in said_of if isinstance(value, str)})
    low, high = different[0], different[-1]
    by_factors = low > 0 and high / low >= 20
    plain = np.array([np.nan if value is None else float(value) for value in values])
    scale = np.log if by_factors else np.asarray
    ends = scale(np.array([low, high]))
    at = (scale(plain) - ends[0]) / (ends[1] - ends[0])
    shown = different if len(different) <= 6 else [low, high]
    at = np.where(np.isfinite(at), at, NONE).astype(np.float32)
    places = (scale(np.array(shown)) - ends[0]) / (ends[1] - ends[0])
    ticks = tuple((float(at), localised(f"{v:,.4g}")) for at, v in zip(places, shown, strict=True))
    return Axis(column.key, column.title, at, (*ticks, *_nothing(at, words)))


def _nothing(at: FloatArray, words: Sequence[str] = ()) -> tuple[tuple[float, str], ...]:
    return ((NONE, ", ".join(words) or "–"),) if bool((at == np.float32(NONE)).any()) else ()


def readable(ticks: Sequence[tuple[float, str]], y: Callable[[float], float], height: float) -> list[tuple[float, str]]:
    """Return the ticks whose words, so high in pixels, lie over no other's: the ends first, then from below."""
    inside = sorted(ticks)
    kept: list[tuple[float, str]] = []
    for tick in (*inside[:1], *inside[1:][-1:], *inside[1:-1]):
        if all(abs(y(tick[0]) - y(other)) >= height for other, _ in kept):
            kept.append(tick)
    return kept


class ParallelAxes(QWidget):
    """A line for each run, those that are brushed in colour, the better the warmer.

    Signals
    -------
    brushed(paths): only these runs have values within all brushes; None: nothing is brushed.
    """

    brushed = Signal(object)

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._rows: Sequence[RunRow] = ()
        self.axes: list[Axis] = []
        self.brushes: dict[str, tuple[float, float]] = {}
        self._dragged: tuple[str, float] | None = None
        self._marked: Collection[str] = ()
        self.setAccessibleName(tr("Runs over parallel axes"))
        self.setToolTip(tr("Drag on an axis to keep the runs with these values · a click on it takes that back"))
        self.setMinimumHeight(120)
        themes.changed.connect(self.update)

    def show_runs(self, rows: Sequence[RunRow], columns: Sequence[Column], metric: str) -> None:
        """Show these runs, by what their recipes say differently and a metric, which is the last axis."""
        self._rows = rows
        wanted = [column for column in columns if column.key != metric][: MOST_AXES - 1]
        wanted += [column for column in columns if column.key == metric]
        self.axes = [axis for column in wanted if (axis := axis_of_column(column, rows)) is not None]
        known = {axis.key for axis in self.axes}
        self.brushes = {key: ends for key, ends in self.brushes.items() if key in known}
        self.update()

    def mark(self, paths: Collection[str]) -> None:
        """Draw the lines of these over the others."""
        self._marked = set(paths)
        self.update()

    def kept(self) -> list[bool]:
        """Return of each run whether it is within all brushes."""
        within = np.ones(len(self._rows), bool)
        for axis in self.axes:
            if axis.key in self.brushes:
                low, high = self.brushes[axis.key]
                within &= (axis.at >= low) & (axis.at <= high)
        return [bool(one) for one in within]

    # --- where things are -------------------------------------------------------------------------------------------

    def _x(self, place: int) -> float:
        side = scaled(SIDE)
        return side + place * (self.width() - 2 * side) / max(1, len(self.axes) - 1)

    def _y(self, share: float) -> float:
        top, bottom = scaled(ABOVE), self.height() - scaled(BELOW)
        return bottom - share * (bottom - top)

    def _share(self, y: float) -> float:
        top, bottom = scaled(ABOVE), self.height() - scaled(BELOW)
        return min(1.02, max(1.2 * NONE, (bottom - y) / max(1, bottom - top)))

    def _axis_at(self, x: float) -> Axis | None:
        near = [(abs(self._x(place) - x), place) for place in range(len(self.axes))]
        distance, place = min(near, default=(float("inf"), 0))
        return self.axes[place] if distance <= scaled(REACH) else None

    # --- painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint lines, then axes over them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._themes.current
        if len(self.axes) < 2:
            painter.setPen(theme.colour("muted"))
            words = tr("These runs do not differ in what they say or measured")
            inside = self.rect().adjusted(EDGE, 0, -EDGE, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
        else:
            self._paint_lines(painter, theme)
            for place, axis in enumerate(self.axes):
                self._paint_axis(painter, theme, self._x(place), axis)
        painter.end()

    def _paint_lines(self, painter: QPainter, theme: Theme) -> None:
        kept, last = self.kept(), self.axes[-1].at
        every = range(0, len(self._rows), -(-len(self._rows) // MOST_LINES) or 1)
        worst, best = theme.colour("query_1"), theme.colour("semi_hard")
        for within in (False, True):
            for run in every:
                if kept[run] != within:
                    continue
                colour = _between(worst, best, max(0.0, float(last[run]))) if within else theme.colour("muted", 40)
                marked = self._rows[run].path in self._marked
                painter.setPen(QPen(theme.colour("text") if marked else colour, 2.5 if marked else 1.2))
                self._paint_line(painter, run)

    def _paint_line(self, painter: QPainter, run: int) -> None:
        points = [QPointF(self._x(place), self._y(float(axis.at[run]))) for place, axis in enumerate(self.axes)]
        painter.drawPolyline(QPolygonF(points))

    def _paint_axis(self, painter: QPainter, theme: Theme, x: float, axis: Axis) -> None:
        painter.setPen(QPen(theme.colour("outline"), 1.5))
        painter.drawLine(QPointF(x, self._y(0)), QPointF(x, self._y(1)))
        if axis.key in self.brushes:
            low, high = self.brushes[axis.key]
            box = QRectF(QPointF(x - 5, self._y(high)), QPointF(x + 5, self._y(low)))
            painter.fillRect(box, theme.colour("accent", 150))
        width = self.width() / max(2, len(self.axes)) - 6
        painter.setFont(ui_font(12, bold=True))
        painter.setPen(theme.colour("text"))
        head = QRectF(x - width / 2, 4, width, scaled(18))
        painter.drawText(head, Qt.AlignmentFlag.AlignCenter, elided(axis.title, painter.font(), int(width)))
        painter.setFont(ui_font(11))
        painter.setPen(theme.colour("muted"))
        height = scaled(14)
        for share, words in readable(axis.ticks, self._y, height):
            wide = min(width / 2 + scaled(20), painter.fontMetrics().horizontalAdvance(words) + 4.0)
            place = QRectF(x + 6, self._y(share) - height / 2, wide, height)
            painter.fillRect(place, theme.colour("panel"))  # no line goes through a value
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, elided(words, painter.font(), int(place.width())))

    # --- hands ------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a brush on the axis under the pointer."""
        axis = self._axis_at(event.position().x())
        self._dragged = None if axis is None else (axis.key, self._share(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the brush on."""
        if self._dragged is not None:
            key, begun = self._dragged
            now = self._share(event.position().y())
            self.brushes[key] = (min(begun, now), max(begun, now))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep the runs within; a click without a drag takes the brush of its axis away."""
        if self._dragged is None:
            return
        key, begun = self._dragged
        self._dragged = None
        if abs(self._share(event.position().y()) - begun) < 0.01:
            self.brushes.pop(key, None)
        self.tell()

    def tell(self) -> None:
        """Tell which runs are within all brushes."""
        self.update()
        kept = {row.path for row, within in zip(self._rows, self.kept(), strict=True) if within}
        self.brushed.emit(kept if self.brushes else None)


def _between(first: QColor, second: QColor, share: float) -> QColor:
    """Return a colour between two, a little of what is below it shining through."""
    red, green, blue = (
        a + share * (b - a)
        for a, b in ((first.redF(), second.redF()), (first.greenF(), second.greenF()), (first.blueF(), second.blueF()))
    )
    return QColor.fromRgbF(red, green, blue, 0.75)
