"""The squared Euclidean distance."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import Distance, squared, unit


@register("distance", "squared_euclidean", title="Squared Euclidean")
class SquaredEuclidean(Distance):
    """Square of the Euclidean distance: d(a, b) = Σ(aᵢ − bᵢ)²; it breaks the triangle inequality.

    The distance of FaceNet (Schroff, Kalenichenko and Philbin, 2015), there with unit length and a margin of 0.2.
    """

    lift = "squared_euclidean"
    triangle = False

    class Params(Parameters):
        """Parameters of the distance."""

        normalise: bool = parameter(
            True, "Scale embeddings to unit length first, so that margins mean the same everywhere"
        )

    def prepare(self, z: Tensor) -> Tensor:
        """Return embeddings of unit length, or as they are."""
        return unit(z) if self.params.normalise else z

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return |a|² + |b|² − 2 a·b, never negative."""
        return squared(a, b)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return (a - b).square().sum(dim=1)
