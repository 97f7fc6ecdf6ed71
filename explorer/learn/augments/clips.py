"""Augmentation of clips."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import changed
from explorer.learn.augments.transforms import Draws


@register("augment", "clips", title="Clips")
class Clips(Augment):
    """One random map and one change of light for a whole clip, so that nothing moves that did not move before.

    The order of the frames stays, and so does left and right, as a motion may be what a class is.
    """

    reads = frozenset({"video"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        turn: float = parameter(5.0, "Largest turn", minimum=0.0, maximum=180.0, step=1, unit="°")
        stretch: float = parameter(0.1, "Largest stretch along an axis", minimum=0.0, maximum=1.0, step=0.01)
        shift: float = parameter(0.06, "Largest shift, as a share of the side", minimum=0.0, maximum=0.5, step=0.01)
        light: float = parameter(0.1, "Largest change of contrast and brightness", minimum=0.0, maximum=1.0, step=0.01)
        mirror: bool = parameter(False, "Mirror every second clip")

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed strips (B, C, F · S, S)."""
        count, channels, height, width = pictures.shape
        side = min(height, width)
        frames = pictures.reshape(count, channels * (height // side), side, width)
        return changed(frames, Draws(frames, generator), **self.params.model_dump()).reshape(pictures.shape)
