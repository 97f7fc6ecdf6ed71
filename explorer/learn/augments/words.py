"""Augmentation of texts."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment

BLANK, A = 32, 97


@register("augment", "words", title="Words", reference="Wei and Zou 2019")
class Words(Augment):
    """Some words are left out, and some letters are others: what a text says with fewer words and with slips.

    A text whose words would all be left out stays as it is. Letters are those of ASCII; the others keep their bytes.
    """

    reads = frozenset({"text"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        dropout: float = parameter(0.1, "Share of the words that are left out", minimum=0.0, maximum=0.9, step=0.05)
        noise: float = parameter(0.02, "Share of the letters that are others", minimum=0.0, maximum=0.9, step=0.01)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed texts (B, 1, 1, L)."""
        text = (pictures.flatten(1) * 255).round().long()
        draws = torch.rand((3, *text.shape), generator=generator, device=text.device)
        blank = text <= BLANK
        begins = ~blank & torch.cat((torch.ones_like(blank[:, :1]), blank[:, :-1]), dim=1)
        word = begins.cumsum(dim=1)
        left_out = (draws[0] < self.params.dropout).gather(1, word.clamp(max=text.shape[1] - 1)) & ~blank
        none_left = (left_out | blank).all(dim=1, keepdim=True)
        kept = (~left_out | none_left) & (text > 0)
        letters = ((text | BLANK) >= A) & ((text | BLANK) < A + 26) & (text < 128)
        other = A + (draws[2] * 26).long().clamp(max=25)
        text = torch.where(letters & (draws[1] < self.params.noise), other, text)
        order = torch.argsort((~kept).to(torch.uint8), dim=1, stable=True)  # what is kept moves together
        moved = text.masked_fill(~kept, 0).gather(1, order)
        return (moved.to(pictures.dtype) / 255).reshape(pictures.shape)
