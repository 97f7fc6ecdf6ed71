"""What was measured once, as figures for paper: distances, curves of protocols, eigenvalues, and tables of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.core.types import DistanceHistogram, FloatArray
from explorer.evaluation.curves import CurveKind, Points, Range, Scale, drawn, extent, kind_of, ticks
from explorer.ui.widgets.figures.figure import (
    Axis,
    Chart,
    Columns,
    Doubles,
    Listing,
    Mark,
    Trace,
    even_axis,
    joined,
    log_axis,
)
from explorer.ui.widgets.language import said, tr

AXES = {
    "rank": tr("rank"),
    "found": tr("found"),
    "true accepts": tr("true accepts"),
    "accuracy": tr("accuracy"),
    "recall": tr("recall"),
}
"""The words of the axes of curves that are no abbreviations."""


def axis_word(name: str) -> str:
    """Return what an axis of a curve is called."""
    return AXES.get(name, name)


def distances_figure(result: DistanceHistogram, threshold: float, caption: str) -> Chart:
    """Return the histogram, both densities scaled to one height as on screen; the numbers are not scaled."""
    edges = np.asarray(result.edges, np.float64)
    traces = tuple(
        Trace(name, token, np.repeat(edges, 2)[1:-1], np.repeat(_to_one(density), 2), floor=0.0, width=1.2)
        for name, token, density in (
            (tr("different class"), "wrong", result.different),
            (tr("same class"), "right", result.same),
        )
    )
    marks = [Mark(threshold, tr("threshold {threshold:.3g}", threshold=threshold), "text", dashed=False)]
    if abs(threshold - result.threshold) > 1e-9:
        marks.append(Mark(float(result.threshold), tr("equal errors {threshold:.3g}", threshold=result.threshold)))
    columns = Columns(
        ("from", "to", tr("same class density"), tr("different class density")),
        (edges[:-1], edges[1:], np.asarray(result.same, np.float64), np.asarray(result.different, np.float64)),
    )
    bottom = even_axis(tr("distance"), float(edges[0]), float(edges[-1]))
    left = Axis(tr("density, each scaled to the same height"), 0.0, 1.05)
    return Chart(tr("Distances"), caption, columns, bottom, left, traces, marks=tuple(marks))


def _to_one(density: FloatArray) -> Doubles:
    values = np.asarray(density, np.float64)
    return np.asarray(values / max(float(values.max()), 1e-12))


def protocol_figure(name: str, lines: Mapping[str, Points], caption: str) -> Chart:
    """Return a curve of a protocol for what each of ``lines`` is of, the first in front; the others are dashed."""
    kind = kind_of(name)
    places = {of: drawn(points, kind) for of, points in lines.items()}
    across, upwards = extent(places.values(), kind)
    traces = [
        Trace(of, "muted" if number else "accent", *places[of], dashed=bool(number), width=1.4 if number else 2.0)
        for number, of in enumerate(places)
    ]
    if kind.x_scale == "deviate":  # where both errors are equal
        ends = np.array(across, np.float64)
        traces.append(Trace("", "outline", ends, ends, width=1.0))
    bottom, left = _axis(kind.x, across, kind.x_scale), _axis(kind.y, upwards, kind.y_scale)
    return Chart(said(kind.title), caption, _curve_columns(kind, lines), bottom, left, tuple(reversed(traces)))


def _axis(title: str, ends: Range, scale: Scale) -> Axis:
    places = tuple((float(place), text) for place, text in ticks(*ends, scale, 9))
    title = axis_word(title)
    return Axis(title if scale == "rank" else f"{title}, %", ends[0], ends[1], places)


def _curve_columns(kind: CurveKind, lines: Mapping[str, Points]) -> Columns:
    """Return x and y of each line as they are, shares from 0 to 1: their x are their own."""
    longest = max((len(x) for x, _ in lines.values()), default=0)
    titles: list[str] = []
    cells: list[Doubles] = []
    for of, points in lines.items():
        for axis, values in zip((kind.x, kind.y), points, strict=True):
            column = np.full(longest, np.nan)
            column[: len(values)] = values
            titles.append(f"{of} {axis_word(axis)}")
            cells.append(column)
    return Columns(tuple(titles), tuple(cells))


def spectrum_figure(eigenvalues: Doubles, caption: str) -> Chart:
    """Return eigenvalues (K,) above zero, largest first, on a logarithmic scale."""
    place = np.arange(1, len(eigenvalues) + 1, dtype=np.float64)
    powers = np.log10(eigenvalues)
    columns = joined(tr("place"), [(tr("eigenvalue"), place, eigenvalues)])
    left = log_axis(tr("eigenvalue"), float(powers.min()) - 0.1, float(powers.max()) + 0.1)
    trace = Trace("", "accent", place, powers, width=2.0, dots=len(place) <= 128)
    return Chart(tr("Eigenvalues"), caption, columns, even_axis(tr("place"), 1.0, max(len(place), 2.0)), left, (trace,))


def listing_of(title: str, caption: str, titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Listing:
    """Return a table as it is shown, its numbers as written there."""
    cells = tuple(zip(*rows, strict=True)) if rows else tuple(() for _ in titles)
    return Listing(title, caption, Columns(tuple(titles), cells), tuple(titles), tuple(rows))
