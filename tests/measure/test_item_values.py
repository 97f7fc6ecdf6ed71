import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.item_values import distances_to, right_of, violations
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import lift, lift_names
from tests.measure.formulas import suited, table

E = lift("euclidean")


def brute(d: FloatArray, labels: IntArray, margin: float) -> tuple[FloatArray, FloatArray]:
    """Rate and mean loss of every anchor, over all its triplets, one anchor at a time."""
    rate, loss = np.full(len(d), np.nan), np.full(len(d), np.nan)
    for a in np.flatnonzero(labels != -1):
        positives = [p for p in range(len(d)) if p != a and labels[p] == labels[a]]
        negatives = (labels != labels[a]) & (labels != -1)
        if positives and negatives.any():
            gaps = d[a, positives][:, None] + margin - d[a, negatives][None]
            rate[a], loss[a] = np.mean(gaps > 0), np.mean(np.maximum(gaps, 0))
    return rate.astype(np.float32), loss.astype(np.float32)


@settings(deadline=None, max_examples=120)
@given(data=st.data(), n=st.integers(1, 17), margin=st.sampled_from([0.0, 0.23, 1.0, 3.0]))
def test_equals_all_triplets_where_the_sample_is_everything(data: st.DataObject, n: int, margin: float) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=st.integers(-4, 4).map(np.float32)))
    labels = data.draw(arrays(np.int64, n, elements=st.integers(-1, 3)))
    squares = ((x[:, None] - x[None]) ** 2).sum(-1)  # exact on this grid, so that ties are ties
    for name, distances in (("squared_euclidean", squares), ("euclidean", np.sqrt(squares))):
        limits = np.float32(distances + np.float32(margin)).astype(np.float32) - np.float32(margin)
        rate, loss = violations(x, labels, lift(name), margin)
        wanted = brute(distances.astype(np.float64), labels, float(np.float32(margin)))
        np.testing.assert_allclose(loss, wanted[1], atol=2e-6, rtol=1e-5)
        if np.array_equal(limits, distances):  # no sum was rounded: also the comparisons are exact
            np.testing.assert_allclose(rate, wanted[0], atol=1e-6)
        assert np.array_equal(np.isnan(rate), np.isnan(wanted[0]))


@pytest.mark.parametrize("name", lift_names())
def test_the_anchor_asks_whatever_the_distance(name: str) -> None:
    generator = np.random.default_rng(0)
    x = suited(name, generator.normal(size=(40, 5)).astype(np.float32))
    labels = generator.integers(-1, 4, size=40)
    distances = table(name, x)
    margin = float(np.std(distances))
    rate, loss = violations(x, labels, lift(name), margin)
    wanted = brute(distances.astype(np.float32), labels, margin)
    np.testing.assert_allclose(loss, wanted[1], rtol=2e-3, atol=1e-4 * margin)
    assert np.nanmax(np.abs(rate - wanted[0])) < 0.01  # a pair at the margin may be rounded to either side


def test_a_sample_comes_near_to_all_triplets_also_where_nearly_all_are_of_one_class() -> None:
    generator = np.random.default_rng(0)
    labels = np.concatenate([np.zeros(3_000), np.arange(90) % 3 + 1]).astype(np.int64)
    x = (generator.normal(size=(len(labels), 4)) + labels[:, None] * 0.7).astype(np.float32)
    rate, loss = violations(x, labels, E, 0.5)
    distances = np.linalg.norm(x[:, None] - x[None], axis=-1)
    wanted = brute(distances, labels, 0.5)
    assert not np.isnan(rate).any()
    assert np.corrcoef(rate, wanted[0])[0, 1] > 0.95
    for found, true in ((rate, wanted[0]), (loss, wanted[1])):
        for own in (labels == 0, labels > 0):
            assert found[own].mean() == pytest.approx(true[own].mean(), rel=0.15)
    assert not np.array_equal(rate, violations(x, labels, E, 0.5, seed=1)[0])
    np.testing.assert_array_equal(rate, violations(x, labels, E, 0.5)[0])


def test_what_has_no_triplet_is_not_a_number() -> None:
    x = np.array([[0], [1], [2], [3], [np.nan], [np.inf], [1e30]], np.float32)
    for labels in ([0, 0, 0, 0, 0, 1, 1], [0, 1, 2, 3, 3, 3, 3], [-1] * 7):
        rate, loss = violations(x, np.array(labels), E, 1.0)
        assert np.isnan(rate).all()
        assert np.isnan(loss).all()
    rate, _ = violations(x, np.array([0, 0, 1, -1, 1, 1, 0]), E, 10.0)
    np.testing.assert_array_equal(rate, [1, 1, np.nan, np.nan, np.nan, np.nan, np.nan])
    assert len(violations(x[:0], np.empty(0, np.int64), E, 1.0)[0]) == 0


def test_a_cancelled_count_stops() -> None:
    with pytest.raises(Cancelled):
        violations(np.eye(4, dtype=np.float32), np.array([0, 0, 1, 1]), E, 1.0, cancelled=lambda: True)


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 30), k=st.integers(1, 6))
def test_right_is_what_the_nearest_labelled_neighbour_says(data: st.DataObject, n: int, k: int) -> None:
    labels = data.draw(arrays(np.int64, n, elements=st.integers(-1, 2)))
    near, _, _ = knn_graph(np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32), k, E)
    found = right_of(near, labels)
    for i in range(n):
        first = next((labels[j] for j in near[i] if j >= 0 and labels[j] >= 0), None)
        if labels[i] == -1 or first is None:
            assert np.isnan(found[i])
        else:
            assert found[i] == (first == labels[i])


@pytest.mark.parametrize("name", lift_names())
def test_distances_are_those_from_the_query(name: str) -> None:
    x = suited(name, np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32))
    np.testing.assert_allclose(distances_to(x, x[3], lift(name)), table(name, x)[3], rtol=2e-3, atol=1e-3)
