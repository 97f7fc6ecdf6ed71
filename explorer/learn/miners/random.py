"""The random miner."""

from __future__ import annotations

import torch

from explorer.core.registry import register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, padded


@register("miner", "random")
class Random(Miner):
    """Every pair of one class with one negative drawn uniformly, however near or far."""

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return one triplet a pair of one class; O(B K), without a look at any distance."""
        pairs = batch.pairs
        shape, device = pairs.positives.shape, pairs.positives.device
        counts = (len(batch) - 1 - pairs.counts)[:, None]
        drawn = (torch.rand(shape, generator=generator, device=device) * counts).long()
        drawn = torch.minimum(drawn, (counts - 1).clamp(min=0))
        # In the order by class, the negatives of an anchor are all rows before and after its own class.
        place = torch.where(drawn < pairs.start[:, None], drawn, drawn + (pairs.end - pairs.start)[:, None])
        negatives = pairs.order[place.clamp(max=max(len(batch) - 1, 0))]
        return padded(batch, negatives, pairs.valid & (counts > 0))
