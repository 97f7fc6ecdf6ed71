"""Scores of ranked neighbours: the first R of each query are put in order, without sorting all the others.

Equal distances rank by index. Where wrong answers shall win ties instead, ``right_ranks`` counts them.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.sorting import bucket_of, bucket_scale, sort_buckets

_BUCKETS = 4096
_SAMPLE = 512
_INDEX = np.uint64(0xFFFFFFFF)

Keys = npt.NDArray[np.uint64]


@nb.njit(nogil=True, cache=True)
def _bound(row: FloatArray, need: int, sample: FloatArray) -> np.float32:
    """Return a distance within which the ``need`` nearest most likely lie, from a sample of the row."""
    count = min(sample.shape[0], row.shape[0])
    step = row.shape[0] // count
    for j in range(count):
        sample[j] = row[j * step]
    place = count * need / row.shape[0]
    place += 4 * np.sqrt(place) + 4
    if place >= count:
        return np.float32(np.inf)
    sample[:count].sort()
    return np.float32(sample[int(place)])


@nb.njit(nogil=True, cache=True)
def _within(row: FloatArray, own: int, bound: np.float32, found: Keys) -> int:
    """Write a key of each item but ``own`` that is not beyond ``bound`` into ``found``, and return how many.

    A key is the bits of the distance, turned so that they sort like numbers, then the index: ties go by index.
    """
    count = 0
    for i in range(row.shape[0]):
        bits = np.float32(row[i] + np.float32(0)).view(np.uint32)  # -0 becomes 0
        # above zero the sign is set, so that they follow those below; below it, all bits are turned round
        bits ^= np.uint32(0xFFFFFFFF) if bits >> np.uint32(31) else np.uint32(0x80000000)
        found[count] = (np.uint64(bits) << np.uint64(32)) | np.uint64(i)
        count += (row[i] <= bound) & (i != own)
    return count


@nb.njit(nogil=True, cache=True)
def _first(
    row: FloatArray, own: int, need: int, sample: FloatArray, starts: npt.NDArray[np.int32], found: Keys, keys: Keys
) -> None:
    """Write the nearest items of a row of distances into ``keys``, sorted; at least ``need``, never ``own``.

    ``own`` is -1 where the query is not among the items. ``found``, ``sample``, ``starts``: room to work in.
    """
    count = _within(row, own, _bound(row, need, sample), found)
    if count < need:
        count = _within(row, own, np.float32(np.inf), found)
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for j in range(count):
        value = row[np.int64(found[j] & _INDEX)]
        low, high = min(low, value), max(high, value)
    scale = bucket_scale(low, high, _BUCKETS)
    for b in range(_BUCKETS + 2):
        starts[b] = 0
    for j in range(count):
        starts[bucket_of(row[np.int64(found[j] & _INDEX)], low, scale, _BUCKETS - 1) + 2] += 1
    used = 1
    while used < _BUCKETS and starts[used + 1] < need:  # here starts[b + 1] becomes the number of items up to bucket b
        starts[used + 2] += starts[used + 1]
        used += 1
    for j in range(count):
        b = bucket_of(row[np.int64(found[j] & _INDEX)], low, scale, _BUCKETS - 1)
        if b < used:
            keys[starts[b + 1]] = found[j]
            starts[b + 1] += 1
    sort_buckets(keys, starts, used)


@nb.njit(nogil=True, cache=True)
def _first_right(row: FloatArray, own: int, code: int, codes: IntArray) -> int:
    """Return the rank (from 1) of the nearest item of a class; 0 if there is none."""
    best, nearest = -1, np.float32(np.inf)
    for i in range(row.shape[0]):
        if codes[i] == code and i != own and (best < 0 or row[i] < nearest):
            best, nearest = i, row[i]
    if best < 0:
        return 0
    before = 0
    for i in range(row.shape[0]):
        before += i != own and (row[i] < nearest or (row[i] == nearest and i < best))
    return before + 1


@nb.njit(nogil=True, cache=True)
def rank_block(
    distances: FloatArray,
    own: IntArray,
    asked: IntArray,
    codes: IntArray,
    relevant: IntArray,
    whole: bool,
    nearest: npt.NDArray[np.int32],
    scores: npt.NDArray[np.float64],
) -> None:
    """Rank the items of some queries: write who is nearest, and the scores that look at the first R.

    Parameters
    ----------
    distances: (B, M) of the queries to the items, whose classes are ``codes`` (M,).
    own: (B,) which item each query is itself, -1 where it is none of them: it is left out.
    asked, relevant: (B,) the class of each query, and how many other items have it (R).
    whole: look for the first right item beyond the first R as well.
    nearest: (B, K) is filled with the K nearest items, -1 where there are not so many.
    scores: (B, 3) is filled with MAP@R, R-precision (0 where R is) and the rank of the first right item, from 1; 0
        where it was not found.
    """
    starts = np.empty(_BUCKETS + 2, np.int32)
    sample = np.empty(_SAMPLE, np.float32)
    found, keys = np.empty(distances.shape[1] + 1, np.uint64), np.empty(distances.shape[1], np.uint64)
    for q in range(distances.shape[0]):
        others = distances.shape[1] - (own[q] >= 0)
        need = min(max(relevant[q], nearest.shape[1]), others)
        _first(distances[q], own[q], need, sample, starts, found, keys)
        right, first_right, precision = 0, 0, 0.0
        for rank in range(need):
            item = np.int64(keys[rank] & _INDEX)
            if rank < nearest.shape[1]:
                nearest[q, rank] = item
            if codes[item] != asked[q]:
                continue
            if first_right == 0:
                first_right = rank + 1
            if rank < relevant[q]:
                right += 1
                precision += right / (rank + 1)
        for rank in range(need, nearest.shape[1]):
            nearest[q, rank] = -1
        if whole and first_right == 0 and relevant[q] > 0:
            first_right = _first_right(distances[q], own[q], asked[q], codes)
        scores[q, 0] = precision / max(relevant[q], 1)
        scores[q, 1] = right / max(relevant[q], 1)
        scores[q, 2] = first_right


@nb.njit(nogil=True, cache=True)
def right_ranks(
    distances: FloatArray, right: npt.NDArray[np.int64], allowed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Return the ranks (R,) of the right items of one query, from 1, ascending; wrong items win ties.

    ``distances`` (M,) to all items; ``right`` (R,) which of them are right; ``allowed`` (M,) which are ranked at all.
    """
    near = np.sort(distances[right])
    before = np.zeros(len(near) + 1, np.int64)
    wrong = allowed.copy()
    wrong[right] = False
    for i in range(len(distances)):
        if wrong[i]:
            before[np.searchsorted(near, distances[i])] += 1  # it stands before the right ones at the same distance
    ranks, passed = np.empty(len(near), np.int64), 0
    for i in range(len(near)):
        passed += before[i]
        ranks[i] = passed + i + 1
    return ranks
