"""A few examples sort the rest: what is most like them, what was accepted and refused of it, and how right that was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from explorer.core.types import FloatArray, IntArray
from explorer.measure.index import Index

Manner = Literal["nearest", "prototype"]
"""``nearest``: by the distance from the nearest example; ``prototype``: from the mean of all (Snell et al., 2017)."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Items that were ``marked`` as examples, and the suggestions that were ``accepted`` and ``refused`` since."""

    marked: tuple[int, ...]
    accepted: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        """The examples by which the rest is ranked: what was accepted is one as well."""
        return self.marked + self.accepted

    @property
    def judged(self) -> int:
        """How many suggestions were accepted or refused."""
        return len(self.accepted) + len(self.refused)

    def accept(self, items: Iterable[int]) -> Examples:
        """Return these with further examples; what was judged before, or is one, stays what it is."""
        return replace(self, accepted=(*self.accepted, *self._new(items)))

    def refuse(self, items: Iterable[int]) -> Examples:
        """Return these with further items that are none; what was judged before, or is an example, stays what it is."""
        return replace(self, refused=(*self.refused, *self._new(items)))

    def _new(self, items: Iterable[int]) -> list[int]:
        known = {*self.all, *self.refused}
        return [item for item in dict.fromkeys(items) if item not in known]


class LikeExamples:
    """Ranks the rows of an index by how near they are to examples. What was compared once is not compared again."""

    def __init__(self, index: Index, x: FloatArray) -> None:
        self._index, self._x = index, x
        self._compared: frozenset[int] = frozenset()
        self._away = np.full(len(x), np.inf, np.float32)

    def most_alike(
        self, examples: Sequence[int], left_out: IntArray, k: int, manner: Manner, among: IntArray | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return the k rows most like the rows ``examples``, nearest first, equal ones by row, and their distances.

        Parameters
        ----------
        left_out: rows that are not to be found, beside the examples themselves. among: only of these rows.
        """
        away = self._nearest(examples) if manner == "nearest" else self._prototype(examples)
        away = np.where(np.isnan(away), np.float32(np.inf), away)
        away[list(examples)] = np.inf
        away[left_out] = np.inf
        if among is not None:
            outside = np.ones(len(away), np.bool_)
            outside[among] = False
            away[outside] = np.inf
        last = min(k, len(away))
        if not last:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        near = np.flatnonzero(away <= np.partition(away, last - 1)[last - 1])
        found: IntArray = near[np.argsort(away[near], kind="stable")][:last]
        found = found[np.isfinite(away[found])]
        return found, away[found]

    def _nearest(self, examples: Sequence[int]) -> FloatArray:
        wanted = frozenset(examples)
        if not self._compared <= wanted:
            self._compared, self._away = frozenset(), np.full(len(self._x), np.inf, np.float32)
        for row in wanted - self._compared:
            self._away = np.fmin(self._away, self._index.distances(self._x[row]))
        self._compared = wanted
        return self._away

    def _prototype(self, examples: Sequence[int]) -> FloatArray:
        return self._index.distances(self._x[list(examples)].mean(axis=0, dtype=np.float64).astype(np.float32))
