from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.hubs import Doubles, occurrences
from explorer.evaluation.protocol import Effort, Measured, Sample
from explorer.measure.lifts import lift

GRID = st.integers(-4, 4).map(np.float32)


def counted(x: FloatArray, k: int) -> Doubles:
    """Count lists one by one; of equally far ones at the end of a list each has a share of the places left."""
    table = ((x[:, None] - x[None]) ** 2).sum(-1)
    counts = np.zeros(len(x))
    for row in range(len(x)):
        others = np.delete(np.arange(len(x)), row)
        last = np.sort(table[row][others])[k - 1]
        nearer, equal = (others[side(table[row][others], last)] for side in (np.less, np.equal))
        counts[nearer] += 1
        counts[equal] += (k - len(nearer)) / len(equal)
    return counts


def measured(x: FloatArray, k: int) -> Measured:
    protocol = create("protocol", "hubs", {"k": k})
    found: Measured = protocol.measure(Sample(x, np.zeros(len(x), np.int64), lift("squared_euclidean")), Effort())
    return found


@given(data=st.data(), n=st.integers(3, 30))
def test_equals_lists_counted_one_by_one(data: st.DataObject, n: int) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID))
    k = data.draw(st.integers(1, n - 1))
    found = occurrences(x, lift("squared_euclidean"), k)
    np.testing.assert_allclose(found, counted(x, k), atol=1e-9)
    assert found.sum() == pytest.approx(n * k)


def test_figures_of_random_points() -> None:
    x = np.random.default_rng(0).normal(size=(400, 30)).astype(np.float32)
    counts = counted(x, 10)
    figures = measured(x, 10).figures
    assert figures["skewness"] == pytest.approx(scipy.stats.skew(counts))
    assert figures["skewness"] > 1  # in thirty dimensions there are hubs
    assert figures["anti_hubs"] == pytest.approx(np.mean(counts == 0))
    assert figures["hubs"] == pytest.approx(np.mean(counts >= 20))
    assert figures["largest"] == counts.max()
    poor = np.sort(counts)[np.sort(counts) < 10]
    assert figures["robin_hood"] == pytest.approx((10 - poor).sum() / (400 * 10))


def test_a_collapsed_embedding_prefers_nobody() -> None:
    figures = measured(np.ones((50, 3), np.float32), 7).figures
    assert figures["robin_hood"] == pytest.approx(0, abs=1e-9)
    assert figures["largest"] == pytest.approx(7)
    assert figures["skewness"] == figures["anti_hubs"] == figures["hubs"] == 0


def test_a_star_has_one_hub() -> None:
    apart = np.array([[0, 0], [5, 0], [-5, 0], [0, 5], [0, -5]], np.float32)
    assert measured(apart, 1).figures["largest"] == 4
    assert measured(apart, 1).figures["anti_hubs"] == 0  # the hub's own list is shared by the four


def test_lists_longer_than_the_items_are_refused_and_it_can_be_cancelled() -> None:
    with pytest.raises(UserError, match="5 items have no lists of 5 neighbours"):
        measured(np.zeros((5, 2), np.float32), 5)
    with pytest.raises(Cancelled):
        occurrences(np.zeros((5, 2), np.float32), lift("euclidean"), 2, cancelled=lambda: True)


@pytest.mark.parametrize("cure", ["csls", "nicdm"])
def test_local_scaling_is_that_of_its_formula_and_takes_hubs_away(cure: str) -> None:
    generator = np.random.default_rng(1)
    labels = np.repeat(np.arange(8), 40)
    x = (generator.normal(size=(8, 40))[labels] * 0.6 + generator.normal(size=(320, 40))).astype(np.float32)
    found = measured_of(x, labels, cure)
    d = np.sqrt(np.square(x[:, None].astype(np.float64) - x[None]).sum(-1))
    np.fill_diagonal(d, np.inf)
    reach = np.sort(d, axis=1)[:, :10].mean(axis=1)
    scaled = 2 * d - reach[:, None] - reach if cure == "csls" else d / np.sqrt(reach[:, None] * reach)
    for name, table in (("", d), ("scaled_", scaled)):
        nearest = np.argsort(table, axis=1)[:, :10]
        counts = np.bincount(nearest.ravel(), minlength=len(x))
        assert found.figures[f"{name}skewness"] == pytest.approx(scipy.stats.skew(counts), abs=1e-3)
        assert found.figures[f"{name}recall@1"] == pytest.approx(np.mean(labels[nearest[:, 0]] == labels))
    assert found.figures["scaled_skewness"] < 0.8 * found.figures["skewness"]
    assert found.figures["scaled_recall@1"] >= found.figures["recall@1"]


def measured_of(x: FloatArray, labels: IntArray, cure: str, by: str = "euclidean") -> Measured:
    protocol = create("protocol", "hubs", {"k": 10, "cure": cure})
    found: Measured = protocol.measure(Sample(x, labels, lift(by)), Effort())
    return found


def test_a_collapsed_embedding_has_no_hubs_before_or_after() -> None:
    x, labels = np.ones((40, 3), np.float32), np.arange(40) % 4
    for cure in ("csls", "nicdm"):
        figures = measured_of(x, labels, cure).figures
        assert figures["skewness"] == figures["scaled_skewness"] == 0
    assert "scaled_skewness" not in measured_of(x, labels, "none").figures


def test_distances_below_zero_are_not_divided_by() -> None:
    x = np.abs(np.random.default_rng(0).normal(size=(40, 3))).astype(np.float32)
    with pytest.raises(UserError, match="below zero"):
        measured_of(x, np.arange(40) % 4, "nicdm", "dot")
    assert np.isfinite(measured_of(x, np.arange(40) % 4, "csls", "dot").figures["scaled_skewness"])
    assert np.isnan(measured_of(x, np.arange(40), "csls", "dot").figures["recall@1"])
