"""How many triplets of each batch are hard, semi-hard and easy, exactly, over the steps of the run."""

from __future__ import annotations

from functools import partial
from math import isnan
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.registry import loaded, register
from explorer.core.types import DatasetCensus, DistanceHistogram, StepMetrics
from explorer.engine.events import DatasetOpened, RecipeChanged, RunGoesOn, RunOpened, StateChanged
from explorer.ui.metrics.first_step import FirstStep
from explorer.ui.metrics.step_figures import triplets_figure
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.kept_steps import go_near
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.language import later, said, tr
from explorer.ui.widgets.plot_legend import PlotLegend
from explorer.ui.widgets.plots import NOT_MEASURED, PLOT_HEIGHT, Plot
from explorer.ui.widgets.seen_repaint import SeenRepaint
from explorer.ui.widgets.series import Series
from explorer.ui.widgets.text import PART, PartsLabel, broken, count, counted, percent, plain_tip
from explorer.ui.widgets.text_size import keep_size

DRAWN_POINTS = 600
REPAINT_MS = 700
ASK_MS = 100
BOTTOM_HEIGHT = 28
"""Of the row below the plot, in pixels of the usual size."""
WHAT_IF_STEPS, WHAT_IF_LARGEST = 200, 2.0
"""The what-if slider goes in hundredths up to a margin of 2, the largest distance of unit vectors; in 200 steps over
all distances where these spread over more than twice as much."""

OF_NUMBER = tr("A number is learned, and no two items have the same one: triplets by class have no meaning here.")

OF_NO_CLASS = tr("No item has a class: triplets are counted by class, and there are none here.")


