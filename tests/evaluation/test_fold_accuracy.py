"""The accuracy over folds equals trying every threshold on the other folds, ties and collapse included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from explorer.core.types import FloatArray
from explorer.evaluation.fold_accuracy import fold_accuracy


def right(distances: FloatArray, same: FloatArray, threshold: float) -> float:
    return float(np.mean((distances <= threshold) == same))


@given(data=st.data(), pairs=st.integers(2, 12), folds=st.integers(2, 4), collapsed=st.booleans())
def test_equals_trying_every_threshold(data: st.DataObject, pairs: int, folds: int, collapsed: bool) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    distances = draw.integers(0, 2 if collapsed else 9, (folds, 2 * pairs)).astype(np.float32)  # with ties
    same = np.tile(np.arange(2 * pairs) < pairs, (folds, 1))
    fold = np.repeat(np.arange(1, folds + 1), 2 * pairs).reshape(folds, -1)
    accuracies = []
    for judged in range(folds):
        others = np.arange(folds) != judged
        values = np.unique(distances[others])
        tried = np.concatenate(([-1.0], (values[:-1] + values[1:]) / 2, [np.inf]))
        best = max(tried, key=lambda at: (right(distances[others], same[others], at), -at))
        accuracies.append(right(distances[judged], same[judged], best))
    found = fold_accuracy(distances[same], distances[~same], fold[same], fold[~same])
    assert found is not None
    assert found.value == pytest.approx(np.mean(accuracies))
    if np.std(accuracies) > 0:
        low, high = stats.t.interval(0.95, folds - 1, loc=np.mean(accuracies), scale=stats.sem(accuracies))
        assert (found.low, found.high) == pytest.approx((max(0, low), min(1, high)))
    else:
        assert found.low == found.high == found.value


def test_without_folds_there_is_none() -> None:
    one = np.ones(3, np.float32)
    assert fold_accuracy(one, one, np.zeros(3, np.int64), np.zeros(3, np.int64)) is None
    assert fold_accuracy(one, one, np.ones(3, np.int64), np.ones(3, np.int64)) is None
    mixed = np.array([0, 1, 2])
    assert fold_accuracy(one, one, mixed, mixed) is None
