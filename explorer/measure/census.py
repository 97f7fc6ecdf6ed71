"""Exact triplet counts of a whole snapshot: how many triplets are easy, semi-hard and hard, and between which classes.

For one anchor, positives and negatives are sorted into buckets by distance; every negative then finds the number of
positives further away than itself, with and without the margin, by a look-up and a few comparisons inside its bucket.
O(N) an anchor and not O(P · N), and every count is an integer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import UNLABELLED, FloatArray, IntArray, TripletCensus
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never, rows_of_block
from explorer.measure.sorting import Int32Array, bucket_of, bucket_scale, sort_into
from explorer.measure.spread import spread

Doubles = npt.NDArray[np.float64]

_MOST_BUCKETS = 4096
_FEW = 64  # so many values are compared one by one sooner than halved
_THREADS = 2  # the kernels hold no lock; more would take every core from the window and the run
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
def _negatives(
    row: FloatArray, code: int, bounds: IntArray, top: np.float32, values: FloatArray, classes: Int32Array
) -> int:
    """Write the negatives nearer than ``top``, and their classes where there is room for them; return how many."""
    found, named = 0, classes.shape[0] > 0
    for other in range(bounds.shape[0] - 1):
        if other == code:
            continue
        for i in range(bounds[other], bounds[other + 1]):  # always written, counted if near: no branch to mispredict
            values[found] = row[i]
            if named:
                classes[found] = other
            found += row[i] < top
    return found


@nb.njit(nogil=True, cache=True)
def _scatter(
    values: FloatArray,
    classes: Int32Array,
    low: np.float32,
    scale: np.float32,
    buckets: int,
    starts: Int32Array,
    out: FloatArray,
    out_classes: Int32Array,
) -> None:
    """Write values bucket by bucket, and their classes with them; ``starts`` is left as the first place of each."""
    last, named = buckets - 1, out_classes.shape[0] > 0
    for b in range(buckets + 2):
        starts[b] = 0
    for i in range(values.shape[0]):
        starts[bucket_of(values[i], low, scale, last) + 2] += 1
    for b in range(2, buckets + 2):
        starts[b] += starts[b - 1]
    for i in range(values.shape[0]):
        b = bucket_of(values[i], low, scale, last) + 1
        out[starts[b]] = values[i]
        if named:
            out_classes[starts[b]] = classes[i]
        starts[b] += 1


@nb.njit(nogil=True, cache=True)
def _starts_of(ordered: FloatArray, low: np.float32, scale: np.float32, buckets: int, starts: Int32Array) -> None:
    """Write the first place of every bucket of values that are sorted."""
    b = 0
    for i in range(ordered.shape[0]):
        own = bucket_of(ordered[i], low, scale, buckets - 1)
        while b <= own:
            starts[b] = i
            b += 1
    while b <= buckets:
        starts[b] = ordered.shape[0]
        b += 1


@nb.njit(nogil=True, cache=True, inline="always")
def _first_beyond(ordered: FloatArray, first: int, end: int, value: np.float32) -> int:
    """Return the first place in the sorted ``ordered[first:end]`` that is greater than a value, ``end`` if none is."""
    low, high = first, end
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] > value:
            high = middle
        else:
            low = middle + 1
    return low


@nb.njit(nogil=True, cache=True)
def _pairs_inside(ordered: FloatArray, first: int, end: int, negatives: FloatArray) -> int:
    """Return how many pairs have a value of the sorted ``ordered[first:end]`` greater than a negative."""
    count = 0
    if end - first <= _FEW:
        for p in range(first, end):
            value, here = ordered[p], 0
            for i in range(negatives.shape[0]):
                here += negatives[i] < value
            count += here
        return count
    for i in range(negatives.shape[0]):
        count += end - _first_beyond(ordered, first, end, negatives[i])
    return count


@nb.njit(nogil=True, cache=True, fastmath={"reassoc"})
def _sum(values: FloatArray) -> float:
    """Return the sum of finite values, in any order."""
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i]
    return total


@nb.njit(nogil=True, cache=True, fastmath={"reassoc"})
def _excess(value: np.float32, negatives: FloatArray) -> float:
    """Return by how much a value exceeds negatives, summed over those that are less."""
    total = 0.0
    for i in range(negatives.shape[0]):
        total += max(np.float64(value) - np.float64(negatives[i]), 0.0)
    return total


@nb.njit(nogil=True, cache=True)
def _hinges_inside(ordered: FloatArray, beyond: Doubles, first: int, end: int, negatives: FloatArray) -> float:
    """Return by how much the values of the sorted ``ordered[first:end]`` exceed negatives, summed over all pairs.

    ``beyond[i]``: the sum of ``ordered[i:]``.
    """
    total = 0.0
    if end - first <= _FEW:
        for p in range(first, end):
            total += _excess(ordered[p], negatives)
        return total
    for i in range(negatives.shape[0]):
        low = _first_beyond(ordered, first, end, negatives[i])
        total += beyond[low] - beyond[end] - (end - low) * np.float64(negatives[i])
    return total


@nb.njit(nogil=True, cache=True)
def _add_by_class(
    ordered: FloatArray, first: int, end: int, negatives: FloatArray, classes: Int32Array, out: IntArray
) -> None:
    """Add to ``out`` (C,), by class of the negative, the pairs with a value of ``ordered[first:]`` greater than it.

    All of ``ordered[end:]`` are greater than every one of these negatives.
    """
    for i in range(negatives.shape[0]):
        hits = ordered.shape[0] - end
        for p in range(end - 1, first - 1, -1):
            if not ordered[p] > negatives[i]:
                break
            hits += 1
        out[classes[i]] += hits


@nb.njit(nogil=True, cache=True)
def _count_block(
    distances: FloatArray,
    anchors: IntArray,
    codes: IntArray,
    bounds: IntArray,
    margin: np.float32,
    counts: IntArray,
    hinge: Doubles,
    violated: IntArray,
) -> None:
    """Add the triplets of some anchors to ``counts`` (hard, violated, all) and ``violated`` (C, C) or (0, 0).

    ``hinge`` (1,): to which the sum of max(0, d_ap + margin − d_an) is added.

    ``distances`` (B, M) from the ``anchors`` (B,), which are of the classes ``codes`` (B,), to items in order of their
    class; class c is ``bounds[c]`` to ``bounds[c + 1]``.
    """
    items, named = distances.shape[1], violated.shape[0] > 0
    positives, nearer, limits = np.empty(items, np.float32), np.empty(items, np.float32), np.empty(items, np.float32)
    negatives, drawn = np.empty(items, np.float32), np.empty(items, np.float32)
    classes, drawn_classes = np.empty(items if named else 0, np.int32), np.empty(items if named else 0, np.int32)
    near_at, limit_at = np.empty(_MOST_BUCKETS + 2, np.int32), np.empty(_MOST_BUCKETS + 2, np.int32)
    negative_at = np.empty(_MOST_BUCKETS + 2, np.int32)
    beyond = np.empty(items + 1, np.float64)
    for row in range(anchors.shape[0]):
        own, code = anchors[row], codes[row]
        found = 0
        for i in range(bounds[code], bounds[code + 1]):
            if i != own:
                positives[found] = distances[row, i]
                found += 1
        if found == 0:
            continue
        low, high = positives[0], positives[0]
        for i in range(found):
            low, high = min(low, positives[i]), max(high, positives[i])
        top = np.float32(high + margin)
        buckets = 16
        while buckets < found and buckets < _MOST_BUCKETS:
            buckets *= 2
        scale = bucket_scale(low, top, buckets)
        sort_into(positives[:found], low, scale, buckets, near_at, nearer)
        beyond[found] = 0.0
        for i in range(found - 1, -1, -1):
            limits[i] = np.float32(nearer[i] + margin)
            beyond[i] = beyond[i + 1] + limits[i]
        _starts_of(limits[:found], low, scale, buckets, limit_at)
        near = _negatives(distances[row], code, bounds, top, drawn, drawn_classes)
        _scatter(drawn[:near], drawn_classes, low, scale, buckets, negative_at, negatives, classes)
        hard, inside, excess = np.int64(0), np.int64(0), 0.0
        for b in range(buckets):  # all positives of later buckets are greater; those of the same one are compared
            first, end = negative_at[b], negative_at[b + 1]
            if first == end:
                continue
            here = negatives[first:end]
            hard += (end - first) * (found - near_at[b + 1]) + _pairs_inside(nearer, near_at[b], near_at[b + 1], here)
            inside += (end - first) * (found - limit_at[b + 1])
            inside += _pairs_inside(limits, limit_at[b], limit_at[b + 1], here)
            excess += (end - first) * beyond[limit_at[b + 1]] - (found - limit_at[b + 1]) * _sum(here)
            excess += _hinges_inside(limits[:found], beyond, limit_at[b], limit_at[b + 1], here)
            if named:
                ordered, names = limits[:found], classes[first:end]
                _add_by_class(ordered, limit_at[b], limit_at[b + 1], here, names, violated[code])
        hinge[0] += excess
        counts[0] += hard
        counts[1] += inside
        counts[2] += np.int64(found) * np.int64(items - found - 1)


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
    kept = kept[np.argsort(every[kept], kind="stable")]
    names, sizes = np.unique(every[kept], return_counts=True)
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    chosen = np.arange(len(kept)) if anchors is None else np.flatnonzero(np.isin(kept, np.asarray(anchors)))
    codes = np.repeat(np.arange(len(names)), sizes)[chosen]
    shown = len(names) if by_class and len(names) <= _MOST_CLASSES else 0
    items = x[kept]

    counts, hinge, violated = np.zeros(3, np.int64), np.zeros(1), np.zeros((shown, shown), np.int64)
    shares, lock = _shares(len(chosen), len(items)), Lock()

    def count(which: slice) -> None:
        own = (np.zeros_like(counts), np.zeros_like(hinge), np.zeros_like(violated))
        for part in shares[which]:
            asked, of = chosen[part], codes[part]
            for start, block in distance_blocks(items, asked, lift, cancelled):
                rows = slice(start, start + len(block))
                _count_block(block, asked[rows], of[rows], bounds, np.float32(margin), *own)
        with lock:
            np.add(counts, own[0], out=counts)
            np.add(hinge, own[1], out=hinge)
            np.add(violated, own[2], out=violated)

    spread(count, len(shares), _THREADS)
    hard, inside, total = (int(count) for count in counts)
    mean = float(hinge[0]) / total if total else float("nan")
    result = TripletCensus(margin, easy=total - inside, semi_hard=inside - hard, hard=hard, hinge=mean)
    return ClassCensus(result, len(chosen), names[:shown], violated, _totals(codes, sizes, shown))


def _shares(anchors: int, items: int) -> list[slice]:
    """Return the anchors of each thread, in whole blocks of distances: larger matrix products are faster."""
    size = rows_of_block(items)
    each = max(1, -(-anchors // (size * _THREADS))) * size
    return [slice(start, start + each) for start in range(0, max(1, anchors), each)]


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
