"""Items in cells around the centres of a short k-means, and which cells are nearest to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.spread import spread
from explorer.measure.top_k import half_norms, none_yet, offer, offer_theirs

USUAL_CELLS = 4
"""How many cells an item looks into, its own first, where nothing is known of how many it takes."""

MOST_CELLS = 128
"""A third of the cells of 70,000 items: beyond so many, a comparison of all pairs costs little more."""

_RANKED = (8, 32, MOST_CELLS)  # how many of the nearest cells are put in order, at first and as more are asked for
_ITERATIONS = 3
_BLOCK_BYTES = 16 << 20  # of the products that are made at once


@dataclass(slots=True)
class Effort:
    """What a search found out, kept from one snapshot to the next: that begins with its cells.

    ``cells``: how many an item had to look into; ``exact``: these did not do, so all pairs were compared; ``centres``:
    those of the cells.
    """

    cells: int = 0
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
    size = max(1, _BLOCK_BYTES // (4 * len(centres)))
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
    items: FloatArray,
    centres: FloatArray,
    count: int,
    own: IntArray | None = None,
    *,
    l2: bool = True,
    threads: int = 1,
) -> npt.NDArray[np.int32]:
    """Return up to ``count`` of the nearest cells (M, count) of every item, nearest first, or ``own`` (M,) first."""
    count = min(count, len(centres))
    bias = half_norms(centres, l2)
    if count > _RANKED[1]:
        return _sorted_cells(items, centres, bias, count, own)
    best, names = none_yet(len(items), count)
    shift = len(items)  # cells are numbered past the items, so that none is taken for the item itself
    columns = np.arange(len(centres)) + shift
    size = max(1, (_BLOCK_BYTES // max(1, threads)) // (4 * len(centres)))
    starts = range(0, len(items), size)

    def rank(part: slice) -> None:
        for start in starts[part]:
            rows = np.arange(start, min(start + size, len(items)))
            products = items[start : start + size] @ centres.T
            if own is not None:
                products[np.arange(len(rows)), own[rows]] = np.inf
            offer(products, bias, rows, columns, best, names)

    spread(rank, len(starts), threads)
    return names - np.int32(shift)


def _sorted_cells(
    items: FloatArray, centres: FloatArray, bias: FloatArray, count: int, own: IntArray | None
) -> npt.NDArray[np.int32]:
    """Return the same by parting and sorting, which is quicker where many are wanted."""
    names = np.empty((len(items), count), np.int32)
    size = max(1, _BLOCK_BYTES // (4 * len(centres)))
    for start in range(0, len(items), size):
        rows = np.arange(start, min(start + size, len(items)))
        scores = bias - items[rows] @ centres.T
        if own is not None:
            scores[np.arange(len(rows)), own[rows]] = -np.inf
        nearest = np.argpartition(scores, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(scores, nearest, 1), axis=1)
        names[rows] = np.take_along_axis(nearest, order, 1)
    return names


class Cells:
    """Items (M, D) in cells, and which cells are nearest to each of them as it asks."""

    def __init__(
        self,
        items: FloatArray,
        queries: FloatArray | None,
        l2: bool,
        generator: np.random.Generator,
        effort: Effort,
        threads: int = 1,
    ) -> None:
        cells = max(1, int(1.5 * np.sqrt(len(items))))
        centres = centroids(items, cells, generator, effort.centres)
        effort.centres = centres
        ranked = ranked_cells(items, centres, _RANKED[0], threads=threads)
        own, split = _split(ranked[:, 0].astype(np.int64), centres, 8 * len(items) // cells + 1)
        if len(split) > len(centres):
            centres, ranked = split, ranked_cells(items, split, _RANKED[0], own, threads=threads)
        if queries is not None:
            ranked = ranked_cells(queries, centres, _RANKED[0], l2=False, threads=threads)
        self.bias = half_norms(items, l2)
        self.count = len(centres)
        self._threads = threads
        self._items, self._asking = items, items if queries is None else queries
        self._own = own if queries is None else None
        self._centres, self._ranked = centres, ranked
        self._cell_of = own
        self._by_cell = np.argsort(own, kind="stable")
        self._ends = np.cumsum(np.bincount(own, minlength=len(centres)))

    def needed(self, sample: IntArray, true: IntArray, wanted: float) -> int:
        """Return into how many of its nearest cells an item has to look until the recall is ``wanted``.

        ``true`` (S, k): the neighbours of the items ``sample`` (S,); so much is known of them before any is sought.
        """
        first = None if self._own is None else self._own[sample]
        ranked = _sorted_cells(
            self._asking[sample], self._centres, half_norms(self._centres, self._own is not None), self.count, first
        )  # fmt: skip
        ranks = np.empty((len(sample), self.count), np.int64)
        np.put_along_axis(ranks, ranked.astype(np.int64), np.arange(self.count)[None], axis=1)
        reached = np.take_along_axis(ranks, np.where(true >= 0, self._cell_of[true], 0), axis=1)[true >= 0]
        if not len(reached):
            return 1
        return 1 + int(np.sort(reached)[min(len(reached) - 1, int(np.ceil(wanted * len(reached))))])

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
            wide, l2 = next(count for count in _RANKED if count >= until), self._own is not None
            self._ranked = ranked_cells(
                self._asking, self._centres, wide, self._own, l2=l2, threads=self._threads
            )  # fmt: skip
        bounds = np.linspace(0, len(self._asking), self._threads + 1).astype(np.int64)

        def look(part: slice) -> None:
            for first, end in zip(bounds[:-1][part].tolist(), bounds[1:][part].tolist(), strict=True):
                self._look(first, self._ranked[first:end, seen:until], best, names, again, cancelled)

        spread(look, self._threads, self._threads)

    def _look(
        self,
        first: int,
        looking: npt.NDArray[np.int32],
        best: FloatArray,
        names: npt.NDArray[np.int32],
        again: bool,
        cancelled: Callable[[], bool],
    ) -> None:
        """Compare the items from the one numbered ``first`` on with those in the cells (R, C) that they look into."""
        order = np.argsort(looking.ravel(), kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(looking.ravel(), minlength=self.count))])
        for cell in range(self.count):
            if cancelled():
                raise Cancelled
            rows = first + order[bounds[cell] : bounds[cell + 1]] // looking.shape[1]
            inside = self._by_cell[self._ends[cell - 1] if cell else 0 : self._ends[cell]]
            if len(rows) and len(inside):
                products = self._asking[rows] @ self._items[inside].T
                offer(products, self.bias[inside], rows, inside, best, names, again)

    def ask_theirs(self, best: FloatArray, names: npt.NDArray[np.int32]) -> None:
        """Compare every item with the neighbours (M, k) of its neighbours."""
        old = names.copy()
        bounds = np.linspace(0, len(self._asking), self._threads + 1).astype(np.int64)

        def ask(part: slice) -> None:
            for first, end in zip(bounds[:-1][part].tolist(), bounds[1:][part].tolist(), strict=True):
                offer_theirs(self._asking, self._items, self.bias, old, best, names, first, end)

        spread(ask, self._threads, self._threads)
