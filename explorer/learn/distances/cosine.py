"""The cosine distance."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import register
from explorer.learn.distances.base import Distance, unit, without_diagonal


@register("distance", "cosine", title="Cosine")
class Cosine(Distance):
    """One minus the cosine: d(a, b) = 1 − a·b / (|a| |b|), from 0 to 2; it breaks the triangle inequality."""

    lift = "cosine"
    triangle = False

    def prepare(self, z: Tensor) -> Tensor:
        """Return embeddings of unit length."""
        return unit(z)

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return 1 − a·b of unit rows."""
        distances = (1.0 - a @ (a if b is None else b).T).clamp(min=0)
        return distances if b is not None else without_diagonal(distances)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return (1.0 - (a * b).sum(dim=1)).clamp(min=0)
