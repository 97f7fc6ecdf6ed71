"""An approximate neighbour graph: items in cells, each item compared with the cells nearest to it, as in IVF.

The comparison goes cell by cell as matrix products (all items that look into a cell against those in it), which is
several times as fast as searching an inverted file query by query, and needs no thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import FAST
from explorer.measure.pairs import never

_USUAL = 4  # cells that an item looks into, its own first, where nothing is known yet
_MOST = 32  # beyond that, a comparison of all pairs costs little more
_RANKED = 8  # how many of the nearest cells are put in order at first
_ALL_PAIRS = 7e11  # so many multiplications, a dozen seconds of one core, are worth a graph that would be bad
_PLENTY = 0.03  # by how much the recall has to exceed what is wanted for the next search to look less far
_SAMPLE = 400
_ITERATIONS = 3
_STRIDE = 16


@dataclass(slots=True)
class Effort:
    """How far a search had to look, kept from one snapshot to the next so that the next begins there.

    ``cells``: how many an item looked into; ``exact``: these did not do, so all pairs were compared; ``centres``: those
    of the cells.
    """

    cells: int = _USUAL
    exact: bool = False
    centres: FloatArray | None = None


@nb.njit(nogil=True, cache=True)
def _offer(
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
                j = k - 1
                while j > 0 and best[row, j - 1] > score:
                    best[row, j] = best[row, j - 1]
                    names[row, j] = names[row, j - 1]
                    j -= 1
                best[row, j] = score
                names[row, j] = columns[c]
                worst = best[row, k - 1]


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def _begin(
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
            place = count
            while place > 0 and best[i, place - 1] > score:
                best[i, place], names[i, place] = best[i, place - 1], names[i, place - 1]
                place -= 1
            best[i, place], names[i, place] = score, other
            count += 1


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


def _centroids(
    items: FloatArray, cells: int, generator: np.random.Generator, last: FloatArray | None = None
) -> FloatArray:
    """Return the centres (cells, D) of a short k-means on a sample, which goes on from the ``last`` that there were."""
    sample = items[generator.choice(len(items), min(len(items), 32 * cells), replace=False)]
    known = last is not None and last.shape == (cells, items.shape[1])
    centres = last.copy() if known and last is not None else sample[:cells].copy()
    for _ in range(1 if known else _ITERATIONS):
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
    warm: IntArray | None = None,
    effort: Effort | None = None,
) -> tuple[IntArray, float]:
    """Return nearly the k nearest other items (M, k) of every item, and the recall measured on a sample.

    Looks into more cells until the recall is ``wanted`` or 32 cells were seen, and then compares all pairs if that can
    be borne. ``queries`` (M, D): the items as they ask, where those of largest inner product are no neighbours in
    space: then the cells of largest inner product are looked into. None: as they are. ``warm`` (M, k): a graph of the
    same items to begin from. ``effort``: what the last search of this kind needed; it is brought up to date.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    effort = Effort() if effort is None else effort
    generator = np.random.default_rng(seed)
    if effort.exact and _affordable(items):
        return exact_neighbours(items, np.arange(len(items)), k, l2, cancelled, queries), 1.0
    cells = _Cells(items, queries, l2, generator, effort)
    asking = items if queries is None else queries
    best, names = _none_yet(len(items), k)
    sample = np.sort(generator.choice(len(items), min(_SAMPLE, len(items)), replace=False))
    true = exact_neighbours(items, sample, k, l2, cancelled, queries)
    recall, seen, until = 0.0, 0, 1
    usable = warm is not None and warm.shape == names.shape
    if usable and warm is not None:
        _begin(asking, items, cells.bias, warm, best, names)
        recall = _recall(asking, items, l2, sample, true, names)
    while recall < wanted and seen < min(_MOST, cells.count):
        cells.look(seen, until, best, names, usable, cancelled)
        recall, seen = _recall(asking, items, l2, sample, true, names), until
        until = min(_MOST, max(until + 1, until * 3 // 2) if usable else max(effort.cells, 2 * until))
    if recall < wanted and _affordable(items):
        effort.exact = True
        return exact_neighbours(items, np.arange(len(items)), k, l2, cancelled, queries), 1.0
    if not usable:
        effort.cells = max(2, seen // 2) if recall >= wanted + _PLENTY else seen
    return names.astype(np.int64), recall


def _affordable(items: FloatArray) -> bool:
    return bool(len(items) ** 2 * items.shape[1] <= _ALL_PAIRS)


class _Cells:
    """Items (M, D) in cells, and which cells are nearest to each of them as it asks."""

    def __init__(
        self, items: FloatArray, queries: FloatArray | None, l2: bool, generator: np.random.Generator, effort: Effort
    ) -> None:
        cells = max(1, int(1.5 * np.sqrt(len(items))))
        centres = _centroids(items, cells, generator, effort.centres)
        effort.centres = centres
        ranked = _ranked_cells(items, centres, _RANKED)
        own, split = _split(ranked[:, 0].astype(np.int64), centres, 8 * len(items) // cells + 1)
        if len(split) > len(centres):
            centres, ranked = split, _ranked_cells(items, split, _RANKED, own)
        if queries is not None:
            ranked = _ranked_cells(queries, centres, _RANKED, l2=False)
        self.bias = _half_norms(items, l2)
        self.count = len(centres)
        self._items, self._asking = items, items if queries is None else queries
        self._own = own if queries is None else None
        self._centres, self._ranked = centres, ranked
        self._by_cell = np.argsort(own, kind="stable")
        self._ends = np.cumsum(np.bincount(own, minlength=len(centres)))

    def look(
        self,
        seen: int,
        until: int,
        best: FloatArray,
        names: npt.NDArray[np.int32],
        again: bool,
        cancelled: Callable[[], bool],
    ) -> None:
        """Compare every item with those in its nearest cells from the one numbered ``seen`` to before ``until``."""
        if until > self._ranked.shape[1]:
            self._ranked = _ranked_cells(self._asking, self._centres, _MOST, self._own, l2=self._own is not None)
        looking = self._ranked[:, seen:until]
        order = np.argsort(looking.ravel(), kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(looking.ravel(), minlength=self.count))])
        for cell in range(self.count):
            if cancelled():
                raise Cancelled
            rows = order[bounds[cell] : bounds[cell + 1]] // looking.shape[1]
            inside = self._by_cell[self._ends[cell - 1] if cell else 0 : self._ends[cell]]
            if len(rows) and len(inside):
                products = self._asking[rows] @ self._items[inside].T
                _offer(products, self.bias[inside], rows, inside, best, names, again)


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
