"""The miner that mines nothing."""

from __future__ import annotations

import torch

from explorer.core.registry import register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner


@register("miner", "all")
class All(Miner):
    """Every triplet of the batch; the triplet loss is then exact."""

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return None: all of them."""
        return None
