"""Queries that rank items by distance, and the figures of each query; equal distances rank by index.

Precision and recall look at the k nearest, MAP@R and R-precision at the R nearest, where R is the number of items that
are right for the query; the reciprocal rank at the first right one. nDCG has the gain 1 for a right item. The k-NN vote
goes to the class of most of the k nearest; among classes of equally many votes, to that whose nearest voter is nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.measure.gathering import Gatherer, Panel, panels
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never, operands
from explorer.measure.ranking import rank_block, rank_gathered
from explorer.measure.spread import spread

DCG_DEPTH = 10
VOTE_BYTES = 32 << 20
NOBODY = -2
"""Stands for a class where fewer items are ranked than were asked for."""

Doubles = npt.NDArray[np.float64]


class Asking(NamedTuple):
    """Who asks whom: rows ``queries`` (Q,) the rows ``among`` (G,), or all rows where that is None.

    ``own`` (Q,): which of those a query is itself, -1 where none. ``codes`` (G,) their classes, ``asked`` (Q,) those of
    the queries, and ``relevant`` (Q,) how many of the items are right.
    """

    queries: IntArray
    among: IntArray | None
    own: IntArray
    codes: IntArray
    asked: IntArray
    relevant: IntArray

    def of(self, chosen: IntArray | slice) -> Asking:
        """Return some of the queries."""
        queries, own, asked, relevant = (a[chosen] for a in (self.queries, self.own, self.asked, self.relevant))
        return Asking(queries, self.among, own, self.codes, asked, relevant)


class Ranked(NamedTuple):
    """What each query found.

    Places ``nearest`` (Q, K) among the items, -1 where there are no more; ``map_at_r`` (Q,), ``r_precision`` (Q,), and
    the rank ``first`` (Q,) of the first right item, 0 where it was not looked for.
    """

    nearest: npt.NDArray[np.int32]
    map_at_r: Doubles
    r_precision: Doubles
    first: Doubles


def leave_one_out(codes: IntArray) -> Asking:
    """Return how each item, of classes ``codes`` (M,) from 0, asks the others; one that has none of its class, not."""
    sizes = np.bincount(codes)
    queries = np.flatnonzero(sizes[codes] > 1)
    return Asking(queries, None, queries, codes, codes[queries], sizes[codes[queries]] - 1)


def query_against_gallery(codes: IntArray, query: BoolArray, gallery: BoolArray) -> Asking:
    """Return how the items ``query`` (M,) ask the items ``gallery`` (M,); one that has none of its class there, not.

    ``codes`` (M,): the classes of all items, from 0.
    """
    among = np.flatnonzero(gallery)
    sizes = np.bincount(codes[among], minlength=int(codes.max(initial=0)) + 1)
    queries = np.flatnonzero(query & (sizes[codes] > 0))
    nobody = np.full(len(queries), -1, np.int64)
    return Asking(queries, among, nobody, codes[among], codes[queries], sizes[codes[queries]])


def rank(
    x: FloatArray,
    lift: Lift,
    asking: Asking,
    depth: int,
    *,
    whole: bool = False,
    threads: int = 1,
    cancelled: Callable[[], bool] = never,
) -> Ranked:
    """Rank items for every query: the ``depth`` nearest, and ``whole``: the first right one wherever it is.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    count = len(asking.queries)
    nearest, scores = np.empty((count, depth), np.int32), np.empty((count, 3))
    lacking = _gather(x, lift, asking, whole, threads, cancelled, nearest, scores)

    def look_through(part: slice) -> None:
        rest = lacking[part]
        some, near, found = asking.of(rest), nearest[rest], scores[rest]
        for start, block in distance_blocks(x, some.queries, lift, cancelled, asking.among):
            rows = slice(start, start + len(block))
            own, asked, relevant = some.own[rows], some.asked[rows], some.relevant[rows]
            rank_block(block, own, asked, asking.codes, relevant, whole, near[rows], found[rows])
        nearest[rest], scores[rest] = near, found

    spread(look_through, len(lacking), threads)
    return Ranked(nearest, scores[:, 0], scores[:, 1], scores[:, 2])


def _gather(
    x: FloatArray,
    lift: Lift,
    asking: Asking,
    whole: bool,
    threads: int,
    cancelled: Callable[[], bool],
    nearest: npt.NDArray[np.int32],
    scores: Doubles,
) -> IntArray:
    """Rank what is near each query, and return the queries (L,) for which that was not enough: see ``rank_block``."""
    names = np.argsort(asking.codes, kind="stable")  # what is near stands together more often, and is found quicker
    among = names if asking.among is None else asking.among[names]
    need = np.minimum(np.maximum(asking.relevant, nearest.shape[1]), len(names) - (asking.own >= 0))
    multiplied = operands(x, asking.queries, lift, among)
    groups = panels(asking.asked, need, len(names))
    lacking = np.zeros(len(need), np.bool_)

    def work(part: slice) -> None:
        gatherer = Gatherer(multiplied, lift, asking.codes[names], names.astype(np.int32), first=whole)
        for rows in groups[part]:
            near = gatherer.near(Panel(rows, asking.own[rows], asking.asked[rows], need[rows]), cancelled)
            rank_gathered(*near, need[rows], rows, asking.relevant, whole, nearest, scores, lacking)

    spread(work, len(groups), threads)
    return np.flatnonzero(lacking)


def figures_of(ranked: Ranked, asking: Asking, ks: Sequence[int], thorough: bool) -> dict[str, Doubles]:
    """Return the figures (Q,) of every query, by name: recall, MAP@R and R-precision; thorough: all others too."""
    classes = np.where(ranked.nearest < 0, NOBODY, asking.codes[ranked.nearest])
    right = classes == asking.asked[:, None]
    found = np.cumsum(right, axis=1)
    figures: dict[str, Doubles] = {f"recall@{k}": (found[:, k - 1] > 0).astype(np.float64) for k in ks}
    figures |= {"map@r": ranked.map_at_r, "r_precision": ranked.r_precision}
    if not thorough:
        return figures
    figures |= {f"precision@{k}": found[:, k - 1] / k for k in ks}
    figures["mrr"] = 1 / ranked.first
    figures[f"ndcg@{DCG_DEPTH}"] = _gain(right[:, :DCG_DEPTH], asking.relevant)
    return figures | {f"knn@{k}": (_vote(classes[:, :k]) == asking.asked).astype(np.float64) for k in ks}


def discounts(depth: int) -> Doubles:
    """Return how much the ranks 1 to ``depth`` count: 1 / log2(rank + 1) (Järvelin and Kekäläinen, 2002)."""
    weights: Doubles = 1 / np.log2(np.arange(2, depth + 2))
    return weights


def _gain(right: BoolArray, relevant: IntArray) -> Doubles:
    """Return the discounted gain of rankings (Q, K) over that of the best ones."""
    weights = discounts(right.shape[1])
    best = np.cumsum(weights)[np.minimum(relevant, len(weights)) - 1]
    gain: Doubles = right @ weights / best
    return gain


def _vote(classes: IntArray) -> IntArray:
    """Return the class (Q,) that most of the k nearest (Q, k) have, of equally many that of the nearest voter."""
    chosen = np.empty(len(classes), np.int64)
    size = max(1, VOTE_BYTES // classes.shape[1] ** 2)
    for start in range(0, len(classes), size):
        part = classes[start : start + size]
        votes = (part[:, :, None] == part[:, None, :]).sum(axis=2, dtype=np.int32)
        votes[part == NOBODY] = 0
        chosen[start : start + size] = part[np.arange(len(part)), votes.argmax(axis=1)]
    return chosen
