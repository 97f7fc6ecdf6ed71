"""A network on clips: what is in each frame, and what changes from frame to frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.cnn import SMALL, block


@register("encoder", "frames", title="Frames")
class Frames(Encoder):
    """The same convolution blocks on every frame and its difference from the one before, then convolutions over time.

    The blocks have w, 2w, 4w channels; their maps, averaged to 3 × 3, become one vector a frame. Two convolutions over
    three frames each see the order of the frames; their mean over time, or one weighted by attention, is read by a
    linear layer: a clip played backwards is another one.
    """

    reads = frozenset({"video"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(16, "Channels of the first block (w)", minimum=4, maximum=256)
        pooling: str = parameter(
            "mean", "The frames become one by their mean or weighted", choices=("mean", "attention")
        )

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        height, side, channels = shape
        self.side = min(side, height)
        width, units = self.params.width, 8 * self.params.width
        pool = 2 if self.side >= 16 else 1
        blocks = [block(2 * channels, width, pool=pool), block(width, 2 * width, pool=pool)]
        if self.side > SMALL:
            blocks.append(block(2 * width, 2 * width, pool=pool))
        self.blocks = nn.Sequential(*blocks, block(2 * width, 4 * width))
        self.look = nn.Sequential(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(36 * width, units))
        self.over_time = nn.Sequential(*(layer for _ in range(2) for layer in _over_three(units)))
        self.weigh = nn.Conv1d(units, 1, 1) if self.params.pooling == "attention" else None
        self.last = nn.Linear(units, self.dimension)

    def film(self, pictures: Tensor) -> Tensor:
        """Return the frames (B, F, C, S, S) of strips (B, C, F · S, S)."""
        count, channels, height, width = pictures.shape
        frames = pictures.reshape(count, channels, height // self.side, self.side, width)
        return frames.transpose(1, 2)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of strips (B, C, F · S, S)."""
        frames = self.film(self.normalised(pictures))
        before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
        both = torch.cat([frames, frames - before], dim=2)
        count, length = both.shape[:2]
        each = self.look(self.blocks(both.flatten(0, 1))).reshape(count, length, -1)
        moving = self.over_time(each.transpose(1, 2))
        weights = 1 / length if self.weigh is None else self.weigh(moving).softmax(dim=2)
        out: Tensor = self.last((moving * weights).sum(dim=2))
        return out


def _over_three(units: int) -> tuple[nn.Module, ...]:
    return nn.Conv1d(units, units, 3, padding=1, bias=False), nn.BatchNorm1d(units), nn.ReLU(inplace=True)
