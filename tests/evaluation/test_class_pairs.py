"""Pairs of classes against comparing every pair and every triplet, also where embeddings collapse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.class_pairs import ClassPairs, ClassPairsProtocol, class_pairs, evenly
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift

MARGIN = 0.5
LABELS = st.lists(st.integers(-1, 3), min_size=4, max_size=14).map(np.array)


def by_hand(x: FloatArray, labels: IntArray) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], float]]:
    """Return mean distances and violated shares by pair of classes, from every pair and triplet."""
    d = np.sqrt(np.square(x[:, None] - x[None]).sum(-1)).astype(np.float32)
    items = np.flatnonzero(labels >= 0).tolist()
    means: dict[tuple[int, int], list[float]] = {}
    shares: dict[tuple[int, int], list[bool]] = {}
    for a in items:
        for b in items:
            if a != b:
                means.setdefault((labels[a], labels[b]), []).append(float(d[a, b]))
            if a == b or labels[a] != labels[b]:
                continue
            for n in items:
                if labels[n] != labels[a]:
                    inside = bool(d[a, n] < np.float32(d[a, b] + np.float32(MARGIN)))
                    shares.setdefault((labels[a], labels[n]), []).append(inside)
    return {k: float(np.mean(v)) for k, v in means.items()}, {k: float(np.mean(v)) for k, v in shares.items()}


@settings(deadline=None, max_examples=60)
@given(labels=LABELS, data=st.data())
def test_distances_and_violations_are_those_of_every_pair_and_triplet(labels: IntArray, data: st.DataObject) -> None:
    values = st.integers(0, 3).map(np.float32)  # whole numbers: ties, and copies of one item
    x = data.draw(arrays(np.float32, (len(labels), 2), elements=values))
    if len(set(labels[labels >= 0].tolist())) < 2:
        with pytest.raises(UserError):
            class_pairs(x, labels, lift("euclidean"), MARGIN)
        return
    found, _ = class_pairs(x, labels, lift("euclidean"), MARGIN)
    means, shares = by_hand(x, labels)
    assert sorted(found.order.tolist()) == list(range(len(found.classes)))
    for i, one in enumerate(found.classes.tolist()):
        for j, other in enumerate(found.classes.tolist()):
            mean, share = means.get((one, other), np.nan), shares.get((one, other), np.nan)
            assert found.distances[i, j] == pytest.approx(mean, abs=1e-4, nan_ok=True)
            assert found.violated[i, j] == pytest.approx(share, nan_ok=True)


def test_similar_classes_come_next_to_each_other() -> None:
    generator = np.random.default_rng(0)
    centres = np.array([[0, 0], [50, 0], [1, 0], [51, 0], [0, 1], [50, 1]], np.float32)
    labels = np.repeat(np.arange(6), 10)
    x = (centres[labels] + generator.normal(size=(60, 2)) * 0.1).astype(np.float32)
    found, _ = class_pairs(x, labels, lift("euclidean"), MARGIN)
    sides = (found.order % 2).tolist()
    assert sides in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])


def test_the_protocol_says_what_is_mixed_up_and_gives_the_matrices() -> None:
    labels = np.repeat(np.arange(3), 20)
    x = np.ones((60, 4), np.float32)
    protocol = ClassPairsProtocol(ClassPairsProtocol.Params())
    collapsed = protocol.measure(Sample(x, labels, lift("euclidean")), Effort())
    assert collapsed.figures["violated"] == collapsed.figures["most_violated_pair"] == 1
    assert collapsed.figures["hard"] == 0
    assert collapsed.figures["distance_between"] == 0
    assert isinstance(collapsed.details, ClassPairs)
    x[labels == 1] += 5
    x[labels == 2] += 10
    apart = protocol.measure(Sample(x, labels, lift("euclidean")), Effort())
    assert apart.figures["violated"] == 0
    assert apart.figures["nearest_classes"] == pytest.approx(10)
    with pytest.raises(Cancelled):
        protocol.measure(Sample(x, labels, lift("euclidean")), Effort(cancelled=lambda: True))


def test_items_of_one_each_have_no_triplets_and_no_distance_within() -> None:
    sample = Sample(np.eye(4, dtype=np.float32), np.arange(4), lift("euclidean"))
    found = ClassPairsProtocol(ClassPairsProtocol.Params()).measure(sample, Effort())
    assert np.isnan(found.figures["violated"])
    assert np.isnan(found.figures["distance_within"])
    assert found.figures["distance_between"] == pytest.approx(np.sqrt(2))


def test_of_large_classes_no_more_are_taken_than_of_others() -> None:
    labels = np.repeat([0, 1, 2, -1], [1000, 50, 20, 30])
    rows = evenly(labels, 120, 0)
    assert np.bincount(labels[rows]).tolist() == [50, 50, 20]
    assert len(evenly(labels, 5000, 0)) == 1070
