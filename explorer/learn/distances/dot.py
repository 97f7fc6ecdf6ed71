"""The negative dot product."""

from __future__ import annotations

from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import Distance, unit, without_diagonal


@register("distance", "dot", title="Dot product")
class Dot(Distance):
    """Negative dot product, the longer and the more alike in direction the nearer: d(a, b) = −a·b = −Σ aᵢbᵢ.

    Symmetric, but no metric: distances are negative, d(a, a) = −|a|² is not zero, and the triangle inequality does not
    hold. Embeddings can lower it without end by growing; ``normalise`` ends that, with d from −1 to 1.
    """

    lift = "dot"
    triangle = False
    zero = False

    class Params(Parameters):
        """Parameters of the distance."""

        normalise: bool = parameter(False, "Scale embeddings to unit length first, which leaves minus the cosine")

    def prepare(self, z: Tensor) -> Tensor:
        """Return embeddings of unit length, or as they are."""
        return unit(z) if self.params.normalise else z

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return −a·b."""
        return without_diagonal(-(a @ a.T)) if b is None else -(a @ b.T)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        return -(a * b).sum(dim=1)
