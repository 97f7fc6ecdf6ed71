"""A small convolutional network."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder

WIDTHS = (1, 2, 4, 8)
"""Channels of the four blocks, in units of ``width``."""


def block(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, pool: int = 1) -> nn.Sequential:
    """Return convolution, pooling, batch normalisation and ReLU; pooling first leaves them less to do."""
    pooling = [nn.MaxPool2d(pool)] if pool > 1 else []
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        *pooling,
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


@register("encoder", "cnn", title="CNN")
class CNN(Encoder):
    """Four convolution blocks of w, 2w, 4w and 8w channels, a 3 × 3 average pooling, and a linear layer to D.

    For pictures of 28 to 128 px: above 36 px the first block has a stride of 2, so that the last map stays small.
    """

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(32, "Channels of the first block (w)", minimum=4, maximum=256)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        a, b, c, d = (self.params.width * times for times in WIDTHS)
        side = min(shape[:2])
        pool = 2 if side >= 16 else 1
        stem = block(shape[2], a, pool=pool) if side <= 36 else block(shape[2], a, kernel=5, stride=2, pool=2)
        self.blocks = nn.Sequential(stem, block(a, b, pool=pool), block(b, c, pool=pool), block(c, d))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(9 * d, self.dimension))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        out: Tensor = self.head(self.blocks(self.normalised(pictures)))
        return out
