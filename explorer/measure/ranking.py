"""Scores of ranked neighbours: the first R of each query are put in order, without sorting all the others."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.sorting import bucket_of, bucket_scale, sort_buckets

_BUCKETS = 4096


@nb.njit(nogil=True, cache=True)
def _first(row: FloatArray, own: int, need: int, starts: npt.NDArray[np.int32], keys: npt.NDArray[np.uint64]) -> int:
    """Write the nearest items of a row of distances into ``keys``, sorted; at least ``need``, never ``own``.

    A key is the bits of the distance, turned so that they sort like numbers, then the index: ties go by index.
    """
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for i in range(row.shape[0]):
        low, high = min(low, row[i]), max(high, row[i])
    scale = bucket_scale(low, high, _BUCKETS)
    for b in range(_BUCKETS + 2):
        starts[b] = 0
    for i in range(row.shape[0]):
        starts[bucket_of(row[i], low, scale, _BUCKETS - 1) + 2] += 1
    starts[bucket_of(row[own], low, scale, _BUCKETS - 1) + 2] -= 1
    used = 1
    while used < _BUCKETS and starts[used + 1] < need:  # here starts[b + 1] becomes the number of items up to bucket b
        starts[used + 2] += starts[used + 1]
        used += 1
    found = starts[used + 1]
    for i in range(row.shape[0]):
        b = bucket_of(row[i], low, scale, _BUCKETS - 1)
        if b < used and i != own:
            bits = np.float32(row[i] + np.float32(0)).view(np.uint32)  # -0 becomes 0
            # above zero the sign is set, so that they follow those below; below it, all bits are turned round
            bits ^= np.uint32(0xFFFFFFFF) if bits >> np.uint32(31) else np.uint32(0x80000000)
            keys[starts[b + 1]] = (np.uint64(bits) << np.uint64(32)) | np.uint64(i)
            starts[b + 1] += 1
    sort_buckets(keys, starts, used)
    return int(found)


@nb.njit(nogil=True, cache=True)
def score_block(
    distances: FloatArray,
    queries: IntArray,
    codes: IntArray,
    sizes: IntArray,
    depths: IntArray,
    hits: IntArray,
    sums: npt.NDArray[np.float64],
) -> None:
    """Add the scores of some queries to ``hits`` (of recall at each depth) and ``sums`` (of MAP@R, R-precision).

    ``distances`` (B, M) of the queries (B,), which are rows among the M; ``codes`` (M,) classes 0 to C - 1 and
    ``sizes`` (C,) how many items each has.
    """
    starts = np.empty(_BUCKETS + 2, np.int32)
    keys = np.empty(distances.shape[1], np.uint64)
    deepest = 0
    for j in range(depths.shape[0]):
        deepest = max(deepest, depths[j])
    for row in range(queries.shape[0]):
        own, code = queries[row], codes[queries[row]]
        relevant = sizes[code] - 1
        need = min(max(relevant, deepest), distances.shape[1] - 1)
        _first(distances[row], own, need, starts, keys)
        right, first_right, precision = 0, need, 0.0
        for rank in range(need):
            if codes[np.int64(keys[rank] & np.uint64(0xFFFFFFFF))] != code:
                continue
            first_right = min(first_right, rank)
            if rank < relevant:
                right += 1
                precision += right / (rank + 1)
        for j in range(depths.shape[0]):
            hits[j] += first_right < min(need, depths[j])
        sums[0] += precision / relevant
        sums[1] += right / relevant
