"""Distances between pairs of the same class and of different classes, and the threshold between them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QVBoxLayout

from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, DistanceHistogram
from explorer.engine.events import DatasetOpened
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.plot_legend import PlotLegend
from explorer.ui.widgets.plots import Plot


@register("panel", "distances")
class DistancesPanel(Panel):
    """Histograms of same-class and different-class distances with the equal-error threshold."""

    key: ClassVar[str] = "distances"
    title: ClassVar[str] = "Distances"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 30
    empty_text: ClassVar[str] = (
        "Distances within a class (green) and between classes (red). They part as the metric is learned. "
        "Open labelled data."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: DistanceHistogram | None = None
        self._build()
        desk.bridge.of(DistanceHistogram).connect(self.show_histogram)
        desk.bridge.of(DatasetOpened).connect(self._forget)
        desk.themes.changed.connect(self._restyle)
        self._restyle()
        self.show_body(False)

    def _build(self) -> None:
        themes = self.desk.themes
        self.keys = PlotLegend(themes, self)
        self.keys.add("same class", "right")
        self.keys.add("different class", "wrong")
        self.keys.add("threshold", "text", dashed=True)
        self.keys.toggled.connect(self._toggle)
        self.plot = Plot(themes, "Histograms of same-class and different-class distances")
        self.plot.getAxis("left").setStyle(showValues=False)
        self.plot.getAxis("left").setWidth(8)
        self.plot.getViewBox().setLimits(yMin=0, xMin=0)
        self._different = pg.PlotDataItem(stepMode="center", fillLevel=0)
        self._same = pg.PlotDataItem(stepMode="center", fillLevel=0)
        self._threshold = pg.InfiniteLine(angle=90, movable=False)
        for item in (self._different, self._same, self._threshold):
            self.plot.addItem(item)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(4)
        body.addWidget(self.keys)
        body.addWidget(self.plot, 1)

    def _restyle(self) -> None:
        plot = self.plot
        for item, token in ((self._same, "right"), (self._different, "wrong")):
            item.setPen(plot.colour(token))
            item.setBrush(plot.colour(token, 120))
        self._threshold.setPen(QPen(plot.colour("text"), 0, Qt.PenStyle.DashLine))

    def _toggle(self, name: str, on: bool) -> None:
        {"same class": self._same, "different class": self._different, "threshold": self._threshold}[name].setVisible(
            on
        )

    def _forget(self, _opened: object) -> None:
        self._shown = None
        self.keys.reset()
        self.set_status("")
        self.show_body(False)

    def show_histogram(self, result: DistanceHistogram) -> None:
        """Draw a new histogram; both curves are scaled to the same height so that a rare class pair stays visible."""
        if not result.same_pairs or not result.different_pairs:
            return
        self._shown = result
        self.show_body(True)
        for item, density in ((self._same, result.same), (self._different, result.different)):
            item.setData(result.edges, density / max(float(np.max(density)), 1e-12))
        self._threshold.setPos(result.threshold)
        self.plot.setYRange(0, 1.05, padding=0)
        self.plot.getViewBox().setLimits(xMin=min(0.0, float(result.edges[0])))  # dot products are below zero
        self.plot.setXRange(float(result.edges[0]), float(result.edges[-1]), padding=0.01)
        self.keys.set_value("same class", f"{result.same_pairs:,} pairs")
        self.keys.set_value("different class", f"{result.different_pairs:,}")
        self.keys.set_value("threshold", f"{result.threshold:.3g}")
        where = self.raw if result.run == PIXELS_RUN else f"step {result.step:,}"
        threshold = f"{result.threshold:.2f}" if abs(result.threshold) < 1e4 else f"{result.threshold:.3g}"
        self.set_status(f"EER {result.eer * 100:.1f} % at {threshold} · AUC {result.auc:.3f} · {where}")
