"""Augmentation of pictures and their captions."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, create, parameter, register
from explorer.learn.augments.base import Augment
from explorer.learn.augments.custom import changed
from explorer.learn.augments.transforms import Draws


@register("augment", "captioned", title="Pictures and captions", reference="Radford et al. 2021")
class PicturesAndCaptions(Augment):
    """Pictures are shifted and their light is changed, never mirrored: captions say left and right, and name letters.

    Of captions some words may be left out. What is on neither side of an item stays empty.
    """

    reads = frozenset({"captioned"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        shift: float = parameter(0.06, "Largest shift, as a share of the side", minimum=0.0, maximum=0.5, step=0.01)
        light: float = parameter(0.1, "Largest change of contrast and brightness", minimum=0.0, maximum=1.0, step=0.01)
        dropout: float = parameter(0.0, "Share of the words that are left out", minimum=0.0, maximum=0.9, step=0.05)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int], images_per_class: float) -> None:
        super().__init__(params, shape=shape, images_per_class=images_per_class)
        words = {"dropout": self.params.dropout, "noise": 0.0}
        self.words: Augment = create("augment", "words", words, shape=shape, images_per_class=images_per_class)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures and captions (B, C, H, W)."""
        side = self.shape[1]
        pixels, bytes_ = pictures[:, :, :side], pictures[:, :, side:].permute(0, 2, 3, 1)
        captions = bytes_.flatten(1)[:, 0] > 0
        moved = changed(pixels, Draws(pixels, generator), shift=self.params.shift, light=self.params.light).clamp(0, 1)
        pixels = torch.where(captions[:, None, None, None], pixels, moved)
        if self.params.dropout:
            said = self.words(bytes_.flatten(1)[:, None, None], generator).reshape(bytes_.shape)
            bytes_ = torch.where(captions[:, None, None, None], said, bytes_)
        return torch.cat((pixels, bytes_.permute(0, 3, 1, 2)), dim=2)
