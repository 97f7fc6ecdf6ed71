"""Miners of pairs: what they choose, and the triplets that stand for it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.registry import create
from explorer.learn.batch import Triplets, pair_masks
from tests.learn.miners.mining import batch_of, label_lists, mined_of, negatives_of, pairs_of, rows

Pairs = set[tuple[int, int]]

NAMES = ("multi_similarity", "pair_margin")


def chosen(mined: Triplets) -> tuple[Pairs, Pairs]:
    assert mined.pairs is not None
    same, different = ({(a, b) for a, b in mask.nonzero().tolist()} for mask in mined.pairs)
    return same, different


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.7]), st.booleans())
def test_multi_similarity_takes_what_is_almost_in_the_wrong_order(
    labels: list[int], seed: int, epsilon: float, uphill: bool
) -> None:
    batch = batch_of(labels, seed, uphill=uphill)
    d = batch.distances
    positives: Pairs = set()
    negatives: Pairs = set()
    for a in range(len(labels)):
        own, others = [p for b, p in pairs_of(labels) if b == a], negatives_of(labels, a)
        if own and others:
            nearest, farthest = min(d[a, n] for n in others), max(d[a, p] for p in own)
            positives |= {(a, p) for p in own if d[a, p] + epsilon > nearest}
            negatives |= {(a, n) for n in others if d[a, n] - epsilon < farthest}
    assert chosen(mined_of("multi_similarity", batch, epsilon=epsilon)) == (positives, negatives)


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), st.sampled_from([0.0, 0.5, 1.5]), st.booleans())
def test_pair_margin_takes_what_is_on_the_wrong_side(labels: list[int], seed: int, limit: float, uphill: bool) -> None:
    batch = batch_of(labels, seed, uphill=uphill)
    d = batch.distances
    mined = mined_of("pair_margin", batch, positive_margin=limit, negative_margin=1.0)
    positives = {(a, p) for a, p in pairs_of(labels) if d[a, p] > limit}
    negatives = {(a, n) for a in range(len(labels)) for n in negatives_of(labels, a) if d[a, n] < 1.0}
    assert chosen(mined) == (positives, negatives)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), label_lists, st.integers(0, 1000))
def test_triplets_hold_exactly_the_pairs_of_every_anchor_that_has_both(name: str, labels: list[int], seed: int) -> None:
    batch = batch_of(labels, seed)
    mined = mined_of(name, batch)
    same, different = chosen(mined)
    both = {a for a, _ in same} & {a for a, _ in different}
    triplets = rows(mined.compact())
    assert {(a, p) for a, p, _ in triplets} == {pair for pair in same if pair[0] in both}
    assert {(a, n) for a, _, n in triplets} == {pair for pair in different if pair[0] in both}
    for a in both:  # and no more triplets than the larger of the two
        size = max(sum(b == a for b, _ in same), sum(b == a for b, _ in different))
        assert sum(b == a for b, _, _ in triplets) == size
    assert mined.pairs is not None
    for mask, expected in zip(pair_masks(batch, mined), mined.pairs, strict=True):
        assert torch.equal(mask, expected)
    assert mined.compact().pairs is mined.pairs


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_they_choose_as_theirs(name: str, wide: bool) -> None:
    theirs = pytest.importorskip("pytorch_metric_learning.miners")
    lp = pytest.importorskip("pytorch_metric_learning.distances").LpDistance()
    for seed in range(10):
        torch.manual_seed(seed)
        batch = batch_of(torch.randint(0, 5, (24,)).tolist(), seed, dimension=3)
        if name == "multi_similarity":
            ours = mined_of(name, batch, epsilon=0.4 if wide else 0.1)
            oracle = theirs.MultiSimilarityMiner(0.4 if wide else 0.1, distance=lp)
        else:
            ours = mined_of(name, batch, positive_margin=0.6 if wide else 0.2)
            oracle = theirs.PairMarginMiner(0.6 if wide else 0.2, 0.8)
        a, p, b, n = (part.tolist() for part in oracle(batch.embeddings, batch.labels))
        assert chosen(ours) == (set(zip(a, p, strict=True)), set(zip(b, n, strict=True)))


def test_a_loss_over_pairs_learns_from_anchors_with_one_sort_of_pairs() -> None:
    """At the start all are far apart: pairs of one class are chosen, and no pair of two classes."""
    torch.manual_seed(0)
    batch = batch_of([c for c in range(8) for _ in range(4)], dimension=256)
    mined = mined_of("pair_margin", batch)
    assert not mined.valid.any()
    context = {"distance": batch.distance, "classes": 8, "dimension": 256}
    for name in ("contrastive", "margin"):
        assert create("loss", name, {}, **context)(batch, mined).value > 0.1, name
