"""Augmentation set by hand: shifts, turns, stretches, mirrors and changes of light."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.transforms import Draws


@register("augment", "custom")
class Custom(Augment):
    """A random affine map and a random change of light for every picture, each as large as is set here."""

    class Params(Parameters):
        """Parameters of the augmentation."""

        turn: float = parameter(10.0, "Largest turn", minimum=0.0, maximum=180.0, step=1, unit="°")
        stretch: float = parameter(0.1, "Largest stretch along an axis", minimum=0.0, maximum=1.0, step=0.01)
        shift: float = parameter(0.06, "Largest shift, as a share of the side", minimum=0.0, maximum=0.5, step=0.01)
        light: float = parameter(0.1, "Largest change of contrast and brightness", minimum=0.0, maximum=1.0, step=0.01)
        colour: float = parameter(0.0, "Largest change of a single channel", minimum=0.0, maximum=1.0, step=0.01)
        mirror: bool = parameter(False, "Mirror every second picture")

    @property
    def by_rows(self) -> bool:
        """Every picture is changed by itself, unless it is by the light of all."""
        return not (self.params.light or self.params.colour)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures."""
        return self.of_rows(pictures, Draws(pictures, generator))

    def of_rows(self, pictures: Tensor, draws: Draws) -> Tensor:
        """Return changed pictures, which may be some rows of a batch."""
        return changed(pictures, draws, **self.params.model_dump())


def changed(
    pictures: Tensor,
    draws: Draws,
    *,
    turn: float = 0.0,
    stretch: float = 0.0,
    shift: float = 0.0,
    light: float = 0.0,
    colour: float = 0.0,
    mirror: bool = False,
) -> Tensor:
    """Return (B, C, H, W) pictures moved by a random affine map each, with their light changed.

    Contrast and brightness are in units of the deviation of the batch about its mean, so that they mean the same for
    white letters on black and for photographs; values may leave 0 to 1 by that much.
    """
    channels = pictures.shape[1]

    def draw(*shape: int) -> Tensor:
        return draws.uniform(-1, 1, *shape)

    maps = affine_maps(draw(6), turn=turn, stretch=stretch, shift=shift, mirror=mirror)
    grid = F.affine_grid(maps, list(pictures.shape), align_corners=False)
    moved = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    if not (light or colour):
        return moved
    scale = 1 + light * draw(1, 1, 1)
    if colour and channels > 1:
        scale = scale * (1 + colour * draw(channels, 1, 1))
    mean = pictures.mean(dim=(0, 2, 3), keepdim=True)
    offset = mean * (1 - scale) + light * draw(1, 1, 1) * pictures.std(dim=(0, 2, 3), keepdim=True)
    return torch.addcmul(offset, moved, scale)


def affine_maps(u: Tensor, *, turn: float, stretch: float, shift: float, mirror: bool) -> Tensor:
    """Return (B, 2, 3) maps from an output to its source, in units of half a side, from (B, 6) draws in −1 to 1."""
    angle = u[:, 0] * math.radians(turn)
    wide, high = torch.exp(u[:, 1] * stretch), torch.exp(u[:, 2] * stretch)
    if mirror:
        wide = torch.where(u[:, 5] < 0, -wide, wide)
    cos, sin = angle.cos(), angle.sin()
    top = torch.stack((cos * wide, -sin * high, 2 * shift * u[:, 3]), dim=1)
    bottom = torch.stack((sin * wide, cos * high, 2 * shift * u[:, 4]), dim=1)
    return torch.stack((top, bottom), dim=1)
