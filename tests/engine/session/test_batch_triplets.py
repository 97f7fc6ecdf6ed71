"""Triplets for the map: of the last batch of a run, or drawn from what is shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import RunFinished, RunPaused
from explorer.core.map_values import BatchTriplets, Forces, KeptStep
from explorer.core.types import PIXELS_RUN, Snapshot
from explorer.engine.datasets.loading import Opened
from explorer.engine.session.batch_triplets import draw_triplets
from explorer.engine.session.session import Session
from tests.engine.conftest import Desk
from tests.engine.session.test_miner_bench import RECIPE, opened, snapshot_of


def check(session: Session, found: BatchTriplets) -> None:
    assert session.dataset is not None
    labels = session.dataset.labels
    assert len(found.anchors)
    assert (labels[found.anchors] == labels[found.positives]).all()
    assert (labels[found.anchors] != labels[found.negatives]).all()


@pytest.mark.parametrize("loss", ["triplet", "softmax", "cross_batch_memory"])
def test_a_batch_is_drawn_from_a_snapshot_with_sampler_and_miner(loss: str) -> None:
    there = opened()
    recipe = RECIPE.with_settings([f"loss={loss}"])
    shown = snapshot_of(there)
    found = draw_triplets(there, recipe, shown)
    assert (found.run, found.step, found.drawn) == ("r1", 30, True)
    labels = there.dataset.labels
    assert (labels[found.anchors] == labels[found.positives]).all()
    assert (labels[found.anchors] != labels[found.negatives]).all()
    x = shown.embeddings
    np.testing.assert_allclose(found.near, np.linalg.norm(x[found.anchors] - x[found.positives], axis=1), atol=1e-3)
    np.testing.assert_allclose(found.far, np.linalg.norm(x[found.anchors] - x[found.negatives], axis=1), atol=1e-3)
    every = 16 * 3 * 12
    assert found.total == every if loss != "triplet" else 0 < found.total < every


def test_data_without_a_split_say_why() -> None:
    there = opened()
    with pytest.raises(UserError, match="no classes"):
        draw_triplets(Opened(there.dataset, None, "no classes", ()), RECIPE, None)


def test_they_come_before_while_and_after_a_run_and_stay_in_a_pause(start: Callable[..., Desk]) -> None:
    session, listener = start()
    session.batch_triplets.want(True)
    raw = listener.until(BatchTriplets)
    assert (raw.run, raw.drawn) == (PIXELS_RUN, True)
    check(session, raw)
    session.train()
    live = listener.until(BatchTriplets, lambda t: t.run != PIXELS_RUN)
    assert not live.drawn
    assert live.step > 0
    check(session, live)
    session.pause()
    listener.until(RunPaused)
    here = listener.now()
    session.batch_triplets.want(True)
    again = listener.until(BatchTriplets, after=here)
    assert (again.drawn, again.run) == (False, live.run)
    assert again.step >= live.step
    here = listener.now()
    session.batch_triplets.want(False)
    session.batch_triplets.want(True)
    paused = listener.until(BatchTriplets, after=here)
    assert paused.drawn
    session.stop()
    end = listener.until(RunFinished)
    last = listener.until(Snapshot, lambda s: s.step == end.step and s.exact)
    after = listener.until(BatchTriplets, lambda t: t.drawn and t.step == last.step and t.run == last.run)
    check(session, after)


def test_nothing_comes_unasked(start: Callable[..., Desk]) -> None:
    session, listener = start()
    session.batch_triplets.want(True)
    session.batch_triplets.want(False)
    session.train()
    listener.until(Snapshot, lambda s: s.run != PIXELS_RUN and s.step > 0)
    session.stop()
    listener.until(RunFinished)
    assert [t for t in listener.all(BatchTriplets) if t.run != PIXELS_RUN] == []


def test_a_kept_step_has_triplets_and_forces_of_its_own(start: Callable[..., Desk]) -> None:
    session, listener = start()
    session.train()
    for _ in range(3):
        listener.until(KeptStep, after=listener.now())
    session.pause()
    listener.until(RunPaused)
    session.batch_triplets.want(True)
    session.forces.want(np.arange(40))
    early = session.replay.steps[1].step
    here = listener.now()
    session.replay.show(early)
    shown = listener.until(BatchTriplets, lambda t: t.step == early, after=here)
    assert shown.drawn
    check(session, shown)
    forces = listener.until(Forces, lambda f: f.step == early, after=here)
    np.testing.assert_array_equal(forces.items, np.arange(40))
    here = listener.now()
    session.replay.show(-1)
    assert listener.until(BatchTriplets, lambda t: t.step != early, after=here).step > early
    assert listener.until(Forces, lambda f: f.step != early, after=here).step > early
