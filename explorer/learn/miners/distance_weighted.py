"""Distance-weighted sampling."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.distances.base import squared, unit
from explorer.learn.miners.base import Miner, drawn, padded


@register(
    "miner",
    "distance_weighted",
    title="Distance-weighted",
    reference="Wu, Manmatha, Smola and Krähenbühl 2017",
)
class DistanceWeighted(Miner):
    """Every pair of one class with a negative drawn so that near and far ones come equally often.

    P(n | a) ∝ min(λ, 1 / q(d_an)), where q is how distances between random points of the unit sphere in n dimensions
    are distributed: log q(d) = (n − 2) log d + (n − 3)/2 · log(1 − d²/4). d: the chord distance of unit-length
    embeddings, whatever the distance of the recipe; λ = 1 / q(``cutoff``): nearer ones are not drawn more often, since
    their gradient is mostly noise. Negatives beyond ``farthest`` are not drawn, and an anchor that has no other one is
    left out. The weights of every anchor are normalised by themselves in the logarithm, so that no anchor loses all of
    them where 1 / q spans hundreds of orders of magnitude, as in 512 dimensions. O(B²).
    """

    class Params(Parameters):
        """Parameters of the miner."""

        cutoff: float = parameter(
            0.5, "Below this distance negatives are not drawn more often", minimum=0.05, maximum=1.4, step=0.05
        )
        farthest: float = parameter(
            1.4, "Negatives at least so far away are not drawn; 2: none is", minimum=0.1, maximum=2.0, step=0.05
        )

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet a pair of one class."""
        rows, some = drawn(self.weights(batch), batch.pairs.positives.shape[1], generator)
        return padded(batch, rows, batch.pairs.valid & some[:, None])

    def weights(self, batch: Batch) -> Tensor:
        """Return how likely each row is drawn for each anchor, (B, B) with rows that sum to one, or are all zero."""
        n = batch.embeddings.shape[1]
        distances = squared(unit(batch.embeddings.detach().double())).sqrt()
        allowed = batch.different & (distances < self.params.farthest)
        d = distances.clamp(min=self.params.cutoff)
        log_q = (n - 2) * d.log() + (n - 3) / 2 * (1 - d.square() / 4).clamp(min=1e-12).log()
        logits = (-log_q).masked_fill(~allowed, -torch.inf)
        return logits.softmax(dim=1).masked_fill(~allowed, 0.0)
