"""Loss, active fraction and retrieval figures over the steps, with the raw-pixel baseline dashed."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.given_tuples import HELD
from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, Evaluation, StepMetrics
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE
from explorer.engine.datasets.baselines import raw_name
from explorer.engine.events import DatasetOpened, RunGoesOn, RunOpened
from explorer.ui.metrics.batch_curves import MORE, TOLD, measured
from explorer.ui.metrics.change_marks import ChangeMarks
from explorer.ui.metrics.figures_table import baseline_name, short_name
from explorer.ui.metrics.first_step import FirstStep
from explorer.ui.metrics.step_figures import curves_figure
from explorer.ui.metrics.step_line import LineShape, StepLine
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.kept_steps import go_near
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.language import later, localised, tr
from explorer.ui.widgets.more_button import MoreButton
from explorer.ui.widgets.plot_legend import DASHED, DOTTED, PlotLegend
from explorer.ui.widgets.plots import NOT_MEASURED, PLOT_HEIGHT, Plot
from explorer.ui.widgets.seen_repaint import SeenRepaint
from explorer.ui.widgets.series import Series
from explorer.ui.widgets.text import counted

REPAINT_MS = 700
LINES = {
    "recall@1": "accent",
    "recall@5": "right",
    "seen@1": "text",
    later("mean error"): "accent",
    later("seen error"): "text",
    later("loss"): "semi_hard",
    later("given hold"): "wrong",
    later("raw pixels"): "muted",
    later("active"): "muted",
}
"""The lines, those first that matter most, and their colours of the theme; ``raw pixels`` is the dashed baseline."""
DASHES = {"raw pixels": DASHED, "active": DOTTED}
"""How those two are told apart, which are grey both."""
FIRST = ("recall@1", "loss")
"""Those that have a key before they have a value."""
ABOUT = {
    "recall@1": tr(
        "Share of the held-out items whose nearest other one is of their class; 1 is best, axis at the left"
    ),
    "recall@5": tr("Share of the held-out items with one of their class among the five nearest; axis at the left"),
    "seen@1": tr("Recall@1 of training items among each other; far above recall@1, the network learns them by heart"),
    "mean error": tr(
        "How far the mean of the 10 nearest is from the number of a held-out item, in its unit; 0 is best, axis at the "
        "left"
    ),
    "seen error": tr("Mean error of training items among each other; far below it, the network learns them by heart"),
    "given hold": tr(
        "Share of the given pairs or triplets that name a held-out item, and so were never trained on, that hold"
    ),
    "raw pixels": tr("Recall@1 of the raw data by the cosine, before any training: what a network has to beat"),
    "active": tr("Share of the batch's triplets or pairs that still violate, and so teach; axis at the very right"),
    "loss": tr(
        "Loss of each batch, axis at the right. Some losses are means of what still violates alone (active): they "
        "may rise while ever less violates, and while recall rises"
    ),
}
"""What the tip of each line says of it."""
SHAPES = (
    (tr("Loss on a log scale"), "log", tr("Powers of ten evenly apart; a loss at or below zero has no place there")),
    (
        tr("Smooth the lines"),
        "smooth",
        tr("A moving mean; the lines themselves stay behind it, and all values as they are"),
    ),
)
ERRORS = ("mean error", "seen error")
"""Of held-out items and of a part of the training items, where a number is learned; they stand in place of recalls."""
RECALLS = ("recall@1", "recall@5", "seen@1", "given hold")
"""Of held-out items, and recall@1 of a part of the training items, whose classes were seen; of given tuples."""


@register("panel", "curves")
class CurvesPanel(Panel):
    """Loss, active fraction, recall@1 and @5 on held-out and on training items, raw-pixel baseline."""

    key: ClassVar[str] = "curves"
    title: ClassVar[str] = tr("Curves")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 20
    empty_text: ClassVar[str] = tr(
        "Loss, active fraction and recall on held-out items appear here, beside what the raw data reach."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._series = {name: Series() for name in (*LINES, *MORE) if name != "raw pixels"}
        self._asked: frozenset[str] = frozenset()
        self._held_out = tr("held-out items")
        self._step = 0
        self._errors, self._measurable = False, True
        self._shape = LineShape()
        self._build()
        self._first_step = FirstStep(self, self.empty_text)
        self._repaint = SeenRepaint(self, self._draw, REPAINT_MS)
        desk.bridge.metrics.connect(self.add_metrics)
        desk.bridge.of(Evaluation).connect(self.add_evaluation)
        desk.bridge.of(ParameterChanged).connect(self.marks.add)
        desk.bridge.run_event.connect(self._on_run_event)
        desk.bridge.of(RunOpened).connect(self.show_run)
        desk.bridge.of(RunGoesOn).connect(self._take)
        desk.bridge.of(DatasetOpened).connect(self._on_dataset)
        desk.state.displayed_step_changed.connect(self._on_step)
        desk.state.pointed_step_changed.connect(self._point)
        desk.themes.changed.connect(self._restyle)
        self._restyle()
        self.show_body(False)

    def _build(self) -> None:
        themes = self.desk.themes
        self.keys = PlotLegend(themes, self)
        for name, token in LINES.items():
            self.keys.add(name, token, dashes=DASHES.get(name, ()), shown=name in FIRST, told=ABOUT[name])
        for name, token in MORE.items():
            self.keys.add(name, token, dashes=DASHED, shown=False, told=TOLD[name])
        self.keys.rename("seen@1", tr("training recall@1"))
        self.keys.toggled.connect(self._toggle)
        self.more = self._more_button()
        self._pointed: float | None = None
        self.plot = Plot(themes, tr("Loss, active fraction and recall over the steps"))
        self.export = FigureExport(self, self._figures)
        self.plot.offers = self.export.add_to
        self.plot.pointed.connect(self.desk.state.point_at_step)
        self.plot.set_titles(bottom=tr("step"), left=tr("recall"), right=tr("loss"))
        self.plot.clicked.connect(partial(go_near, self.desk))
        self.plot.getViewBox().setLimits(yMin=0, yMax=1.02, xMin=0)
        self._loss_scale = self.plot.add_scale(axis=True)
        share_scale = self.plot.add_scale(axis=False)  # on their own scale it would flatten the recalls
        share_scale.setYRange(0, 1, padding=0)
        self.plot.add_outer_axis(share_scale, tr("active"))
        self._more_scales = {name: self.plot.add_scale(axis=False) for name in MORE if name != "hardest negative"}
        self._more_scales["hardest negative"] = self._more_scales["hardest positive"]
        scales = {"loss": self._loss_scale, "active": share_scale, **self._more_scales}
        self._lines = {name: StepLine(scales.get(name, self.plot.getViewBox())) for name in self._series}
        for name in MORE:
            self._lines[name].set_shown(False)
        self._baseline = pg.InfiniteLine(angle=0, movable=False)
        self._baseline.setVisible(False)
        self.plot.addItem(self._baseline)
        self.marks = ChangeMarks(self.plot, self._baseline, [line.curve for line in self._lines.values()])
        body = QVBoxLayout(self.body)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.keys, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        body.addLayout(row)
        body.addWidget(self.plot, 1)
        self.keys.leave(self.body, PLOT_HEIGHT)

    def _more_button(self) -> MoreButton:
        """Return the menu of the lines that are hidden at first."""
        tip = tr("Gradient, spread, effective rank and the hardest distances of each batch")
        button = MoreButton(tr("More curves"), tip)
        for name in MORE:
            action = button.entries.addAction(name)
            action.setCheckable(True)
            action.setToolTip(TOLD[name])
            action.toggled.connect(lambda on, name=name: self._show_more(name, on))
        button.entries.addSeparator()
        for text, field, tip in SHAPES:
            action = button.entries.addAction(text)
            action.setCheckable(True)
            action.setToolTip(tip)
            action.toggled.connect(lambda on, field=field: self._shape_lines(replace(self._shape, **{field: on})))
        return button

    def _shape_lines(self, shape: LineShape) -> None:
        """Draw all lines on another scale, or smoothed."""
        self._shape = shape
        self.plot.getAxis("right").setLogMode(False, shape.log)
        if self.body_shown:
            self._draw()

    def _show_more(self, name: str, on: bool) -> None:
        self._asked = self._asked | {name} if on else self._asked - {name}
        self.keys.set_shown(name, on)
        self._lines[name].set_shown(on)
        self._scale()
        self._write()

    def _restyle(self) -> None:
        for name, line in self._lines.items():
            recall = name in RECALLS or name in ERRORS
            style = Qt.PenStyle.DotLine if name == "active" else Qt.PenStyle.SolidLine
            style = Qt.PenStyle.DashLine if name in MORE else style
            colour = self.plot.colour({**LINES, **MORE}[name], 255 if recall else 200)
            pen = QPen(colour, 2 if recall else 1.4, style)
            pen.setCosmetic(True)
            line.restyle(pen, colour)
            if recall:
                line.curve.setSymbol("o")
                line.curve.setSymbolSize(4)
                line.curve.setSymbolPen(None)
                line.curve.setSymbolBrush(colour)
        self._baseline.setPen(QPen(self.plot.colour("muted"), 0, Qt.PenStyle.DashLine))
        self.plot.getAxis("right").setTextPen(self.plot.colour("semi_hard"))
        self.marks.restyle()

    def _figures(self) -> list[Figure]:
        """Return the curves over all steps, those that are shown, for paper."""
        if not self.body_shown:
            return []
        raw = self.keys.entry("raw pixels")
        shown = [name for name in self._series if name in LINES and self.keys.entry(name).isChecked()]
        called = baseline_name(self._raw_name())
        baseline = (called, float(self._baseline.value())) if self._baseline.isVisible() and raw.isChecked() else None
        caption = caption_of(
            self, self._held_out if self._judged() else "", tr("step {step:,}", step=self._step), self.plot.unsaved
        )
        return [
            curves_figure(
                self._series,
                LINES,
                shown,
                names={name: self.keys.entry(name).shown for name in self._series},
                baseline=baseline,
                shape=self._shape,
                changes=self.marks.changes,
                caption=caption,
            )
        ]

    def _on_dataset(self, opened: DatasetOpened) -> None:
        """Show recalls at the left, or the error of the number that is learned."""
        self._forget(baseline=True)
        self._errors = opened.dataset.target is not None
        self._measurable = opened.dataset.measurable
        self.keys.set_shown("recall@1", self._measurable and not self._errors)
        self.keys.set_shown("mean error", self._errors)
        self.plot.set_titles(left=tr("mean error") if self._errors else tr("recall"))
        self.plot.getViewBox().setLimits(yMax=None if self._errors else 1.02)

    def _toggle(self, name: str, on: bool) -> None:
        if name == "raw pixels":
            self._baseline.setVisible(on)
        else:
            self._lines[name].set_shown(on)
        self._show_axis_of_active()

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted) and event.step == 0:
            self._forget(baseline=False)

    def _forget(self, *, baseline: bool) -> None:
        self._repaint.forget()
        self._step = 0
        self.plot.show_unsaved(None)
        for series in self._series.values():
            series.clear()
        for line in self._lines.values():
            line.clear()
        self.marks.clear()
        kept = "" if baseline else self.keys.value("raw pixels")
        self.keys.reset()
        if kept:
            self.keys.set_value("raw pixels", kept)
        self._baseline.setVisible(bool(kept))
        self.keys.rename("raw pixels", short_name(self._raw_name()))
        self.set_status("")
        self.set_subtitle("")
        self.show_body(False)

    def _raw_name(self) -> str:
        """Return what the baseline is called, by its distance: it may be another one than that of the run."""
        dataset = self.desk.data.dataset
        return self.raw if dataset is None else raw_name(dataset, RAW_DISTANCE)

    def show_run(self, opened: RunOpened) -> None:
        """Show the curves of a run that was read from disk."""
        self._take(opened)
        self.plot.show_unsaved(opened.cut_off)

    def _take(self, past: RunOpened | RunGoesOn) -> None:
        """Show what a run measured, and nothing of the one before."""
        self._forget(baseline=False)
        self.add_metrics(list(past.metrics))
        for result in past.evaluations:
            self.add_evaluation(result)
        for change in past.changes:
            self.marks.add(change)

    def add_metrics(self, metrics: list[StepMetrics]) -> None:
        """Add loss and active fraction of some steps; drawn at most every 0.7 s."""
        self.plot.show_unsaved(None)  # somebody trains it
        for step in metrics:
            self._series["loss"].append(step.step, step.loss)
            if math.isfinite(step.active):  # of a script of somebody's own not all steps are measured
                self._series["active"].append(step.step, step.active)
            for name, value in measured(step).items():
                if value is not None and math.isfinite(value):
                    self._series[name].append(step.step, value)
            self._step = step.step
        if metrics:
            self._repaint.ask()

    def add_evaluation(self, result: Evaluation) -> None:
        """Add the figures of an exact snapshot, or the raw-pixel baseline."""
        if HELD in result.metrics:
            self._series["given hold"].append(result.step, result.metrics[HELD])
            self._repaint.ask()
        held_out, seen = ERRORS if self._errors else ("recall@1", "seen@1")
        figure = result.metrics.get("mean_error" if self._errors else "recall@1")
        if figure is None:
            return
        if result.run == PIXELS_RUN:
            if result.part == "held-out":
                self._baseline.setPos(figure)
                self._baseline.setVisible(True)
                self.keys.set_value("raw pixels", self._written(held_out, figure))
                if self.body_shown:  # drawn before it was known, by a scale in which it may have no place
                    self._repaint.ask()
        elif result.part == "train":
            self._series[seen].append(result.step, figure)
        else:
            self._held_out = tr("unseen classes") if result.unseen else tr("held-out items")
            self._series[held_out].append(result.step, figure)
            if "recall@5" in result.metrics:
                self._series["recall@5"].append(result.step, result.metrics["recall@5"])
        if result.run != PIXELS_RUN:
            self._write()  # at once, as the run bar does: the lines may wait, figures of two steps would disagree
            self._repaint.ask()

    def _draw(self) -> None:
        self.show_body(True)
        for name, series in self._series.items():
            if len(series):
                self._lines[name].draw(series, replace(self._shape, log=self._shape.log and name == "loss"))
        self.set_subtitle(" · ".join(self._told()))
        self.keys.rename("loss", tr("loss of active") if self._mean_of_active() else tr("loss"))
        self._scale()
        self._write()

    def _told(self) -> list[str]:
        """Return how the lines are drawn, where that is not as they are."""
        told = []
        loss = self._lines["loss"].drawn
        if self._shape.log:
            none = int((self._series["loss"].column() <= 0).sum())
            told.append(
                tr("loss on a log scale")
                + (tr(", {none} at or below 0 not on it", none=counted(none, "step")) if none else "")
            )
        if self._shape.smooth and loss is not None and loss.window > 1:
            told.append(tr("smoothed over {window}", window=counted(loss.window, "step")))
        return told

    def _point(self, x: float | None) -> None:
        """Let the key and the header say what stood at the step that is pointed at, or what stands now."""
        self.plot.show_pointer(x)
        self._pointed = x
        self._write()

    def _on_step(self, step: int) -> None:
        """Mark the step that is shown, and say what stood then."""
        self.plot.show_step(step)
        self._write()

    def _write(self) -> None:
        for name, series in self._series.items():
            row = series.row(self._pointed, self.plot.shown_step)
            if row is not None and (name in LINES or name in self._asked):
                self.keys.set_value(name, self._written(name, row[1]))
            elif row is None and self.keys.value(name):
                self.keys.set_value(name, NOT_MEASURED)  # not up to the step that is shown
        self._show_axis_of_active()
        shown = self.plot.shown_step
        near = self._series["loss"].row(self._pointed, shown)
        step = int(near[0]) if near is not None else self._step if shown is None else int(shown)
        judged = self._judged()
        self.plot.show_left(judged)
        if self.body_shown:
            told = tr("{held_out} · step {step:,}", held_out=self._held_out, step=step)
            self.set_status(told if judged else tr("step {step:,}", step=step))

    def _judged(self) -> bool:
        """Return whether anything is measured of held-out items: of data without classes nothing may be."""
        known = any(map(len, (self._series[name] for name in (*RECALLS, *ERRORS))))
        return self._measurable or known or self._baseline.isVisible()

    def _show_axis_of_active(self) -> None:
        """Show the axis of the active fraction where its line is shown."""
        key = self.keys.entry("active")
        self.plot.show_outer_axis(key.isChecked() and bool(key.value))

    def _mean_of_active(self) -> bool:
        """Return whether the loss is a mean of what still violates, which may grow while all becomes better."""
        loss = self.desk.session.recipe.resolved().loss
        return loss.params.get("mean") == "violating"

    @staticmethod
    def _written(name: str, value: float) -> str:
        if name == "loss" or name in MORE or name in ERRORS:
            return localised(f"{value:.3g}")
        return localised(f"{value * 100:.0f} %") if name == "active" else localised(f"{value:.3f}")

    def _scale(self) -> None:
        """Loss from zero, or from the least below it; recalls from the ten per cent below the lowest that is shown."""
        self._scale_loss()
        for scale in {id(scale): scale for scale in self._more_scales.values()}.values():
            self._scale_more(scale)
        baseline = [self._baseline.value()] if self._baseline.isVisible() else []
        if self._errors:
            errors = [self._series[name].column().max() for name in ERRORS if self._series[name]]
            self.plot.setYRange(0.0, max([*errors, *baseline], default=1.0) * 1.05, padding=0.01)
        else:
            recalls = [self._series[name].column().min() for name in RECALLS if self._series[name]]
            lowest = math.floor(min([*recalls, *baseline], default=0.0) * 10 - 0.2) / 10
            self.plot.setYRange(max(lowest, 0.0), 1.0, padding=0.01)
        if self.plot.follows:
            self.plot.setXRange(0, max(self._step, 1), padding=0.01)

    def _scale_loss(self) -> None:
        """Let the scale of the loss hold its band: on a logarithmic one from its least value above zero."""
        drawn = self._lines["loss"].drawn
        known = np.zeros(0) if drawn is None else drawn.ends[np.isfinite(drawn.ends)]
        if not len(known):
            return
        low, high = float(known.min()), float(known.max())
        if not self._shape.log:
            low, high = min(0.0, low), max(0.0, high)
        room = 0.05 * (high - low or 1.0)
        below = room if self._shape.log or low < 0 else 0.0
        self._loss_scale.setYRange(low - below, high + room, padding=0)

    def _scale_more(self, scale: pg.ViewBox) -> None:
        """Let a scale go from zero, or the least value below it, to the largest of its lines."""
        drawn = [line.drawn.ends for name, line in self._lines.items() if self._on(name, scale) and line.drawn]
        if drawn:
            low, high = min(0.0, *(float(ends.min()) for ends in drawn)), max(float(ends.max()) for ends in drawn)
            scale.setYRange(low, high + 0.05 * (high - low) + 1e-9, padding=0)

    def _on(self, name: str, scale: pg.ViewBox) -> bool:
        return self._more_scales.get(name) is scale
