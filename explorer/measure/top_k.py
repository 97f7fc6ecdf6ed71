"""Neighbours found so far: candidates are offered, and the nearest few of each item are kept in order. Compiled."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import FAST

_STRIDE = 16


def none_yet(rows: int, k: int) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Return scores (rows, k) and names (rows, k) before anything was offered."""
    return np.full((rows, k), np.inf, np.float32), np.full((rows, k), -1, np.int32)


def half_norms(x: FloatArray, l2: bool) -> FloatArray:
    """Return what turns inner products into scores that sort like distances: |y|²/2 − xy, or −xy."""
    return np.einsum("ij,ij->i", x, x) / np.float32(2) if l2 else np.zeros(len(x), np.float32)


@nb.njit(nogil=True, fastmath=FAST, inline="always")
def _put(
    best: FloatArray, names: npt.NDArray[np.int32], row: int, place: int, score: np.float32, name: np.int64
) -> None:
    """Put a neighbour where it belongs among the first ``place`` of a row, which are in order; what was there goes."""
    while place > 0 and best[row, place - 1] > score:
        best[row, place] = best[row, place - 1]
        names[row, place] = names[row, place - 1]
        place -= 1
    best[row, place] = score
    names[row, place] = name


@nb.njit(nogil=True, cache=True)
def offer(
    products: FloatArray,
    bias: FloatArray,
    rows: IntArray,
    columns: IntArray,
    best: FloatArray,
    names: npt.NDArray[np.int32],
    again: bool = False,
) -> None:
    """Offer ``columns`` as neighbours of ``rows``; a score is ``bias - products``, the smallest k are kept in order.

    ``again``: some of them may have been offered before.
    """
    k, width = best.shape[1], columns.shape[0]
    for r in range(rows.shape[0]):
        row = rows[r]
        worst = best[row, k - 1]
        for start in range(0, width, _STRIDE):
            end = min(start + _STRIDE, width)
            promising = 0
            for c in range(start, end):  # most are too far away: look at many at once
                promising += bias[c] - products[r, c] < worst
            if promising == 0:
                continue
            for c in range(start, end):
                score = bias[c] - products[r, c]
                if not score < worst or columns[c] == row:
                    continue
                j = 0
                while again and j < k and names[row, j] != columns[c]:
                    j += 1
                if again and j < k:
                    continue
                _put(best, names, row, k - 1, score, columns[c])
                worst = best[row, k - 1]


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def begin(
    asking: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    near: IntArray,
    best: FloatArray,
    names: npt.NDArray[np.int32],
) -> None:
    """Put the neighbours (M, k) of an older graph in order of what they score now."""
    for i in range(near.shape[0]):
        count = 0
        for j in range(near.shape[1]):
            other = near[i, j]
            if other < 0:
                continue
            total = np.float32(0)
            for d in range(items.shape[1]):
                total += asking[i, d] * items[other, d]
            score = bias[other] - total
            _put(best, names, i, count, score, other)
            count += 1


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def offer_theirs(
    asking: FloatArray,
    items: FloatArray,
    bias: FloatArray,
    old: npt.NDArray[np.int32],
    best: FloatArray,
    names: npt.NDArray[np.int32],
    first: int,
    end: int,
) -> None:
    """Offer the rows ``first`` to before ``end`` the neighbours of their neighbours, by a graph ``old`` (M, k).

    One step of NN-descent (Dong, Moses and Li, 2011), which looks from the old graph only: rows may go in any order.
    """
    k = names.shape[1]
    seen = np.full(items.shape[0], -1, np.int32)
    for i in range(first, end):
        seen[i] = i
        for j in range(k):
            if names[i, j] >= 0:
                seen[names[i, j]] = i
        for j in range(k * k):
            between = old[i, j // k]
            other = old[between, j % k] if between >= 0 else np.int32(-1)
            if other < 0 or seen[other] == i:
                continue
            seen[other] = i
            total = np.float32(0)
            for d in range(items.shape[1]):
                total += asking[i, d] * items[other, d]
            score = bias[other] - total
            if not score < best[i, k - 1]:
                continue
            _put(best, names, i, k - 1, score, other)
