"""Pairs on the wrong side of a margin."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner, ZippedPairs


@register("miner", "pair_margin", title="Pair margin", reference="Musgrave, Belongie and Lim 2020")
class PairMargin(Miner):
    """Pairs of one class that are too far apart, and pairs of two classes that are too near; O(B² log B).

    d_ap > m₊ and d_an < m₋; m₊: ``positive_margin``; m₋: ``negative_margin``. It chooses pairs, for losses over pairs.
    For losses over triplets the pairs of an anchor are zipped, so that each comes at least once; an anchor with chosen
    pairs of one sort only has no triplet.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        positive_margin: float = parameter(
            0.2, "Pairs of one class farther apart than this are chosen", minimum=0.0, maximum=4.0, step=0.05
        )
        negative_margin: float = parameter(
            0.8, "Pairs of two classes nearer than this are chosen", minimum=0.0, maximum=4.0, step=0.05
        )

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return the chosen pairs, and at most B − 1 triplets an anchor."""
        d = batch.distances.detach()
        too_far, too_near = d > self.params.positive_margin, d < self.params.negative_margin
        return ZippedPairs(batch.same & too_far, batch.different & too_near)
