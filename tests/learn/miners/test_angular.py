"""The angular miner against all triplets."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.learn.distances.base import unit
from tests.learn.miners.mining import batch_of, label_lists, mine, negatives_of, pairs_of, rows


@settings(max_examples=50, deadline=None)
@given(label_lists, st.integers(0, 1000), st.sampled_from([5.0, 20.0, 50.0]), st.booleans())
def test_it_takes_a_negative_with_a_wide_angle(labels: list[int], seed: int, degrees: float, uphill: bool) -> None:
    batch = batch_of(labels, seed, dimension=3, uphill=uphill)  # whatever the distance
    x = unit(batch.embeddings.double())

    def angle(a: int, p: int, n: int) -> float:
        apart, centre = float((x[a] - x[p]).norm()), float((x[n] - (x[a] + x[p]) / 2).norm())
        return math.degrees(math.atan2(apart, 2 * centre))

    wide = {
        (a, p): {n: angle(a, p, n) for n in negatives_of(labels, a) if angle(a, p, n) > degrees}
        for a, p in pairs_of(labels)
    }
    widest = {(a, p): n for a, p, n in rows(mine("angular", batch, angle=degrees, pick="widest"))}
    assert set(widest) == {pair for pair, found in wide.items() if found}
    for pair, n in widest.items():
        assert wide[pair][n] == pytest.approx(max(wide[pair].values()))
    drawn = {(a, p): n for a, p, n in rows(mine("angular", batch, angle=degrees))}
    assert set(drawn) == set(widest)
    assert all(n in wide[pair] for pair, n in drawn.items())


def test_in_many_draws_it_finds_all_that_theirs_lists() -> None:
    theirs = pytest.importorskip("pytorch_metric_learning.miners")
    batch = batch_of([0, 0, 0, 1, 1, 2, 2, 2, 3, 3], seed=3, dimension=3)
    listed = theirs.AngularMiner(20)(torch.nn.functional.normalize(batch.embeddings), batch.labels)
    seen = {row for seed in range(300) for row in rows(mine("angular", batch, seed=seed))}
    assert seen == set(zip(*(part.tolist() for part in listed), strict=True))
