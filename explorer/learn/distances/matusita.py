"""The Matusita distance."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import register
from explorer.learn.distances.base import root, squared
from explorer.learn.distances.distributions import DistributionDistance


@register("distance", "matusita", title="Matusita (Hellinger)", reference="Matusita 1955")
class Matusita(DistributionDistance):
    """Straight line between the roots of two distributions: d(p, q) = √Σ(√pᵢ − √qᵢ)² = √(2 − 2 Σ√(pᵢqᵢ)); a metric.

    p = softmax(z / T) of the embedding z, T: ``temperature``; or, with ``share = relu``, its positive part over its
    sum. From 0 to √2; √2 times the Hellinger distance. Symmetric, d(p, p) = 0, and the triangle inequality holds
    (Matusita, 1955).
    """

    lift = "matusita"

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return √(|√p|² + |√q|² − 2 √p·√q); zero where that is below the rounding error of the product."""
        return root(squared(a.sqrt(), None if b is None else b.sqrt()), 4 * torch.finfo(a.dtype).eps)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return root((a.sqrt() - b.sqrt()).square().sum(dim=1), 0.0)
