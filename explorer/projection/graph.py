"""The fuzzy simplicial set: how strongly each item belongs to its neighbours, and they to it.

McInnes, Healy and Melville, UMAP, 2018, section 3.1; the figures equal umap-learn's.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import UNLABELLED, FloatArray, IntArray

Int32Array = npt.NDArray[np.int32]

_SMALLEST_SCALE = 1e-3
_ENOUGH = 1e-5
_LARGEST_STEP = 1.4
_LEAST_WEIGHT = 1 / 500


class FuzzySet(NamedTuple):
    """A symmetric graph, row by row: the edges of item i are ``starts[i]`` to ``starts[i + 1]``.

    ``starts`` (M + 1,) int64; ``tails`` (E,) int32, ascending in each row; ``weights`` (E,) float32, 0 < w <= 1.
    """

    starts: IntArray
    tails: Int32Array
    weights: FloatArray


@nb.njit(nogil=True, cache=True, inline="always")
def _scale(distances: FloatArray, indices: IntArray, nearest: float, target: float, mean: float) -> float:
    """Return the scale at which the memberships of one row sum to ``target``: Newton's method on its logarithm."""
    low, high, scale = 0.0, np.inf, mean - nearest if mean > nearest else 1.0
    for _ in range(64):
        reached, slope = 0.0, 0.0
        for j in range(indices.shape[0]):
            if indices[j] >= 0:
                beyond = (distances[j] - nearest) / scale
                weight = np.exp(-beyond) if beyond > 0 else 1.0
                reached += weight
                slope += max(beyond, 0.0) * weight
        if abs(reached - target) < _ENOUGH:
            break
        if reached > target:
            high = scale
        else:
            low = scale
        step = (target - reached) / slope if slope > 0 else np.sign(target - reached) * np.inf
        scale *= np.exp(min(_LARGEST_STEP, max(-_LARGEST_STEP, step)))
        if not low < scale < high:
            scale = (low + high) / 2 if high < np.inf else 2 * low
    return scale


@nb.njit(nogil=True, cache=True)
def memberships(indices: IntArray, distances: FloatArray, neighbours: int) -> FloatArray:
    """Return the directed weights (M, k) of the k other items of every row; 0 where there is none.

    The nearest item that is not at distance 0 has weight 1; the others decay so that the sum is log2(neighbours),
    where ``neighbours`` counts the item itself.
    """
    rows, k = indices.shape
    weights = np.zeros((rows, k), np.float32)
    target = np.log2(neighbours)
    every, present = 0.0, 0
    for i in range(rows):
        for j in range(k):
            if indices[i, j] >= 0:
                every += distances[i, j]
                present += 1
        present += 1
    mean_of_all = every / max(1, present)
    for i in range(rows):
        nearest, total, count = np.inf, 0.0, 1
        for j in range(k):
            if indices[i, j] >= 0:
                total += distances[i, j]
                count += 1
                if 0 < distances[i, j] < nearest:
                    nearest = np.float64(distances[i, j])
        mean = total / count if nearest < np.inf else mean_of_all
        if nearest == np.inf:
            nearest = 0.0
        scale = _scale(distances[i], indices[i], nearest, target, mean)
        scale = max(scale, _SMALLEST_SCALE * mean)
        for j in range(k):
            if indices[i, j] >= 0:
                beyond = distances[i, j] - nearest
                weights[i, j] = 1.0 if beyond <= 0 or scale == 0 else np.exp(-beyond / scale)
    return weights


@nb.njit(nogil=True, cache=True)
def _transposed(indices: IntArray, weights: FloatArray) -> tuple[IntArray, Int32Array, FloatArray]:
    """Return the same edges row by row of their tails; sources ascend in each row."""
    rows, k = indices.shape
    starts = np.zeros(rows + 2, np.int64)
    for i in range(rows):
        for j in range(k):
            if weights[i, j] > 0:
                starts[indices[i, j] + 2] += 1
    for i in range(2, rows + 2):
        starts[i] += starts[i - 1]
    sources = np.empty(starts[rows + 1], np.int32)
    strengths = np.empty(starts[rows + 1], np.float32)
    for i in range(rows):
        for j in range(k):
            if weights[i, j] > 0:
                place = starts[indices[i, j] + 1]
                sources[place], strengths[place] = i, weights[i, j]
                starts[indices[i, j] + 1] += 1
    return starts, sources, strengths


