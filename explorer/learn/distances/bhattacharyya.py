"""The Bhattacharyya distance."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import register
from explorer.learn.distances.base import without_diagonal
from explorer.learn.distances.distributions import DistributionDistance


@register("distance", "bhattacharyya", title="Bhattacharyya", reference="Bhattacharyya 1943")
class Bhattacharyya(DistributionDistance):
    """How little two distributions overlap: d(p, q) = −ln Σ √(pᵢqᵢ); it breaks the triangle inequality.

    p = softmax(z / T) of the embedding z, T: ``temperature``; or, with ``share = relu``, its positive part over its
    sum. From 0 for equal distributions to 18 for disjoint ones, where ε = 10⁻⁸ of each dimension remains. Symmetric,
    d(p, p) = 0 (Bhattacharyya, 1943).
    """

    lift = "bhattacharyya"
    triangle = False

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return −ln(√p · √q) by one matrix product."""
        roots = a.sqrt()
        overlap = roots @ (roots if b is None else b.sqrt()).T
        distances = -overlap.clamp(max=1.0).log()
        return distances if b is not None else without_diagonal(distances)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return -(a.sqrt() * b.sqrt()).sum(dim=1).clamp(max=1.0).log()
