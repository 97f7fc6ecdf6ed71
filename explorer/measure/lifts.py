"""Each distance as an inner product or a squared L2 after a lift, so that search and counting know only these two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.types import FloatArray

Metric = Literal["l2", "ip"]

_ROUNDING = np.float32(5e-7)  # a float32 inner product of two unit vectors is off by about this much
_SMALLEST_NORM = np.float32(1e-12)


class Lift(Protocol):
    """A distance between embeddings, as a score that an index can compute.

    The score of a pair is the squared L2 distance (``metric == "l2"``) or the inner product (``"ip"``) of
    ``lift_query(a)`` and ``lift_item(b)``; ``to_distance`` turns scores into true distances and keeps their order
    (turns it round for ``"ip"``). ``asymmetric``: the distance from a to b may differ from that from b to a.
    """

    @property
    def name(self) -> str:
        """The name that a Snapshot carries."""
        ...

    @property
    def metric(self) -> Metric:
        """What the score is."""
        ...

    @property
    def asymmetric(self) -> bool:
        """Whether d(a, b) may differ from d(b, a)."""
        ...

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Lift queries (Q, D) to (Q, D')."""
        ...

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Lift items (M, D) to (M, D')."""
        ...

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Turn scores of any shape into true distances."""
        ...


def _rows(x: npt.ArrayLike) -> FloatArray:
    return np.ascontiguousarray(x, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Euclidean:
    """The straight-line distance, or its square."""

    squared: bool = False

    @property
    def name(self) -> str:
        """``euclidean`` or ``squared_euclidean``."""
        return "squared_euclidean" if self.squared else "euclidean"

    @property
    def metric(self) -> Metric:
        """Squared L2."""
        return "l2"

    @property
    def asymmetric(self) -> bool:
        """Never."""
        return False

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Return the vectors as they are."""
        return _rows(x)

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Return the vectors as they are."""
        return _rows(x)

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Clip rounding below zero; take the root unless squared."""
        squares = np.maximum(scores, np.float32(0))
        return squares if self.squared else np.sqrt(squares, out=squares)


@dataclass(frozen=True, slots=True)
class Cosine:
    """One minus the cosine of the angle, 0 to 2; a zero vector is at distance 1 from everything."""

    @property
    def name(self) -> str:
        """``cosine``."""
        return "cosine"

    @property
    def metric(self) -> Metric:
        """Inner product."""
        return "ip"

    @property
    def asymmetric(self) -> bool:
        """Never."""
        return False

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Scale every vector to unit length; a zero vector stays zero."""
        rows = np.array(x, dtype=np.float32, order="C")
        # scaled by the largest entry first: the square of a tiny entry would underflow, that of a huge one overflow
        largest = np.abs(rows).max(axis=-1, keepdims=True, initial=0)
        rows /= np.where(largest > 0, largest, np.float32(1))
        norms = np.sqrt(np.einsum("...i,...i->...", rows, rows))[..., None]
        rows /= np.maximum(norms, _SMALLEST_NORM)
        return rows

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Scale every vector to unit length; a zero vector stays zero."""
        return self.lift_query(x)

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return 1 - score, with what rounding leaves of equal directions snapped to exactly 0."""
        distances = np.float32(1) - scores
        return np.where(distances < _ROUNDING, np.float32(0), np.minimum(distances, np.float32(2)))


_LIFTS: tuple[Lift, ...] = (Euclidean(), Euclidean(squared=True), Cosine())


def lift_names() -> tuple[str, ...]:
    """Return the names that ``lift`` knows."""
    return tuple(known.name for known in _LIFTS)


def lift(name: str) -> Lift:
    """Return the lift of a distance by its name, as a Snapshot carries it.

    Raises
    ------
    UserError: if there is none.
    """
    for known in _LIFTS:
        if known.name == name:
            return known
    raise UserError(f"there is no distance {name!r} to search by", remedy=f"Choose one of: {', '.join(lift_names())}")
