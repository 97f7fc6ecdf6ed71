"""Exact triplet counts of a whole snapshot: how many triplets are easy, semi-hard and hard, and between which classes.

For one anchor the positives are sorted into buckets by distance; every negative then finds the number of positives
further away than itself, with and without the margin, by a look-up and a few comparisons from its bucket on.
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
from explorer.measure.sorting import Int32Array, bucket_of, bucket_scale, running_total, sort_into
from explorer.measure.spread import spread

Doubles = npt.NDArray[np.float64]

Uints = npt.NDArray[np.uint32]
Ulongs = npt.NDArray[np.uint64]
Sorted = tuple[FloatArray, Int32Array]
"""Values in order, and the first place of every bucket of them."""
Grid = tuple[np.float32, np.float32, int, np.float32]
"""Where the buckets begin, by what they are counted, how many there are, and from where on nothing is of interest."""

_MOST_BUCKETS = 16_384
_NEAR = 3  # so many values of a bucket are compared one by one, without a branch
_ONE = np.uint64(1)
_HALF, _LOWER = np.uint64(32), np.uint64(0xFFFF_FFFF)
_FULL = np.uint64(~_NEAR & 0xFFFF_FFFF) * np.uint64(0x1_0000_0001)
"""Bits of two numbers of values in one: some are set where one of them is greater than ``_NEAR``, which is 2ⁿ − 1."""

_PIECE = 2048  # negatives whose buckets are found together
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
def _starts_of(ordered: FloatArray, low: np.float32, scale: np.float32, buckets: int, starts: Int32Array) -> None:
    """Write the first place of every bucket of values that are sorted, and two more that are after all of them."""
    for b in range(buckets + 2):
        starts[b] = 0
    for i in range(ordered.shape[0]):
        starts[bucket_of(ordered[i], low, scale, buckets - 1) + 1] += 1
    running_total(starts[1 : buckets + 2])


@nb.njit(nogil=True, cache=True)
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
def _below(values: FloatArray, top: np.float32, out: FloatArray) -> FloatArray:
    """Return the values below ``top``: written to ``out``, or all there are if most of them are."""
    count, found = 0, 0
    for i in range(values.shape[0]):
        count += values[i] < top
    if 2 * count > values.shape[0]:
        return values
    for i in range(values.shape[0] if count else 0):  # always written, counted if below: no branch to mispredict
        out[found] = values[i]
        found += values[i] < top
    return out[:found]


@nb.njit(nogil=True, cache=True)
def _places(values: FloatArray, low: np.float32, scale: np.float32, buckets: int, top: np.float32, out: Uints) -> None:
    """Write the bucket of every value, as ``bucket_of`` without a branch; ``buckets`` if it is not below ``top``."""
    last, none = np.float32(buckets - 1), np.float32(buckets)
    for i in range(values.shape[0]):
        place = (values[i] - low) * scale
        place = place if place > np.float32(0) else np.float32(0)
        place = place if place < last else last
        out[i] = np.uint32(place if values[i] < top else none)


@nb.njit(nogil=True, cache=True)
def _count_negatives(
    negatives: FloatArray,
    near: FloatArray,
    limits: FloatArray,
    starts: Ulongs,
    beyond: Doubles,
    found: int,
    grid: Grid,
    drawn: FloatArray,
    places: Uints,
) -> tuple[np.int64, np.int64, float]:
    """Return the hard triplets of an anchor with some negatives, those inside the margin, and the sum of their hinges.

    ``near``: its ``found`` positives, sorted; ``limits``: they plus the margin; ``beyond[i]``: the sum of
    ``limits[i:]``. All are followed by ``_NEAR`` entries that no value is greater than.
    ``starts``: see ``_starts_together``.
    """
    hard, inside, hinge = np.int64(0), np.int64(0), 0.0
    low, scale, buckets, top = grid
    for first in range(0, negatives.shape[0], _PIECE):
        values = _below(negatives[first : first + _PIECE], top, drawn)
        _places(values, low, scale, buckets, top, places)
        for i in range(values.shape[0]):
            value, b = values[i], np.uint64(places[i])  # unsigned places are not asked whether they are negative
            start, following = starts[b], starts[b + _ONE]
            p, q = start & _LOWER, start >> _HALF
            if (following - start) & _FULL:
                p = np.uint64(_first_beyond(near, np.int64(p), np.int64(following & _LOWER), value))
                q = np.uint64(_first_beyond(limits, np.int64(q), np.int64(following >> _HALF), value))
            else:  # what follows the bucket is greater anyway
                from_p, from_q = p, q
                for k in range(_NEAR):
                    p += np.uint64(near[from_p + np.uint64(k)] <= value)
                    q += np.uint64(limits[from_q + np.uint64(k)] <= value)
            within = found - np.int64(q)
            hard += found - np.int64(p)
            inside += within
            hinge += beyond[q] - within * np.float64(value)
    return hard, inside, hinge


@nb.njit(nogil=True, cache=True)
def _starts_together(near: Int32Array, limits: Int32Array, buckets: int, out: Ulongs) -> None:
    """Write the first places of every bucket among positives (lower half) and limits (upper): half as much to load."""
    for b in range(buckets + 2):
        out[b] = np.uint64(near[b]) | np.uint64(limits[b]) << _HALF


@nb.njit(nogil=True, cache=True)
def _sort_positives(positives: FloatArray, margin: np.float32, near: Sorted, limits: Sorted, beyond: Doubles) -> Grid:
    """Sort the positives of an anchor, alone and with the margin, for ``_count_negatives``; return their buckets."""
    found = positives.shape[0]
    low, high = positives[0], positives[0]
    for i in range(found):
        low, high = min(low, positives[i]), max(high, positives[i])
    top = np.float32(high + margin)
    buckets = 16
    while buckets < 2 * found and buckets < _MOST_BUCKETS:
        buckets *= 2
    scale = bucket_scale(low, top, buckets)
    sort_into(positives, low, scale, buckets, near[1], near[0])
    for i in range(found):
        limits[0][i] = np.float32(near[0][i] + margin)
    _starts_of(limits[0][:found], low, scale, buckets, limits[1])
    for k in range(found, found + _NEAR):  # what is not a number is at most no other
        near[0][k], limits[0][k], beyond[k] = np.nan, np.nan, 0.0
    for i in range(found - 1, -1, -1):
        beyond[i] = beyond[i + 1] + limits[0][i]
    return low, scale, buckets, top


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
    items, classes, named = distances.shape[1], bounds.shape[0] - 1, violated.shape[0] > 0
    near = (np.empty(items + _NEAR, np.float32), np.empty(_MOST_BUCKETS + 2, np.int32))
    limits = (np.empty(items + _NEAR, np.float32), np.empty(_MOST_BUCKETS + 2, np.int32))
    beyond, positives = np.empty(items + _NEAR, np.float64), np.empty(items, np.float32)
    starts = np.empty(_MOST_BUCKETS + 2, np.uint64)
    drawn, places = np.empty(_PIECE, np.float32), np.empty(_PIECE, np.uint32)
    for row in range(anchors.shape[0]):
        own, code = anchors[row], codes[row]
        found = 0
        for i in range(bounds[code], bounds[code + 1]):
            positives[found] = distances[row, i]
            found += i != own
        if found == 0:
            continue
        grid = _sort_positives(positives[:found], margin, near, limits, beyond)
        _starts_together(near[1], limits[1], grid[2], starts)
        for other in range(classes if named else 2):  # by class, or what is before its own class and what is after it
            first, end = (bounds[other], bounds[other + 1]) if named else (0, bounds[code])
            if not named and other:
                first, end = bounds[code + 1], items
            if named and other == code:
                continue
            here = distances[row, first:end]
            hard, inside, excess = _count_negatives(
                here, near[0], limits[0], starts, beyond, found, grid, drawn, places
            )
            counts[0] += hard
            counts[1] += inside
            hinge[0] += excess
            if named:
                violated[code, other] += inside
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
