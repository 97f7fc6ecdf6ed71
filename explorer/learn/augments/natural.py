"""Augmentation of photographs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.transforms import Draws, blurred, crops, mirrored, moved, recoloured, relit


@register("augment", "natural", title="Photographs", reference="Chen et al. 2020")
class Natural(Augment):
    """Random parts of the picture, mirrors, other light and colours, grey and blur: the recipe of SimCLR at strength 1.

    Parts of 8 to 100 % of the area at most 4 : 3; brightness, contrast and saturation by 0.2 to 1.8 and hue by up to a
    fifth of its circle in 80 % of the pictures; 20 % grey; half of them blurred with σ of 0.1 to 2 px at 224 px, in
    proportion at other sizes. For two views without labels take 1; with labels half of it is enough. Grey pictures
    change in light only.
    """

    class Params(Parameters):
        """Parameters of the augmentation."""

        strength: float = parameter(1.0, "How much of it, 0 for mirrors only", minimum=0.0, maximum=1.0, step=0.05)
        mirror: bool = parameter(True, "Mirror every second picture")
        blur: bool = parameter(True, "Blur every second picture")

    @property
    def by_rows(self) -> bool:
        """Every picture is changed by itself."""
        return True

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures."""
        return self.of_rows(pictures, Draws(pictures, generator))

    def of_rows(self, pictures: Tensor, draws: Draws) -> Tensor:
        """Return changed pictures, which may be some rows of a batch."""
        strength = self.params.strength
        maps = crops(draws, least=1 - 0.92 * strength, ratio=(4 / 3) ** strength)
        if self.params.mirror:
            maps = mirrored(maps, draws.chance(0.5))
        out = self._relit(moved(pictures, maps), draws)
        if not self.params.blur:
            return out
        scale = min(self.shape[:2]) / 224
        widths = draws.uniform(0.1, 2.0) * strength * scale * draws.chance(0.5)
        return blurred(out, widths, reach=max(1, math.ceil(4 * scale * strength)))

    def _relit(self, pictures: Tensor, draws: Draws) -> Tensor:
        strength, kept = self.params.strength, ~draws.chance(0.8)

        def factor() -> Tensor:
            return draws.uniform(1 - 0.8 * strength, 1 + 0.8 * strength).masked_fill(kept, 1.0)

        gain, contrast = factor(), factor()
        if pictures.shape[1] != 3:
            return relit(pictures, gain, contrast)
        turn = 0.4 * math.pi * strength
        hue = draws.uniform(-turn, turn).masked_fill(kept, 0.0)
        greyed = draws.chance(0.2 * strength)
        return recoloured(pictures, gain=gain, contrast=contrast, saturation=factor(), hue=hue, greyed=greyed)
