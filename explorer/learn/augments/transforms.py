"""What the presets are made of: changes of a whole batch of pictures at once, each picture with draws of its own."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""From red, green and blue to light and two axes of colour: hue turns in the plane of these."""

FROM_YIQ = np.linalg.inv(np.array(YIQ)).tolist()


class Draws:
    """Random numbers for every picture of a batch, on its device, from one generator.

    ``own``: the pictures are these rows of ``rows``; it is drawn for all of them, so that each has the draws it has in
    the whole batch. None: they are all.
    """

    def __init__(
        self, pictures: Tensor, generator: torch.Generator, *, rows: int = 0, own: slice | None = None
    ) -> None:
        self.rows, self.device, self.generator = rows or len(pictures), pictures.device, generator
        self.own = slice(None) if own is None else own

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return (B, *shape) numbers between two limits."""
        draws = torch.rand(self.rows, *shape, generator=self.generator, device=self.device)[self.own]
        return draws * (high - low) + low

    def chance(self, share: float) -> Tensor:
        """Return (B,) truth values, true for that share of the pictures."""
        return self.uniform(0.0, 1.0) < share


def moved(pictures: Tensor, maps: Tensor) -> Tensor:
    """Return pictures moved by (B, 2, 3) affine maps from an output to its source; the border goes on outside."""
    grid = F.affine_grid(maps, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def crops(draws: Draws, *, least: float, ratio: float) -> Tensor:
    """Return (B, 2, 3) maps to a random part of each picture.

    Parameters
    ----------
    least: share of the area of the smallest part; the largest is the whole.
    ratio: how many times as wide as high a part may be, or as high as wide.
    """
    area = draws.uniform(least, 1.0)
    shape = torch.exp(draws.uniform(-math.log(ratio), math.log(ratio)) / 2)
    wide, high = (area.sqrt() * shape).clamp(max=1.0), (area.sqrt() / shape).clamp(max=1.0)
    x, y = (draws.uniform(-1.0, 1.0) * (1 - side) for side in (wide, high))
    nothing = torch.zeros_like(wide)
    return torch.stack((torch.stack((wide, nothing, x), dim=1), torch.stack((nothing, high, y), dim=1)), dim=1)


def mirrored(maps: Tensor, which: Tensor) -> Tensor:
    """Return maps that mirror some of the pictures, (B,) truth values, left and right."""
    turned = maps.clone()
    turned[:, :, 0] = torch.where(which[:, None], -maps[:, :, 0], maps[:, :, 0])
    return turned


def blurred(pictures: Tensor, widths: Tensor, *, reach: int) -> Tensor:
    """Return pictures under a Gaussian blur each.

    Parameters
    ----------
    widths: (B,) standard deviations in pixels; 0 leaves a picture as it is.
    reach: pixels that the blur looks to each side.
    """
    rows, channels, height, width = pictures.shape
    reach = min(reach, height - 1, width - 1)
    if reach < 1:
        return pictures
    places = torch.arange(-reach, reach + 1, device=pictures.device)
    kernel = torch.exp(-0.5 * (places / widths.clamp(min=1e-2)[:, None]).square())
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)[:, None, None, :]
    flat = pictures.reshape(1, rows * channels, height, width)
    flat = F.conv2d(F.pad(flat, (reach, reach, 0, 0), mode="reflect"), kernel, groups=rows * channels)
    flat = F.conv2d(F.pad(flat, (0, 0, reach, reach), mode="reflect"), kernel.mT, groups=rows * channels)
    return flat.reshape(rows, channels, height, width)


def relit(pictures: Tensor, gain: Tensor, contrast: Tensor) -> Tensor:
    """Return pictures made (B,) ``gain`` times as light, then with (B,) ``contrast`` about their mean, in 0 to 1."""
    mean = pictures.mean(dim=(1, 2, 3))
    scale, offset = gain * contrast, mean * gain * (1 - contrast)
    return torch.addcmul(offset[:, None, None, None], pictures, scale[:, None, None, None]).clamp(0, 1)


def recoloured(
    pictures: Tensor, *, gain: Tensor, contrast: Tensor, saturation: Tensor, hue: Tensor, greyed: Tensor
) -> Tensor:
    """Return (B, 3, H, W) pictures in other light and colour, in 0 to 1: one linear map of the colours each.

    Parameters
    ----------
    gain, contrast: (B,), see ``relit``. saturation: (B,), 0 for grey, 1 as it was. hue: (B,), a turn in radians.
    greyed: (B,) truth values, true where all colour is taken away.
    """
    axes, back = (torch.tensor(matrix, device=pictures.device) for matrix in (YIQ, FROM_YIQ))
    saturation = torch.where(greyed, torch.zeros_like(saturation), saturation)
    turn = torch.zeros(len(pictures), 3, 3, device=pictures.device)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = saturation * hue.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -saturation * hue.sin(), saturation * hue.sin()
    matrix = back @ turn @ axes * (gain * contrast)[:, None, None]
    light = (pictures.mean(dim=(2, 3)) @ axes[0]) * gain * (1 - contrast)
    changed = torch.baddbmm(light[:, None, None], matrix, pictures.flatten(2))
    return changed.view(pictures.shape).clamp(0, 1)


def erased(pictures: Tensor, draws: Draws, share: float) -> Tensor:
    """Return pictures of which that share has a rectangle of noise (random erasing, Zhong et al. 2020).

    Its area is 2 to 20 % of the picture, its sides are at most 1 : 3.
    """
    rows, _, height, width = pictures.shape
    area, shape = draws.uniform(0.02, 0.2), torch.exp(draws.uniform(-0.55, 0.55))
    x, y = (torch.linspace(0, 1, side, device=pictures.device).expand(rows, -1) for side in (width, height))
    across = (x - draws.uniform(0, 1, 1)).abs() < (area.sqrt() * shape / 2)[:, None]
    down = (y - draws.uniform(0, 1, 1)).abs() < (area.sqrt() / shape / 2)[:, None]
    hole = (down[:, :, None] & across[:, None, :] & draws.chance(share)[:, None, None])[:, None]
    return torch.where(hole, draws.uniform(0, 1, *pictures.shape[1:]), pictures)


def quarter_turned(pictures: Tensor, turns: Tensor) -> Tensor:
    """Return square pictures turned by (B,) times 90 degrees, without a loss."""
    odd, half = ((turns % 2 == 1)[:, None, None, None], (turns >= 2)[:, None, None, None])
    once = torch.where(odd, pictures.transpose(2, 3).flip(2), pictures)
    return torch.where(half, once.flip(2, 3), once)


def one_for_each_class(labels: Tensor, choices: int, generator: torch.Generator) -> Tensor:
    """Return (B,) draws from 0 to ``choices`` − 1, the same for all rows of a class: that of its first row."""
    rows = torch.arange(len(labels), device=labels.device)
    first = torch.where(labels[:, None] == labels[None, :], rows, len(labels)).amin(dim=1)
    return torch.randint(choices, (len(labels),), generator=generator, device=labels.device)[first]
