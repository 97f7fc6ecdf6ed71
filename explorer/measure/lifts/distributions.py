"""Distances between distributions: rows that are not negative, taken by their shares of the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray
from explorer.measure.lifts.base import CommonLift, Metric

_FLOOR = 1e-8  # what a share counts as at least, as in training
_ROUNDING = np.float32(2e-6)


def shares(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return rows as distributions: nothing below the floor, every sum one."""
    rows = np.maximum(np.asarray(x, np.float64), _FLOOR)
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True), np.float64)


@dataclass(frozen=True, slots=True)
class Overlap(CommonLift):
    """−ln Σ√(pq), Bhattacharyya's distance, from √p · √q; ``root``: Matusita's √Σ(√p − √q)², the L2 of the roots."""

    flat: ClassVar[bool] = True

    root: bool = False

    @property
    def name(self) -> str:
        """``bhattacharyya`` or ``matusita``."""
        return "matusita" if self.root else "bhattacharyya"

    @property
    def metric(self) -> Metric:
        """Inner product, or squared L2 of Matusita's."""
        return "l2" if self.root else "ip"

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Return √p, of unit length."""
        return np.ascontiguousarray(np.sqrt(shares(x)), np.float32)

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return the root of an L2, or minus the logarithm, with rounding around equal rows snapped to exactly 0."""
        if self.root:
            return np.sqrt(np.maximum(scores, np.float32(0)))
        distances = -np.log(np.clip(scores, np.float32(_FLOOR), np.float32(1)))
        return np.where(distances < _ROUNDING / 4, np.float32(0), distances)


@dataclass(frozen=True, slots=True)
class Divergence(CommonLift):
    """KL(p, q) = Σ p ln p − Σ p ln q, from (p, Σ p ln p) · (ln q, −1); ``both``: KL(p, q) + KL(q, p), Jeffreys'.

    Logarithms are of D p: the same divergence, and less to round where rows are nearly uniform.
    """

    both: bool = False

    @property
    def name(self) -> str:
        """``kullback_leibler`` or ``jeffreys``."""
        return "jeffreys" if self.both else "kullback_leibler"

    @property
    def asymmetric(self) -> bool:
        """Unless both directions are added."""
        return not self.both

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Return (p, Σ p ln p); with both directions (p, Σ p ln p, ln p, 1)."""
        p, logarithm, inner = _parts(x)
        sides = (p, inner, logarithm, np.ones_like(inner)) if self.both else (p, inner)
        return np.concatenate(sides, axis=-1, dtype=np.float32)

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Return (ln q, −1); with both directions (ln q, −1, q, −Σ q ln q)."""
        q, logarithm, inner = _parts(x)
        sides = (logarithm, -np.ones_like(inner), q, -inner) if self.both else (logarithm, -np.ones_like(inner))
        return np.concatenate(sides, axis=-1, dtype=np.float32)

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return the negative score, with what rounding leaves of equal rows snapped to exactly 0."""
        distances = -scores
        return np.where(distances < _ROUNDING, np.float32(0), distances)


def _parts(x: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return p, ln(D p) and Σ p ln(D p) with a last axis of 1."""
    p = shares(x)
    logarithm = np.log(p * p.shape[-1])
    return p, logarithm, (p * logarithm).sum(axis=-1, keepdims=True)
