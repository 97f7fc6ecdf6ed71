"""The histogram of distances with its thresholds: one to drag, that of equal errors, and the one the run keeps."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPen

from explorer.core.types import DistanceHistogram
from explorer.ui.widgets.language import later, tr
from explorer.ui.widgets.plot_axes import RoundAxis
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.theme import Theme, ThemeManager

GRAB = 10
"""Pixels on both sides of the threshold within which a hand takes hold of it."""


class DistancePlot(Plot):
    """Same-class and different-class distances.

    Signals
    -------
    threshold_moved(float): the threshold was dragged or moved by a key.
    threshold_rested(): the hand that dragged it has let go.
    """

    threshold_moved = Signal(float)
    threshold_rested = Signal()

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__(
            themes,
            tr("Histograms of same-class and different-class distances; arrow keys move the threshold"),
            axes={"bottom": RoundAxis("bottom")},
        )
        self.set_titles(bottom=tr("distance"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.getAxis("left").setStyle(showValues=False)
        self.getAxis("left").setWidth(8)
        self.getViewBox().setLimits(yMin=0, xMin=0)
        self._different = pg.PlotDataItem(stepMode="center", fillLevel=0)
        self._same = pg.PlotDataItem(stepMode="center", fillLevel=0)
        self._equal, self._kept = (pg.InfiniteLine(angle=90, movable=False) for _ in range(2))
        self._threshold = pg.InfiniteLine(angle=90, movable=False)  # the plot moves it: a near miss would pan instead
        self._threshold.addMarker("v", 1.0, 12)  # a place to take hold of it
        self._threshold.sigPositionChanged.connect(lambda line: self.threshold_moved.emit(float(line.value())))
        self._held = False
        for line in (self._equal, self._kept):
            line.setVisible(False)
        for item in (self._different, self._same, self._equal, self._kept, self._threshold):
            self.addItem(item)
        self._lines = {
            later("same class"): self._same,
            later("different class"): self._different,
            later("threshold"): self._threshold,
            later("kept"): self._kept,
        }
        themes.changed.connect(self._recolour)
        self._recolour(themes.current)

    def _recolour(self, _theme: Theme) -> None:
        for item, token in ((self._same, "right"), (self._different, "wrong")):
            item.setPen(self.colour(token))
            item.setBrush(self.colour(token, 120))
        for line, token, style in (
            (self._threshold, "text", Qt.PenStyle.SolidLine),
            (self._equal, "muted", Qt.PenStyle.DashLine),
            (self._kept, "accent", Qt.PenStyle.DashLine),
        ):
            line.setPen(_pen(self, token, style))

    def show_line(self, name: str, on: bool) -> None:
        """Show or hide a part of the drawing by its name in the legend."""
        self._lines[name].setVisible(on)

    def show_histogram(self, result: DistanceHistogram) -> None:
        """Draw a histogram; both curves are scaled to the same height so that a rare class pair stays visible."""
        for item, density in ((self._same, result.same), (self._different, result.different)):
            item.setData(result.edges, density / max(float(np.max(density)), 1e-12))
        self.setYRange(0, 1.05, padding=0)
        self.getViewBox().setLimits(xMin=min(0.0, float(result.edges[0])))  # dot products are below zero
        self.setXRange(float(result.edges[0]), float(result.edges[-1]), padding=0.01)

    @property
    def threshold(self) -> float:
        """Where the threshold stands."""
        return float(self._threshold.value())

    def put_threshold(self, distance: float) -> None:
        """Put the threshold somewhere without telling of it."""
        with QSignalBlocker(self._threshold):
            self._threshold.setValue(distance)

    def move_threshold(self, distance: float) -> None:
        """Move the threshold, and tell of it."""
        self._threshold.setValue(distance)

    def show_equal(self, distance: float | None) -> None:
        """Mark the threshold of equal errors; None: it needs no mark."""
        _mark(self._equal, distance)

    def show_kept(self, distance: float | None) -> None:
        """Mark the threshold that the run keeps; None: it keeps none."""
        _mark(self._kept, distance)

    def _near_threshold(self, event: QMouseEvent) -> bool:
        line = self.mapFromScene(self.plotItem.vb.mapViewToScene(QPointF(self.threshold, 0)))
        seen = self._threshold.isVisible() and abs(event.position().x() - line.x()) <= GRAB
        return bool(seen) and self.plotItem.vb.sceneBoundingRect().contains(self.mapToScene(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the threshold, or of the plot where that is far."""
        self._held = event.button() == Qt.MouseButton.LeftButton and self._near_threshold(event)
        if self._held:
            event.accept()
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the threshold that is held; show that it can be taken hold of."""
        if self._held:
            x = float(self.plotItem.vb.mapSceneToView(self.mapToScene(event.position().toPoint())).x())
            low, high = self.plotItem.vb.viewRange()[0]
            self.move_threshold(min(max(x, low), high))
            return
        near = self._near_threshold(event)
        self.viewport().setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the threshold."""
        if self._held and event.button() == Qt.MouseButton.LeftButton:
            self._held = False
            event.accept()
            self.threshold_rested.emit()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the keys to the panel: a plot has nothing to scroll."""
        event.ignore()


def _pen(plot: Plot, token: str, style: Qt.PenStyle) -> QPen:
    pen = QPen(plot.colour(token), 1.5, style)
    pen.setCosmetic(True)
    return pen


def _mark(line: pg.InfiniteLine, distance: float | None) -> None:
    line.setVisible(distance is not None)
    if distance is not None:
        line.setValue(distance)
