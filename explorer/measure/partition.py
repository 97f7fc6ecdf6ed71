"""Items in cells around the centres of a short k-means, and which cells are nearest to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.offers import half_norms, none_yet, offer

USUAL_CELLS = 4
"""How many cells an item looks into, its own first, where nothing is known yet."""

MOST_CELLS = 32
"""Beyond so many, a comparison of all pairs costs little more."""

_RANKED = 8  # how many of the nearest cells are put in order at first
_ITERATIONS = 3


@dataclass(slots=True)
class Effort:
    """How far a search had to look, kept from one snapshot to the next so that the next begins there.

    ``cells``: how many an item looked into; ``exact``: these did not do, so all pairs were compared; ``centres``: those
    of the cells.
    """

    cells: int = USUAL_CELLS
    exact: bool = False
    centres: FloatArray | None = None


def centroids(
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
    bias = half_norms(centres, True)
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


def ranked_cells(
    items: FloatArray, centres: FloatArray, count: int, own: IntArray | None = None, *, l2: bool = True
) -> npt.NDArray[np.int32]:
    """Return up to ``count`` of the nearest cells (M, count) of every item, nearest first, or ``own`` (M,) first."""
    best, names = none_yet(len(items), min(count, len(centres)))
    bias = half_norms(centres, l2)
    shift = len(items)  # cells are numbered past the items, so that none is taken for the item itself
    columns = np.arange(len(centres)) + shift
    size = max(1, (16 << 20) // (4 * len(centres)))
    for start in range(0, len(items), size):
        rows = np.arange(start, min(start + size, len(items)))
        products = items[rows] @ centres.T
        if own is not None:
            products[np.arange(len(rows)), own[rows]] = np.inf
        offer(products, bias, rows, columns, best, names)
    return names - np.int32(shift)


class Cells:
    """Items (M, D) in cells, and which cells are nearest to each of them as it asks."""

    def __init__(
        self, items: FloatArray, queries: FloatArray | None, l2: bool, generator: np.random.Generator, effort: Effort
    ) -> None:
        cells = max(1, int(1.5 * np.sqrt(len(items))))
        centres = centroids(items, cells, generator, effort.centres)
        effort.centres = centres
        ranked = ranked_cells(items, centres, _RANKED)
        own, split = _split(ranked[:, 0].astype(np.int64), centres, 8 * len(items) // cells + 1)
        if len(split) > len(centres):
            centres, ranked = split, ranked_cells(items, split, _RANKED, own)
        if queries is not None:
            ranked = ranked_cells(queries, centres, _RANKED, l2=False)
        self.bias = half_norms(items, l2)
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
            self._ranked = ranked_cells(self._asking, self._centres, MOST_CELLS, self._own, l2=self._own is not None)
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
                offer(products, self.bias[inside], rows, inside, best, names, again)
