import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.census import census, class_census, sample_anchors
from explorer.measure.lifts import lift, lift_names
from explorer.measure.pairs import distance_blocks

GRID = st.integers(-4, 4).map(np.float32)


def triple_loop(d: FloatArray, labels: IntArray, margin: float, anchors: IntArray) -> dict[tuple[int, int], list[int]]:
    """Counts [easy, semi-hard, hard] of every class pair, one triplet at a time."""
    counts: dict[tuple[int, int], list[int]] = {}
    for a in anchors:
        for p in range(len(labels)):
            for n in range(len(labels)):
                if labels[a] < 0 or labels[n] < 0 or p == a or labels[p] != labels[a] or labels[n] == labels[a]:
                    continue
                kind = 2 if d[a, n] < d[a, p] else 1 if d[a, n] < np.float32(d[a, p] + np.float32(margin)) else 0
                counts.setdefault((int(labels[a]), int(labels[n])), [0, 0, 0])[kind] += 1
    return counts


def mean_hinge(d: FloatArray, labels: IntArray, margin: float, anchors: IntArray) -> float:
    """The mean of max(0, d_ap + margin − d_an) over every triplet."""
    found = []
    for a in anchors:
        for p in np.flatnonzero((labels == labels[a]) & (np.arange(len(labels)) != a)):
            limit = np.float64(np.float32(d[a, p] + np.float32(margin)))
            found += np.maximum(0, limit - d[a, labels != labels[a]].astype(np.float64)).tolist()
    return float(np.mean(found)) if found else float("nan")


@settings(deadline=None)
@given(
    data=st.data(),
    n=st.integers(1, 24),
    margin=st.sampled_from([0.0, 0.25, 1.0, 3.0]),
    name=st.sampled_from(lift_names()),
)
def test_equals_a_triple_loop(data: st.DataObject, n: int, margin: float, name: str) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID))
    labels = data.draw(arrays(np.int64, n, elements=st.integers(-1, 3)))
    anchors = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1)))), np.int64)
    # equal distances may round apart in a product of another shape: the loop gets the table that the census sees
    kept = np.argsort(labels, kind="stable")[np.count_nonzero(labels < 0) :]
    asked = np.flatnonzero(np.isin(kept, anchors))
    table = np.full((len(kept), len(kept)), np.nan, np.float32)
    for start, block in distance_blocks(x[kept], asked, lift(name)):
        table[asked[start : start + len(block)]] = block
    if name.endswith("euclidean"):  # on this grid the squares are exact, so the table is the formula's to the last bit
        squares = ((x[kept][asked][:, None] - x[kept][None]) ** 2).sum(-1)
        np.testing.assert_array_equal(table[asked], np.sqrt(squares) if name == "euclidean" else squares)
    counted = class_census(x, labels, margin, lift(name), anchors)
    wanted = triple_loop(table, labels[kept], margin, asked)
    totals = np.sum([*wanted.values(), [0, 0, 0]], axis=0)
    assert [counted.census.easy, counted.census.semi_hard, counted.census.hard] == totals.tolist()
    assert counted.census.hinge == pytest.approx(mean_hinge(table, labels[kept], margin, asked), abs=1e-6, nan_ok=True)
    names = counted.classes.tolist()
    for row, a in enumerate(names):
        for column, b in enumerate(names):
            easy, semi_hard, hard = wanted.get((a, b), [0, 0, 0])
            assert counted.violated[row, column] == semi_hard + hard
            assert counted.total[row, column] == easy + semi_hard + hard


def test_many_positives_far_outliers_and_ties() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 3)).astype(np.float32)
    x[0], x[1:60] = 1e4, 0.5
    labels = np.arange(300) % 3
    table = np.concatenate([block.copy() for _, block in distance_blocks(x, np.arange(300), lift("euclidean"))])
    easy = semi_hard = hard = 0
    for a in range(300):
        positive = (labels == labels[a]) & (np.arange(300) != a)
        ap, an = table[a, positive][:, None], table[a, labels != labels[a]][None]
        hard += int((an < ap).sum())
        semi_hard += int(((an >= ap) & (an < ap + np.float32(0.5))).sum())
        easy += int((an >= ap + np.float32(0.5)).sum())
    counted = census(x, labels, 0.5, lift("euclidean"))
    assert (counted.easy, counted.semi_hard, counted.hard) == (easy, semi_hard, hard)


