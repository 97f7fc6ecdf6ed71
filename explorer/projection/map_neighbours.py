"""The nearest neighbours of every point on the map, exactly, by a tree of boxes. Compiled; holds no GIL.

The points are halved by their median along the wider side until a few are left (Bentley, Multidimensional binary
search trees, 1975; Friedman, Bentley and Finkel, 1977). So it takes as long for one dense heap, or for points of which
one lies far out, as for an even map, where a regular grid would put nearly all of them into one cell.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import read_only

_LEAF = 12
_DEEPEST = 64


@nb.njit(nogil=True, cache=True)
def _halved(xy: FloatArray, order: IntArray, low: int, high: int, axis: int) -> int:
    """Put the smaller half of ``order[low:high]`` before the larger along an axis; return where that begins.

    Quickselect (Hoare, 1961), which equal coordinates do not slow down.
    """
    middle = low + (high - low) // 2
    first, last = low, high - 1
    while first < last:
        pivot = xy[order[(first + last) // 2], axis]
        i, j = first, last
        while i <= j:
            while xy[order[i], axis] < pivot:
                i += 1
            while xy[order[j], axis] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if middle <= j:
            last = j
        elif middle >= i:
            first = i
        else:
            break
    return middle


@nb.njit(nogil=True, cache=True)
def _tree(xy: FloatArray, order: IntArray) -> FloatArray:
    """Sort ``order`` into the leaves of a tree, and return the box (x, X, y, Y) of each node (2^d, 4), root at 1."""
    depth = 0
    while (len(order) >> depth) > _LEAF:
        depth += 1
    boxes = np.empty((2 << depth, 4), np.float32)
    lows, highs = np.zeros(2 << depth, np.int64), np.zeros(2 << depth, np.int64)
    highs[1] = len(order)
    for node in range(1, 2 << depth):
        low, high = lows[node], highs[node]
        left, right, down, up = np.float32(np.inf), -np.float32(np.inf), np.float32(np.inf), -np.float32(np.inf)
        for place in range(low, high):
            x, y = xy[order[place], 0], xy[order[place], 1]
            left, right, down, up = min(left, x), max(right, x), min(down, y), max(up, y)
        boxes[node, 0], boxes[node, 1], boxes[node, 2], boxes[node, 3] = left, right, down, up
        if 2 * node < 2 << depth:
            middle = _halved(xy, order, low, high, 0 if right - left >= up - down else 1)
            lows[2 * node], highs[2 * node] = low, middle
            lows[2 * node + 1], highs[2 * node + 1] = middle, high
    return boxes


@nb.njit(nogil=True, cache=True, inline="always")
def _outside(box: FloatArray, x: np.float32, y: np.float32) -> np.float32:
    """Return the squared distance from a point to a box."""
    dx = max(np.float32(0), max(box[0] - x, x - box[1]))
    dy = max(np.float32(0), max(box[2] - y, y - box[3]))
    square: np.float32 = dx * dx + dy * dy
    return square


@nb.njit(nogil=True, cache=True)
def _search(
    points: FloatArray, boxes: FloatArray, order: IntArray, asked: IntArray, rows: IntArray, names: IntArray
) -> None:
    """Write the k nearest others (R, k), nearest first, of the points at the places ``asked`` into these ``rows`` (R,).

    ``points`` (N, 2) lie in the order of the leaves, in which they are the items ``order`` (N,).
    """
    count, k, half = len(order), names.shape[1], len(boxes) // 2
    best, found = np.empty(k, np.float32), np.empty(k, np.int64)
    nodes, gaps = np.empty(_DEEPEST, np.int64), np.empty(_DEEPEST, np.float32)
    lows, highs = np.empty(_DEEPEST, np.int64), np.empty(_DEEPEST, np.int64)
    for q in range(len(asked)):
        own = asked[q]
        x, y = points[own, 0], points[own, 1]
        best[:], found[:] = np.inf, -1
        nodes[0], gaps[0], lows[0], highs[0] = 1, 0, 0, count
        waiting = 1
        while waiting > 0:
            waiting -= 1
            node, low, high = nodes[waiting], lows[waiting], highs[waiting]
            if not gaps[waiting] < best[k - 1]:
                continue
            if node >= half:
                for place in range(low, high):
                    dx, dy = points[place, 0] - x, points[place, 1] - y
                    square = dx * dx + dy * dy
                    if square < best[k - 1] and place != own:
                        j = k - 1
                        while j > 0 and best[j - 1] > square:
                            best[j], found[j] = best[j - 1], found[j - 1]
                            j -= 1
                        best[j], found[j] = square, place
                continue
            middle = low + (high - low) // 2
            left, right = _outside(boxes[2 * node], x, y), _outside(boxes[2 * node + 1], x, y)
            first = left < right or (left == right and own < middle)
            for side in (not first, first):  # what is pushed last is looked at first
                child = 2 * node if side else 2 * node + 1
                nodes[waiting], gaps[waiting] = child, left if side else right
                lows[waiting], highs[waiting] = (low, middle) if side else (middle, high)
                waiting += 1
        for j in range(k):
            names[rows[q], j] = order[found[j]] if found[j] >= 0 else -1


def map_neighbours(xy: FloatArray, k: int, rows: IntArray | None = None) -> IntArray:
    """Return the k nearest other points (M, k) of every point (M, 2), nearest first; or (R, k) of some ``rows`` (R,).

    -1 where there are fewer, and for a point that is not finite, which is nobody's neighbour. Of equally near points at
    the edge any may be named.
    """
    places = np.ascontiguousarray(xy, np.float32)
    names = np.full((len(places) if rows is None else len(rows), max(0, k)), -1, np.int64)
    order = np.flatnonzero(np.isfinite(places).all(axis=1))
    if not len(order) or k < 1:
        return names
    reach = np.abs(places[order]).max()
    if reach > 1e15:  # a square would overflow
        places = (places / reach).astype(np.float32)
    boxes = _tree(read_only(places), order)
    if rows is None:  # in the order of the leaves, whose neighbours are the same for a while
        asked, into = np.arange(len(order)), order
    else:
        place = np.full(len(places), -1, np.int64)
        place[order] = np.arange(len(order))
        into = np.flatnonzero(place[rows] >= 0)
        asked = place[rows[into]]
    _search(places[order], boxes, order, asked, into, names)
    return names
