"""A network on sets of points."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder


def shared(inputs: int, *widths: int) -> nn.Sequential:
    """Return layers that every point (B, C, P) goes through by itself, each with batch normalisation and ReLU."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv1d(inputs, width, 1, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
        inputs = width
    return nn.Sequential(*layers)


class Alignment(nn.Module):
    """The T-Net: a matrix (3, 3) for each shape, found from its points, that turns them before all else."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.points = shared(3, width, 2 * width)
        self.matrix = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(inplace=True), nn.Linear(width, 9))
        last = self.matrix[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, points: Tensor) -> Tensor:
        """Return the points (B, 3, P) turned; by nothing before the first step."""
        found = self.matrix(self.points(points).amax(dim=2)).reshape(-1, 3, 3)
        turned: Tensor = (found + torch.eye(3, device=points.device)) @ points
        return turned


@register("encoder", "pointnet", title="PointNet", reference="Qi, Su, Mo and Guibas 2017")
class PointNet(Encoder):
    """Every point through the same layers of w, w, 2w and 4w units, then the greatest and the mean over the points.

    What comes out does not depend on the order of the points (Qi et al., 2017; the mean beside the greatest is added).
    """

    reads = frozenset({"shapes"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(32, "Units of the first layer (w)", minimum=8, maximum=512)
        align: bool = parameter(False, "Turn each shape by a matrix that is learned (T-Net)")

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        width = self.params.width
        self.align = Alignment(width) if self.params.align else nn.Identity()
        self.points = shared(shape[2], width, width, 2 * width, 4 * width)
        self.head = nn.Sequential(
            nn.Linear(8 * width, 4 * width, bias=False),
            nn.BatchNorm1d(4 * width),
            nn.ReLU(inplace=True),
            nn.Linear(4 * width, self.dimension),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of shapes (B, 3, P, 1)."""
        points = self.points(self.align(pictures.flatten(2)))
        out: Tensor = self.head(torch.cat([points.amax(dim=2), points.mean(dim=2)], dim=1))
        return out
