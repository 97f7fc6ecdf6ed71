"""The Euclidean distance."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import Distance, root, squared, unit


@register("distance", "euclidean", title="Euclidean")
class Euclidean(Distance):
    """Length of the straight line between two embeddings: d(a, b) = √Σ(aᵢ − bᵢ)²; a metric.

    With ``normalise`` the embeddings lie on the unit sphere and d is the chord, from 0 to 2. Without it, the encoder
    ``linear`` learns a Mahalanobis distance: d² = (x − y)ᵀ LᵀL (x − y).
    """

    lift = "euclidean"

    class Params(Parameters):
        """Parameters of the distance."""

        normalise: bool = parameter(
            True, "Scale embeddings to unit length first, so that margins mean the same everywhere"
        )

    def prepare(self, z: Tensor) -> Tensor:
        """Return embeddings of unit length, or as they are."""
        return unit(z) if self.params.normalise else z

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return √(|a|² + |b|² − 2 a·b); zero where that is below the rounding error of the product."""
        noise = 4 * torch.finfo(a.dtype).eps
        largest = a.detach().square().sum(dim=1).amax() if len(a) else a.new_zeros(())
        return root(squared(a, b), noise * largest)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return root((a - b).square().sum(dim=1), 0.0)
