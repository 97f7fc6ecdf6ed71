"""Which classes the nearest items of every item have, and how far the nearest ones of each class are. Compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never


class ClassNeighbours(NamedTuple):
    """What the others say of every item (M,): the item itself is never asked.

    ``votes`` (M, C): the share of its nearest items that each class has; ``own`` and ``other`` (M,): mean distances of
    the nearest items of its own class and of the nearest other class, ``nearest`` (M,), −1 where there is none.
    """

    votes: FloatArray
    own: FloatArray
    other: FloatArray
    nearest: npt.NDArray[np.int32]


def class_neighbours(
    x: FloatArray,
    codes: IntArray,
    lift: Lift,
    *,
    voters: int,
    near: int,
    cancelled: Callable[[], bool] = never,
) -> ClassNeighbours:
    """Ask the neighbours of every item (M, D) of classes ``codes`` (M,) from 0, each of which has two items or more.

    An item of a class of n has min(``voters``, n − 1) votes, so that a pure small class outvotes its neighbourhood as
    a large one does; items equally far at the last place share what is left of it. Distances are means over the
    min(``near``, n − 1) nearest of a class, or over all of a class that has fewer.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    count, sizes = len(x), np.bincount(codes)
    votes = np.zeros((count, len(sizes)), np.float32)
    own, other = np.full(count, np.inf, np.float32), np.full(count, np.inf, np.float32)
    nearest = np.full(count, -1, np.int32)
    for start, block in distance_blocks(x, np.arange(count), lift, cancelled):
        rows = slice(start, start + len(block))
        _look(block, start, codes, sizes, voters, near, votes[rows], own[rows], other[rows], nearest[rows])
    return ClassNeighbours(votes, own, other, nearest)


@nb.njit(nogil=True, cache=True)
def _offer(distance: np.float32, nearest: FloatArray) -> None:
    """Put a distance in its place among the nearest ones, ascending; the last of them is farther and drops out."""
    place = nearest.shape[0] - 1
    while place > 0 and nearest[place - 1] > distance:
        nearest[place] = nearest[place - 1]
        place -= 1
    nearest[place] = distance


@nb.njit(nogil=True, cache=True)
def _look(
    distances: FloatArray,
    start: int,
    codes: IntArray,
    sizes: IntArray,
    voters: int,
    near: int,
    votes: FloatArray,
    own: FloatArray,
    other: FloatArray,
    nearest: npt.NDArray[np.int32],
) -> None:
    """Fill the rows of some items, the first of which is item ``start``; see ``ClassNeighbours``."""
    overall = np.empty(voters, np.float32)
    of_class = np.empty((sizes.shape[0], near), np.float32)
    limits = np.empty(sizes.shape[0], np.float32)  # most are beyond: of these no more is looked at
    for q in range(distances.shape[0]):
        row, code = distances[q], codes[start + q]
        overall[:], of_class[:], limits[:], limit = np.inf, np.inf, np.inf, np.float32(np.inf)
        for i in range(row.shape[0]):
            if row[i] < limit and i != start + q:
                _offer(row[i], overall)
                limit = overall[voters - 1]
            if row[i] < limits[codes[i]] and i != start + q:
                _offer(row[i], of_class[codes[i]])
                limits[codes[i]] = of_class[codes[i], near - 1]
        _vote(row, start + q, codes, overall[min(voters, sizes[code] - 1) - 1], min(voters, sizes[code] - 1), votes[q])
        wanted = min(near, sizes[code] - 1)
        own[q] = of_class[code, :wanted].mean()
        for c in range(sizes.shape[0]):
            if c != code and sizes[c] > 0:
                distance = of_class[c, : min(wanted, sizes[c])].mean()
                if distance < other[q]:
                    other[q], nearest[q] = distance, c


@nb.njit(nogil=True, cache=True)
def _vote(row: FloatArray, own: int, codes: IntArray, last: np.float32, count: int, votes: FloatArray) -> None:
    """Count the votes of the ``count`` nearest, the last of which is as far as ``last``, as shares of all."""
    nearer, equal = 0, 0
    for i in range(row.shape[0]):
        nearer += (row[i] < last) & (i != own)
        equal += (row[i] == last) & (i != own)
    share = np.float32((count - nearer) / equal)
    for i in range(row.shape[0]):
        if i != own and row[i] <= last:
            votes[codes[i]] += (np.float32(1) if row[i] < last else share) / np.float32(count)
