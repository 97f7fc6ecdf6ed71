"""Items as they were given, mapped from a file or not, which are lifted only when they are looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import read_only
from explorer.measure.lifts import Lift

PIECE = 65_536
"""How many rows are lifted at once where all are looked at."""


class MappedRows:
    """M items (M, D) of any kind of number, which are neither copied nor written to.

    What is added or replaced is kept beside them, so that a file of many gigabytes stays where it is.
    """

    def __init__(self, items: npt.ArrayLike, lift: Lift) -> None:
        self._lift = lift
        self._given = np.asarray(items)
        self._count = len(self._given)
        self._changed = np.empty(0, np.int64)  # rows that have another embedding than was given, ascending
        self._places = np.empty(0, np.int64)  # and where each of these lies in what is kept beside
        self._beside = np.empty((0, self._given.shape[1]), np.float32)
        self._kept = 0

    def __len__(self) -> int:
        return self._count

    def raw(self, rows: IntArray) -> FloatArray:
        """Return the embeddings (R, D) of some rows (R,)."""
        found = np.empty((len(rows), self._given.shape[1]), np.float32)
        if not len(self._changed):
            found[:] = self._given[rows]
            return found
        at = np.minimum(np.searchsorted(self._changed, rows), len(self._changed) - 1)
        beside = self._changed[at] == rows
        found[~beside] = self._given[rows[~beside]]
        found[beside] = self._beside[self._places[at[beside]]]
        return found

    def take(self, rows: IntArray) -> FloatArray:
        """Return some rows (R,) lifted (R, D')."""
        return read_only(self._lift.lift_item(self.raw(rows)))

    def pieces(self) -> Iterator[tuple[int, FloatArray]]:
        """Give all rows lifted, piece by piece: where each begins, and the rows."""
        for start in range(0, self._count, PIECE):
            end = min(start + PIECE, self._count)
            first, last = np.searchsorted(self._changed, (start, end))
            if first < last:
                yield start, self.take(np.arange(start, end))
            else:
                yield start, read_only(self._lift.lift_item(np.asarray(self._given[start:end], np.float32)))

    def differing(self, other: MappedRows) -> IntArray:
        """Return which rows are not the same in another of as many."""
        pieces = [np.arange(start, min(start + PIECE, self._count)) for start in range(0, self._count, PIECE)]
        found = [rows[(self.raw(rows) != other.raw(rows)).any(axis=1)] for rows in pieces]
        return np.concatenate([np.empty(0, np.int64), *found])

    def add(self, x: npt.ArrayLike) -> IntArray:
        """Put items (A, D) behind the others, and return their rows (A,)."""
        new = np.asarray(x, np.float32)
        rows = np.arange(self._count, self._count + len(new))
        self._count += len(new)
        self.replace(rows, new)
        return rows

    def replace(self, rows: IntArray, x: npt.ArrayLike) -> None:
        """Put items (R, D) in the place of others, each named once.

        Raises
        ------
        IndexError: if there is no such row.
        """
        if len(rows) and not 0 <= rows.min() <= rows.max() < self._count:
            raise IndexError(f"there are {self._count} items")
        new = rows[~np.isin(rows, self._changed)]
        at = np.searchsorted(self._changed, np.sort(new))
        self._changed = np.insert(self._changed, at, np.sort(new))
        self._places = np.insert(self._places, at, self._kept + np.arange(len(new)))
        self._make_room(self._kept + len(new))
        self._kept += len(new)
        self._beside[self._places[np.searchsorted(self._changed, rows)]] = x

    def _make_room(self, needed: int) -> None:
        if needed > len(self._beside):
            grown = np.empty((max(needed, 2 * len(self._beside)), self._beside.shape[1]), np.float32)
            grown[: self._kept] = self._beside[: self._kept]
            self._beside = grown
