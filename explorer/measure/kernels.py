"""Compiled loops over vectors. They hold no GIL, so that a click is answered while the map moves."""

from __future__ import annotations

from typing import TypeVar

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray

FAST = {"reassoc", "contract", "nsz", "arcp"}  # lets sums be vectorised; NaN and infinity keep their meaning
CANCELLING = np.float32(0.01)
"""Where |a − b|² is a smaller part of |a|² + |b|², it is summed directly instead of taken from their product."""
_PIECE = 256
"""Of a row of products: so many are looked at together."""


T = TypeVar("T", bound=np.generic)


def read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return a read-only view, contiguous: a kernel is compiled once more for arrays that can be written."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def score_all(query: FloatArray, items: FloatArray, l2: bool, out: FloatArray) -> None:
    """Scores (M,) of one query (D,) with every item (M, D), summed directly: equal vectors are exactly 0 apart."""
    for i in range(items.shape[0]):
        total = np.float32(0)
        if l2:
            for d in range(items.shape[1]):
                gap = query[d] - items[i, d]
                total += gap * gap
        else:
            for d in range(items.shape[1]):
                total += query[d] * items[i, d]
        out[i] = total


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def score_nearest(
    query: FloatArray, items: FloatArray, l2: bool, left_out: int, out: FloatArray, best: FloatArray
) -> int:
    """Score as ``score_all`` does, keep the best (k,) scores of all but one item in order, and return how many.

    Among inner products the largest are best; ``best`` holds them negated, so that it ascends either way.
    """
    k, count = best.shape[0], 0
    worst = np.float32(np.inf)
    for i in range(items.shape[0]):
        total = np.float32(0)
        if l2:
            for d in range(items.shape[1]):
                gap = query[d] - items[i, d]
                total += gap * gap
        else:
            for d in range(items.shape[1]):
                total += query[d] * items[i, d]
        out[i] = total
        score = total if l2 else -total
        if i == left_out or not score < worst:
            continue
        place = min(count, k - 1)
        while place > 0 and best[place - 1] > score:
            best[place] = best[place - 1]
            place -= 1
        best[place] = score
        count = min(count + 1, k)
        if count == k:
            worst = best[k - 1]
    return count


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def best_scores(scores: FloatArray, l2: bool, best: FloatArray) -> int:
    """Keep the best (k,) of ``scores`` (M,) in order as ``score_nearest`` does, and return how many."""
    k, count = best.shape[0], 0
    worst = np.float32(np.inf)
    for i in range(scores.shape[0]):
        score = scores[i] if l2 else -scores[i]
        if not score < worst:
            continue
        place = min(count, k - 1)
        while place > 0 and best[place - 1] > score:
            best[place] = best[place - 1]
            place -= 1
        best[place] = score
        count = min(count + 1, k)
        if count == k:
            worst = best[k - 1]
    return count


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def score_some(queries: FloatArray, items: FloatArray, indices: IntArray, l2: bool, out: FloatArray) -> None:
    """Scores (Q, k) of queries (Q, D) with the items that ``indices`` (Q, k) name; entries of -1 are left alone."""
    for q in range(indices.shape[0]):
        for j in range(indices.shape[1]):
            i = indices[q, j]
            if i < 0:
                continue
            total = np.float32(0)
            if l2:
                for d in range(items.shape[1]):
                    gap = queries[q, d] - items[i, d]
                    total += gap * gap
            else:
                for d in range(items.shape[1]):
                    total += queries[q, d] * items[i, d]
            out[q, j] = total


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _square(a: FloatArray, b: FloatArray) -> np.float32:
    """Return the squared distance of two vectors, summed directly."""
    total = np.float32(0)
    for d in range(a.shape[0]):
        gap = a[d] - b[d]
        total += gap * gap
    return total


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _squares(products: FloatArray, own: np.float32, norms: FloatArray) -> int:
    """Turn inner products with one vector into squared distances, in place; return in how many too much cancelled."""
    few = 0
    for i in range(products.shape[0]):
        sizes = own + norms[i]
        square = sizes - np.float32(2) * products[i]
        products[i] = square
        few += square < CANCELLING * sizes
    return few


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def squares_from_products(
    products: FloatArray, queries: FloatArray, items: FloatArray, query_norms: FloatArray, item_norms: FloatArray
) -> None:
    """Turn inner products (B, M) into squared distances, in place.

    |a|² + |b|² − 2ab cancels where a and b are close; such pairs are summed again directly. They are rare, and looked
    for a piece at a time: a loop that could do either for every pair takes ten times as long.
    """
    for q in range(products.shape[0]):
        for first in range(0, products.shape[1], _PIECE):
            piece, norms = products[q, first : first + _PIECE], item_norms[first : first + _PIECE]
            if not _squares(piece, query_norms[q], norms):
                continue
            for i in range(piece.shape[0]):
                if piece[i] < CANCELLING * (query_norms[q] + norms[i]):
                    piece[i] = _square(queries[q], items[first + i])
