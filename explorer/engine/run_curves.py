"""What a saved run measured while it was trained, few points of it: to be drawn over that of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.types import CROSS_MODAL, PIXELS_RUN, RETRIEVAL, FloatArray
from explorer.runs.journal import METRICS_NAME, History, read_history

MOST_POINTS = 400
"""Points of a curve; of more the means of as many pieces."""


@dataclass(frozen=True, slots=True)
class RunCurves:
    """The curves of a run: ``lines`` by what was measured, each of steps and values (2, N); the loss is of batches."""

    path: Path
    lines: Mapping[str, FloatArray]


def curves_of(run: Path) -> RunCurves:
    """Read the curves of the run in a folder.

    Raises
    ------
    UserError: if its journal cannot be read.
    """
    history = read_history(run / METRICS_NAME)
    lines: dict[str, FloatArray] = {}
    for name, points in _measured(history).items():
        lines[name] = _thinned(points)
    if history.metrics:
        lines["loss"] = _thinned([(one.step, one.loss) for one in history.metrics])
    return RunCurves(run, lines)


def _measured(history: History) -> dict[str, list[tuple[float, float]]]:
    """Return what was measured of held-out items, by its name: (step, value)."""
    found: dict[str, list[tuple[float, float]]] = {}
    for one in history.evaluations:
        if one.run != PIXELS_RUN and one.part == "held-out" and one.protocol in (RETRIEVAL, CROSS_MODAL):
            for name, value in one.metrics.items():
                found.setdefault(name, []).append((one.step, value))
    return found


def _thinned(points: Iterable[tuple[float, float]]) -> FloatArray:
    """Return points (2, N), or of many the means of pieces of as many steps."""
    every = np.array(list(points), np.float32)
    if len(every) > MOST_POINTS:
        every = np.stack([piece.mean(axis=0) for piece in np.array_split(every, MOST_POINTS)])
    return np.ascontiguousarray(every.T)
