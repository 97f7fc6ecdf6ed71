"""A linear map of the pixels."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder


@register("encoder", "linear", title="Linear (Mahalanobis)", reference="Weinberger and Saul 2009")
class Linear(Encoder):
    """One matrix L on the pixels: z = L x, the distance it learns is Mahalanobis', d² = (x − y)ᵀ LᵀL (x − y).

    x: the H · W · C pixels, scaled to mean 0 and deviation 1; L: (D, H · W · C). That is exact with the distance
    ``euclidean`` and ``normalise`` off; with it on, z is also scaled to unit length.
    """

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        self.map = nn.Linear(shape[0] * shape[1] * shape[2], self.dimension, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        out: Tensor = self.map(self.normalised(pictures).flatten(1))
        return out
