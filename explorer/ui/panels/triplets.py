"""How many triplets of each batch are hard, semi-hard and easy, exactly, over the steps of the run."""

from __future__ import annotations

from typing import ClassVar

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout

from explorer.core.events import RunStarted
from explorer.core.registry import register
from explorer.core.types import DatasetCensus, StepMetrics, TripletCensus
from explorer.ui.keys import KeyRow
from explorer.ui.panels.base import Area, Desk, Panel
from explorer.ui.plots import Plot
from explorer.ui.series import Series
from explorer.ui.text import PlainLabel

DRAWN_POINTS = 600
REPAINT_MS = 100


def shares(census: TripletCensus) -> tuple[float, float]:
    """Return the shares of hard triplets and of violated (hard and semi-hard) ones, 0 where there are none."""
    total = max(census.total, 1)
    return census.hard / total, census.violated / total


@register("panel", "triplets")
class TripletsPanel(Panel):
    """Exact easy, semi-hard and hard triplet counts of every batch, over time."""

    key: ClassVar[str] = "triplets"
    title: ClassVar[str] = "Triplets"
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 10
    empty_text: ClassVar[str] = (
        "Every triplet of each batch is counted here: hard, semi-hard and easy, as the metric is learned. Press Train."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._series = Series(columns=2)
        self._newest: StepMetrics | None = None
        self._build()
        self._repaint = QTimer(self, interval=REPAINT_MS, singleShot=True)
        self._repaint.timeout.connect(self._draw)
        desk.bridge.metrics.connect(self.add_metrics)
        desk.bridge.census.connect(self.show_dataset)
        desk.bridge.run_event.connect(self._on_run_event)
        desk.themes.changed.connect(self._restyle)
        self._restyle()
        self.show_body(False)

    def _build(self) -> None:
        themes = self.desk.themes
        self.keys = KeyRow(themes, self)
        for name, token in (("hard", "wrong"), ("semi-hard", "semi_hard"), ("easy", "outline")):
            self.keys.add(name, token)
        self.keys.toggled.connect(self._toggle)
        self.plot = Plot(themes, "Shares of hard, semi-hard and easy triplets over the steps", percent=True)
        self.plot.setYRange(0, 1, padding=0)
        self.plot.getViewBox().setLimits(yMin=0, yMax=1, xMin=0)
        self._easy = pg.PlotDataItem([0, 1], [1, 1], pen=None, fillLevel=0)
        self._violated = pg.PlotDataItem(fillLevel=0)
        self._hard = pg.PlotDataItem(fillLevel=0)
        for item in (self._easy, self._violated, self._hard):
            self.plot.addItem(item)
        self._dataset = PlainLabel("", self)
        self._dataset.setProperty("role", "muted")
        self._dataset.setVisible(False)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(4)
        body.addWidget(self.keys)
        body.addWidget(self.plot, 1)
        body.addWidget(self._dataset)

    def _restyle(self) -> None:
        plot = self.plot
        self._easy.setBrush(plot.colour("outline", 90))
        self._violated.setPen(plot.colour("semi_hard"))
        self._violated.setBrush(plot.colour("semi_hard", 190))
        self._hard.setPen(plot.colour("wrong"))
        self._hard.setBrush(plot.colour("wrong", 215))

    def _toggle(self, name: str, on: bool) -> None:
        {"hard": self._hard, "semi-hard": self._violated, "easy": self._easy}[name].setVisible(on)

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted) and event.step == 0:
            self._series.clear()
            self._newest = None
            self._dataset.setVisible(False)
            self.keys.reset()
            self.set_status("")
            self.show_body(False)

    def add_metrics(self, metrics: list[StepMetrics]) -> None:
        """Add the censuses of some steps; drawn at most ten times a second."""
        for step in metrics:
            if step.census is not None and step.census.total:
                self._series.append(step.step, *shares(step.census))
                self._newest = step
        if self._newest is not None and not self._repaint.isActive():
            self._repaint.start()

    def _draw(self) -> None:
        newest = self._newest
        if newest is None or newest.census is None:
            return
        self.show_body(True)
        rows = self._series.thinned(DRAWN_POINTS)
        self._hard.setData(rows[:, 0], rows[:, 1])
        self._violated.setData(rows[:, 0], rows[:, 2])
        self._easy.setData([rows[0, 0], max(rows[-1, 0], rows[0, 0] + 1)], [1, 1])
        census = newest.census
        total = census.total
        for name, count in (("hard", census.hard), ("semi-hard", census.semi_hard), ("easy", census.easy)):
            self.keys.set_value(name, f"{count / total:.1%}".replace("%", " %") + f"  {count:,}")
        self.set_status(f"batch, all {total:,} · step {newest.step:,}")

    def show_dataset(self, result: DatasetCensus) -> None:
        """Show the census of the whole dataset, counted on an exact snapshot."""
        census = result.census
        if not census.total:
            return
        hard, violated = shares(census)
        self._dataset.setText(
            f"All data, {result.anchors:,} anchors at margin {census.margin:.2f}: {violated:.1%} violated, "
            f"{hard:.1%} hard · step {result.step:,}"
        )
        self._dataset.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._dataset.setVisible(True)
