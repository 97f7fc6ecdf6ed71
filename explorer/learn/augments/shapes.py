"""Augmentation of shapes."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment


@register("augment", "shapes", title="Shapes")
class Shapes(Augment):
    """Turns a shape about its upright axis, stretches it along each axis, moves every point a little, drops some.

    A point that is dropped becomes another one of its shape, so that their number stays.
    """

    reads = frozenset({"shapes"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        turn: float = parameter(180.0, "Largest turn", minimum=0.0, maximum=180.0, step=5, unit="°")
        axes: str = parameter("up", "Turn about the upright axis, or about any", choices=("up", "any"))
        stretch: float = parameter(0.15, "Largest stretch along an axis", minimum=0.0, maximum=1.0, step=0.05)
        jitter: float = parameter(0.01, "Deviation of a point", minimum=0.0, maximum=0.2, step=0.005)
        drop: float = parameter(0.3, "Largest share of points that are dropped", minimum=0.0, maximum=0.95, step=0.05)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed shapes (B, 3, P, 1)."""
        points, device = pictures.flatten(2), pictures.device
        count, _, each = points.shape

        def draw(*size: int) -> Tensor:
            return torch.rand(count, *size, generator=generator, device=device)

        dropped = draw(1, each) < draw(1, 1) * self.params.drop
        others = (draw(1, each) * each).long().clamp(max=each - 1)
        chosen = torch.where(dropped, others, torch.arange(each, device=device))
        points = points.gather(2, chosen.expand(-1, 3, -1))
        stretched = points * torch.exp((draw(3, 1) * 2 - 1) * self.params.stretch)
        angle = (draw(1)[:, 0] * 2 - 1) * math.radians(self.params.turn)
        axis = F.normalize(draw(3) * 2 - 1, dim=1) if self.params.axes == "any" else None
        turned = turns(angle, axis) @ stretched
        noise = torch.empty_like(turned).normal_(generator=generator)
        return torch.add(turned, noise, alpha=self.params.jitter).reshape(pictures.shape)


def turns(angle: Tensor, axis: Tensor | None = None) -> Tensor:
    """Return rotations (B, 3, 3) by angles (B,) about unit vectors (B, 3), by default about the third axis.

    Rodrigues' formula: I + sin θ K + (1 − cos θ) K², K: the matrix of the vector product with the axis.
    """
    if axis is None:
        axis = angle.new_tensor([0.0, 0.0, 1.0]).expand(len(angle), 3)
    x, y, z = axis.unbind(dim=1)
    zero = torch.zeros_like(x)
    k = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).reshape(-1, 3, 3)
    sin, cos = angle.sin()[:, None, None], angle.cos()[:, None, None]
    return torch.eye(3, device=angle.device) + sin * k + (1 - cos) * (k @ k)
