"""Medoids that serve all rows while their clusters agree with the classes as little as possible, found greedily.

The entropies of a clustering are sums of n log n over integer counts. What each row would change as the next medoid
is kept for all rows at once, and a chosen medoid brings up to date only what the rows that it takes have touched:
about B² log k in all for k medoids, where to count anew for each of them is B² k.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray
from explorer.measure.sorting import Int32Array

Matrix = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]


def worst_medoids(distances: Matrix, labels: IntArray, classes: int, margin: float) -> tuple[IntArray, float]:
    """Return the medoid of every row, (B,), where F + γ (1 − NMI) is greedily largest, and the NMI of the clusters.

    Parameters
    ----------
    distances: (B, B) from a row to a medoid. labels: (B,) classes 0 … ``classes`` − 1, each of at least one row.
    margin: γ. As many medoids as classes are chosen, each time the first row of the largest sum.
    """
    rows = len(distances)
    served = np.zeros(rows, np.int64)
    sizes = np.bincount(labels, minlength=classes)
    counts = np.arange(rows + 1, dtype=np.float64)
    weights = counts * np.log(np.maximum(counts, 1.0))
    own = np.log(max(rows, 1)) - weights[sizes].sum() / max(rows, 1)
    agreement = _greedy(distances, labels, sizes, weights, float(own), float(margin), served)
    return served, float(agreement)


@nb.njit(nogil=True, cache=True, inline="always")
def _mutual(first: float, second: float, joint: float) -> float:
    """Return (H₁ + H₂ − H₁₂) / √(H₁ H₂); 1 where neither tells anything apart, 0 where only one does."""
    if first * second > 1e-12:
        return max(first + second - joint, 0.0) / math.sqrt(first * second)
    return 1.0 if first < 1e-6 and second < 1e-6 else 0.0


@nb.njit(nogil=True, cache=True)
def _best(
    service: Doubles, sums: Doubles, news: Int32Array, weights: Doubles, own: float, margin: float, free: Any
) -> tuple[int, float]:
    """Return the free row that is worth most as the next medoid, and the NMI that it leads to."""
    rows = service.shape[0]
    best, most, agreement, whole = -1, -np.inf, 1.0, np.log(rows)
    for j in range(rows):
        if not free[j]:
            continue
        joint = whole - (sums[0, j] + sums[2, j]) / rows
        clusters = whole - (sums[1, j] + weights[news[j]]) / rows
        found = _mutual(own, clusters, joint)
        worth = margin * (1.0 - found) - service[j]
        if best < 0 or worth > most:
            best, most, agreement = j, worth, found
    return best, agreement


@nb.njit(nogil=True, cache=True)
def _add(sums: Doubles, counts: Int32Array, groups: IntArray, weights: Doubles, sign: float) -> None:
    """Add n log n of the counts of some groups, or take it away."""
    for group in groups:
        for j in range(sums.shape[0]):
            sums[j] += sign * weights[counts[group, j]]


@nb.njit(nogil=True, cache=True)
def _move(
    row: Matrix, before: float, after: float, service: Doubles, news: Int32Array, of_class: Int32Array,
    left_cell: Int32Array, left_cluster: Int32Array, cell: Int32Array, cluster: Int32Array,
) -> None:  # fmt: skip
    """Bring what each row j would leave and take up to date for a row that goes to a nearer medoid.

    ``row`` (B,): its distances. A cell or cluster counts the rows that j would not take.
    """
    for j in range(row.shape[0]):
        d = row[j]
        taken, still = d < before, d < after
        left_cell[j] -= not taken
        left_cluster[j] -= not taken
        cell[j] += not still
        cluster[j] += not still
        lost = np.int32(taken) - np.int32(still)
        news[j] -= lost
        of_class[j] -= lost
        service[j] += min(d, after) - min(d, before)


@nb.njit(nogil=True, cache=True)
def _give_cells(classes: IntArray, sizes: IntArray, tables: Int32Array, of_class: IntArray) -> IntArray:
    """Return an empty cell for each of some classes, cleared, and write it to ``of_class``."""
    given, empty = np.empty(classes.shape[0], np.int64), 0
    for k in range(classes.shape[0]):
        while sizes[empty] > 0:
            empty += 1
        tables[empty] = 0
        given[k] = of_class[classes[k]] = empty
        empty += 1
    return given


@nb.njit(nogil=True, cache=True)
def _greedy(
    distances: Matrix, labels: IntArray, sizes: IntArray, weights: Doubles, own: float, margin: float, served: IntArray
) -> float:
    rows, classes = distances.shape[0], sizes.shape[0]
    # what each next medoid leaves of a cell (rows of one class in one cluster) and of a cluster, and takes of a class
    cells, clusters = np.zeros((2 * rows, rows), np.int32), np.zeros((classes + 1, rows), np.int32)
    taken, news = np.empty((classes, rows), np.int32), np.full(rows, rows, np.int32)
    cell, cluster, nearest = labels.copy(), np.zeros(rows, np.int64), np.full(rows, np.inf)
    filled, new_cell = np.zeros(2 * rows, np.int64), np.empty(classes, np.int64)
    filled[:classes] = sizes
    sums, service = np.zeros((3, rows)), np.zeros(rows)
    for k in range(classes):
        taken[k] = sizes[k]
        sums[2] += weights[sizes[k]]
    for i in range(rows):
        service += distances[i]
    free, agreement = np.ones(rows, np.bool_), 1.0
    for step in range(classes):
        best, agreement = _best(service, sums, news, weights, own, margin, free)
        free[best] = False
        moved = np.flatnonzero(distances[:, best] < nearest)
        left, gone, named = np.unique(cell[moved]), np.unique(cluster[moved]), np.unique(labels[moved])
        given = _give_cells(named, filled, cells, new_cell)
        _add(sums[0], cells, left, weights, -1.0)
        _add(sums[1], clusters, gone, weights, -1.0)
        _add(sums[2], taken, named, weights, -1.0)
        for row in moved:
            i = int(row)
            to = new_cell[labels[i]]
            _move(
                distances[i], nearest[i], distances[i, best], service, news, taken[labels[i]],
                cells[cell[i]], clusters[cluster[i]], cells[to], clusters[step + 1],
            )  # fmt: skip
            filled[cell[i]] -= 1
            filled[to] += 1
            cell[i], cluster[i], served[i], nearest[i] = to, step + 1, best, distances[i, best]
        _add(sums[0], cells, np.concatenate((left, given)), weights, 1.0)
        _add(sums[1], clusters, np.append(gone, step + 1), weights, 1.0)
        _add(sums[2], taken, named, weights, 1.0)
    return agreement
