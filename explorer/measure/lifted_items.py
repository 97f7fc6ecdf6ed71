"""Items as a distance compares them: lifted rows that grow and change, and true distances to them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import read_only, score_some
from explorer.measure.lifts import Lift


class LiftedItems:
    """The rows (M, D') that stand for M items in an index.

    What was given is not copied where the lift leaves it as it is, and is never written to: rows are copied when the
    first of them is added or replaced, and then have room to grow.
    """

    def __init__(self, items: npt.ArrayLike, lift: Lift) -> None:
        self._lift = lift
        self._held: FloatArray = lift.lift_item(items)
        self._count = len(self._held)
        self._own = False

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> FloatArray:
        """The rows (M, D'), read-only."""
        return read_only(self._held[: self._count])

    def add(self, x: npt.ArrayLike) -> FloatArray:
        """Put items (A, D) behind the others, and return their rows."""
        new = self._lift.lift_item(x)
        after = self._count + len(new)
        if not self._own or after > len(self._held):
            self._copy(max(after, self._count + self._count // 2))
        self._held[self._count : after] = new
        self._count = after
        return new

    def replace(self, rows: IntArray, x: npt.ArrayLike) -> FloatArray:
        """Put items (R, D) in the place of others, and return their rows.

        Raises
        ------
        IndexError: if there is no such row.
        """
        if len(rows) and not 0 <= rows.min() <= rows.max() < self._count:
            raise IndexError(f"there are {self._count} items")
        new = self._lift.lift_item(x)
        if not self._own:
            self._copy(self._count)
        self._held[rows] = new
        return new

    def _copy(self, room: int) -> None:
        held = np.empty((room, self._held.shape[1]), np.float32)
        held[: self._count] = self._held[: self._count]
        self._held, self._own = held, True


def true_distances(lift: Lift, asked: FloatArray, items: FloatArray, indices: IntArray) -> FloatArray:
    """Return how far lifted items (M, D') are from lifted queries (Q, D'): of ``indices`` (Q, k), infinity for -1.

    They are summed directly and not through a matrix product.
    """
    l2 = lift.metric == "l2"
    scores = np.full(indices.shape, np.inf if l2 else -np.inf, np.float32)
    score_some(asked, items, indices, l2, scores)
    distances = lift.to_distance(scores)
    distances[indices < 0] = np.inf
    return distances


def nearest_first(indices: IntArray, distances: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return each row of (Q, k) by distance, equal distances by index."""
    order = np.lexsort((indices, distances), axis=1)
    return np.take_along_axis(indices, order, 1), np.take_along_axis(distances, order, 1)
