"""A residual network."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder

STAGES = (1, 2, 4, 8)
"""Channels of the four stages, in units of ``width``."""

FEWEST_SKIPPING = 8
"""Channels below which a 1 × 1 convolution is given only the places that it looks at.

Told to step over the others, that of torch 2.13 on a CPU without AVX-512 writes beyond its memory for fewer.
"""

SMALL = 64
"""Pixels: up to this side the first layer keeps every pixel."""


class Block(nn.Module):
    """y = ReLU(x + BN(conv(ReLU(BN(conv(x)))))), the input brought to the output's size by a 1 × 1 convolution.

    The last normalisation begins at zero, so that a fresh block passes its input on (Goyal et al. 2017).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        nn.init.zeros_(self.second_norm.weight)
        self.shortcut: nn.Module = nn.Identity()
        self._thinned = stride if inputs < FEWEST_SKIPPING else 1
        if stride > 1 or inputs != outputs:
            reading = nn.Conv2d(inputs, outputs, 1, stride // self._thinned, bias=False)
            self.shortcut = nn.Sequential(reading, nn.BatchNorm2d(outputs))

    def forward(self, maps: Tensor) -> Tensor:
        """Return (B, outputs, H / stride, W / stride) maps."""
        inner = F.relu(self.first_norm(self.first(maps)), inplace=True)
        if self._thinned > 1:
            maps = maps[:, :, :: self._thinned, :: self._thinned]
        return F.relu(self.shortcut(maps) + self.second_norm(self.second(inner)), inplace=True)


class Pooling(nn.Module):
    """Generalised mean over the places of each map: (1/n Σ max(x, ε)^p)^(1/p); p = 1 is the average (Radenović 2019).

    p is learned, from 3 on, where ``learned``.
    """

    def __init__(self, *, learned: bool) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor(3.0)) if learned else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return (B, C) of (B, C, H, W)."""
        if self.power is None:
            return maps.mean(dim=(2, 3))
        power = self.power.clamp(1.0, 20.0)
        raised = maps.float().clamp(min=1e-6).log() * power
        return torch.exp((torch.logsumexp(raised.flatten(2), dim=2) - math.log(maps.shape[2] * maps.shape[3])) / power)


@register("encoder", "resnet", title="ResNet", reference="He, Zhang, Ren and Sun 2016")
class ResNet(Encoder):
    """Four stages of residual blocks with w, 2w, 4w and 8w channels, for pictures of 64 to 224 px.

    Each block adds to its input what two 3 × 3 convolutions make of it; the first layer is 3 × 3 up to 64 px, 7 × 7
    with stride 2 and pooling above. The embedding is the average of each of the last maps (or their generalised mean,
    Radenović, Tolias and Chum 2019), read by a linear layer where ``dimension`` is given; without it, classes never
    trained on are told better. Width 64 with 2 blocks a stage is ResNet-18.
    """

    reads = frozenset({"pictures"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(0, "Length of an embedding (D); auto: 8w", minimum=0, maximum=2048, zero="auto")
        width: int = parameter(32, "Channels of the first stage (w)", minimum=4, maximum=256)
        blocks: int = parameter(1, "Residual blocks of each stage", minimum=1, maximum=8)
        pooling: str = parameter(
            "average", "How the last maps become an embedding", choices=("average", "generalised"), advanced=True
        )

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        widths = [self.params.width * times for times in STAGES]
        self.stem = _stem(shape[2], widths[0], small=min(shape[:2]) <= SMALL)
        stages: list[nn.Module] = []
        inputs = widths[0]
        for index, outputs in enumerate(widths):
            for number in range(self.params.blocks):
                stages.append(Block(inputs, outputs, 2 if index and not number else 1))
                inputs = outputs
        self.stages = nn.Sequential(*stages)
        self.pooling = Pooling(learned=self.params.pooling == "generalised")
        self.head = nn.Linear(inputs, self.params.dimension) if self.params.dimension else nn.Identity()
        self._channels = inputs
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self.params.dimension or self._channels)

    @property
    def channels(self) -> int:
        """Channels of the last stage."""
        return int(self._channels)

    def maps(self, pictures: Tensor) -> Tensor:
        """Return what the last stage gives."""
        out: Tensor = self.stages(self.stem(self.normalised(pictures)))
        return out

    def pooled(self, maps: Tensor) -> Tensor:
        """Return the averages of the maps, read by the linear layer where there is one."""
        out: Tensor = self.head(self.pooling(maps))
        return out

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        return self.pooled(self.maps(pictures))


def _stem(inputs: int, width: int, *, small: bool) -> nn.Sequential:
    """Return the first layer: at full size up to 64 px, at a quarter of the side above."""
    size, stride = (3, 1) if small else (7, 2)
    pooling: list[nn.Module] = [] if small else [nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(
        nn.Conv2d(inputs, width, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        *pooling,
    )
