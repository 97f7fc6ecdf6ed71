"""The learned matrix on its way to a window, and with it distances that are below zero."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer.core.events import RunFinished
from explorer.core.types import (
    DatasetCensus,
    DistanceHistogram,
    Evaluation,
    LearnedMetric,
    Neighbours,
    Projection,
    StepMetrics,
)
from tests.engine.conftest import SMALL, Desk

Start = Callable[..., Desk]
SETTINGS = ["encoder=linear", "encoder.dimension=8", "distance=dot"]


def test_a_linear_run_shows_its_matrix_live_and_when_it_is_opened_again(start: Start, tmp_path: Path) -> None:
    session, heard = start(recipe=SMALL.with_settings(SETTINGS))
    session.analysis.pin([3], 5)
    session.train(tmp_path / "run")
    heard.until(StepMetrics, lambda metrics: metrics.step >= 30)
    session.stop()
    finished = heard.until(RunFinished)
    live = heard.until(LearnedMetric, lambda metric: metric.step == finished.step)
    assert (live.over, len(live.eigenvalues)) == ("pixels", 8)
    measured = heard.until(Evaluation, lambda found: found.step == finished.step and found.part == "held-out")
    assert 0.1 < measured.metrics["recall@1"] <= 1
    histogram = heard.until(DistanceHistogram, lambda found: found.step == finished.step)
    assert histogram.edges[0] < 0
    census = heard.until(DatasetCensus, lambda found: found.step == finished.step)
    assert census.census.total
    near = heard.until(Neighbours, lambda found: found.step == finished.step)
    assert np.all(np.diff(near.distances[0]) >= 0)
    frame = heard.until(Projection, lambda found: found.step == finished.step and found.method == "umap")
    assert np.isfinite(frame.xy).all()

    place = heard.now()
    session.open_run(tmp_path / "run")
    again = heard.until(LearnedMetric, after=place)
    assert (again.run, again.step) == (live.run, live.step)
    np.testing.assert_array_equal(again.matrix, live.matrix)
    np.testing.assert_array_equal(again.diagonal, live.diagonal)
