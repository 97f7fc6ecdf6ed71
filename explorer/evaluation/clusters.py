"""How well a k-means clustering of the embeddings agrees with the classes: NMI, and AMI, which takes chance off.

NMI grows with the number of clusters even where they say nothing; the adjusted mutual information (Vinh, Epps and
Bailey, Information Theoretic Measures for Clusterings Comparison, JMLR 2010) is 0 there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.k_means import lloyd, spread_rows

ITERATIONS = 20


def k_means(x: FloatArray, clusters: int, *, seed: int = 0, threads: int = 1) -> IntArray:
    """Return the cluster (M,) of every row after 20 iterations of k-means, which begins at items drawn by ``seed``.

    They are drawn far from each other: of classes far apart none shares a centre while another has two.
    """
    if clusters < 2 or clusters >= len(x):
        return np.arange(len(x), dtype=np.int64) if clusters >= 2 else np.zeros(len(x), np.int64)
    return lloyd(x, x[spread_rows(x, clusters, seed)], ITERATIONS, threads=threads, seed=seed)


def normalised_mutual_information(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the mutual information of two labellings (M,) over the mean of their entropies, 0 to 1."""
    shared = _shared(a, b)
    mean = (_entropy(shared.first) + _entropy(shared.second)) / 2
    return 1.0 if mean == 0 else max(0.0, shared.information / mean)


def adjusted_mutual_information(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the mutual information of two labellings (M,) beyond chance, over the most there could be; at most 1."""
    shared = _shared(a, b)
    sizes, total = (len(shared.first), len(shared.second)), int(shared.first.sum())
    if sizes in ((1, 1), (total, total)):
        return 1.0
    chance = _expected(shared.first, shared.second)
    most = (_entropy(shared.first) + _entropy(shared.second)) / 2 - chance
    tiny = float(np.finfo(np.float64).eps)
    return (shared.information - chance) / (min(most, -tiny) if most < 0 else max(most, tiny))


class _Shared(NamedTuple):
    first: IntArray
    second: IntArray
    information: float


def _shared(a: npt.ArrayLike, b: npt.ArrayLike) -> _Shared:
    """Return how many items each part of two labellings has, and their mutual information in nats."""
    first, first_counts = np.unique(np.asarray(a), return_inverse=True, return_counts=True)[1:]
    second, second_counts = np.unique(np.asarray(b), return_inverse=True, return_counts=True)[1:]
    total = len(first)
    joint, joint_counts = np.unique(first * np.int64(len(second_counts)) + second, return_counts=True)
    expected = first_counts[joint // len(second_counts)] * second_counts[joint % len(second_counts)]
    information = float(np.sum(joint_counts / total * np.log(joint_counts * total / expected)))
    return _Shared(first_counts, second_counts, information)


def _entropy(counts: IntArray) -> float:
    shares = counts / counts.sum()
    return -float(np.sum(shares * np.log(shares)))


def _expected(first: IntArray, second: IntArray) -> float:
    """Return the mutual information that two labellings of these part sizes have by chance (hypergeometric model).

    Parts of equal sizes are taken together, so that a thousand small classes cost little.
    """
    total = int(first.sum())
    log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, total + 1)))))
    sizes, times = np.unique(first, return_counts=True)
    others, other_times = np.unique(second, return_counts=True)
    expected = 0.0
    for size, often in zip(sizes.tolist(), times.tolist(), strict=True):
        for other, other_often in zip(others.tolist(), other_times.tolist(), strict=True):
            common = np.arange(max(1, size + other - total), min(size, other) + 1)
            chance = (
                log_factorial[[size, other, total - size, total - other]].sum()
                - log_factorial[total]
                - log_factorial[common]
                - log_factorial[size - common]
                - log_factorial[other - common]
                - log_factorial[total - size - other + common]
            )
            gain = common / total * np.log(common * float(total) / (float(size) * other))
            expected += often * other_often * float(np.sum(gain * np.exp(chance)))
    return expected
