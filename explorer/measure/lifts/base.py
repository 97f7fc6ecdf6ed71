"""What a lift is: a distance as an inner product or a squared L2, so that search and counting know only these two."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray

Metric = Literal["l2", "ip"]


class Lift(Protocol):
    """A distance between embeddings, as a score that an index can compute.

    The score of a pair is the squared L2 distance (``metric == "l2"``) or the inner product (``"ip"``) of
    ``lift_query(a)`` and ``lift_item(b)``; ``to_distance`` turns scores into true distances and keeps their order
    (turns it round for ``"ip"``). Distances may be negative.
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

    @property
    def flat(self) -> bool:
        """Whether queries are lifted as items are, and straight lines between those keep the order of the distance."""
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


def rows_of(x: npt.ArrayLike) -> FloatArray:
    """Return vectors as they are, contiguous float32."""
    return np.ascontiguousarray(x, dtype=np.float32)


class CommonLift:
    """What most lifts share: a symmetric distance, an inner product, and items lifted as queries are."""

    __slots__ = ()

    @property
    def metric(self) -> Metric:
        """Inner product."""
        return "ip"

    @property
    def asymmetric(self) -> bool:
        """Never."""
        return False

    @property
    def flat(self) -> bool:
        """Never."""
        return False

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Return the vectors as they are."""
        return rows_of(x)

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Lift items as queries are lifted."""
        return self.lift_query(x)


def laid_out(lift: Lift, x: FloatArray) -> FloatArray:
    """Return vectors (M, D) in which straight lines stand for the distance, for a first picture and for k-means.

    They are the lifted items, or the vectors themselves where the distance is no straight line between those.
    """
    return lift.lift_item(x) if lift.flat else rows_of(x)
