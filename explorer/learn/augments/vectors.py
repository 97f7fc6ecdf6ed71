"""Augmentation of vectors."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment


@register("augment", "vectors", title="Vectors")
class Vectors(Augment):
    """Gaussian noise on every number, and some numbers replaced by their mean: two views of a row of a table.

    x'ₖ = x̄ₖ with the probability ``dropout``, else xₖ + ``noise`` · sₖ · N(0, 1); x̄ₖ, sₖ: mean and standard deviation
    of the k-th number in the batch.
    """

    reads = frozenset({"pictures", "vectors"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        noise: float = parameter(0.1, "Noise, in standard deviations", minimum=0.0, maximum=2.0, step=0.05)
        dropout: float = parameter(0.1, "Share of numbers replaced by their mean", minimum=0.0, maximum=0.9, step=0.05)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed vectors."""
        mean = pictures.mean(dim=0, keepdim=True)
        deviation = pictures.std(dim=0, keepdim=True, correction=0)
        normal = torch.empty_like(pictures).normal_(generator=generator)
        chance = torch.empty_like(pictures).uniform_(generator=generator)
        noisy = torch.addcmul(pictures, normal, deviation, value=self.params.noise)
        return torch.where(chance < self.params.dropout, mean, noisy)
