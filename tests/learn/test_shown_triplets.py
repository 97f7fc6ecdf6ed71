"""The triplets of the last batch: what is shown of them, and that nobody is disturbed by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.events import Checkpoint
from explorer.core.map_values import BatchTriplets
from explorer.core.registry import create
from explorer.core.types import IntArray, StepMetrics
from explorer.learn import trainer
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.shown_triplets import MOST, SHARE, LastBatch, mixture, shown_triplets
from explorer.learn.task import Task
from tests.helpers.clocks import ERA
from tests.learn.tasks import made_up, of, quick_recipe, run, same_weights, task


def batch_of(rows: int = 40, classes: int = 4, seed: int = 0) -> Batch:
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(rows) % classes
    embeddings = torch.randn(rows, 5, generator=draw) + labels[:, None] * 0.5
    return Batch(embeddings, labels, create("distance", "euclidean", {}), indices=torch.arange(rows) + 100)


def sorts(found: BatchTriplets) -> IntArray:
    """Return 0 hard, 1 semi-hard, 2 easy."""
    return np.where(found.far < found.near, 0, np.where(found.far < found.near + np.float32(found.margin), 1, 2))


def check(found: BatchTriplets, batch: Batch) -> None:
    a, p, n = (items - 100 for items in (found.anchors, found.positives, found.negatives))
    labels, d = batch.labels.numpy(), batch.distances.detach().numpy()
    assert (labels[a] == labels[p]).all()
    assert (a != p).all()
    assert (labels[a] != labels[n]).all()
    np.testing.assert_array_equal(found.near, d[a, p])
    np.testing.assert_array_equal(found.far, d[a, n])
    assert (np.diff(found.far - found.near) >= 0).all()
    assert len(np.unique(np.stack([a, p, n]), axis=1).T) == len(a)


def test_all_triplets_are_shown_by_the_hardest_of_each_anchor_and_others() -> None:
    batch = batch_of()
    found = shown_triplets(LastBatch.of(batch, None, 0.2), "r", 7)
    check(found, batch)
    assert (found.run, found.step, found.margin, found.drawn) == ("r", 7, 0.2, False)
    assert found.total == int(batch.pairs.total) == 40 * 9 * 30
    assert set(sorts(found)) == {0, 1, 2}
    d, same = batch.distances.detach().numpy(), batch.same.numpy()
    for row in range(40):
        near, far = d[row][same[row]].max(), np.where(batch.different.numpy()[row], d[row], np.inf).min()
        if far < near + np.float32(0.2):
            shown = found.anchors == row + 100
            assert ((found.near == near) & (found.far == far) & shown).any()


def test_of_a_miner_that_lists_its_choice_that_is_shown() -> None:
    batch = batch_of()
    mined = create("miner", "semi_hard", {})(batch, 0.2, generator(0))
    chosen = mined.compact()
    found = shown_triplets(LastBatch.of(batch, mined, 0.2), "r", 1, drawn=True)
    check(found, batch)
    assert found.drawn
    assert found.total == len(chosen.anchors) > 0
    listed = set(zip(*(rows.tolist() for rows in (chosen.anchors, chosen.positives, chosen.negatives)), strict=True))
    shown = zip(*((i - 100).tolist() for i in (found.anchors, found.positives, found.negatives)), strict=True)
    assert set(shown) <= listed


def test_a_batch_without_triplets_shows_none() -> None:
    batch = batch_of(classes=1)
    found = shown_triplets(LastBatch.of(batch, None, 0.2), "r", 1)
    assert (found.total, len(found.anchors)) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 900), st.integers(1, MOST), st.integers(0, 10_000), st.floats(0.0, 0.8))
def test_a_mixture_is_the_hardest_and_a_share_of_every_sort(count: int, most: int, seed: int, margin: float) -> None:
    draw = np.random.default_rng(seed)
    near, far = (draw.random(count).astype(np.float32) for _ in range(2))
    chosen = mixture(near, far, margin, most)
    assert len(chosen) == len(np.unique(chosen)) == min(count, most)
    gaps = far - near
    assert (np.diff(gaps[chosen]) >= 0).all()
    kinds = np.where(far < near, 0, np.where(far < near + np.float32(margin), 1, 2))
    for kind in range(3):
        assert (kinds[chosen] == kind).sum() >= min((kinds == kind).sum(), min(most, count) // SHARE)


def watched(*settings_: str, wanted: bool = True) -> Task:
    pixels, labels = made_up(items=200)
    base = task(quick_recipe("sampler.images=4", *settings_, epochs=60), pixels=pixels, labels=labels)
    return replace(base, triplets_wanted=lambda: wanted)


@pytest.mark.parametrize(
    "miner", [*(pytest.param(name, marks=pytest.mark.full) for name in ("all", "semi_hard")), "hard_memory"]
)
def test_a_run_that_is_watched_is_the_same_bit_for_bit(miner: str) -> None:
    seen, unseen = (run(watched(f"miner={miner}", wanted=wanted)) for wanted in (True, False))
    shown = of(BatchTriplets, seen)
    assert shown
    assert not of(BatchTriplets, unseen)
    assert [(m.step, m.loss, m.grad_norm) for m in of(StepMetrics, seen)] == [
        (m.step, m.loss, m.grad_norm) for m in of(StepMetrics, unseen)
    ]
    assert same_weights(of(Checkpoint, seen)[-1], of(Checkpoint, unseen)[-1])
    labels = watched().labels
    for found in shown:
        assert found.run == "r"
        assert (labels[found.anchors] == labels[found.positives]).all()
        assert (labels[found.anchors] != labels[found.negatives]).all()
        assert np.isin(found.anchors, watched().split.train).all()


def test_they_are_published_no_more_often_than_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "TRIPLETS_SECONDS", ERA)
    assert len(of(BatchTriplets, run(watched()))) == 1


def test_a_loss_that_mines_nothing_shows_the_triplets_of_its_batch() -> None:
    shown = of(BatchTriplets, run(watched("loss=softmax", "loss.census_margin=0.1")))
    assert shown
    assert {found.margin for found in shown} == {0.1}
    assert shown[0].total == 16 * 3 * 12
