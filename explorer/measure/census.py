"""Exact triplet counts of a whole snapshot: how many triplets are easy, semi-hard and hard, and between which classes.

For one anchor, the positives are sorted once into buckets; every negative then finds the number of positives further
away than itself, with and without the margin, by one look-up and a search inside one bucket. O(N) an anchor and not
O(P · N), and every count is an integer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import UNLABELLED, FloatArray, IntArray, TripletCensus
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never
from explorer.measure.sorting import bucket_scale, count_above, sort_into

_MOST_CLASSES = 4096  # beyond that a table of class pairs would not be read by anybody, nor fit


@dataclass(frozen=True, slots=True)
class ClassCensus:
    """A census and where it comes from.

    ``classes`` (C,): the labels of the rows and columns of ``violated`` (C, C) int64: triplets inside the margin by
    class of the anchor and class of the negative; ``total`` (C, C): all triplets of that pair. Both are empty where
    there are more than 4,096 classes. ``anchors``: how many anchors were counted.
    """

    census: TripletCensus
    anchors: int
    classes: IntArray
    violated: IntArray
    total: IntArray


@nb.njit(nogil=True, cache=True)
def _count_block(
    distances: FloatArray,
    anchors: IntArray,
    codes: IntArray,
    largest: int,
    margin: np.float32,
    counts: IntArray,
    violated: IntArray,
) -> None:
    """Add the triplets of some anchors to ``counts`` (hard, violated, all) and ``violated`` (C, C) or (0, 0)."""
    most = 16
    while most < largest and most < 8192:
        most *= 2
    positives = np.empty(largest, np.float32)
    nearer = np.empty(largest, np.float32)
    limits = np.empty(largest, np.float32)
    near_starts = np.empty(most + 2, np.int32)
    limit_starts = np.empty(most + 2, np.int32)
    for row in range(anchors.shape[0]):
        own, code = anchors[row], codes[anchors[row]]
        found = 0
        for i in range(codes.shape[0]):
            if codes[i] == code and i != own:
                positives[found] = distances[row, i]
                found += 1
        if found == 0:
            continue
        low, high = positives[:found].min(), positives[:found].max()
        top = np.float32(high + margin)
        buckets = 16
        while buckets < found and buckets < 8192:
            buckets *= 2
        scale = bucket_scale(low, top, buckets)
        sort_into(positives[:found], low, scale, buckets, near_starts, nearer[:found])
        for i in range(found):
            positives[i] = np.float32(nearer[i] + margin)
        sort_into(positives[:found], low, scale, buckets, limit_starts, limits[:found])
        hard, inside = np.int64(0), np.int64(0)
        for i in range(codes.shape[0]):
            distance = distances[row, i]
            if distance >= top or codes[i] == code:
                continue
            hits = count_above(limits[:found], limit_starts, distance, low, scale, buckets)
            inside += hits
            if distance < high:
                hard += count_above(nearer[:found], near_starts, distance, low, scale, buckets)
            if violated.shape[0] > 0:
                violated[code, codes[i]] += hits
        counts[0] += hard
        counts[1] += inside
        counts[2] += np.int64(found) * np.int64(codes.shape[0] - found - 1)


def class_census(
    x: FloatArray,
    labels: npt.ArrayLike,
    margin: float,
    lift: Lift,
    anchors: npt.ArrayLike | None = None,
    *,
    cancelled: Callable[[], bool] = never,
    by_class: bool = True,
) -> ClassCensus:
    """Count every triplet of some anchors, exactly, and by pair of classes.

    Parameters
    ----------
    x: (M, D) embeddings.
    labels: (M,) classes; unlabelled items (-1) take no part.
    margin: at least 0, in units of the distance. Compared in float32, as the losses do.
    lift: the distance.
    anchors: rows of ``x`` that are anchors; None: all.

    Raises
    ------
    ValueError: if the margin is negative or not finite.
    Cancelled: if ``cancelled()`` turns true.
    """
    if not (np.isfinite(margin) and margin >= 0):
        raise ValueError(f"a census needs a margin of at least 0, not {margin}")
    every = np.asarray(labels, np.int64)
    kept = np.flatnonzero(every != UNLABELLED)
    names, codes, sizes = np.unique(every[kept], return_inverse=True, return_counts=True)
    chosen = np.arange(len(kept)) if anchors is None else _positions(kept, np.asarray(anchors, np.int64))
    counts = np.zeros(3, np.int64)
    shown = len(names) if by_class and len(names) <= _MOST_CLASSES else 0
    violated = np.zeros((shown, shown), np.int64)
    largest = int(sizes.max(initial=1))
    vectors = x if len(kept) == len(every) else x[kept]
    for start, block in distance_blocks(vectors, chosen, lift, cancelled):
        rows = chosen[start : start + len(block)]
        _count_block(block, rows, codes, largest, np.float32(margin), counts, violated)
    hard, inside, total = (int(count) for count in counts)
    result = TripletCensus(margin, easy=total - inside, semi_hard=inside - hard, hard=hard)
    return ClassCensus(result, len(chosen), names[:shown], violated, _totals(codes[chosen], sizes, shown))


def _positions(kept: IntArray, anchors: IntArray) -> IntArray:
    """Return where the anchors are among the kept rows; those that were not kept are left out."""
    return np.flatnonzero(np.isin(kept, anchors))


def _totals(anchor_codes: IntArray, sizes: IntArray, shown: int) -> IntArray:
    if not shown:
        return np.zeros((0, 0), np.int64)
    pairs = np.bincount(anchor_codes, minlength=shown) * (sizes - 1)  # anchor-positive pairs of a class
    total = np.outer(pairs, sizes).astype(np.int64)
    np.fill_diagonal(total, 0)
    return total


def census(
    x: FloatArray,
    labels: npt.ArrayLike,
    margin: float,
    lift: Lift,
    anchors: npt.ArrayLike | None = None,
    *,
    cancelled: Callable[[], bool] = never,
) -> TripletCensus:
    """Count easy, semi-hard and hard triplets, exactly; see ``class_census``."""
    return class_census(x, labels, margin, lift, anchors, cancelled=cancelled, by_class=False).census


def sample_anchors(labels: npt.ArrayLike, count: int, seed: int = 0) -> IntArray:
    """Return up to ``count`` rows drawn at random among those that have a positive, sorted."""
    every = np.asarray(labels, np.int64)
    _, codes, sizes = np.unique(every, return_inverse=True, return_counts=True)
    able = np.flatnonzero((every != UNLABELLED) & (sizes[codes] > 1))
    if len(able) <= count:
        return able
    return np.sort(np.random.default_rng(seed).choice(able, count, replace=False))