@nb.njit(nogil=True, cache=True)
def _united(indices: IntArray, weights: FloatArray) -> tuple[IntArray, Int32Array, FloatArray]:
    """Return the fuzzy union w + w' − w w' of the edges with their own transpose."""
    rows, k = indices.shape
    incoming, sources, strengths = _transposed(indices, weights)
    starts = np.zeros(rows + 1, np.int64)
    tails = np.empty(2 * len(sources), np.int32)
    united = np.empty(2 * len(sources), np.float32)
    order = np.empty(k, np.int64)
    edge = 0
    for i in range(rows):
        for j in range(k):  # insertion sort of a few
            place = j
            while place > 0 and indices[i, order[place - 1]] > indices[i, j]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = j
        out, into, end = 0, incoming[i], incoming[i + 1]
        while out < k or into < end:
            if out < k and not weights[i, order[out]] > 0:
                out += 1
                continue
            forward = np.int64(indices[i, order[out]]) if out < k else np.int64(rows)
            backward = np.int64(sources[into]) if into < end else np.int64(rows)
            weight = np.float32(0)
            if forward <= backward:
                weight = weights[i, order[out]]
                out += 1
            if backward <= forward:
                weight = weight + strengths[into] - weight * strengths[into]
                into += 1
            tails[edge], united[edge] = min(forward, backward), weight
            edge += 1
        starts[i + 1] = edge
    return starts, tails[:edge].copy(), united[:edge].copy()


def from_zero(distances: FloatArray) -> FloatArray:
    """Return distances (M, k), nearest first, moved row by row where some are negative, as dot products are.

    A fuzzy set knows how much further than the nearest an item is, and what is usual: the nearest is put as far away
    as the others are further on average.
    """
    if not distances.size or not distances.min() < 0:
        return distances
    present = np.isfinite(distances)
    known = np.where(present, distances, 0)
    beyond = np.where(present, known - known[:, :1], 0)
    usual = beyond.sum(axis=1, keepdims=True) / np.maximum(present.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.where(present, beyond + usual, np.inf), np.float32)


def fuzzy_set(indices: IntArray, distances: FloatArray, neighbours: int) -> FuzzySet:
    """Return the fuzzy simplicial set of a neighbour graph.

    Parameters
    ----------
    indices: (M, k) the k nearest *other* items of every item, -1 where there are fewer.
    distances: (M, k) to them.
    neighbours: the number that the weights sum to the logarithm of, counting the item itself: usually k + 1.
    """
    weights = memberships(indices, distances, neighbours)
    return FuzzySet(*_united(indices, weights))


@nb.njit(nogil=True, cache=True)
def _intersected(
    starts: IntArray, tails: Int32Array, weights: FloatArray, labels: IntArray, unknown: float, other: float
) -> FloatArray:
    """Return the weights times ``other`` between two classes and ``unknown`` where one is not known, made local again.

    Every item belongs wholly to one of its neighbours again: rows are divided by their largest, and united.
    """
    scaled = weights.copy()
    largest = np.zeros(len(starts) - 1, np.float32)
    for i in range(len(starts) - 1):
        for e in range(starts[i], starts[i + 1]):
            k = tails[e]
            if labels[i] == UNLABELLED or labels[k] == UNLABELLED:
                scaled[e] *= unknown
            elif labels[i] != labels[k]:
                scaled[e] *= other
            largest[i] = max(largest[i], scaled[e])
    for i in range(len(starts) - 1):
        for e in range(starts[i], starts[i + 1]):
            k = tails[e]
            if scaled[e] > 0:
                forward, backward = scaled[e] / largest[i], scaled[e] / largest[k]
                scaled[e] = forward + backward - forward * backward
    return scaled


def categories(own: IntArray, other: IntArray, weight: float) -> FloatArray:
    """Return by what factor an edge is weaker for the classes of its ends: arrays of one shape; see ``labels_pull``."""
    far = 2.5 / (1 - weight) if weight < 1 else 1e12
    unknown = (own == UNLABELLED) | (other == UNLABELLED)
    return np.where(unknown, np.exp(-1), np.where(own != other, np.exp(-far), 1)).astype(np.float32)


def labels_pull(graph: FuzzySet, labels: IntArray, weight: float) -> FuzzySet:
    """Return the intersection of a graph with its partition into the classes ``labels`` (M,), -1 where unknown.

    ``weight``: 0 < weight <= 1, what umap-learn calls the target weight of categories: at 1 no edge between two classes
    is left, at less it is weaker by exp(2.5 / (1 - weight)). Edges to unknown classes are weaker by e.
    """
    far = 2.5 / (1 - weight) if weight < 1 else 1e12
    scaled = _intersected(*graph, np.asarray(labels, np.int64), float(np.exp(-1.0)), float(np.exp(-far)))
    return without_weak(FuzzySet(graph.starts, graph.tails, scaled), float(np.finfo(np.float32).tiny))


def without_weak(graph: FuzzySet, least: float) -> FuzzySet:
    """Return a graph of the edges of at least this weight."""
    kept = graph.weights >= least
    before = np.concatenate([[0], np.cumsum(kept)])
    return FuzzySet(before[graph.starts], graph.tails[kept], graph.weights[kept])


def attractions(
    indices: IntArray, distances: FloatArray, neighbours: int, labels: IntArray | None = None, weight: float = 0.0
) -> FuzzySet:
    """Return the graph whose edges attract: the fuzzy set of neighbours (M, k), intersected with the classes that pull.

    Without edges that would be drawn less than once while a layout cools.
    """
    graph = fuzzy_set(indices, from_zero(distances), neighbours)
    if labels is not None:
        graph = labels_pull(graph, labels, weight)
    return without_weak(graph, _LEAST_WEIGHT * float(graph.weights.max(initial=0)))
