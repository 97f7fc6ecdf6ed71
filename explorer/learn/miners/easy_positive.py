"""The easy positive miner."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, RankedNegatives


@register("miner", "easy_positive", title="Easy positive", reference="Xuan, Stylianou and Pless 2020")
class EasyPositive(Miner):
    """Every anchor with its nearest positive, so that a class may stay in several clusters; O(B² log B).

    ``negatives`` ``semi_hard``: with the nearest negative that is farther than that positive, d_an > d_ap; an anchor
    without one is left out. ``hardest``: with the nearest negative.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        negatives: str = parameter(
            "semi_hard",
            "The nearest negative farther than the positive, or the nearest of all",
            choices=("semi_hard", "hardest"),
        )

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet an anchor."""
        pairs, ranked = batch.pairs, RankedNegatives(batch)
        anchors = torch.arange(len(batch), device=ranked.near.device)
        if not pairs.positives.shape[1]:
            return Triplets(anchors, anchors, anchors, torch.zeros_like(anchors, dtype=torch.bool))
        near, at = ranked.near.masked_fill(~pairs.valid, torch.inf).min(dim=1, keepdim=True)
        rank = torch.zeros_like(at)
        if self.params.negatives == "semi_hard":
            rank = ranked.below(near, inclusive=True)
        valid = (pairs.counts > 0) & (rank.squeeze(1) < ranked.counts)
        negatives = ranked.rows.gather(1, rank.clamp(max=len(batch) - 1))
        return Triplets(anchors, pairs.positives.gather(1, at).squeeze(1), negatives.squeeze(1), valid)
