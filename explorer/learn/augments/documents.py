"""Augmentation of handwriting and signatures."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import affine_maps
from explorer.learn.augments.transforms import Draws, blurred, moved

PIXELS = 64
"""The side at which a blur of one pixel is meant; larger pictures are blurred more."""


@register("augment", "documents", title="Handwriting and signatures")
class Documents(Augment):
    """Small turns and shears, thinner or thicker strokes, other ink and paper; never mirrored.

    Turns to 3°, shears to 0.15, stretches to 10 %. Strokes: the picture is blurred, and contrast is added again about a
    moved threshold. Ink and paper, the darkest and the lightest value of a picture, move apart from each other; light
    ink on a dark ground does as well.
    """

    class Params(Parameters):
        """Parameters of the augmentation."""

        strength: float = parameter(1.0, "How much of it, 0 for none", minimum=0.0, maximum=3.0, step=0.1)

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
        if not strength:
            return pictures
        maps = affine_maps(
            draws.uniform(-1, 1, 6), turn=3 * strength, stretch=0.1 * strength, shift=0.03 * strength, mirror=False
        )
        sheared = maps.clone()
        sheared[:, :, 1] += draws.uniform(-0.15 * strength, 0.15 * strength, 1) * maps[:, :, 0]
        return self._inked(moved(pictures, sheared), draws)

    def _inked(self, pictures: Tensor, draws: Draws) -> Tensor:
        """Return pictures with other strokes, ink and paper."""
        strength = self.params.strength
        low, high = pictures.amin(dim=(1, 2, 3), keepdim=True), pictures.amax(dim=(1, 2, 3), keepdim=True)
        extent = (high - low).clamp(min=1e-3)
        widest = strength * max(min(self.shape[:2]) / PIXELS, 0.5)
        spread = blurred((pictures - low) / extent, draws.uniform(0, widest), reach=max(1, round(2 * widest)))
        gain, threshold = draws.uniform(1.0, 1 + strength, 1, 1, 1), draws.uniform(-0.1, 0.1, 1, 1, 1) * strength
        strokes = (0.5 + gain * (spread - 0.5 + threshold)).clamp(0, 1)
        darkest, lightest = (draws.uniform(-0.15, 0.15, 1, 1, 1) * strength * extent + end for end in (low, high))
        return torch.lerp(darkest, lightest, strokes).clamp(0, 1)
