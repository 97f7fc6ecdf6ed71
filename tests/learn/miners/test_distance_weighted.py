"""Distance-weighted sampling: its law, and that it is sound in many dimensions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from explorer.core.registry import create
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from explorer.learn.distances.base import unit
from explorer.learn.miners.base import drawn
from explorer.learn.miners.distance_weighted import DistanceWeighted
from tests.learn.miners.mining import batch_of, label_lists, mine, negatives_of, pairs_of, rows


def law(batch: Batch, a: int, candidates: list[int], cutoff: float, farthest: float) -> dict[int, float]:
    x = unit(batch.embeddings.double())
    n = x.shape[1]
    weights = {}
    for i in candidates:
        d = float((x[a] - x[i]).norm())
        if d < farthest:
            d = max(d, cutoff)
            weights[i] = 1 / (d ** (n - 2) * (1 - d * d / 4) ** ((n - 3) / 2))
    total = math.fsum(weights.values())
    return {i: w / total for i, w in weights.items()}


@settings(max_examples=40, deadline=None)
@given(label_lists, st.integers(0, 1000), st.sampled_from([2, 3, 16]), st.booleans())
def test_the_weights_of_every_anchor_are_the_formula(labels: list[int], seed: int, n: int, uphill: bool) -> None:
    batch = batch_of(labels, seed, n, uphill=uphill)
    miner = create("miner", "distance_weighted", {})
    assert isinstance(miner, DistanceWeighted)
    weights = miner.weights(batch)
    for a in range(len(labels)):
        wanted = law(batch, a, negatives_of(labels, a), 0.5, 1.4)
        assert weights[a].nonzero().flatten().tolist() == sorted(wanted)
        for i, share in wanted.items():
            assert float(weights[a, i]) == pytest.approx(share, rel=1e-6)
    for a, p, i in rows(mine("distance_weighted", batch, seed=seed)):
        assert (a, p) in pairs_of(labels)
        assert weights[a, i] > 0


def test_negatives_are_drawn_by_that_law() -> None:
    labels = [0, 0, *([1] * 6), *([2] * 6)]
    batch = batch_of(labels, seed=5, dimension=4)
    wanted = law(batch, 0, negatives_of(labels, 0), 0.5, 1.4)
    draws, some = drawn(create("miner", "distance_weighted", {}).weights(batch), 20_000, generator(1))
    counts = np.bincount(draws[0].numpy(), minlength=len(labels))
    likely = sorted(wanted)
    assert some.all()
    assert counts[likely].sum() == 20_000
    assert chisquare(counts[likely], [20_000 * wanted[i] for i in likely]).pvalue > 0.001


def test_one_tight_group_takes_no_anchors_away_in_512_dimensions() -> None:
    torch.manual_seed(0)
    z = torch.nn.functional.normalize(torch.randn(64, 512), dim=1)
    z[:8] = torch.nn.functional.normalize(z[0] + 0.01 * torch.randn(8, 512), dim=1)
    labels = torch.arange(64) // 4  # the tight group is two classes
    batch = Batch(z, labels, create("distance", "euclidean", {}))
    anchors = mine("distance_weighted", batch).anchors.unique()
    allowed = (torch.cdist(z, z) < 1.4) & (labels[:, None] != labels[None])
    assert len(anchors) == int(allowed.any(dim=1).sum()) >= 60


def test_the_farthest_are_left_out_or_not() -> None:
    z = torch.tensor([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.0], [-0.9, 0.1]])
    batch = Batch(z, torch.tensor([0, 0, 1, 1]), create("distance", "euclidean", {}))
    assert rows(mine("distance_weighted", batch)) == []
    assert len(rows(mine("distance_weighted", batch, farthest=2.0))) == 4
