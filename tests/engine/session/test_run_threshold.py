"""The threshold of the run that is shown: chosen on held-out items, kept in its folder, read again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from explorer.core.types import DistanceHistogram, JobStatus
from explorer.engine.events import Notice
from explorer.engine.offline import OfflineRun
from explorer.engine.session.run_threshold import RunThreshold
from explorer.engine.threshold import run_threshold
from explorer.runs.threshold import read_threshold
from tests.engine.conftest import SHORT, Desk


def test_a_threshold_is_kept_and_is_the_one_that_the_command_line_chooses(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    place = heard.now()
    session.threshold.keep(0)
    refused = heard.until(Notice, lambda notice: notice.level == "error", after=place)
    assert "A threshold is kept with a run" in refused.text
    session.train()
    heard.at_rest()
    session.threshold.look()
    assert heard.until(RunThreshold) == RunThreshold(session.run, None)
    place = heard.now()
    job = session.threshold.keep(0)
    heard.until(JobStatus, lambda status: status.id == job and status.state == "finished", after=place)
    kept = heard.until(RunThreshold, after=place).kept
    assert kept is not None
    folder = session.run_folder
    assert folder is not None
    assert read_threshold(folder) == kept
    (folder / "threshold.json").unlink()
    chosen = run_threshold(OfflineRun(folder))
    assert (chosen.step, chosen.split) == (kept.step, kept.split)
    assert chosen.distance == pytest.approx(kept.distance, rel=1e-3)


def test_the_pairs_of_the_histogram_are_those_of_the_held_out_items(start: Callable[..., Desk]) -> None:
    session, heard = start()
    found = heard.until(DistanceHistogram)
    assert found.pairs is not None
    assert session.split is not None
    assert session.dataset is not None
    labels = np.asarray(session.dataset.labels)
    assert np.isin(found.pairs.same, session.split.held_out).all()
    assert (labels[found.pairs.same[:, 0]] == labels[found.pairs.same[:, 1]]).all()
    assert (labels[found.pairs.different[:, 0]] != labels[found.pairs.different[:, 1]]).all()
    assert (np.diff(found.pairs.near) >= 0).all()
    assert found.pairs.mistakes(found.threshold).accepted / found.different_pairs == pytest.approx(found.eer, abs=0.01)
    place = heard.now()
    session.analysis.compare(500)
    fewer = heard.until(DistanceHistogram, after=place)
    assert fewer.different_pairs == len(fewer.pairs.far if fewer.pairs else ()) == 500
