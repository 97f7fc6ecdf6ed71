"""The nearest of some items to many others, as in placing a million by a tenth of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import score_some
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never
from explorer.measure.partition import MOST_CELLS, USUAL_CELLS, centroids, ranked_cells
from explorer.measure.top_k import half_norms, none_yet, offer

_BLOCK = 65_536
_SAMPLE = 300


def nearest_among(
    items: FloatArray,
    x: FloatArray,
    rows: IntArray,
    k: int,
    lift: Lift,
    *,
    seed: int = 0,
    wanted: float = 0.95,
    cancelled: Callable[[], bool] = never,
) -> tuple[npt.NDArray[np.int32], FloatArray]:
    """Return nearly the k nearest of the ``items`` (L, D) to each of some rows (R,) of ``x`` (M, D).

    Each looks into its nearest cells: into as many as give a sample of them the recall that is ``wanted``, 32 at most.
    This goes block by block, so that next to nothing of ``x`` is copied. Rows with fewer items end in index -1 and
    distance infinity.

    Returns
    -------
    indices (R, k) int32, nearest first, and true distances (R, k) float32.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    among = _Among(items, lift, np.random.default_rng(seed), cancelled)
    names, distances = np.empty((len(rows), k), np.int32), np.empty((len(rows), k), np.float32)
    sample = np.random.default_rng(seed).permutation(rows)[:_SAMPLE]
    cells = among.needed(lift.lift_query(x[sample]), k, wanted)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        names[part], distances[part] = among.find(lift.lift_query(x[rows[part]]), k, cells)
    return names, distances


class _Among:
    """Items (L, D) in cells, sorted by them."""

    def __init__(
        self, items: FloatArray, lift: Lift, generator: np.random.Generator, cancelled: Callable[[], bool]
    ) -> None:
        self._lift, self._l2, self._cancelled = lift, lift.metric == "l2", cancelled
        self._items = lift.lift_item(items)
        self._centre = self._items.mean(axis=0) if self._l2 and len(items) else np.zeros_like(self._items[:1])
        among = self._items - self._centre
        self._centres = centroids(among, max(1, min(len(among), int(1.5 * np.sqrt(len(among))))), generator)
        own = ranked_cells(among, self._centres, 1)[:, 0]
        self._bounds = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=len(self._centres)))])
        self._names = np.argsort(own, kind="stable")
        self._sorted, self._bias = among[self._names], half_norms(among, self._l2)[self._names]

    def needed(self, asked: FloatArray, k: int, wanted: float) -> int:
        """Return how many cells queries (Q, D) have to look into."""
        _, true = self.find(asked, k, len(self._centres))
        cells = min(USUAL_CELLS, len(self._centres))
        while cells < min(MOST_CELLS, len(self._centres)):
            _, found = self.find(asked, k, cells)
            if np.mean(found <= true[:, -1:] + np.abs(true[:, -1:]) * np.float32(1e-5)) >= wanted:
                break
            cells = min(2 * cells, MOST_CELLS, len(self._centres))
        return cells

    def find(self, asked: FloatArray, k: int, cells: int) -> tuple[npt.NDArray[np.int32], FloatArray]:
        """Return the nearest (Q, k) of lifted queries (Q, D) in their nearest cells, and their distances."""
        best, names = none_yet(len(asked), k)
        shifted = asked - self._centre if self._l2 else asked
        looked = ranked_cells(shifted, self._centres, cells, l2=self._l2 or self._lift.flat).astype(np.uint16)
        order = np.argsort(looked.ravel(), kind="stable") // looked.shape[1]
        ends = np.concatenate([[0], np.cumsum(np.bincount(looked.ravel(), minlength=len(self._centres)))])
        for cell in range(len(self._centres)):
            if self._cancelled():
                raise Cancelled
            asking, inside = order[ends[cell] : ends[cell + 1]], slice(self._bounds[cell], self._bounds[cell + 1])
            if len(asking) and inside.start < inside.stop:
                products = shifted[asking] @ self._sorted[inside].T
                columns = self._names[inside] + len(asked)  # past the queries: no item is taken for the query itself
                offer(products, self._bias[inside], asking, columns, best, names)
        names[names >= 0] -= np.int32(len(asked))
        return self._by_distance(asked, names)

    def _by_distance(self, asked: FloatArray, names: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], FloatArray]:
        scores = np.full(names.shape, np.inf if self._l2 else -np.inf, np.float32)
        score_some(asked, self._items, names.astype(np.int64), self._l2, scores)
        distances = self._lift.to_distance(scores)
        distances[names < 0] = np.inf
        ranks = np.argsort(distances, axis=1, kind="stable")
        return np.take_along_axis(names, ranks, 1), np.take_along_axis(distances, ranks, 1)
