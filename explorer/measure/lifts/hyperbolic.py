"""The distance in a Poincaré ball, as the Lorentz inner product on the hyperboloid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray
from explorer.measure.lifts.base import CommonLift

_RIM = 1e-3  # 1 − c|x|² is at least this, as in training
_ROUNDING = np.float32(2e-6)


@dataclass(frozen=True, slots=True)
class Hyperbolic(CommonLift):
    """(1/√c) arcosh(x₀y₀ − x·y) of points x of the ball, lifted to 2√c x / (1 − c|x|²), x₀ = (1 + c|x|²) / (1 − c|x|²).

    A float32 inner product resolves distances down to about 0.005/√c times the width of the space there.
    """

    curvature: float = 0.1

    @property
    def name(self) -> str:
        """``hyperbolic:`` and the curvature."""
        return f"hyperbolic:{self.curvature!r}"

    def lift_query(self, x: npt.ArrayLike) -> FloatArray:
        """Return (x, −x₀) on the hyperboloid."""
        space, time = self._hyperboloid(x)
        return np.concatenate([space, -time], axis=-1, dtype=np.float32)

    def lift_item(self, x: npt.ArrayLike) -> FloatArray:
        """Return (y, y₀) on the hyperboloid."""
        return np.concatenate(self._hyperboloid(x), axis=-1, dtype=np.float32)

    def to_distance(self, scores: FloatArray) -> FloatArray:
        """Return the arcosh of the negative score, with what rounding leaves of equal points snapped to exactly 0."""
        beyond = -scores - np.float32(1)
        beyond = np.where(beyond < _ROUNDING, np.float32(0), beyond)
        # arcosh(1 + u), without the loss of digits near 1
        return np.asarray(np.log1p(beyond + np.sqrt(beyond * (beyond + 2))) / np.float32(self.curvature**0.5))

    def _hyperboloid(self, x: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        points = np.asarray(x, np.float64)
        power = self.curvature * np.einsum("...i,...i->...", points, points)[..., None]
        space = 2 * self.curvature**0.5 * points / np.maximum(1 - power, _RIM)
        # the time that lies on the hyperboloid with it, whatever the rim has cut off
        return space, np.sqrt(1 + np.einsum("...i,...i->...", space, space))[..., None]
