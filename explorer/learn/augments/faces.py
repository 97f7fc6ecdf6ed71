"""Augmentation of faces."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import affine_maps
from explorer.learn.augments.transforms import Draws, erased, moved, relit


@register("augment", "faces", title="Faces")
class Faces(Augment):
    """Mirrors, small shifts, turns to 4° and changes of light, as faces that were cut out and set upright bear them.

    ``erase``: the share of pictures of which a rectangle is covered with noise, so that no single part of a face
    decides (random erasing, Zhong et al. 2020).
    """

    class Params(Parameters):
        """Parameters of the augmentation."""

        strength: float = parameter(1.0, "How much of it, 0 for mirrors only", minimum=0.0, maximum=3.0, step=0.1)
        erase: float = parameter(0.0, "Share of pictures partly covered", minimum=0.0, maximum=1.0, step=0.05)

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
        maps = affine_maps(
            draws.uniform(-1, 1, 6), turn=4 * strength, stretch=0.06 * strength, shift=0.04 * strength, mirror=True
        )
        light = min(0.25 * strength, 0.9)
        out = relit(moved(pictures, maps), *(draws.uniform(1 - light, 1 + light) for _ in range(2)))
        return erased(out, draws, self.params.erase) if self.params.erase else out
