"""The retrieval protocol: every item asks for its nearest ones among the others, leave one out.

Recall@k: the share of queries with their class among the k nearest. R-precision and MAP@R (Musgrave, Belongie and
Lim, A Metric Learning Reality Check, ECCV 2020) look at the R nearest, where R is the number of other items of the
query's class. NMI compares a k-means clustering with the classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.registry import register
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.lifts import Lift, laid_out
from explorer.measure.pairs import distance_blocks, never
from explorer.measure.ranking import score_block


class Retrieval(NamedTuple):
    """What the protocol found.

    ``metrics``: ``recall@k`` for each k, ``map@r``, ``r_precision`` and, if asked for, ``nmi``; empty where no item
    can be a query. ``items``: labelled items, lone ones included, or how many of them were asked where that were not
    all; ``classes`` of them; ``lone``: items whose class no other item has: no query, but still in the way of others.
    """

    metrics: dict[str, float]
    items: int
    classes: int
    lone: int


def evaluate(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    ks: Sequence[int] = (1, 5),
    nmi: bool = False,
    most: int | None = None,
    seed: int = 0,
    threads: int = 1,
    cancelled: Callable[[], bool] = never,
) -> Retrieval:
    """Score embeddings (M, D) by leave-one-out retrieval among themselves; equal distances rank by index.

    Unlabelled items (-1) take no part. Averages are over queries: all items, or ``most`` of them, drawn by ``seed``,
    each against all others.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    every = np.asarray(labels, np.int64)
    kept = np.flatnonzero(every != UNLABELLED)
    vectors = x if len(kept) == len(every) else x[kept]
    _, codes, sizes = np.unique(every[kept], return_inverse=True, return_counts=True)
    queries = np.flatnonzero(sizes[codes] > 1)
    lone = len(kept) - len(queries)
    if not len(queries):
        return Retrieval({}, len(kept), len(sizes), lone)
    asked = len(kept)
    if most is not None and len(queries) > most:
        queries = np.sort(np.random.default_rng(seed).choice(queries, most, replace=False))
        asked = most
    depths = np.asarray(ks, np.int64)
    hits = np.zeros(len(depths), np.int64)
    sums = np.zeros(2, np.float64)
    for start, block in distance_blocks(vectors, queries, lift, cancelled):
        score_block(block, queries[start : start + len(block)], codes, sizes, depths, hits, sums)
    metrics = {f"recall@{k}": float(hit) / len(queries) for k, hit in zip(ks, hits, strict=True)}
    metrics["map@r"], metrics["r_precision"] = (float(total) / len(queries) for total in sums)
    if nmi:
        clusters = k_means(laid_out(lift, vectors), len(sizes), seed=seed, threads=threads)
        metrics["nmi"] = normalised_mutual_information(codes, clusters)
    return Retrieval(metrics, asked, len(sizes), lone)


@register("protocol", "retrieval", title="Retrieval", reference="Musgrave, Belongie and Lim 2020")
class RetrievalProtocol(Protocol):
    """Every item asks for its nearest ones among the others: recall@k, R-precision, MAP@R and NMI."""

    live = True

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return the figures of leave-one-out retrieval, with NMI where the effort is to be thorough.

        The k-means of the NMI begins at the same items whatever the seed, which draws queries and no more.
        """
        found = evaluate(
            sample.x,
            sample.labels,
            sample.lift,
            nmi=effort.thorough,
            most=effort.queries,
            threads=effort.threads,
            cancelled=effort.cancelled,
        )
        return Measured(found.metrics, found.items, found.classes, found.lone, "each against the others")


def k_means(x: FloatArray, clusters: int, *, seed: int = 0, threads: int = 1) -> IntArray:
    """Return the cluster (M,) of every row after 20 iterations of Lloyd's k-means (faiss)."""
    import faiss

    faiss.omp_set_num_threads(threads)
    if clusters < 2 or clusters >= len(x):
        return np.arange(len(x), dtype=np.int64) if clusters >= 2 else np.zeros(len(x), np.int64)
    settings = faiss.ClusteringParameters()
    settings.niter, settings.seed = 20, seed
    settings.min_points_per_centroid, settings.max_points_per_centroid = 1, max(256, len(x) // clusters + 1)
    index = faiss.IndexFlatL2(x.shape[1])
    clustering = faiss.Clustering(x.shape[1], clusters, settings)
    clustering.train(x, index)
    _, nearest = index.search(x, 1)
    return np.asarray(nearest[:, 0], np.int64)


def normalised_mutual_information(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the mutual information of two labellings (M,) over the mean of their entropies, 0 to 1."""
    first, first_counts = np.unique(np.asarray(a), return_inverse=True, return_counts=True)[1:]
    second, second_counts = np.unique(np.asarray(b), return_inverse=True, return_counts=True)[1:]
    total = len(first)
    joint, joint_counts = np.unique(first * np.int64(len(second_counts)) + second, return_counts=True)
    expected = first_counts[joint // len(second_counts)] * second_counts[joint % len(second_counts)]
    shared = float(np.sum(joint_counts / total * np.log(joint_counts * total / expected)))
    mean = (_entropy(first_counts) + _entropy(second_counts)) / 2
    return 1.0 if mean == 0 else max(0.0, shared / mean)


def _entropy(counts: IntArray) -> float:
    shares = counts / counts.sum()
    return -float(np.sum(shares * np.log(shares)))
