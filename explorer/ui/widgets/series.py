"""A growing line: every point is kept, and what is drawn is thinned to the width of the plot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Series:
    """Points (x, y) in the order in which they came; appending is amortised O(1), drawing O(points / bucket)."""

    def __init__(self, columns: int = 1) -> None:
        self._data = np.empty((256, columns + 1), np.float64)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, x: float, *values: float) -> None:
        """Add one point with a value for every column.

        Where a run was taken back to an earlier step, what came after that step is forgotten.
        """
        if self._length and x <= self._data[self._length - 1, 0]:
            self._length = int(np.searchsorted(self.x, x))
        if self._length == len(self._data):
            self._data = np.concatenate([self._data, np.empty_like(self._data)])
        self._data[self._length] = (x, *values)
        self._length += 1

    def clear(self) -> None:
        """Forget everything."""
        self._length = 0

    @property
    def x(self) -> FloatArray:
        """All x, (N,)."""
        return self._data[: self._length, 0]

    def column(self, index: int = 0) -> FloatArray:
        """All values of a column, (N,)."""
        return self._data[: self._length, index + 1]

    @property
    def last(self) -> tuple[float, ...] | None:
        """The newest point, x first, or None."""
        return tuple(self._data[self._length - 1]) if self._length else None

    def thinned(self, points: int) -> FloatArray:
        """Return at most about ``points`` rows (x, values…): the mean of equal buckets, the newest point exact."""
        rows = self._data[: self._length]
        bucket = -(-self._length // max(points, 1))
        if bucket <= 1:
            return rows.copy()
        whole = self._length // bucket
        means = rows[: whole * bucket].reshape(whole, bucket, -1).mean(axis=1)
        means[:, 0] = rows[bucket - 1 : whole * bucket : bucket, 0]
        return np.concatenate([means, rows[-1:]])

    def spread(self, points: int) -> FloatArray:
        """Return the least and the largest value of the first column (P, 2) in each row of ``thinned``."""
        values = self.column()
        bucket = -(-self._length // max(points, 1))
        if bucket <= 1:
            return np.stack([values, values], axis=1)
        whole = self._length // bucket
        buckets = values[: whole * bucket].reshape(whole, bucket)
        ends = np.stack([buckets.min(axis=1), buckets.max(axis=1)], axis=1)
        left = values[whole * bucket :] if self._length > whole * bucket else values[-1:]
        return np.concatenate([ends, [[left.min(), left.max()]]])

    def at(self, x: float) -> tuple[float, ...] | None:
        """Return the point nearest to ``x``, or None while empty."""
        if not self._length:
            return None
        after = int(np.searchsorted(self.x, x))
        near = min((i for i in (after - 1, after) if 0 <= i < self._length), key=lambda i: abs(self.x[i] - x))
        return tuple(self._data[near])

    def before(self, x: float) -> tuple[float, ...] | None:
        """Return the last point at or before ``x``, or None where there is none."""
        after = int(np.searchsorted(self.x, x, side="right"))
        return tuple(self._data[after - 1]) if after else None

    def until(self, x: float) -> FloatArray:
        """Return a copy of all points up to ``x``, (M, 1 + columns)."""
        return self._data[: int(np.searchsorted(self.x, x, side="right"))].copy()

    def row(self, pointed: float | None, shown: float | None) -> tuple[float, ...] | None:
        """Return the point nearest to the one that is pointed at, else the last up to the one shown, else the last."""
        if pointed is not None:
            return self.at(pointed)
        return self.last if shown is None else self.before(shown)


def smoothed(values: FloatArray, half: int) -> FloatArray:
    """Return the centred mean of 2 · ``half`` + 1 values (N,); at both ends of as many as there are on either side."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    reach = np.minimum(half, np.minimum(place, len(values) - 1 - place))
    return np.asarray((sums[place + reach + 1] - sums[place - reach]) / (2 * reach + 1))
