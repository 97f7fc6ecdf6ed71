"""The mining of the multi-similarity loss."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets, between_classes, chosen_positives
from explorer.learn.miners.base import Miner, ZippedPairs


@register("miner", "multi_similarity", title="Multi-similarity", reference="Wang, Han, Huang, Dong and Scott 2019")
class MultiSimilarity(Miner):
    """Pairs that say something beside the others of their anchor: within ε of being in the wrong order; O(B² log B).

    A pair of one class is chosen where d_ap > min_n d_an − ε, a pair of two classes where d_an < max_p d_ap + ε; ε:
    ``epsilon``. In the paper d is 1 − cosine, here it is the distance of the recipe. Losses over pairs learn from
    exactly these; losses over triplets from those in which each of them comes at least once, the pairs of an anchor
    zipped.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        epsilon: float = parameter(
            0.1, "How far from the wrong order a pair may be", minimum=0.0, maximum=2.0, step=0.01
        )

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return the chosen pairs, and at most B − 1 triplets an anchor."""
        d, epsilon = batch.distances.detach(), self.params.epsilon
        columns, real = chosen_positives(batch)
        near = d.gather(1, columns)
        nearest = between_classes(d.clone(), batch, torch.inf).amin(dim=1, keepdim=True)
        same = torch.zeros_like(d, dtype=torch.bool).scatter_(1, columns, real & (near + epsilon > nearest))
        farthest = torch.full_like(d[:, :1], -torch.inf)
        if columns.shape[1]:
            farthest = near.masked_fill_(~real, -torch.inf).amax(dim=1, keepdim=True)
        return ZippedPairs(same, between_classes(d - epsilon < farthest, batch, False))
