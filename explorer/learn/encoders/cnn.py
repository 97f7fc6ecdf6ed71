"""A small convolutional network."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder

WIDTHS = (1, 2, 4, 8)
"""Channels of the four blocks, in units of ``width``."""

SMALL = 36
"""Pixels: up to this side a picture is as good as a glyph; a photograph is larger."""


def block(inputs: int, outputs: int, *, pool: int = 1) -> nn.Sequential:
    """Return 3 × 3 convolution, pooling, batch normalisation and ReLU; pooling first leaves them less to do."""
    pooling = [nn.MaxPool2d(pool)] if pool > 1 else []
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        *pooling,
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class AveragePool(nn.AdaptiveAvgPool2d):
    """Averages to so many places; maps that have so many are passed on, which is 4 % of a training step at 28 px."""

    def forward(self, input: Tensor) -> Tensor:
        """Return (B, C, size, size) of maps (B, C, H, W)."""
        alike = self.training and input.shape[2:] == (self.output_size, self.output_size)
        return input if alike else super().forward(input)


@register("encoder", "cnn", title="CNN")
class CNN(Encoder):
    """Four convolution blocks of w, 2w, 4w and 8w channels, for pictures of 28 to 128 px.

    Up to 36 px a linear layer reads the last maps, averaged to 3 × 3. Above, the embedding is the average of each of
    the last D maps (Lin, Chen and Yan 2014): on photographs a linear layer after it loses classes never trained on.
    """

    reads = frozenset({"pictures"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(
            0, "Length of an embedding (D); auto: 64 to 36 px, 8w above", minimum=0, maximum=2048, zero="auto"
        )
        width: int = parameter(32, "Channels of the first block (w)", minimum=4, maximum=256)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        a, b, c, d = (self.params.width * times for times in WIDTHS)
        small = min(shape[:2]) <= SMALL
        self._dimension = self.params.dimension or (64 if small else d)
        self._channels = d if small else self._dimension
        pool = 2 if min(shape[:2]) >= 16 else 1
        first = [block(shape[2], a, pool=pool), block(a, b, pool=pool), block(b, c, pool=pool)]
        if small:
            self.blocks = nn.Sequential(*first, block(c, d))
            self.head = nn.Sequential(AveragePool(3), nn.Flatten(), nn.Linear(9 * d, self._dimension))
        else:
            self.blocks = nn.Sequential(*first, block(c, self._dimension, pool=pool))
            self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self._dimension)

    @property
    def channels(self) -> int:
        """Channels of the last block."""
        return self._channels

    def maps(self, pictures: Tensor) -> Tensor:
        """Return what the last block gives."""
        out: Tensor = self.blocks(self.normalised(pictures))
        return out

    def pooled(self, maps: Tensor) -> Tensor:
        """Return the averages of the maps, up to 36 px read by the linear layer."""
        out: Tensor = self.head(maps)
        return out

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        return self.pooled(self.maps(pictures))
