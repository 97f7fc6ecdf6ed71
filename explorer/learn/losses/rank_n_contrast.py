"""Rank-N-Contrast."""

from __future__ import annotations

from typing import ClassVar

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import Loss, census_parameter
from explorer.learn.losses.ordered import FAMILY, NEEDS, ordered


@register("loss", "rank_n_contrast", title="Rank-N-Contrast", reference="Zha et al. 2023")
class RankNContrast(Loss):
    """An item shall be nearer than all whose number is farther from that of the anchor: contrast without classes.

    The mean over all pairs (a, p) of −log exp(−d_ap / T) / Σ_n exp(−d_an / T), with the sum over all n whose target is
    at least as far from that of a as the target of p is, p included; d: the distance of the recipe; T: ``temperature``
    (Zha et al., 2023, whose distance is Euclidean without a scaling and T is 2). So the embedding takes the order of
    the target. It needs a target and no classes, and follows no miner. O(B² log B) time, O(B²) memory. Active is the
    share of pairs with another row among the n that is at least as near as p.
    """

    family = FAMILY
    needs: ClassVar[frozenset[str]] = NEEDS
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = parameter(
            0.2, "The lower, the more the nearest rows count (T)", minimum=0.01, maximum=10.0, live=True,
            logarithmic=True,
        )  # fmt: skip
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over all pairs."""
        found = ordered(batch)
        if len(batch) < 2:
            return LossOutput(batch.embeddings.sum() * 0.0, batch.embeddings.new_zeros(()))
        logits = -found.distances / self.params.temperature
        from_far = logits.flip(1).logcumsumexp(dim=1).flip(1)  # of each row and all behind it
        first = torch.searchsorted(found.apart.contiguous(), found.apart.contiguous())  # of those as far as this one
        terms = from_far.gather(1, first) - logits
        nearest = logits.detach().flip(1).cummax(dim=1).values.flip(1).gather(1, first)
        return LossOutput(terms.mean(), (nearest > logits.detach()).float().mean())
