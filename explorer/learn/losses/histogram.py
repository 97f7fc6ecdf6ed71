"""The histogram loss."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, pair_masks, share
from explorer.learn.losses.pairs import PairLoss, PairParams, cosines


@register("loss", "histogram", reference="Ustinova and Lempitsky 2016")
class Histogram(PairLoss):
    """How likely a pair of two classes is more alike than a pair of one class, from histograms of their cosines.

    Σ_r h⁻_r Σ_{q ≤ r} h⁺_q; h⁺ and h⁻: the shares of the pairs of one and of two classes at the cosines −1, −1 + Δ, …,
    1, Δ = 2 / ``bins``, where a pair between two of them is divided linearly, which gives the gradient. A pair counts
    once, whichever of its items comes first. Cosines are taken whatever the distance of the recipe, which only the
    miner uses. It has no margin. A miner restricts the pairs to those of its triplets.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        bins: int = parameter(100, "Into how many bins cosines are counted", minimum=2, maximum=1000, live=True)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the probability; active: the share of the pairs of two classes above the least alike of one."""
        s = cosines(batch)
        alike, unlike = (
            _shares(s, (mask | mask.T).triu(diagonal=1), self.params.bins) for mask in pair_masks(batch, triplets)
        )
        below = alike.cumsum(dim=0)
        reached = below.detach() > 0
        active = (unlike.detach() * reached).sum().clamp(max=1)
        return LossOutput((unlike * below).sum(), share(active, torch.ones_like(active)))


def _shares(s: Tensor, mask: Tensor, bins: int) -> Tensor:
    """Return the shares of the cosines in a mask at the bins + 1 nodes from −1 to 1; zeros where there are none."""
    place = (s + 1) * (bins / 2)
    node = place.detach().floor().clamp(0, bins - 1)
    upper = torch.where(mask, place - node, 0.0).flatten()
    lower = torch.where(mask, 1 - (place - node), 0.0).flatten()
    counts = s.new_zeros(bins + 1)
    at = node.long().flatten()
    counts = counts.scatter_add(0, at, lower).scatter_add(0, at + 1, upper)
    return counts / mask.sum().clamp(min=1)
