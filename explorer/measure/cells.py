"""An approximate neighbour graph: items in cells, each item compared with the cells nearest to it, as in IVF.

The comparison goes cell by cell as matrix products (all items that look into a cell against those in it), which is
several times as fast as searching an inverted file query by query; half of the cells will do where the neighbours of
neighbours are compared then, as in NN-descent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.pairs import never
from explorer.measure.partition import MOST_CELLS, Cells
from explorer.measure.partition import Effort as Effort
from explorer.measure.spread import spread
from explorer.measure.top_k import begin, half_norms, none_yet, offer

_ALL_PAIRS = 7e11  # so many multiplications, a dozen seconds of one core, are worth a graph that would be bad
_SPARE = 0.01  # by how much the sample shall exceed the recall that is wanted: it is only a sample
_SAMPLE = 400
_AT_ONCE = 3  # so few cells are looked into at once: one more costs less than comparing neighbours of neighbours again
_ASKED = 2  # so many times neighbours of neighbours are compared before more cells are looked into


def exact_neighbours(
    items: FloatArray,
    rows: IntArray,
    k: int,
    l2: bool,
    cancelled: Callable[[], bool] = never,
    queries: FloatArray | None = None,
    threads: int = 1,
) -> IntArray:
    """Return the k nearest other items (R, k) of some rows; -1 where there are fewer.

    ``queries`` (M, D): the items as they ask, where they are lifted otherwise for that; None: as they are.
    """
    best, names = none_yet(len(rows), k)
    bias = half_norms(items, l2)
    size = max(1, (16 << 20) // (4 * max(1, len(items))))
    columns = np.arange(len(items)) + len(items)  # no row has such a number: nothing is skipped
    starts = range(0, len(rows), size)

    def compare(part: slice) -> None:
        for start in starts[part]:
            if cancelled():
                raise Cancelled
            asked = rows[start : start + size]
            products = (items if queries is None else queries)[asked] @ items.T
            products[np.arange(len(asked)), asked] = -np.inf
            offer(products, bias, np.arange(start, start + len(asked)), columns, best, names)

    spread(compare, len(starts), threads)
    return np.where(names >= 0, names.astype(np.int64) - len(items), -1)


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
    threads: int = 1,
) -> tuple[IntArray, float]:
    """Return nearly the k nearest other items (M, k) of every item, and the recall measured on a sample.

    Looks into as many cells as the neighbours of the sample say that it takes for the recall that is ``wanted``; where
    these were more than 128, compares all pairs if that can be borne. ``queries`` (M, D): the items as they ask, where
    those of largest inner product are no neighbours in space: then the cells of largest inner product are looked into.
    None: as they are. ``warm`` (M, k): a graph of the same items to begin from. ``effort``: what the last search of
    this kind found out; it is brought up to date.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    effort = Effort() if effort is None else effort
    generator = np.random.default_rng(seed)
    cells = Cells(items, queries, l2, generator, effort, threads)
    sample = np.sort(generator.choice(len(items), min(_SAMPLE, len(items)), replace=False))
    true = exact_neighbours(items, sample, k, l2, cancelled, queries, threads)
    needed = cells.needed(sample, true, wanted + _SPARE)
    search = _Search(cells, items, items if queries is None else queries, l2, sample, true, *none_yet(len(items), k))
    usable = warm is not None and warm.shape == search.names.shape
    recall, seen, until = 0.0, 0, 1  # the own cell first: that is enough where many items are equally near
    if usable and warm is not None:
        begin(search.asking, items, cells.bias, warm, search.best, search.names)
        recall = search.asked_theirs(search.recall(), wanted, 1)
    effort.exact = False
    while recall < wanted and seen < min(needed, MOST_CELLS):
        if seen and needed > MOST_CELLS and _affordable(items):
            effort.exact = True
            return exact_neighbours(items, np.arange(len(items)), k, l2, cancelled, queries, threads), 1.0
        cells.look(seen, until, search.best, search.names, usable or seen > 1, cancelled)
        recall = search.asked_theirs(search.recall(), wanted, _ASKED if until > 1 else 0)
        more = until * 3 // 2 if usable else max(needed // 2, _AT_ONCE)
        seen, until = until, min(needed, MOST_CELLS, max(until + 1, more))
    effort.cells = seen
    return search.names.astype(np.int64), recall


class _Search(NamedTuple):
    """What was found so far: ``best`` and ``names`` (M, k); the neighbours of a sample (S,) are ``true`` (S, k)."""

    cells: Cells
    items: FloatArray
    asking: FloatArray
    l2: bool
    sample: IntArray
    true: IntArray
    best: FloatArray
    names: npt.NDArray[np.int32]

    def recall(self) -> float:
        """Return the share of the true neighbours' distances that were reached; an equally near item counts."""
        asking = self.asking[self.sample]
        furthest = _scores(asking, self.items, self.l2, self.true[:, -1:])
        found = _scores(asking, self.items, self.l2, self.names[self.sample].astype(np.int64))
        slack = np.abs(furthest) * np.float32(1e-5) + np.float32(1e-12)
        return float(np.mean((found <= furthest + slack) & (self.names[self.sample] >= 0)))

    def asked_theirs(self, recall: float, wanted: float, times: int) -> float:
        """Compare neighbours of neighbours up to so many times while the recall is less than wanted; return it then."""
        for _ in range(times):
            if recall < wanted:
                self.cells.ask_theirs(self.best, self.names)
                recall = self.recall()
        return recall


def _affordable(items: FloatArray) -> bool:
    return bool(len(items) ** 2 * items.shape[1] <= _ALL_PAIRS)


def _scores(asking: FloatArray, items: FloatArray, l2: bool, columns: IntArray) -> FloatArray:
    a, b = asking[:, None, :], items[columns]
    return np.asarray(((a - b) ** 2).sum(-1) if l2 else -(a * b).sum(-1), np.float32)
