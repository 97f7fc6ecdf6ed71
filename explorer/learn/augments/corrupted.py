"""Augmentation of vectors: some of their numbers come from others."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment


@register("augment", "corrupted", title="Corrupted numbers", reference="Bahri, Jiang, Tay and Metzler 2022")
class Corrupted(Augment):
    """Some numbers of a vector are taken from other vectors of the batch; for two views of vectors.

    Each number is replaced with probability ``share`` by that of a vector drawn anew, so that it keeps the values it
    has in the data but loses what it has to do with the rest (SCARF). Pictures lose pixels in the same way.
    """

    reads = frozenset({"pictures", "vectors"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        share: float = parameter(0.3, "Share of the numbers that are replaced", minimum=0.0, maximum=0.9, step=0.05)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed pictures or vectors."""
        rows = pictures.flatten(1)
        replaced = torch.rand(rows.shape, generator=generator, device=rows.device) < self.params.share
        others = torch.randint(len(rows), rows.shape, generator=generator, device=rows.device)
        return torch.where(replaced, rows.gather(0, others), rows).reshape(pictures.shape)
