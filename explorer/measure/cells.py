"""An approximate neighbour graph: items in cells, each item compared with the cells nearest to it, as in IVF.

The comparison goes cell by cell as matrix products (all items that look into a cell against those in it), which is
several times as fast as searching an inverted file query by query, and needs no thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.pairs import never

_ROUNDS = (1, 4, 8, 16, 32)  # how many cells an item looks into, its own first; more where the recall asks for it
_RANKED = (8, 32)  # how many of the nearest cells are put in order, at first and where these do not suffice
_SAMPLE = 400
_ITERATIONS = 3
_STRIDE = 16


@nb.njit(nogil=True, cache=True)
def _offer(
    products: FloatArray,
    bias: FloatArray,
    rows: IntArray,
    columns: IntArray,
    best: FloatArray,
    names: npt.NDArray[np.int32],
) -> None:
    """Offer ``columns`` as neighbours of ``rows``; a score is ``bias - products``, the smallest k are kept in order."""
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
                j = k - 1
                while j > 0 and best[row, j - 1] > score:
                    best[row, j] = best[row, j - 1]
                    names[row, j] = names[row, j - 1]
                    j -= 1
                best[row, j] = score
                names[row, j] = columns[c]
                worst = best[row, k - 1]


def _none_yet(rows: int, k: int) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    return np.full((rows, k), np.inf, np.float32), np.full((rows, k), -1, np.int32)


def _half_norms(x: FloatArray, l2: bool) -> FloatArray:
    """Return what turns inner products into scores that sort like distances: |y|²/2 − xy, or −xy."""
    return np.einsum("ij,ij->i", x, x) / np.float32(2) if l2 else np.zeros(len(x), np.float32)


def exact_neighbours(
    items: FloatArray,
    rows: IntArray,
    k: int,
    l2: bool,
    cancelled: Callable[[], bool] = never,
    queries: FloatArray | None = None,
) -> IntArray:
    """Return the k nearest other items (R, k) of some rows; -1 where there are fewer.

    ``queries`` (M, D): the items as they ask, where they are lifted otherwise for that; None: as they are.
    """
    best, names = _none_yet(len(rows), k)
    bias = _half_norms(items, l2)
    size = max(1, (16 << 20) // (4 * max(1, len(items))))
    columns = np.arange(len(items))
    for start in range(0, len(rows), size):
        if cancelled():
            raise Cancelled
        asked = rows[start : start + size]
        products = (items if queries is None else queries)[asked] @ items.T
        products[np.arange(len(asked)), asked] = -np.inf
        shift = len(items) + np.arange(start, start + len(asked))  # no column has such a number: nothing is skipped
        _offer(products, bias, shift - len(items), columns + len(items), best, names)
    return np.where(names >= 0, names.astype(np.int64) - len(items), -1)


def _centroids(items: FloatArray, cells: int, generator: np.random.Generator) -> FloatArray:
    """Return the centres (cells, D) of a short k-means on a sample."""
    sample = items[generator.choice(len(items), min(len(items), 32 * cells), replace=False)]
    centres = sample[:cells].copy()
    for _ in range(_ITERATIONS):
        own = _nearest_centre(sample, centres)
        counts = np.bincount(own, minlength=cells)
        order = np.argsort(own, kind="stable")
        filled = np.flatnonzero(counts)
        sums = np.add.reduceat(sample[order], (np.cumsum(counts) - counts)[filled], axis=0)
        centres[filled] = sums / counts[filled, None].astype(np.float32)
        empty = np.flatnonzero(counts == 0)
        centres[empty] = sample[generator.integers(len(sample), size=len(empty))]
    return centres


def _nearest_centre(x: FloatArray, centres: FloatArray) -> IntArray:
    bias = _half_norms(centres, True)
    size = max(1, (16 << 20) // (4 * len(centres)))
    parts = [np.argmin(bias - x[i : i + size] @ centres.T, axis=1) for i in range(0, len(x), size)]
    return np.concatenate(parts)


def _split(own: IntArray, centres: FloatArray, most: int) -> tuple[IntArray, FloatArray]:
    """Break cells of more than ``most`` items into pieces, so that equal embeddings cannot make one cell of all."""
    counts = np.bincount(own, minlength=len(centres))
    pieces = np.maximum(1, -(-counts // most))
    first = np.cumsum(pieces) - pieces
    order = np.argsort(own, kind="stable")
    place = np.empty(len(own), np.int64)
    place[order] = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first[own] + place // most, np.repeat(centres, pieces, axis=0)


def _ranked_cells(
    items: FloatArray, centres: FloatArray, count: int, own: IntArray | None = None, *, l2: bool = True
) -> npt.NDArray[np.int32]:
    """Return up to ``count`` of the nearest cells (M, count) of every item, nearest first, or ``own`` (M,) first."""
    best, names = _none_yet(len(items), min(count, len(centres)))
    bias = _half_norms(centres, l2)
    shift = len(items)  # cells are numbered past the items, so that none is taken for the item itself
    columns = np.arange(len(centres)) + shift
    size = max(1, (16 << 20) // (4 * len(centres)))
    for start in range(0, len(items), size):
        rows = np.arange(start, min(start + size, len(items)))
        products = items[rows] @ centres.T
        if own is not None:
            products[np.arange(len(rows)), own[rows]] = np.inf
        _offer(products, bias, rows, columns, best, names)
    return names - np.int32(shift)


def approximate_neighbours(
    items: FloatArray,
    k: int,
    l2: bool,
    *,
    seed: int = 0,
    wanted: float = 0.95,
    cancelled: Callable[[], bool] = never,
    queries: FloatArray | None = None,
) -> tuple[IntArray, float]:
    """Return nearly the k nearest other items (M, k) of every item, and the recall measured on a sample.

    Looks into more cells until the recall is ``wanted`` or 32 cells were seen. ``queries`` (M, D): the items as they
    ask, where those of largest inner product are no neighbours in space: then the cells of largest inner product are
    looked into. None: as they are.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    generator = np.random.default_rng(seed)
    cells = max(1, int(1.5 * np.sqrt(len(items))))
    centres = _centroids(items, cells, generator)
    ranked = _ranked_cells(items, centres, _RANKED[0])
    own, split = _split(ranked[:, 0].astype(np.int64), centres, 8 * len(items) // cells + 1)
    if len(split) > len(centres):
        centres, ranked = split, _ranked_cells(items, split, _RANKED[0], own)
    asking = items if queries is None else queries
    first = own if queries is None else None
    if queries is not None:
        ranked = _ranked_cells(queries, centres, _RANKED[0], l2=False)
    by_cell = np.argsort(own, kind="stable")
    ends = np.cumsum(np.bincount(own, minlength=len(centres)))
    best, names = _none_yet(len(items), k)
    bias = _half_norms(items, l2)
    sample = np.sort(generator.choice(len(items), min(_SAMPLE, len(items)), replace=False))
    true = exact_neighbours(items, sample, k, l2, cancelled, queries)
    recall, seen = 0.0, 0
    for until in _ROUNDS:
        if seen >= len(centres) or recall >= wanted:
            break
        if until > ranked.shape[1]:
            ranked = _ranked_cells(asking, centres, _RANKED[1], first, l2=queries is None)
        looking = ranked[:, seen:until]
        order = np.argsort(looking.ravel(), kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(looking.ravel(), minlength=len(centres)))])
        for cell in range(len(centres)):
            if cancelled():
                raise Cancelled
            rows = order[bounds[cell] : bounds[cell + 1]] // looking.shape[1]
            inside = by_cell[ends[cell - 1] if cell else 0 : ends[cell]]
            if len(rows) and len(inside):
                _offer(asking[rows] @ items[inside].T, bias[inside], rows, inside, best, names)
        seen = until
        recall = _recall(asking, items, l2, sample, true, names)
    return names.astype(np.int64), recall


def _recall(
    asking: FloatArray,
    items: FloatArray,
    l2: bool,
    sample: IntArray,
    true: IntArray,
    names: npt.NDArray[np.int32],
) -> float:
    """Return the share of the true neighbours' distances that were reached; an equally near item counts."""
    furthest = _scores(asking[sample], items, l2, true[:, -1:])
    found = _scores(asking[sample], items, l2, names[sample].astype(np.int64))
    slack = np.abs(furthest) * np.float32(1e-5) + np.float32(1e-12)
    return float(np.mean((found <= furthest + slack) & (names[sample] >= 0)))


def _scores(asking: FloatArray, items: FloatArray, l2: bool, columns: IntArray) -> FloatArray:
    a, b = asking[:, None, :], items[columns]
    return np.asarray(((a - b) ** 2).sum(-1) if l2 else -(a * b).sum(-1), np.float32)
