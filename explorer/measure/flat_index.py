"""The nearest items by comparing each query with all of them, or with all that a filter lets through."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import best_scores, read_only, score_all, score_nearest, score_some
from explorer.measure.lifted_items import LiftedItems, nearest_first, true_distances
from explorer.measure.lifts import Lift

FEW_QUERIES = 32
"""Up to here each query is compared with all items by our own loop, which needs no other thread and never faiss."""

_SPARE = 8
_KEPT_IN_ORDER = 1_000
_COPIED_AT_ONCE = 131_072


class FlatIndex:
    """An exact ``Index``; see there for what its methods take and return."""

    exact = True
    recall = 1.0

    def __init__(self, items: npt.ArrayLike, lift: Lift, *, threads: int = 1) -> None:
        self.lift = lift
        self.items = LiftedItems(items, lift)
        self._threads = threads

    def __len__(self) -> int:
        return len(self.items)

    def search(
        self, x: npt.ArrayLike, k: int, *, exclude: npt.ArrayLike | None = None, among: npt.ArrayLike | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return the k nearest items of each query, nearest first, equal distances by index."""
        asked = read_only(self.lift.lift_query(x))
        left_out = np.full(len(asked), -1) if exclude is None else np.asarray(exclude, np.int64)
        rows = rows_among(among, len(self))
        if len(asked) > FEW_QUERIES:
            return self._search_many(asked, k, left_out, rows)
        indices = np.full((len(asked), k), -1, np.int64)
        distances = np.full((len(asked), k), np.inf, np.float32)
        for row in range(len(asked)):
            found, at = self._search_one(asked[row], k, int(left_out[row]), rows)
            indices[row, : len(found)], distances[row, : len(found)] = found, at
        return indices, distances

    def distances(self, x: npt.ArrayLike) -> FloatArray:
        """Return the true distance (M,) of every item from one query."""
        scores = np.empty(len(self), np.float32)
        asked = read_only(self.lift.lift_query(np.reshape(np.asarray(x), (1, -1))))
        score_all(asked[0], self.items.rows, self.lift.metric == "l2", scores)
        return self.lift.to_distance(scores)

    def add(self, x: npt.ArrayLike) -> None:
        """Put items (A, D) behind the others."""
        self.items.add(x)

    def replace(self, rows: npt.ArrayLike, x: npt.ArrayLike) -> None:
        """Give the items of some rows (R,) new embeddings (R, D)."""
        self.items.replace(np.asarray(rows, np.int64), x)

    def _search_one(
        self, asked: FloatArray, k: int, left_out: int, rows: IntArray | None
    ) -> tuple[IntArray, FloatArray]:
        """Search for one lifted query (D',); ``rows``: the only ones that are looked at, ascending."""
        if rows is not None and left_out >= 0:
            rows, left_out = rows[rows != left_out], -1
        count = len(self) if rows is None else len(rows)
        last = min(k, count - (left_out >= 0))
        if last <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, candidates = self._candidates(asked, last, left_out, rows)
        distances = self.lift.to_distance(scores[candidates])
        distances[candidates == left_out] = np.inf
        furthest = np.partition(distances, last - 1)[last - 1]
        near = np.flatnonzero((distances <= furthest) & (candidates != left_out))
        near = near[np.lexsort((candidates[near], distances[near]))[:last]]
        found = candidates[near]
        return found if rows is None else rows[found], distances[near]

    def _candidates(
        self, asked: FloatArray, last: int, left_out: int, rows: IntArray | None
    ) -> tuple[FloatArray, IntArray]:
        """Return a score for every item (or for each of ``rows``) and where the ``last`` nearest are among them."""
        l2, items = self.lift.metric == "l2", self.items.rows
        scores = np.empty(len(items) if rows is None else len(rows), np.float32)
        best, kept = np.empty(last, np.float32), 0
        if rows is not None:
            score_some(asked[np.newaxis], items, rows[np.newaxis], l2, scores[np.newaxis])
            kept = best_scores(scores, l2, best) if last <= _KEPT_IN_ORDER else 0
        elif last <= _KEPT_IN_ORDER:
            kept = score_nearest(asked, items, l2, left_out, scores, best)
        else:
            score_all(asked, items, l2, scores)
        return scores, self._up_to(scores, best[-1], l2) if kept == last else np.arange(len(scores))

    def _up_to(self, scores: FloatArray, last: np.float32, l2: bool) -> IntArray:
        """Return which items are no further than one whose score is ``last`` (negated if a product), and few more.

        Different scores may be the same distance, so the limit is put where distances are larger.
        """
        slack = max(abs(float(last)), 1e-30) * 1e-6
        while True:
            with np.errstate(over="ignore"):  # no score is so far that its distance is larger: all of them
                limit = np.float32(last + slack) if l2 else -np.float32(last + slack)
            ends = self.lift.to_distance(np.array([last if l2 else -last, limit], np.float32))
            if ends[1] > ends[0] or not np.isfinite(limit):
                return np.flatnonzero(scores <= limit if l2 else scores >= limit)
            slack *= 8

    def _search_many(
        self, asked: FloatArray, k: int, left_out: IntArray, rows: IntArray | None
    ) -> tuple[IntArray, FloatArray]:
        """Search a large batch with faiss; score what it found again and settle ties at the edge one by one."""
        count = len(self) if rows is None else len(rows)
        wide = min(k + 1 + _SPARE, count)
        indices = self._found(asked, wide, rows)
        indices, distances = without(indices, true_distances(self.lift, asked, self.items.rows, indices), left_out)
        indices, distances = indices[:, :wide], distances[:, :wide]
        if k < wide < count:
            found = (indices >= 0).sum(axis=1)  # the last one found might be equal to one that was not
            last = distances[np.arange(len(asked)), found - 1]
            for row in np.flatnonzero(distances[:, k - 1] >= last):
                indices[row, :k], distances[row, :k] = self._search_one(asked[row], k, int(left_out[row]), rows)
        return exactly(k, indices, distances)

    def _found(self, asked: FloatArray, wide: int, rows: IntArray | None) -> IntArray:
        """Return nearly the nearest (Q, ``wide`` or more); of a filter so many of each part of it that is copied."""
        if wide == 0:
            return np.empty((len(asked), 0), np.int64)
        import faiss

        faiss.omp_set_num_threads(self._threads)  # of the calling thread only, hence here
        metric = faiss.METRIC_L2 if self.lift.metric == "l2" else faiss.METRIC_INNER_PRODUCT
        items = self.items.rows
        if rows is None:
            indices: IntArray = faiss.knn(asked, items, wide, metric=metric)[1]
            return indices
        parts = []
        for start in range(0, len(rows), _COPIED_AT_ONCE):
            part = rows[start : start + _COPIED_AT_ONCE]
            found = faiss.knn(asked, items[part], min(wide, len(part)), metric=metric)[1]
            parts.append(np.where(found >= 0, part[found], -1))
        return np.concatenate(parts, axis=1)


