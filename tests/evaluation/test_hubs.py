from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray
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
