"""The Mahalanobis distance, with a matrix that is learned after the encoder."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.distances.base import Distance, root, squared, unit


@register("distance", "mahalanobis", title="Mahalanobis", reference="Weinberger and Saul 2009")
class Mahalanobis(Distance):
    """Euclidean distance after a learned linear map: d(a, b) = √( (a − b)ᵀ M (a − b) ), M = LᵀL; a pseudometric.

    L: (D, D), or its diagonal, starts as the identity and is trained with the encoder; M is positive semidefinite
    whatever L is. Symmetric, d(a, a) = 0 and the triangle inequality hold, the latter not of d² (``squared``). Two
    embeddings that differ only where L is blind are at distance 0. What is stored is L a (Xing, Ng, Jordan and
    Russell, 2002; Weinberger and Saul, 2009).
    """

    learned: ClassVar[bool] = True

    class Params(Parameters):
        """Parameters of the distance."""

        form: str = parameter(
            "full", "A whole matrix L, or one weight for each dimension", choices=("full", "diagonal")
        )
        normalise: bool = parameter(True, "Scale embeddings to unit length before L, so that margins keep a scale")
        squared: bool = parameter(False, "Compare by d², which breaks the triangle inequality")

    def __init__(self, params: Parameters, *, dimension: int = 0) -> None:
        super().__init__(params, dimension=dimension)
        self.lift = "squared_euclidean" if self.params.squared else "euclidean"
        self.triangle = not self.params.squared
        shape = (dimension,) if self.params.form == "diagonal" else (dimension, dimension)
        start = torch.ones(shape) if self.params.form == "diagonal" else torch.eye(dimension)
        self.weight = nn.Parameter(start) if dimension else None

    def prepare(self, z: Tensor) -> Tensor:
        """Return L z; z itself where no dimension was given, L being the identity."""
        rows = unit(z) if self.params.normalise else z
        if self.weight is None:
            return rows
        weight = self.weight.to(rows.dtype)
        return rows * weight if weight.ndim == 1 else rows @ weight.T

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return the Euclidean distances of rows that L was applied to."""
        if self.params.squared:
            return squared(a, b)
        noise = 4 * torch.finfo(a.dtype).eps
        largest = a.detach().square().sum(dim=1).amax() if len(a) else a.new_zeros(())
        return root(squared(a, b), noise * largest)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distances pair by pair."""
        squares = (a - b).square().sum(dim=1)
        return squares if self.params.squared else root(squares, 0.0)
