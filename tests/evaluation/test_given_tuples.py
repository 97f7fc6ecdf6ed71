from __future__ import annotations

import numpy as np
import pytest

from explorer.core.given_tuples import Checks
from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.evaluation.given_tuples import best_threshold, share_held
from explorer.measure.lifts import lift

NONE: BoolArray = np.zeros(0, np.bool_)
NO_ROWS: IntArray = np.zeros((0, 2), np.int64)


def rows(count: int = 40, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)


@pytest.mark.parametrize("name", ["euclidean", "cosine"])
def test_triplets_hold_as_one_by_one(name: str) -> None:
    x, draw = rows(), np.random.default_rng(1)
    triplets = np.stack([draw.permutation(40)[:3] for _ in range(100)])
    found = share_held(Checks(triplets, NONE, NO_ROWS, NONE), x, np.arange(40), lift(name))
    held = 0
    for a, n, f in triplets.tolist():
        if name == "cosine":
            unit = x / np.linalg.norm(x, axis=1, keepdims=True)
            held += bool(unit[a] @ unit[n] > unit[a] @ unit[f])
        else:
            held += bool(np.linalg.norm(x[a] - x[n]) < np.linalg.norm(x[a] - x[f]))
    assert found == (held / 100, 100)


def test_pairs_hold_on_their_side_of_the_threshold_of_those_that_were_trained_on() -> None:
    x = np.array([[0.0], [1.0], [5.0], [6.5], [20.0]], np.float32)
    checks = Checks(
        np.array([[2, 3], [0, 3], [3, 4]]),
        np.array([True, False, True]),
        np.array([[0, 1], [0, 2]]),
        np.array([1, 0], bool),
    )
    assert share_held(checks, x, np.arange(5), lift("euclidean")) == (2 / 3, 3)


def test_nothing_is_said_where_an_item_is_not_embedded_or_nothing_was_kept_out() -> None:
    some = Checks(np.array([[0, 1, 2]]), NONE, NO_ROWS, NONE)
    assert share_held(some, rows(2), np.arange(2), lift("euclidean")) is None
    assert share_held(Checks(NO_ROWS, NONE, NO_ROWS, NONE), rows(2), np.arange(2), lift("euclidean")) is None


def test_the_best_threshold_is_that_of_a_search_over_all() -> None:
    draw = np.random.default_rng(3)
    for _ in range(30):
        d = np.round(draw.random(25), 1).astype(np.float32)
        same = draw.random(25) < 0.3
        same[:2] = True, False

        def right(t: float, d: FloatArray = d, same: BoolArray = same) -> float:
            return float((d[same] <= t).mean() + (d[~same] > t).mean())

        assert right(best_threshold(d, same)) == pytest.approx(max(right(t) for t in d.tolist()))
