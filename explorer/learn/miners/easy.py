"""The easy miner."""

from __future__ import annotations

import torch

from explorer.core.registry import register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, RankedNegatives


@register("miner", "easy")
class Easy(Miner):
    """Every pair of one class with a negative that is already far enough: d_an ≥ d_ap + m; the hinge learns nothing.

    The negative is drawn uniformly from those; a pair without one is left out. It is there to see what easy means.
    """

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet a pair of one class."""
        ranked = RankedNegatives(batch)
        first = ranked.below(ranked.near + margin)
        last = ranked.counts[:, None].expand_as(first)
        return ranked.triplets(ranked.draw(first, last, generator), first < last)
