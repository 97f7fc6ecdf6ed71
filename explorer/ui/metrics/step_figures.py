"""The curves and the triplet counts as figures for paper, over all steps, whatever is zoomed into on screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from explorer.core.events import ParameterChanged
from explorer.ui.metrics.change_marks import label_of
from explorer.ui.metrics.step_line import LineShape, drawn_line
from explorer.ui.widgets.figures.figure import Axis, Chart, Mark, Trace, even_axis, joined, log_axis
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.series import Series
from explorer.ui.widgets.text import decimal

POINTS = 1000
"""Points of a line; where there are more steps, it is their mean, with the band of the extremes around it."""


def curves_figure(
    series: Mapping[str, Series],
    tokens: Mapping[str, str],
    shown: Iterable[str],
    *,
    names: Mapping[str, str],
    baseline: tuple[str, float] | None,
    shape: LineShape,
    changes: Iterable[ParameterChanged],
    caption: str,
) -> Chart:
    """Return recalls, or errors of a number, at the left axis and the loss at the right; ``tokens``: colours of lines.

    ``names``: what the lines are called on screen, and so in the figure and above its numbers.
    Of the other lines the active fraction goes over the whole height, and is drawn where it is ``shown``; those with
    a scale of their own are in the numbers alone.
    """
    known = [name for name in series if len(series[name])]
    drawn = [name for name in shown if name in known]
    steps = max((float(series[name].x[-1]) for name in known), default=1.0)
    left = _left_axis(series, [name for name in drawn if _at_left(name)], [baseline[1]] if baseline else [])
    traces = [_trace(name, names[name], series[name], tokens[name], shape, left) for name in drawn]
    if baseline is not None:
        at = np.array([baseline[1]] * 2)
        traces.append(Trace(f"{baseline[0]} {decimal(baseline[1])}", "muted", np.array([0.0, steps]), at, dashed=True))
    columns = joined(tr("step"), [(names[name], series[name].x, series[name].column()) for name in known])
    marks = tuple(Mark(float(change.step), label_of(change)) for change in changes)
    return Chart(
        tr("Curves"),
        caption,
        columns,
        even_axis(tr("step"), 0.0, max(steps, 1.0)),
        left,
        tuple(traces),
        _loss_axis(series, drawn, shape),
        marks,
    )


def _at_left(name: str) -> bool:
    return "@" in name or name.endswith(" error")


def _left_axis(series: Mapping[str, Series], drawn: list[str], baseline: list[float]) -> Axis:
    """Return the axis of recalls, or of errors from 0 where there are any."""
    if any(name.endswith(" error") for name in drawn):
        largest = max([*(float(series[name].column().max()) for name in drawn), *baseline])
        return even_axis(tr("mean error"), 0.0, largest * 1.05)
    recalls = [float(series[name].column().min()) for name in drawn]
    low = np.floor(min([*recalls, *baseline, 1.0]) * 10 - 0.2) / 10
    return even_axis(tr("recall"), max(float(low), 0.0), 1.0)


def _trace(name: str, called: str, series: Series, token: str, shape: LineShape, left: Axis) -> Trace:
    recall = _at_left(name)
    found = drawn_line(series, LineShape(shape.log and name == "loss", shape.smooth and not recall), POINTS)
    y, band = found.y, found.ends if found.banded else None
    if name == "active":  # over the whole height, as on screen
        y = left.low + y * (left.high - left.low)
        band = None if band is None else left.low + band * (left.high - left.low)
    words = {
        "active": tr("{name} (0 to 100 % of the height)", name=called),
        "loss": tr("{name} (right axis)", name=called),
    }.get(name, called)
    if found.window > 1:
        words += tr(", smoothed over {window} steps", window=found.window)
    return Trace(words, token, found.x, y, width=2.0 if recall else 1.2, band=band, right=name == "loss", dots=recall)


def _loss_axis(series: Mapping[str, Series], drawn: Iterable[str], shape: LineShape) -> Axis | None:
    if "loss" not in drawn:
        return None
    ends = drawn_line(series["loss"], LineShape(log=shape.log), POINTS).ends
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        return None
    if shape.log:
        return log_axis(tr("loss"), float(ends.min()) - 0.05, float(ends.max()) + 0.05)
    return even_axis(tr("loss"), min(0.0, float(ends.min())), float(ends.max()) * 1.05)


def triplets_figure(series: Series, caption: str) -> Chart:
    """Return the shares of hard, semi-hard and easy triplets of every batch, stacked."""
    rows = series.thinned(POINTS)
    total = rows[:, 1:].sum(axis=1)
    hard, violated = rows[:, 1] / total, (rows[:, 1] + rows[:, 2]) / total
    x, zeros = rows[:, 0], 0.0
    names = (tr("hard"), tr("semi-hard"), tr("easy"))
    columns = joined(tr("step"), [(name, series.x, series.column(place)) for place, name in enumerate(names)])
    traces = (
        Trace(names[2], "outline", x, np.ones(len(x)), floor=zeros, width=0.5),
        Trace(names[1], "semi_hard", x, violated, floor=zeros, width=1.0),
        Trace(names[0], "wrong", x, hard, floor=zeros, width=1.0),
    )
    bottom = even_axis(tr("step"), 0.0, max(float(x[-1]), 1.0))
    return Chart(
        tr("Triplets"), caption, columns, bottom, even_axis(tr("% of triplets"), 0.0, 1.0, percent=True), traces
    )