@register("panel", "triplets")
class TripletsPanel(Panel):
    """Exact easy, semi-hard and hard triplet counts of every batch, over time."""

    key: ClassVar[str] = "triplets"
    title: ClassVar[str] = tr("Triplets")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 10
    empty_text: ClassVar[str] = tr(
        "Every triplet of each batch is counted here: hard, semi-hard and easy, as the metric is learned."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._series = Series(columns=3)  # counts of hard, semi-hard and easy triplets
        self._pointed: float | None = None
        self._counted = 0  # the step of the census of all data
        self._largest = WHAT_IF_LARGEST
        self._build()
        self._first_step = FirstStep(self, self.empty_text)
        self._repaint = SeenRepaint(self, self._draw, REPAINT_MS)
        desk.bridge.metrics.connect(self.add_metrics)
        desk.bridge.of(DatasetCensus).connect(self.show_dataset)
        desk.bridge.of(DistanceHistogram).connect(self.scale_margin)
        desk.bridge.run_event.connect(self._on_run_event)
        desk.bridge.of(RunOpened).connect(self.show_run)
        desk.bridge.of(RunGoesOn).connect(self._take)
        for cause in (ParameterChanged, RecipeChanged, StateChanged):
            desk.bridge.of(cause).connect(lambda _event: self._follow())
        desk.bridge.of(DatasetOpened).connect(self._on_dataset)
        desk.state.displayed_step_changed.connect(self._on_step)
        desk.state.pointed_step_changed.connect(self._point)
        desk.themes.changed.connect(self._restyle)
        self._restyle()
        self.show_body(False)

    def _on_dataset(self, _opened: DatasetOpened) -> None:
        self._forget()
        self._first_step.instead = ""
        self._first_step.say()

    def _build(self) -> None:
        themes = self.desk.themes
        self.keys = PlotLegend(themes, self)
        for name, token in ((later("hard"), "wrong"), (later("semi-hard"), "semi_hard"), (later("easy"), "outline")):
            self.keys.add(name, token)
        self.keys.toggled.connect(self._toggle)
        self.plot = Plot(themes, tr("Shares of hard, semi-hard and easy triplets over the steps"), percent=True)
        self.export = FigureExport(self, self._figures)
        self.plot.offers = self.export.add_to
        self.plot.pointed.connect(self.desk.state.point_at_step)
        self.plot.set_titles(bottom=tr("step"), left=tr("% of triplets"))
        self.plot.clicked.connect(partial(go_near, self.desk))
        self.plot.setYRange(0, 1, padding=0)
        self.plot.getViewBox().setLimits(yMin=0, yMax=1, xMin=0)
        self._easy = pg.PlotDataItem([0, 1], [1, 1], pen=None, fillLevel=0)
        self._violated = pg.PlotDataItem(fillLevel=0)
        self._hard = pg.PlotDataItem(fillLevel=0)
        for item in (self._easy, self._violated, self._hard):
            self.plot.addItem(item)
        self.dataset = PartsLabel("", self, role="caption")
        self.what_if = self._margin_slider()
        self.apply = QToolButton()
        self.apply.setText(tr("Apply"))
        self.apply.setStyleSheet("padding: 1px 4px")
        self.apply.setAccessibleName(tr("Train with this margin"))
        self.apply.clicked.connect(self._on_apply)
        self._bottom = QWidget(self)
        row = QHBoxLayout(self._bottom)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.dataset, 1)
        row.addWidget(self.what_if)
        row.addWidget(self.apply)
        self._bottom.setVisible(False)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(4)
        body.addWidget(self.keys)
        body.addWidget(self.plot, 1)
        body.addWidget(self._bottom)
        self.keys.leave(self.body, PLOT_HEIGHT + BOTTOM_HEIGHT)

    def _margin_slider(self) -> QSlider:
        """Return the slider that counts the dataset at another margin; training keeps its own."""
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, WHAT_IF_STEPS)
        keep_size(slider, width=80)
        slider.setAccessibleName(tr("What-if margin"))
        slider.setToolTip(tr("What if the margin were another? Counts all data again; Apply trains with it"))
        self._ask = QTimer(self, interval=ASK_MS, singleShot=True)
        self._ask.timeout.connect(lambda: self.desk.session.analysis.margin(self._asked_margin()))
        slider.valueChanged.connect(self._on_margin)
        return slider

    def _asked_margin(self) -> float:
        """Return the margin at which the slider stands."""
        return self.what_if.value() * self._largest / WHAT_IF_STEPS

    def _on_margin(self, _value: int) -> None:
        if not self._ask.isActive():
            self._ask.start()
        self._follow()

    def _follow(self) -> None:
        """Offer to train with the margin that is tried, where the loss has one and it is another."""
        margin = self._trained_margin()
        other = margin is not None and abs(self._asked_margin() - margin) > 0.5 * self._largest / WHAT_IF_STEPS
        self.apply.setEnabled(other)
        tip = tr("Train with a margin of {asked_margin:.2f} from the next step on", asked_margin=self._asked_margin())
        self.apply.setToolTip(tr("The loss of the recipe has no margin") if margin is None else tip)

    def _trained_margin(self) -> float | None:
        """Return the margin of the loss of the recipe; None where it has none, or losses are not loaded yet."""
        if not loaded("loss"):
            return None
        margin = getattr(self.desk.session.recipe.params("loss"), "margin", None)
        return None if margin is None else float(margin)

    def _on_apply(self) -> None:
        try:
            self.desk.session.set("loss.margin", round(self._asked_margin(), 4))
        except UserError as error:
            self.dataset.setText(said(str(error)))
        self._follow()

    def _restyle(self) -> None:
        plot = self.plot
        self._easy.setBrush(plot.colour("outline", 90))
        self._violated.setPen(plot.colour("semi_hard"))
        self._violated.setBrush(plot.colour("semi_hard", 190))
        self._hard.setPen(plot.colour("wrong"))
        self._hard.setBrush(plot.colour("wrong", 215))

    def _figures(self) -> list[Figure]:
        """Return the shares over all steps for paper."""
        if not len(self._series):
            return []
        newest = int(self._series.x[-1])
        caption = caption_of(self, tr("every batch"), tr("step {newest}", newest=count(newest)), self.plot.unsaved)
        return [triplets_figure(self._series, caption)]

    def _toggle(self, name: str, on: bool) -> None:
        {"hard": self._hard, "semi-hard": self._violated, "easy": self._easy}[name].setVisible(on)

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted) and event.step == 0:
            self._forget()

    def _forget(self) -> None:
        self._series.clear()
        self.plot.show_unsaved(None)
        self._bottom.setVisible(False)
        self.keys.reset()
        self.set_status("")
        self.show_body(False)

    def show_run(self, opened: RunOpened) -> None:
        """Show the counts of a run that was read from disk."""
        self._take(opened)
        self.plot.show_unsaved(opened.cut_off)

    def _take(self, past: RunOpened | RunGoesOn) -> None:
        """Show what a run counted, and nothing of the one before."""
        counted, before = not self._bottom.isHidden(), self._series.until(self._counted)
        self._forget()
        self.add_metrics(list(past.metrics))
        if isinstance(past, RunGoesOn) and counted and self._counted <= past.step:
            self._bottom.setVisible(np.array_equal(before, self._series.until(self._counted)))  # of the same run
        self._draw()

    def add_metrics(self, metrics: list[StepMetrics]) -> None:
        """Add the censuses of some steps; drawn at most every 0.7 s."""
        self.plot.show_unsaved(None)  # somebody trains it
        for step in metrics:
            census = step.census
            if census is not None and census.total:
                self._series.append(step.step, census.hard, census.semi_hard, census.easy)
        if len(self._series):
            self._repaint.ask()
        dataset = self.desk.session.dataset
        if metrics and not len(self._series) and dataset is not None:
            none = "" if dataset.labelled else OF_NO_CLASS
            self._first_step.instead = none if dataset.target is None else OF_NUMBER
            self._first_step.say()

    def _draw(self) -> None:
        if not len(self._series):
            return
        self.show_body(True)
        rows = self._series.thinned(DRAWN_POINTS)
        total = rows[:, 1:].sum(axis=1)
        self._hard.setData(rows[:, 0], rows[:, 1] / total)
        self._violated.setData(rows[:, 0], (rows[:, 1] + rows[:, 2]) / total)
        newest = max(float(rows[-1, 0]), 1.0)
        self._easy.setData([rows[0, 0], max(newest, rows[0, 0] + 1)], [1, 1])
        if self.plot.follows:
            self.plot.setXRange(0, newest, padding=0.01)
        self._write()

    def _point(self, x: float | None) -> None:
        """Let the key and the header say what was counted at the step that is pointed at, or at the newest one."""
        self.plot.show_pointer(x)
        self._pointed = x
        self._write()

    def _on_step(self, step: int) -> None:
        """Mark the step that is shown, and say what was counted then."""
        self.plot.show_step(step)
        self._write()

    def _write(self) -> None:
        row = self._series.row(self._pointed, self.plot.shown_step)
        if row is None:
            self._write_none()
            return
        step, *counts = (int(number) for number in row)
        total = sum(counts)
        for name, number in zip(("hard", "semi-hard", "easy"), counts, strict=True):
            self.keys.set_value(name, f"{percent(number / total)}  {count(number)}")
        self.set_status(tr("batch, all {total} · step {step}", total=count(total), step=count(step)))

    def _write_none(self) -> None:
        """Say that nothing was counted up to the step that is shown, for example before the first one."""
        if len(self._series) and self.plot.shown_step is not None:
            for name in ("hard", "semi-hard", "easy"):
                self.keys.set_value(name, NOT_MEASURED)
            self.set_status(tr("not counted up to step {shown_step}", shown_step=count(int(self.plot.shown_step))))

    def scale_margin(self, result: DistanceHistogram) -> None:
        """Let the what-if margin reach as far as the distances do; the slider stays at its margin."""
        span = float(result.edges[-1] - result.edges[0])
        largest = span if span > 2 * WHAT_IF_LARGEST else WHAT_IF_LARGEST
        if self.what_if.isSliderDown() or self._ask.isActive() or largest == self._largest:
            return
        margin, self._largest = self.what_if.value() * self._largest / WHAT_IF_STEPS, largest
        with QSignalBlocker(self.what_if):
            self.what_if.setValue(round(margin / largest * WHAT_IF_STEPS))

    def show_dataset(self, result: DatasetCensus) -> None:
        """Show the census of the whole dataset, counted on an exact snapshot."""
        census = result.census
        if not census.total:
            return
        self._counted = result.step
        violated, hard = percent(census.violated / census.total), percent(census.hard / census.total)
        if not (self.what_if.isSliderDown() or self._ask.isActive()):
            with QSignalBlocker(self.what_if):
                self.what_if.setValue(round(census.margin / self._largest * WHAT_IF_STEPS))
        parts = [
            tr("All data at {margin:.2f}: {violated} violated", margin=census.margin, violated=violated),
            tr("{hard} hard", hard=hard),
            tr("step {step}", step=count(result.step)),
        ]
        if not isnan(census.hinge):
            parts.insert(2, tr("loss {hinge:.4f}", hinge=census.hinge))
        self.dataset.setText(PART.join(parts))
        about = tr(
            "Every triplet of {anchors} among {items}, "
            "counted at a margin of {margin:.2f}; the triplet loss is the mean over all of them",
            anchors=counted(result.anchors, "anchor"),
            items=counted(result.items, "item"),
            margin=census.margin,
        )
        self.dataset.about = about
        self._bottom.setToolTip(plain_tip(broken(about)))
        self._follow()
        self._bottom.setVisible(True)
