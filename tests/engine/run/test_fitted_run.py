"""A run that fits a map, through the session: shown, measured, saved, gone on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import spatial

from explorer.core.events import RunFinished, RunStarted
from explorer.core.recipe import Recipe
from explorer.core.types import Evaluation, Neighbours, Snapshot, StepMetrics
from explorer.engine.offline import OfflineRun
from explorer.runs.folder import RunFolder
from tests.engine.conftest import Desk

Start = Callable[..., Desk]

LMNN = Recipe(device="cpu").with_settings(["fitter=lmnn", "fitter.iterations=500", "fitter.tolerance=0"])


@pytest.mark.full
def test_a_map_is_fitted_stopped_measured_saved_and_gone_on_with(start: Start, tmp_path: Path) -> None:
    session, heard = start(recipe=LMNN)
    assert session.why_not() == ""
    session.analysis.pin([7], 5)
    session.train(tmp_path / "run")
    started = heard.until(RunStarted)
    heard.until(StepMetrics, lambda metrics: metrics.step >= 3)
    session.stop()
    finished = heard.until(RunFinished)
    last = heard.until(Snapshot, lambda snapshot: snapshot.step == finished.step and snapshot.run == started.run)
    assert (last.exact, last.distance) == (True, "euclidean")
    near = heard.until(Neighbours, lambda found: found.run == started.run and found.step == finished.step)
    best = np.sort(np.linalg.norm(last.embeddings - last.embeddings[7], axis=1))[1:6]
    np.testing.assert_allclose(near.distances[0], best, rtol=1e-3)
    found = heard.until(Evaluation, lambda found: found.run == started.run and found.step == finished.step)
    assert found.metrics["recall@1"] > 0.9

    heard.at_rest()
    place = heard.now()
    session.train(resume=True)
    again = heard.until(RunStarted, after=place)
    assert (again.run, again.step) == (started.run, finished.step)
    heard.until(StepMetrics, lambda metrics: metrics.step > finished.step, after=place)
    assert session.close(60.0)
    with RunFolder.open(tmp_path / "run") as folder:
        steps = [metrics.step for metrics in folder.history().metrics]
        assert steps == list(range(1, len(steps) + 1))
        assert folder.verify() == ()


def test_vectors_as_they_are_are_asked_by_the_distance_of_the_recipe(start: Start, tmp_path: Path) -> None:
    x = np.random.default_rng(2).random((40, 6)).astype(np.float32)
    np.savez(tmp_path / "vectors.npz", vectors=x, labels=np.arange(40) % 4)
    settings = ["fitter=identity", "encoder.standardise=false", "distance=cosine"]
    recipe = Recipe(device="cpu").with_settings(settings)
    session, heard = start(live=False, recipe=recipe, spec=str(tmp_path / "vectors.npz"))
    session.train(tmp_path / "run")
    heard.until(RunFinished)
    assert session.close(60.0)
    near = OfflineRun(tmp_path / "run").query(Path("7"), 5)
    best = np.sort(spatial.distance.cdist(x[7:8], x, "cosine")[0])[1:6]
    np.testing.assert_allclose([item.distance for item in near], best, rtol=1e-2, atol=1e-3)