def rows_among(among: npt.ArrayLike | None, count: int) -> IntArray | None:
    """Return the rows that a filter lets through, ascending, each once; None: all of ``count`` items.

    Raises
    ------
    IndexError: if it names an item that is not there.
    """
    if among is None:
        return None
    chosen = np.asarray(among)
    if chosen.dtype != np.bool_:
        chosen = chosen.astype(np.int64)
        if len(chosen) and not 0 <= chosen.min() <= chosen.max() < count:
            raise IndexError(f"there are {count} items")
        return np.unique(chosen)
    if chosen.shape != (count,):
        raise IndexError(f"a filter of {chosen.shape} does not fit {count} items")
    return np.flatnonzero(chosen)


def without(indices: IntArray, distances: FloatArray, left_out: IntArray) -> tuple[IntArray, FloatArray]:
    """Return what was found (Q, n) but for one item of each query (Q,), nearest first; what is missing comes last."""
    distances[indices == left_out[:, None]] = np.inf
    indices[indices == left_out[:, None]] = -1
    return nearest_first(indices, distances)


def exactly(k: int, indices: IntArray, distances: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the first k of each row (Q, n); -1 and infinity where there are fewer."""
    short = max(0, k - indices.shape[1])
    indices = np.pad(indices[:, :k], ((0, 0), (0, short)), constant_values=-1)
    return indices, np.pad(distances[:, :k], ((0, 0), (0, short)), constant_values=np.inf)
