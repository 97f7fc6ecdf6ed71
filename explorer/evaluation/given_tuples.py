"""Which of the given pairs or triplets that were kept out of training hold."""

from __future__ import annotations

import numpy as np

from explorer.core.given_tuples import Checks
from explorer.core.item_rows import rows_of
from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.evaluation.comparison import pair_distances
from explorer.measure.lifts import Lift


def share_held(checks: Checks, x: FloatArray, items: IntArray, lift: Lift) -> tuple[float, int] | None:
    """Return the share of the kept-out tuples that hold, and how many were checked.

    A triplet holds where its anchor is nearer to the second item than to the third; a pair where its distance lies on
    its side of the threshold that separates the pairs of either sort best among those that were trained on. None where
    not all of their items are among ``items`` (M,), whose embeddings are ``x`` (M, D), or there is no tuple.
    """
    if not len(checks.rows) or len(rows_of(items, checks.items)) < len(checks.items):
        return None
    if (rows_of(items, checks.items) < 0).any():
        return None
    asked, known = lift.lift_query(x), lift.lift_item(x)

    def distances(pairs: IntArray) -> FloatArray:
        return pair_distances(asked, known, rows_of(items, pairs.ravel()).reshape(-1, 2), lift)

    if checks.rows.shape[1] == 3:
        holds = distances(checks.rows[:, :2]) < distances(checks.rows[:, [0, 2]])
    elif len(checks.trained):
        threshold = best_threshold(distances(checks.trained), checks.trained_same)
        holds = (distances(checks.rows) <= threshold) == checks.same
    else:
        return None
    return float(holds.mean()), len(holds)


def best_threshold(distances: FloatArray, same: BoolArray) -> float:
    """Return the distance (of P, with ``same`` (P,)) up to which pairs are best taken for the same.

    Either sort counts as much as the other, however many pairs it has; halfway to the next distance.
    """
    order = np.argsort(distances, kind="stable")
    ascending, sort = distances[order].astype(np.float64), same[order]
    right = np.cumsum(sort) / max(1, int(sort.sum())) - np.cumsum(~sort) / max(1, int((~sort).sum()))
    last = np.flatnonzero(np.r_[ascending[1:] > ascending[:-1], True])  # of equal distances
    best = int(last[np.argmax(right[last])])
    return float(ascending[best : best + 2].mean())
