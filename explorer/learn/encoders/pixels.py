"""The pixels themselves."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder

SIDE = 32
"""Pixels: larger pictures are averaged down to this side."""


def reduced(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Return the height and width that a picture is averaged down to: at most 32 px a side."""
    shrink = min(1.0, SIDE / max(shape[:2]))
    return max(1, round(shape[0] * shrink)), max(1, round(shape[1] * shrink))


def flattened(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, C · H · W) pictures, averaged down to ``size`` where they are larger."""
    if pictures.shape[2:] != size:
        pictures = F.adaptive_avg_pool2d(pictures, size)
    return pictures.flatten(1)


@register("encoder", "pixels", title="Raw values")
class Pixels(Encoder):
    """The H · W · C numbers of a picture, or those of a vector, with mean 0 and deviation 1 a channel; no weights.

    A picture of more than 32 px a side is averaged down to that first. The channels of a vector are its numbers, so
    that each of them is scaled by itself; ``standardise`` off leaves them as they are, for vectors that mean something
    already: histograms, or embeddings of another network. With a fitter, a linear map of them is learned: a Mahalanobis
    distance.
    """

    class Params(Parameters):
        """Parameters of the encoder."""

        standardise: bool = parameter(True, "Mean 0 and deviation 1 a channel; off: pixels in 0 to 1, vectors as given")

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        self.size = reduced(shape)

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self.size[0] * self.size[1] * self.shape[2]

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        return flattened(self.normalised(pictures) if self.params.standardise else pictures, self.size)
