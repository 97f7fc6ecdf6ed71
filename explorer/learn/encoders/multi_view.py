"""A network on pictures of a shape from several sides."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.cnn import block

ELEVATION = math.radians(30.0)
FARTHEST = 1.0
"""Radius of the ball that shapes fill."""


def looking(views: int) -> Tensor:
    """Return rotations (V, 3, 3) that see a shape from all around, evenly, and from above and below in turn.

    Rows: right, up, and towards who looks.
    """
    made = []
    for view in range(views):
        turn, raised = 2 * math.pi * view / views, ELEVATION if view % 2 == 0 else -ELEVATION
        cos, sin, high, flat = math.cos(turn), math.sin(turn), math.sin(raised), math.cos(raised)
        made.append([[cos, sin, 0.0], [sin * high, -cos * high, flat], [sin * flat, -cos * flat, -high]])
    return torch.tensor(made)


@register("encoder", "multi_view", title="Multi-view CNN", reference="Su, Maji, Kalogerakis and Learned-Miller 2015")
class MultiView(Encoder):
    """Depth maps of the points from ``views`` sides, a small CNN on each, and the greatest of what it finds over all.

    A pixel of a map is how near the nearest point there is, 0 where there is none; every pixel also takes the greatest
    of its neighbours, as the points do not close the surface.
    """

    reads = frozenset({"shapes"})

    views_at: Tensor

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(16, "Channels of the first block", minimum=4, maximum=256)
        views: int = parameter(6, "Sides that a shape is seen from", minimum=1, maximum=32)
        side: int = parameter(32, "Side of a depth map", minimum=16, maximum=128, unit="px")

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        width = self.params.width
        self.register_buffer("views_at", looking(self.params.views), persistent=False)
        self.blocks = nn.Sequential(
            block(1, width, pool=2), block(width, 2 * width, pool=2), block(2 * width, 4 * width, pool=2)
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * width, 8 * width, bias=False),
            nn.BatchNorm1d(8 * width),
            nn.ReLU(inplace=True),
        )
        self.last = nn.Linear(8 * width, self.dimension)

    def depth_maps(self, points: Tensor) -> Tensor:
        """Return depth maps (B, V, S, S), 0 to 1, of points (B, 3, P) in the unit ball."""
        count, side, views = len(points), self.params.side, self.params.views
        with torch.autocast(points.device.type, enabled=False):  # where a point lies takes more than three digits
            seen = torch.einsum("vij,bjp->bvip", self.views_at, points.float())
        at = ((seen[:, :, :2] / FARTHEST + 1) * (side / 2)).long().clamp(0, side - 1)
        place = (side - 1 - at[:, :, 1]) * side + at[:, :, 0]
        near = (seen[:, :, 2] / FARTHEST + 1.5).clamp(min=0.0) / 2.5
        maps = torch.zeros(count, views, side * side, device=points.device, dtype=seen.dtype)
        maps = maps.scatter_reduce(2, place, near, reduce="amax")
        return F.max_pool2d(maps.reshape(count, views, side, side), 3, stride=1, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of shapes (B, 3, P, 1)."""
        maps = self.depth_maps(pictures.flatten(2))
        found = self.head(self.blocks(maps.flatten(0, 1)[:, None]))
        out: Tensor = self.last(found.reshape(len(pictures), self.params.views, -1).amax(dim=1))
        return out
