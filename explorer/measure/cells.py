"""An approximate neighbour graph: items in cells, each item compared with the cells nearest to it, as in IVF.

The comparison goes cell by cell as matrix products (all items that look into a cell against those in it), which is
several times as fast as searching an inverted file query by query, and needs no thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.pairs import never
from explorer.measure.partition import MOST_CELLS, Cells
from explorer.measure.partition import Effort as Effort
from explorer.measure.top_k import begin, half_norms, none_yet, offer

_ALL_PAIRS = 7e11  # so many multiplications, a dozen seconds of one core, are worth a graph that would be bad
_SPARE = 0.01  # by how much the sample shall exceed the recall that is wanted: it is only a sample
_SAMPLE = 400


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
    best, names = none_yet(len(rows), k)
    bias = half_norms(items, l2)
    size = max(1, (16 << 20) // (4 * max(1, len(items))))
    columns = np.arange(len(items))
    for start in range(0, len(rows), size):
        if cancelled():
            raise Cancelled
        asked = rows[start : start + size]
        products = (items if queries is None else queries)[asked] @ items.T
        products[np.arange(len(asked)), asked] = -np.inf
        shift = len(items) + np.arange(start, start + len(asked))  # no column has such a number: nothing is skipped
        offer(products, bias, shift - len(items), columns + len(items), best, names)
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
    cells = Cells(items, queries, l2, generator, effort)
    sample = np.sort(generator.choice(len(items), min(_SAMPLE, len(items)), replace=False))
    true = exact_neighbours(items, sample, k, l2, cancelled, queries)
    needed = cells.needed(sample, true, wanted + _SPARE)
    asking = items if queries is None else queries
    best, names = none_yet(len(items), k)
    usable = warm is not None and warm.shape == names.shape
    recall, seen, until = 0.0, 0, 1  # the own cell first: that is enough where many items are equally near
    if usable and warm is not None:
        begin(asking, items, cells.bias, warm, best, names)
        recall = _recall(asking, items, l2, sample, true, names)
    effort.exact = False
    while recall < wanted and seen < min(needed, MOST_CELLS):
        if seen and needed > MOST_CELLS and _affordable(items):
            effort.exact = True
            return exact_neighbours(items, np.arange(len(items)), k, l2, cancelled, queries), 1.0
        cells.look(seen, until, best, names, usable, cancelled)
        recall, seen = _recall(asking, items, l2, sample, true, names), until
        until = min(needed, MOST_CELLS, max(until + 1, until * 3 // 2) if usable else MOST_CELLS)
    effort.cells = seen
    return names.astype(np.int64), recall


def _affordable(items: FloatArray) -> bool:
    return bool(len(items) ** 2 * items.shape[1] <= _ALL_PAIRS)


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
