"""Pairs of items in order of their distances: what any threshold gets wrong is a look-up, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Distances = npt.NDArray[np.float32]
ItemPairs = npt.NDArray[np.int32]


class Mistakes(NamedTuple):
    """What a threshold gets wrong: how many different pairs it accepts, and how many same pairs it refuses."""

    accepted: int
    refused: int


class Pair(NamedTuple):
    """Two items and how far apart they are."""

    first: int
    second: int
    distance: float


@dataclass(frozen=True, slots=True)
class SortedPairs:
    """Pairs of items, nearest first.

    ``same`` (P, 2) int32 pairs of one class, ``near`` (P,) float32 their distances; ``different`` (Q, 2) pairs of two
    classes, ``far`` (Q,) theirs. A threshold accepts a pair where its distance is at most the threshold.
    """

    near: Distances
    far: Distances
    same: ItemPairs
    different: ItemPairs

    def mistakes(self, threshold: float) -> Mistakes:
        """Return what a threshold gets wrong, in O(log P); pairs at equal distances are accepted together."""
        return Mistakes(_within(self.far, threshold), len(self.near) - _within(self.near, threshold))

    def false_accepts(self, threshold: float, most: int) -> list[Pair]:
        """Return the accepted different pairs that are nearest to a threshold, the nearest first."""
        end = _within(self.far, threshold)
        rows = range(end - 1, max(0, end - most) - 1, -1)
        return [_pair(self.different, self.far, row) for row in rows]

    def false_rejects(self, threshold: float, most: int) -> list[Pair]:
        """Return the refused same pairs that are nearest to a threshold, the nearest first."""
        start = _within(self.near, threshold)
        rows = range(start, min(len(self.near), start + most))
        return [_pair(self.same, self.near, row) for row in rows]


def _within(distances: Distances, threshold: float) -> int:
    limit = np.float32(threshold)  # searched in float32: another type would be a copy of all of them
    if np.float64(limit) > threshold:  # rounded up it could reach the next distance
        limit = np.nextafter(limit, np.float32(-np.inf))
    return int(np.searchsorted(distances, limit, side="right"))


def _pair(pairs: ItemPairs, distances: Distances, row: int) -> Pair:
    return Pair(int(pairs[row, 0]), int(pairs[row, 1]), float(distances[row]))
