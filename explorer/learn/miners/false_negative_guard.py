"""A guard against negatives that are none."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, RankedNegatives, ZippedPairs


@register("miner", "false_negative_guard", title="False-negative guard", reference="Moreira et al. 2024")
class FalseNegativeGuard(Miner):
    """Every pair of one class with a negative that is not suspiciously near; for data with wrong labels; O(B² log B).

    A negative with d_an < c d_ap is left out: what is so much nearer than the positive is probably of the same class
    and labelled wrongly, or the anchor is; c: ``share``; d: the distance of the recipe. ``pick`` takes of the others
    the ``nearest``, a ``random`` one, or ``all``, for losses over pairs: then d_ap is that of the nearest positive of
    the anchor. A pair all of whose negatives are too near is left out. In the paper (Moreira et al., 2024) similarities
    are compared, s_an ≤ 0.95 s_ap; of distances that may fall below zero, such as the dot product, it is d_ap less (1 −
    c) times its size.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        share: float = parameter(
            0.95,
            "A negative nearer than this share of the distance of the positive is left out (c)",
            minimum=0.0,
            maximum=1.0,
            step=0.01,
        )
        pick: str = parameter("nearest", "Which of the other negatives", choices=("nearest", "random", "all"))

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet a pair of one class; with ``all`` the chosen pairs."""
        if self.params.pick == "all":
            return self._every(batch)
        ranked = RankedNegatives(batch)
        first = ranked.below(self._limit(ranked.near))
        last = ranked.counts[:, None].expand_as(first)
        ranks = ranked.draw(first, last, generator) if self.params.pick == "random" else first
        return ranked.triplets(ranks, first < last)

    def _every(self, batch: Batch) -> Triplets:
        distances = batch.distances.detach()
        nearest = distances.masked_fill(~batch.same, torch.inf).amin(dim=1, keepdim=True)
        some = nearest < torch.inf
        limit = self._limit(torch.where(some, nearest, -torch.inf))  # without a positive nothing is suspicious
        return ZippedPairs(batch.same, batch.different & (distances >= limit))

    def _limit(self, near: Tensor) -> Tensor:
        """Return the distance below which a negative is suspicious, of that of a positive."""
        limit: Tensor = near - (1.0 - self.params.share) * near.abs()
        return torch.where(near.isinf(), near, limit)
