"""The nearest neighbours of queries among items: exact or through an inverted file, with true distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.cells import Effort, approximate_neighbours, exact_neighbours
from explorer.measure.kernels import score_all, score_nearest, score_some
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

FEW_QUERIES = 32
"""Up to here each query is compared with all items by our own loop, which needs no other thread."""

_SPARE = 8
_KEPT_IN_ORDER = 1_000
_EXACT_UP_TO = 1_000_000
_EXACT_GRAPH_UP_TO = 8_000


class Index:
    """Items that can be asked for the nearest ones to a query; safe to ask from several threads.

    Parameters
    ----------
    items: (M, D) embeddings.
    lift: the distance.
    exact: compare with every item; False: an inverted file (IVF); None: exact up to a million items.
    threads: how many OpenMP threads faiss may use for large batches of queries.
    """

    def __init__(self, items: npt.ArrayLike, lift: Lift, *, exact: bool | None = None, threads: int = 1) -> None:
        self.lift = lift
        self._items = lift.lift_item(items)
        self._threads = threads
        self.exact = len(self._items) <= _EXACT_UP_TO if exact is None else exact or len(self._items) < 1000
        self._faiss: Any = None if self.exact else self._inverted_file()

    def __len__(self) -> int:
        return len(self._items)

    def query(self, x: npt.ArrayLike, k: int, exclude: npt.ArrayLike | None = None) -> tuple[IntArray, FloatArray]:
        """Return the k nearest items of each query, nearest first, equal distances by index.

        Parameters
        ----------
        x: (Q, D) queries.
        k: how many; beyond the number of items, rows end in index -1 and distance infinity.
        exclude: (Q,) for each query an item that is left out, usually itself; -1: none.

        Returns
        -------
        indices (Q, k) int64 and true distances (Q, k) float32.
        """
        asked = self.lift.lift_query(x)
        left_out = np.full(len(asked), -1) if exclude is None else np.asarray(exclude, np.int64)
        if not self.exact or len(asked) > FEW_QUERIES:
            return self._query_many(asked, k, left_out)
        indices = np.full((len(asked), k), -1, np.int64)
        distances = np.full((len(asked), k), np.inf, np.float32)
        for row in range(len(asked)):
            found, at = self._query_one(asked[row], k, int(left_out[row]))
            indices[row, : len(found)], distances[row, : len(found)] = found, at
        return indices, distances

    def _query_one(self, asked: FloatArray, k: int, left_out: int) -> tuple[IntArray, FloatArray]:
        last = min(k, len(self._items) - (left_out >= 0))
        if last <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores = np.empty(len(self._items), np.float32)
        l2 = self.lift.metric == "l2"
        candidates: IntArray | None = None
        if last <= _KEPT_IN_ORDER:
            best = np.empty(last, np.float32)
            if score_nearest(asked, self._items, l2, left_out, scores, best) == last:
                candidates = self._up_to(scores, best[-1], l2)
        else:
            score_all(asked, self._items, l2, scores)
        if candidates is None:
            candidates = np.arange(len(scores))
        distances = self.lift.to_distance(scores[candidates])
        distances[candidates == left_out] = np.inf
        furthest = np.partition(distances, last - 1)[last - 1]
        near = np.flatnonzero((distances <= furthest) & (candidates != left_out))
        near = near[np.lexsort((candidates[near], distances[near]))[:last]]
        return candidates[near], distances[near]

    def _up_to(self, scores: FloatArray, last: np.float32, l2: bool) -> IntArray:
        """Return which items are no further than one whose score is ``last`` (negated if a product), and few more.

        Different scores may be the same distance, so the limit is put where distances are larger.
        """
        slack = np.float32(max(abs(float(last)), 1e-30) * 1e-6)
        while True:
            with np.errstate(over="ignore"):
                limit = np.float32(last + slack) if l2 else -np.float32(last + slack)
            ends = self.lift.to_distance(np.array([last if l2 else -last, limit], np.float32))
            if ends[1] > ends[0] or not np.isfinite(limit):
                return np.flatnonzero(scores <= limit if l2 else scores >= limit)
            slack = np.float32(slack * 8)

    def _query_many(self, asked: FloatArray, k: int, left_out: IntArray) -> tuple[IntArray, FloatArray]:
        """Search a large batch with faiss; score what it found again and settle ties at the edge one by one."""
        wide = min(k + 1 + _SPARE, len(self._items))
        indices, distances = self._search(asked, wide)
        distances[indices == left_out[:, None]] = np.inf
        indices[indices == left_out[:, None]] = -1
        order = np.lexsort((indices, distances), axis=1)
        indices, distances = np.take_along_axis(indices, order, 1), np.take_along_axis(distances, order, 1)
        if self.exact and k < wide < len(self._items):
            found = (indices >= 0).sum(axis=1)  # the last one found might be equal to one that was not
            last = distances[np.arange(len(asked)), found - 1]
            for row in np.flatnonzero(distances[:, k - 1] >= last):
                indices[row, :k], distances[row, :k] = self._query_one(asked[row], k, int(left_out[row]))
        short = max(0, k - wide)
        indices = np.pad(indices[:, :k], ((0, 0), (0, short)), constant_values=-1)
        return indices, np.pad(distances[:, :k], ((0, 0), (0, short)), constant_values=np.inf)

    def _search(self, asked: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """Return what faiss finds, with distances that were summed directly and not through a matrix product."""
        if k == 0:
            return np.empty((len(asked), 0), np.int64), np.empty((len(asked), 0), np.float32)
        import faiss

        faiss.omp_set_num_threads(self._threads)  # of the calling thread only, hence here
        if self._faiss is None:
            l2 = faiss.METRIC_L2 if self.lift.metric == "l2" else faiss.METRIC_INNER_PRODUCT
            _, indices = faiss.knn(asked, self._items, k, metric=l2)
        else:
            _, indices = self._faiss.search(asked, k)
        scores = np.full(indices.shape, np.inf if self.lift.metric == "l2" else -np.inf, np.float32)
        score_some(asked, self._items, indices, self.lift.metric == "l2", scores)
        distances = self.lift.to_distance(scores)
        distances[indices < 0] = np.inf
        return indices, distances

    def _inverted_file(self) -> Any:
        import faiss

        faiss.omp_set_num_threads(self._threads)
        cells = int(4 * np.sqrt(len(self._items)))
        cells = max(1, min(cells, len(self._items) // 39))
        metric = faiss.METRIC_L2 if self.lift.metric == "l2" else faiss.METRIC_INNER_PRODUCT
        index: Any = faiss.index_factory(self._items.shape[1], f"IVF{cells},Flat", metric)
        index.cp.max_points_per_centroid = 64
        index.train(self._items)
        index.add(self._items)
        index.nprobe = max(8, cells // 32)
        return index


def knn_graph(
    x: npt.ArrayLike,
    k: int,
    lift: Lift,
    *,
    exact: bool | None = None,
    seed: int = 0,
    wanted: float = 0.95,
    cancelled: Callable[[], bool] = never,
    warm: IntArray | None = None,
    effort: Effort | None = None,
) -> tuple[IntArray, FloatArray, float]:
    """Return the k nearest other items of every item, their true distances, and the recall of the search.

    Parameters
    ----------
    x: (M, D) embeddings.
    k: how many; rows with fewer others end in index -1 and distance infinity.
    exact: compare all pairs; None: up to 8,000 items, beyond them by cells, with the recall measured on a sample.
    wanted: the recall up to which the approximate search looks further.
    warm: (M, k) an older graph of the same items, from which the approximate search begins.
    effort: what the last graph of such items needed; it is brought up to date.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    asked, items = lift.lift_query(x), lift.lift_item(x)
    l2 = lift.metric == "l2"
    centred = items - items.mean(axis=0) if l2 and len(items) else items
    queries = None if lift.flat else asked
    if exact if exact is not None else len(items) <= _EXACT_GRAPH_UP_TO:
        indices, recall = exact_neighbours(centred, np.arange(len(items)), k, l2, cancelled, queries), 1.0
    else:
        indices, recall = approximate_neighbours(
            centred, k, l2, seed=seed, wanted=wanted, cancelled=cancelled, queries=queries, warm=warm, effort=effort
        )
    scores = np.full(indices.shape, np.inf if l2 else -np.inf, np.float32)
    score_some(asked, items, indices, l2, scores)
    distances = lift.to_distance(scores)
    distances[indices < 0] = np.inf
    order = np.lexsort((indices, distances), axis=1)
    return np.take_along_axis(indices, order, 1), np.take_along_axis(distances, order, 1), recall
