"""Augmentation chosen from the pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import changed
from explorer.learn.augments.transforms import Draws

FEW = 200
"""Below so many images a class, turns and stretches help more than they cost."""


@register("augment", "auto", title="Automatic")
class Automatic(Augment):
    """Small shifts; changes of light, turns and stretches for grey pictures; mirrors for colour ones.

    Drawings and letters are not mirrored, because that changes what they mean; they are turned and stretched where a
    class has few images. Photographs keep their colours and their upright: what a class never trained on is told by.
    ``custom`` sets each number by hand. Data of another kind get the augmentation of their kind.
    """

    class Params(Parameters):
        """Parameters of the augmentation."""

        strength: float = parameter(1.0, "How much of it, 0 for none", minimum=0.0, maximum=3.0, step=0.1)

    @property
    def by_rows(self) -> bool:
        """Every picture is changed by itself, unless it is by the light of all."""
        return self.shape[2] > 1 or not self.params.strength

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures."""
        return self.of_rows(pictures, Draws(pictures, generator))

    def of_rows(self, pictures: Tensor, draws: Draws) -> Tensor:
        """Return changed pictures, which may be some rows of a batch."""
        strength = self.params.strength
        if not strength:
            return pictures
        if self.shape[2] > 1:
            return changed(pictures, draws, shift=0.06 * strength, mirror=True)
        few = self.images_per_class < FEW
        return changed(
            pictures,
            draws,
            turn=strength * (15.0 if few else 0.0),
            stretch=strength * (0.15 if few else 0.0),
            shift=strength * (0.08 if few else 0.06),
            light=strength * (0.2 if few else 0.1),
        )
