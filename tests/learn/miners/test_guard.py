"""Miners for wrong labels, for several hard ones and for every distance, against loops over all rows."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.registry import create
from explorer.learn.batch import Batch
from explorer.learn.device import generator
from tests.learn.miners.mining import batch_of, label_lists, mine, mined_of, negatives_of, pairs_of, rows

SHARES = st.sampled_from([0.0, 0.5, 0.8, 1.0])


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), SHARES, st.booleans())
def test_the_guard_takes_the_nearest_that_is_not_too_near(
    labels: list[int], seed: int, share: float, uphill: bool
) -> None:
    batch = batch_of(labels, seed, uphill=uphill)
    d = batch.distances
    wanted = set()
    for a, p in pairs_of(labels):
        far = [n for n in negatives_of(labels, a) if d[a, n] >= d[a, p] - (1.0 - share) * d[a, p].abs()]
        if far:
            wanted.add((a, p, min(far, key=lambda n: float(d[a, n]))))
    assert set(rows(mine("false_negative_guard", batch, share=share))) == wanted
    drawn = rows(mine("false_negative_guard", batch, seed=seed, share=share, pick="random"))
    assert {(a, p) for a, p, _ in drawn} == {(a, p) for a, p, _ in wanted}
    assert all(d[a, n] >= d[a, p] - (1.0 - share) * d[a, p].abs() for a, p, n in drawn)


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), SHARES)
def test_the_guard_leaves_suspicious_pairs_out_of_all(labels: list[int], seed: int, share: float) -> None:
    batch = batch_of(labels, seed)
    d = batch.distances
    mined = mined_of("false_negative_guard", batch, share=share, pick="all")
    assert mined.pairs is not None
    same, different = ({(a, b) for a, b in mask.nonzero().tolist()} for mask in mined.pairs)
    assert same == pairs_of(labels)
    expected = set()
    for a in range(len(labels)):
        own = [d[a, p] for b, p in pairs_of(labels) if b == a]
        limit = min(own) - (1.0 - share) * min(own).abs() if own else -torch.inf
        expected |= {(a, n) for n in negatives_of(labels, a) if d[a, n] >= limit}
    assert different == expected


def test_an_anchor_that_is_labelled_wrongly_pushes_its_true_class_no_more() -> None:
    positions = torch.tensor([0.0, 0.1, 0.2, 5.0, 5.1, 0.15])  # the last one stands among the first class
    batch = Batch(
        torch.stack((positions, torch.zeros(6)), dim=1),
        torch.tensor([0, 0, 0, 1, 1, 1]),
        create("distance", "euclidean", {"normalise": False}),
    )
    assert {n for a, _, n in rows(mine("false_negative_guard", batch)) if a == 5} == set()
    assert {n for a, _, n in rows(mine("hard", batch, positives="all")) if a == 5} == {1}


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2))
def test_n_hard_takes_the_farthest_and_the_nearest(
    labels: list[int], seed: int, far: int, near: int, skip: int
) -> None:
    batch = batch_of(labels, seed)
    d = batch.distances
    expected = set()
    for a in range(len(labels)):
        own = sorted((p for b, p in pairs_of(labels) if b == a), key=lambda p: -float(d[a, p]))[skip : skip + far]
        others = sorted(negatives_of(labels, a), key=lambda n: float(d[a, n]))[skip : skip + near]
        expected |= {(a, p, n) for p in own for n in others}
    found = rows(mine("n_hard", batch, positives=far, negatives=near, leave_out=skip))
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_one_hardest_is_the_hard_miner() -> None:
    batch = batch_of([0, 1, 2, 3] * 6)
    assert set(rows(mine("n_hard", batch, positives=1, negatives=1))) == set(rows(mine("hard", batch)))


@settings(max_examples=60, deadline=None)
@given(label_lists, st.integers(0, 1000))
def test_a_hard_cluster_is_the_middle_the_outermost_and_the_middle_next_to_it(labels: list[int], seed: int) -> None:
    batch = batch_of(labels, seed)
    z = batch.prepared
    members = {c: [i for i, label in enumerate(labels) if label == c] for c in set(labels)}
    means = {c: z[m].mean(dim=0) for c, m in members.items()}
    far = {i: float((z[i] - means[labels[i]]).square().sum()) for i in range(len(labels))}
    found = {labels[a]: (a, p, n) for a, p, n in rows(mine("hard_cluster", batch))}
    assert set(found) == {c for c, m in members.items() if len(m) > 1 and len(members) > 1}
    for c, (a, p, n) in found.items():
        other = min((k for k in members if k != c), key=lambda k: float((means[k] - means[c]).square().sum()))
        assert labels[a] == labels[p] == c
        assert labels[n] == other
        assert a != p
        if len(members[c]) > 2:  # of two both are as far from their mean, but for rounding
            assert a == min(members[c], key=lambda i: far[i])
            assert p == max(members[c], key=lambda i: far[i])
        if len(members[other]) != 2:
            assert n == min(members[other], key=lambda i: far[i])


def test_a_class_that_fell_together_still_has_a_triplet() -> None:
    batch = batch_of([0, 0, 1, 1, 1])
    batch.embeddings.fill_(1.0)
    assert len(rows(mine("hard_cluster", batch))) == 2


@pytest.mark.parametrize("bins", [1, 7, 100])
def test_every_distance_is_drawn_alike(bins: int) -> None:
    batch = batch_of([c for c in range(6) for _ in range(5)], seed=3, dimension=3)
    d = batch.distances
    mined = mined_of("uniform_histogram", batch, bins=bins, positives=2, negatives=3)
    assert mined.pairs is not None
    for chosen, among, count in zip(mined.pairs, (batch.same, batch.different), (2, 3), strict=True):
        assert not (chosen & ~among).any()
        low, high = d[among].min(), d[among].max()
        place = ((d - low) / (high - low) * bins).long().clamp(0, bins - 1)
        drawn, there = (torch.bincount(place[mask], minlength=bins) for mask in (chosen, among))
        assert ((drawn > 0) == (there > 0)).all()
        assert (drawn <= count).all()
    again, other = (
        mined_of("uniform_histogram", batch, seed=seed, bins=bins, positives=2, negatives=3).pairs for seed in (0, 1)
    )
    assert again is not None
    assert other is not None
    assert torch.equal(mined.pairs[1], again[1])
    assert not torch.equal(mined.pairs[1], other[1])


def test_every_pair_of_a_part_may_be_drawn() -> None:
    batch = batch_of([0, 0, 1, 1, 2, 2], seed=1)
    seen = torch.zeros(6, 6, dtype=torch.bool)
    for seed in range(60):
        mined = create("miner", "uniform_histogram", {"bins": 2, "positives": 1, "negatives": 2})(
            batch, 0.2, generator(seed)
        )
        seen |= mined.pairs[0] | mined.pairs[1]
    assert torch.equal(seen, batch.same | batch.different)


def test_the_parts_are_those_of_pytorch_metric_learning() -> None:
    theirs = pytest.importorskip("pytorch_metric_learning.miners")
    lp = pytest.importorskip("pytorch_metric_learning.distances").LpDistance()
    batch = batch_of([c for c in range(6) for _ in range(5)], seed=5, dimension=3)
    ours = mined_of("uniform_histogram", batch, bins=20, positives=2000, negatives=5000)
    torch.manual_seed(0)
    a, p, b, n = theirs.UniformHistogramMiner(20, 2000, 5000, distance=lp)(batch.embeddings, batch.labels)
    assert ours.pairs is not None
    for mask, anchors, others in zip(ours.pairs, (a, b), (p, n), strict=True):  # so many draws leave no pair out
        wanted = torch.zeros_like(mask)
        wanted[anchors, others] = True
        assert torch.equal(mask, wanted)
