"""Augmentation chosen from the pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import changed

FEW = 200
"""Below so many images a class, turns and stretches help more than they cost."""


@register("augment", "auto", title="Automatic")
class Automatic(Augment):
    """Small shifts and changes of light; turns and stretches where a class has few images; mirrors for colour.

    Drawings and letters are not mirrored, because that changes what they mean. ``custom`` sets each number by hand.
    """

    class Params(Parameters):
        """Parameters of the augmentation."""

        strength: float = parameter(1.0, "How much of it, 0 for none", minimum=0.0, maximum=3.0, step=0.1)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures."""
        few, colour, strength = self.images_per_class < FEW, self.shape[2] > 1, self.params.strength
        if not strength:
            return pictures
        return changed(
            pictures,
            generator,
            turn=strength * (15.0 if few else 0.0),
            stretch=strength * (0.15 if few else 0.0),
            shift=strength * (0.08 if few else 0.06),
            light=strength * (0.2 if few else 0.1),
            colour=strength * (0.1 if colour else 0.0),
            mirror=colour,
        )
