"""A line over the steps of a run: the mean of the steps that share a pixel, and the band between their extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from explorer.ui.widgets.series import FloatArray, Series, smoothed

DRAWN_POINTS = 500
SMOOTHED_SHARE = 0.02
"""Of the points that are drawn, on either side: what a smoothed line is the mean of."""
BAND_ALPHA, FAINT_ALPHA = 60, 90


@dataclass(frozen=True, slots=True)
class LineShape:
    """How lines over steps are drawn: on a logarithmic scale, and as a moving mean over the faint line itself."""

    log: bool = False
    smooth: bool = False


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """What is drawn of a series: x, y and the same without smoothing (P,), least and largest (P, 2).

    On a logarithmic scale all but x are powers of ten; NaN where there is none. ``window``: steps in a smoothed point.
    """

    x: FloatArray
    y: FloatArray
    plain: FloatArray
    ends: FloatArray
    banded: bool
    window: int


def on_scale(values: FloatArray, *, log: bool) -> FloatArray:
    """Return where values stand; on a logarithmic scale those at or below zero have no place: NaN."""
    if not log:
        return values
    return np.log10(values, out=np.full(values.shape, np.nan), where=values > 0)


def drawn_line(series: Series, shape: LineShape, points: int = DRAWN_POINTS) -> DrawnLine:
    """Return what is drawn of a series; means are of the values themselves, and not of their logarithms."""
    rows, ends = series.thinned(points), series.spread(points)
    half = max(1, round(SMOOTHED_SHARE * len(rows))) if shape.smooth and len(rows) > 2 else 0
    y = smoothed(rows[:, 1], half) if half else rows[:, 1]
    each = len(series) / max(len(rows), 1)
    plain, ends = on_scale(rows[:, 1], log=shape.log), on_scale(ends, log=shape.log)
    if shape.log and np.isfinite(ends).any():  # a band that reaches zero goes to the lower end of the scale
        ends = np.where(np.isnan(ends), np.nanmin(ends), ends)
    y = on_scale(y, log=shape.log)
    return DrawnLine(rows[:, 0], y, plain, ends, len(series) > points, round((2 * half + 1) * each) if half else 1)


class StepLine:
    """The line on one scale of a plot; ``curve`` is the line itself."""

    def __init__(self, scale: pg.ViewBox) -> None:
        self.curve = pg.PlotDataItem(connect="finite")
        self.faint = pg.PlotDataItem(connect="finite")
        self.band = QGraphicsPathItem()
        self.band.setPen(QPen(QColor(0, 0, 0, 0)))
        self.band.setZValue(-1)
        for item in (self.band, self.faint, self.curve):
            scale.addItem(item, ignoreBounds=item is self.band)
        self.drawn: DrawnLine | None = None

    def draw(self, series: Series, shape: LineShape) -> None:
        """Draw a series anew."""
        found = self.drawn = drawn_line(series, shape)
        self.curve.setData(found.x, found.y)
        faint = shape.smooth and found.window > 1
        self.faint.setData(*((found.x, found.plain) if faint else ([], [])))
        if found.banded and np.isfinite(found.ends).all():
            x = np.concatenate([found.x, found.x[::-1]])
            self.band.setPath(pg.arrayToQPath(x, np.concatenate([found.ends[:, 1], found.ends[::-1, 0]])))
        else:
            self.band.setPath(pg.QtGui.QPainterPath())

    def clear(self) -> None:
        """Draw nothing."""
        self.drawn = None
        for curve in (self.curve, self.faint):
            curve.setData([], [])
        self.band.setPath(pg.QtGui.QPainterPath())

    def set_shown(self, on: bool) -> None:
        """Show or hide the line with its band."""
        for item in (self.band, self.faint, self.curve):
            item.setVisible(on)

    def restyle(self, pen: QPen, colour: QColor) -> None:
        """Take a pen for the line, and its colour for the band and the faint line."""
        self.curve.setPen(pen)
        pale, faint = QColor(colour), QColor(colour)
        pale.setAlpha(BAND_ALPHA)
        faint.setAlpha(FAINT_ALPHA)
        self.band.setBrush(pale)
        thin = QPen(faint, 1)
        thin.setCosmetic(True)
        self.faint.setPen(thin)