def test_more_negatives_than_are_looked_at_together_most_of_them_far_away() -> None:
    """Also what is not a number, of an embedding that is none: it is further than everything."""
    generator = np.random.default_rng(1)
    labels = np.arange(6000) % 3
    x = (generator.normal(size=(6000, 4)) + 2 * (labels == 1)[:, None] + 40 * (labels == 2)[:, None]).astype(np.float32)
    x[5] = np.nan
    anchors = np.array([0, 1, 2, 3, 4, 301, 302])
    counted = class_census(x, labels, 0.5, lift("euclidean"), anchors)
    wanted = np.zeros((3, 3), np.int64)
    order = np.argsort(labels, kind="stable")
    _, table = next(distance_blocks(x[order], np.flatnonzero(np.isin(order, anchors)), lift("euclidean")))
    for a, row in zip(order[np.isin(order, anchors)], table, strict=True):
        d = row[np.argsort(order)]
        limits = np.sort(d[(labels == labels[a]) & (np.arange(6000) != a)] + np.float32(0.5))
        for other in set(range(3)) - {int(labels[a])}:
            an = d[labels == other]
            an = an[np.isfinite(an)]
            wanted[labels[a], other] += (len(limits) - np.searchsorted(limits, an, "right")).sum()
    np.testing.assert_array_equal(counted.violated, wanted)
    assert counted.census.hard + counted.census.semi_hard == wanted.sum()
    assert np.isfinite(counted.census.hinge)


def test_sampled_anchors_are_reproducible_and_have_positives() -> None:
    labels = np.array([0, 0, 1, 2, 2, 2, -1, -1])
    assert sample_anchors(labels, 100).tolist() == [0, 1, 3, 4, 5]
    assert sample_anchors(labels, 2, seed=1).tolist() == sample_anchors(labels, 2, seed=1).tolist()
    assert len(sample_anchors(labels, 2)) == 2


def test_no_triplet_at_all() -> None:
    x = np.zeros((3, 2), np.float32)
    assert census(x, [0, 0, 0], 0.1, lift("euclidean")).total == 0
    assert census(x, [0, 1, 2], 0.1, lift("euclidean")).total == 0
    assert census(x, [-1, -1, -1], 0.1, lift("euclidean")).total == 0
    assert census(x[:0], [], 0.1, lift("euclidean")).total == 0


def test_a_census_can_be_cancelled_and_refuses_a_negative_margin() -> None:
    x = np.zeros((4, 2), np.float32)
    with pytest.raises(Cancelled):
        census(x, [0, 0, 1, 1], 0.1, lift("euclidean"), cancelled=lambda: True)
    with pytest.raises(ValueError, match="at least 0"):
        census(x, [0, 0, 1, 1], -0.1, lift("euclidean"))


def test_threads_count_what_one_thread_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by class, where each thread has several blocks and the last of them is short."""
    generator = np.random.default_rng(0)
    x, labels = generator.normal(size=(230, 4)).astype(np.float32), np.arange(230) % 5
    monkeypatch.setattr("explorer.measure.pairs._BLOCK_BYTES", 4 * 230 * 20)
    both = class_census(x, labels, 0.3, lift("euclidean"))
    monkeypatch.setattr("explorer.measure.census._THREADS", 1)
    one = class_census(x, labels, 0.3, lift("euclidean"))
    assert (both.census.easy, both.census.semi_hard, both.census.hard) == (
        one.census.easy, one.census.semi_hard, one.census.hard,
    )  # fmt: skip
    assert both.census.hinge == pytest.approx(one.census.hinge)
    np.testing.assert_array_equal(both.violated, one.violated)
