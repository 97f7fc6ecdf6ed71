"""A ranking of a pinned query: who is right, where the first right one stands, and what moved since another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray, Neighbours, frozen

MoveKind = Literal["same", "up", "down", "new"]


@dataclass(frozen=True, slots=True)
class Move:
    """How one neighbour moved: ``places`` up or down, or new in the list."""

    kind: MoveKind
    places: int = 0


@dataclass(frozen=True, slots=True)
class Ranking:
    """The neighbours of one query, nearest first: ``indices`` (k,), true ``distances`` (k,), ``right`` (k,) by class.

    ``labelled``: whether the query has a class; without one nothing is right or wrong.
    """

    run: str
    step: int
    exact: bool
    query: int
    indices: IntArray
    distances: FloatArray
    right: BoolArray
    labelled: bool

    @property
    def rights(self) -> int:
        """Number of neighbours of the query's own class."""
        return int(self.right.sum())

    @property
    def first_right(self) -> int | None:
        """Rank, from 1, of the first neighbour of the query's own class, or None."""
        return int(np.argmax(self.right)) + 1 if self.right.any() else None

    def moves_since(self, before: Ranking) -> tuple[Move, ...]:
        """Return how each neighbour moved since another ranking of the same query."""
        places = {int(item): rank for rank, item in enumerate(before.indices)}
        return tuple(_move(places.get(int(item)), rank) for rank, item in enumerate(self.indices))

    def gone_since(self, before: Ranking) -> IntArray:
        """Return the places, from 0, in another ranking of the neighbours that are no longer among these."""
        return np.flatnonzero(np.isin(before.indices, self.indices, invert=True))


def first_right(distances: FloatArray, labels: IntArray, query: int) -> int:
    """Return the rank, from 1, of the nearest other item of the query's own class among all others; 0: there is none.

    ``distances`` (M,) from the query, which is row ``query``, and ``labels`` (M,), -1 unlabelled. Equal distances rank
    by row, as in a search.
    """
    same = (labels == labels[query]) & (labels != UNLABELLED) & ~np.isnan(distances)
    same[query] = False
    if not same.any():
        return 0
    rows = np.flatnonzero(same)
    best = int(rows[np.argmin(distances[rows])])
    before = distances < distances[best]
    before[:best] |= distances[:best] == distances[best]
    before[query] = False
    return int(before.sum()) + 1


def _move(before: int | None, now: int) -> Move:
    if before is None:
        return Move("new")
    if before == now:
        return Move("same")
    return Move("up", before - now) if before > now else Move("down", now - before)


def rankings(neighbours: Neighbours, labels: IntArray) -> tuple[Ranking, ...]:
    """Return a ranking for each query; ``labels`` (N,) of the dataset, -1 unlabelled and never right."""
    made = []
    for query, indices, distances in zip(neighbours.queries, neighbours.indices, neighbours.distances, strict=True):
        found = indices >= 0
        own = labels[query]
        right = (labels[indices[found]] == own) & (own != UNLABELLED)
        made.append(
            Ranking(
                neighbours.run,
                neighbours.step,
                neighbours.exact,
                int(query),
                frozen(indices[found]),
                frozen(distances[found]),
                frozen(right),
                bool(own != UNLABELLED),
            )
        )
    return tuple(made)
