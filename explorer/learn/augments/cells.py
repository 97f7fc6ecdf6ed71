"""Augmentation of rows of measurements: some of their cells come from others."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.augments.base import Augment


@register("augment", "cells", title="Corrupted cells", reference="Bahri, Jiang, Tay and Metzler 2022")
class Cells(Augment):
    """Some cells of a row are taken from other rows of the batch, number and category in one (SCARF)."""

    reads = frozenset({"table"})

    class Params(Parameters):
        """Parameters of the augmentation."""

        share: float = parameter(0.1, "Share of the cells that are replaced", minimum=0.0, maximum=0.9, step=0.05)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed (B, 2, F, 1) rows."""
        count, _, columns, _ = pictures.shape
        chance = torch.rand((count, columns), generator=generator, device=pictures.device)
        others = torch.randint(count, (count, columns), generator=generator, device=pictures.device)
        swapped = pictures.gather(0, others[:, None, :, None].expand_as(pictures))
        return torch.where((chance < self.params.share)[:, None, :, None], swapped, pictures)
