"""Augmentation of letters, digits and drawings."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import changed
from explorer.learn.augments.transforms import Draws, one_for_each_class, quarter_turned

QUARTERS = 4


@register("augment", "digits", title="Letters and drawings", reference="Vinyals et al. 2016")
class Digits(Augment):
    """Turns to 15°, stretches, shifts and changes of light; never mirrored, since that makes another letter.

    ``quarter_turns_as_classes``: each class c turned by 0, 90, 180 or 270 degrees is a class of its own, 4 c + turn,
    which gives four times as many classes to learn from. In a batch all images of a class are turned alike, so that
    it keeps its P classes of K images.
    """

    class Params(Parameters):
        """Parameters of the augmentation."""

        strength: float = parameter(1.0, "How much of it, 0 for none", minimum=0.0, maximum=3.0, step=0.1)
        quarter_turns_as_classes: bool = parameter(False, "A class turned by 90, 180 or 270° is another class")

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int], images_per_class: float) -> None:
        super().__init__(params, shape=shape, images_per_class=images_per_class)
        if self.params.quarter_turns_as_classes and shape[0] != shape[1]:
            raise UserError("Quarter turns need square pictures", remedy="Set augment.quarter_turns_as_classes=false")

    @property
    def class_factor(self) -> int:
        """Four, where quarter turns make new classes."""
        return QUARTERS if self.params.quarter_turns_as_classes else 1

    def relabelled(self, pictures: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return changed pictures and, where quarter turns make classes, the labels of these."""
        if self.class_factor > 1:
            turns = one_for_each_class(labels, QUARTERS, generator)
            pictures = quarter_turned(pictures, turns)
            labels = torch.where(labels < 0, labels, labels * QUARTERS + turns)
        return self(pictures, generator), labels

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures."""
        strength = self.params.strength
        if not strength:
            return pictures
        out = changed(
            pictures,
            Draws(pictures, generator),
            turn=15.0 * strength,
            stretch=0.15 * strength,
            shift=min(0.08 * strength, 0.5),
            light=min(0.2 * strength, 1.0),
        )
        return out.clamp_(0, 1)
