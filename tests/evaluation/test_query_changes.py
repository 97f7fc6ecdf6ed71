import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.mcnemar import mcnemar_p
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.query_changes import QueryChanges, class_changes, query_changes
from explorer.measure.lifts import lift


def embedded(noise: float, seed: int, labels: IntArray) -> FloatArray:
    draw, own = np.random.default_rng(7), np.random.default_rng(seed)
    return (draw.normal(size=(labels.max() + 1, 6))[labels] + noise * own.normal(size=(len(labels), 6))).astype(
        np.float32
    )


def two(labels: IntArray, **columns: list[str]) -> tuple[Sample, Sample]:
    first, second = (
        Sample(embedded(noise, seed, labels), labels, lift("euclidean"), columns)
        for noise, seed in ((0.9, 1), (0.7, 2))
    )
    return first, second


def nearest(x: FloatArray, query: int, among: IntArray, k: int) -> list[int]:
    """Brute force: the k nearest of ``among``, without the query, by distance and then by number."""
    others = [int(item) for item in among if item != query]
    gaps = {item: float(np.square(x[item].astype(np.float64) - x[query]).sum()) for item in others}
    return sorted(others, key=lambda item: (gaps[item], item))[:k]


def by_hand(samples: tuple[Sample, Sample], queries: IntArray, among: IntArray) -> tuple[list[int], list[int]]:
    """Return the queries that are fixed and those that are broken, by brute force."""
    fixed, broken = [], []
    for query in queries.tolist():
        a, b = (np.asarray(s.labels)[nearest(s.x, query, among, 1)[0]] == np.asarray(s.labels)[query] for s in samples)
        fixed += [query] if b and not a else []
        broken += [query] if a and not b else []
    return fixed, broken


def test_fixed_and_broken_are_those_of_brute_force() -> None:
    labels = np.repeat(np.arange(12), 10)
    samples = two(labels)
    found = query_changes(*samples, Effort(), neighbours=5)
    every = np.arange(120)
    fixed, broken = by_hand(samples, every, every)
    assert fixed
    assert broken
    assert (found.fixed.tolist(), found.broken.tolist()) == (fixed, broken)
    assert (found.recall.fixed, found.recall.broken, found.recall.queries) == (len(fixed), len(broken), 120)
    for query, near_a, near_b, changed in zip(
        found.queries.tolist(),
        found.nearest_a.tolist(),
        found.nearest_b.tolist(),
        found.neighbours_changed,
        strict=True,
    ):
        a, b = (nearest(sample.x, query, every, 5) for sample in samples)
        assert (near_a, near_b) == (a, b)
        assert changed == pytest.approx(len(set(a) - set(b)) / 5)
    assert set(found.figures) == {"map@r", "r_precision", "mrr", "ndcg@10"}
    assert all(of.low < of.difference < of.high for of in found.figures.values())


def test_queries_ask_the_gallery_and_the_unlabelled_and_the_lone_ask_nobody() -> None:
    labels = np.repeat(np.arange(6), 8)
    labels[[3, 20]] = -1
    labels = np.append(labels, 6)
    gallery = np.arange(49) % 2 == 0
    samples = two(labels, split=["gallery" if there else "query" for there in gallery])
    found = query_changes(*samples, Effort())
    among = np.flatnonzero(gallery & (labels >= 0))
    queries = np.flatnonzero(~gallery & (labels >= 0) & (labels < 6))
    assert found.queries.tolist() == queries.tolist()
    assert (found.fixed.tolist(), found.broken.tolist()) == by_hand(samples, queries, among)
    assert set(found.nearest_a.ravel().tolist()) - {-1} <= set(among.tolist())
    a, b = (Sample(sample.x, np.arange(49), sample.lift) for sample in samples)
    with pytest.raises(UserError, match="No held-out item has another"):
        query_changes(a, b, Effort())
    a, b = two(labels, role=["asked" if there else "asks" for there in gallery])
    renamed = query_changes(a, b, Effort(), roles=("role", "asks", "asked"))
    assert renamed.queries.tolist() == queries.tolist()
    with pytest.raises(Cancelled):
        query_changes(*samples, Effort(cancelled=lambda: True))


def test_the_same_embedding_changes_nothing() -> None:
    sample = two(np.repeat(np.arange(4), 5))[0]
    found: QueryChanges = query_changes(sample, sample, Effort())
    assert not len(found.fixed)
    assert not len(found.broken)
    assert found.recall.p == 1
    assert not found.neighbours_changed.any()
    assert all(of.p == 1 for of in found.figures.values())


def test_classes_are_told_by_what_they_gained_and_p_is_corrected() -> None:
    labels = np.repeat([3, 5, 9], [10, 4, 20])
    a, b = np.zeros(34, np.bool_), np.zeros(34, np.bool_)
    b[:10] = True  # class 3: ten fixed
    a[10:12] = True  # class 5: two broken
    gained, same, lost = class_changes(labels, a, b)
    assert (gained.label, gained.queries, gained.fixed, gained.broken, gained.difference) == (3, 10, 10, 0, 1)
    assert (same.label, same.difference, same.p) == (9, 0, 1)
    assert (lost.label, lost.broken, lost.difference) == (5, 2, -0.5)
    assert gained.p == pytest.approx(3 * mcnemar_p(10, 0)[0])
    assert gained.low > 0
    assert lost.low < -0.5 < lost.high
