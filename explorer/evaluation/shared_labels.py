"""Retrieval where an item may have several labels: an item is right for a query as far as they share labels.

Shared-label recall@k: the share of queries with an item among the k nearest that shares a label. nDCG: the gain of an
item is the number of labels it shares with the query, discounted by its rank (Järvelin and Kekäläinen, Cumulated
Gain-based Evaluation of IR Techniques, TOIS 2002), over the gain of the best ranking of all other items.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explorer.core.types import BoolArray, FloatArray
from explorer.evaluation.rankings import DCG_DEPTH, Asking, discounts, rank
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

BLOCK_BYTES = 32 << 20


def shared_label_figures(
    x: FloatArray,
    label_sets: BoolArray,
    lift: Lift,
    ks: Sequence[int],
    cancelled: Callable[[], bool] = never,
) -> dict[str, float]:
    """Return ``shared_recall@k`` and ``shared_ndcg@10`` of embeddings (M, D) with labels ``label_sets`` (M, S).

    Items without a label take no part, and those that share none with any other are no queries; empty where all are.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    kept = np.flatnonzero(label_sets.any(axis=1))
    vectors, sets = x[kept], label_sets[kept].astype(np.float32)
    queries = np.flatnonzero(sets @ sets.sum(axis=0) > sets.sum(axis=1))
    if not len(queries):
        return {}
    nothing = np.zeros(len(queries), np.int64)
    asking = Asking(queries, None, queries, np.zeros(len(kept), np.int64), nothing, nothing)
    nearest = rank(vectors, lift, asking, max(*ks, DCG_DEPTH), cancelled=cancelled).nearest
    shared = np.zeros(nearest.shape, np.float64)
    best = np.empty(len(queries))
    depth = min(DCG_DEPTH, len(kept))
    size = max(1, BLOCK_BYTES // (4 * len(kept)))
    for start in range(0, len(queries), size):
        rows = queries[start : start + size]
        gains = sets[rows] @ sets.T
        gains[np.arange(len(rows)), rows] = 0
        near = nearest[start : start + size]
        shared[start : start + size] = np.where(near < 0, 0, np.take_along_axis(gains, np.maximum(near, 0), axis=1))
        top = -np.sort(np.partition(-gains, depth - 1, axis=1)[:, :depth], axis=1)
        best[start : start + size] = top @ discounts(depth)
    figures = {f"shared_recall@{k}": float((shared[:, :k] > 0).any(axis=1).mean()) for k in ks}
    gained = shared[:, :DCG_DEPTH] @ discounts(DCG_DEPTH)
    return {**figures, f"shared_ndcg@{DCG_DEPTH}": float((gained / best).mean())}
