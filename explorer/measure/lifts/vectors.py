"""Distances between plain vectors: Euclidean, cosine, dot product and signal-to-noise ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray
from explorer.measure.lifts.base import CommonLift, Metric

_ROUNDING = np.float32(5e-7)  # a float32 inner product of two unit vectors is off by about this much
_SMALLEST_NORM = np.float32(1e-12)
_LEAST_SIGNAL = np.float32(1e-12)


@dataclass(frozen=True, slots=True)
class Euclidean(CommonLift):
    """The straight-line distance, or its square."""

    metric: ClassVar[Metric] = "l2"
    flat: ClassVar[bool] = True

    squared: bool = False

    @property
    def name(self) -> str:
        """``euclidean`` or ``squared_euclidean``."""
        return "squared_euclidean" if self.squared else "euclidean"

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Clip rounding below zero; take the root unless squared."""
        squares = np.maximum(scores, np.float32(0))
        return squares if self.squared else np.sqrt(squares, out=squares)


@dataclass(frozen=True, slots=True)
class Cosine(CommonLift):
    """One minus the cosine of the angle, 0 to 2; a zero vector is at distance 1 from everything."""

    flat: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """``cosine``."""
        return "cosine"

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Scale every vector to unit length; a zero vector stays zero."""
        rows = np.array(x, dtype=np.float32, order="C")
        # scaled by the largest entry first: the square of a tiny entry would underflow, that of a huge one overflow
        largest = np.abs(rows).max(axis=-1, keepdims=True, initial=0)
        rows /= np.where(largest > 0, largest, np.float32(1))
        norms = np.sqrt(np.einsum("...i,...i->...", rows, rows))[..., None]
        rows /= np.maximum(norms, _SMALLEST_NORM)
        return rows

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return 1 - score, with what rounding leaves of equal directions snapped to exactly 0."""
        distances = np.float32(1) - scores
        return np.where(distances < _ROUNDING, np.float32(0), np.minimum(distances, np.float32(2)))


@dataclass(frozen=True, slots=True)
class Dot(CommonLift):
    """The negative dot product; distances are negative, and a vector is not at distance 0 from itself."""

    @property
    def name(self) -> str:
        """``dot``."""
        return "dot"

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return the negative score."""
        return -scores


@dataclass(frozen=True, slots=True)
class SignalToNoise(CommonLift):
    """var(a − b) / var(a) = 1 − (2 a/|a|², −1/|a|²) · (b, |b|²) of vectors less the mean of their entries."""

    asymmetric: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """``snr``."""
        return "snr"

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Return (2 a/|a|², −1/|a|², |a|²/|a|²); the last is 1, or less where there is next to no signal."""
        rows, power = _centred(x)
        signal = np.maximum(power, _LEAST_SIGNAL)
        return np.concatenate([2 * rows / signal, -1 / signal, 1 - power / signal], axis=-1, dtype=np.float32)

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Return (b, |b|², 1)."""
        rows, power = _centred(x)
        return np.concatenate([rows, power, np.ones_like(power)], axis=-1, dtype=np.float32)

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return 1 - score, with what rounding leaves of equal vectors snapped to exactly 0."""
        distances = np.float32(1) - scores
        return np.where(distances < 4 * _ROUNDING, np.float32(0), distances)


def _centred(x: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return rows less the mean of their entries and their squared lengths (M, 1)."""
    rows = np.asarray(x, np.float32)
    rows = rows - rows.mean(axis=-1, keepdims=True)
    return rows, np.einsum("...i,...i->...", rows, rows)[..., None]
