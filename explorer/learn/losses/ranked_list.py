"""The ranked list loss."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.pairs import NOTHING, PairLoss, PairParams, judged


@register("loss", "ranked_list", reference="Wang, Hua, Kodirov, Hu, Garnier and Robertson 2019")
class RankedList(PairLoss):
    """An anchor keeps its class within a ball, and all other classes a margin farther, the worst of them first.

    Mean over the anchors of (1 − λ) Σ_p w_p (d_ap − α + m) / Σ_p w_p + λ Σ_n w_n (α − d_an) / Σ_n w_n over the pairs
    that violate it, d_ap > α − m and d_an < α, with the weights w_p = exp(T₊ (d_ap − α + m)) and w_n = exp(T₋ (α −
    d_an)). d: the distance of the recipe; α: ``boundary`` of the other classes; m: ``margin``; λ: ``balance``; T₊ and
    T₋: ``pull`` and ``push``. A miner restricts the pairs to those of its triplets.
    """

    family = "Ranking"

    class Params(PairParams):
        """Parameters of the loss."""

        margin: float = parameter(
            0.4, "Between the ball of a class and the other classes", minimum=0.0, maximum=2.0, step=0.05, live=True
        )
        boundary: float = parameter(
            1.2, "How far the other classes shall be", minimum=0.0, maximum=4.0, step=0.05, live=True
        )
        balance: float = parameter(
            0.5, "Share of the pairs of two classes in the loss", minimum=0.0, maximum=1.0, step=0.05, live=True
        )
        pull: float = parameter(
            0.0, "How sharply the worst pairs of one class are weighted", minimum=0.0, maximum=50.0, step=0.5, live=True
        )
        push: float = parameter(
            10.0,
            "How sharply the worst pairs of two classes are weighted",
            minimum=0.0,
            maximum=50.0,
            step=0.5,
            live=True,
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors, also those that nothing violates, whose loss is zero."""
        same, different = pair_masks(batch, triplets)
        boundary, balance, d = self.params.boundary, self.params.balance, batch.distances
        pull, pulling = _weighted(d - (boundary - self.params.margin), same, self.params.pull)
        push, pushing = _weighted(boundary - d, different, self.params.push)
        value = mean_of((1 - balance) * pull + balance * push, judged(batch).sum())
        return LossOutput(value, share(pulling + pushing, same.sum() + different.sum()))


def _weighted(excess: Tensor, mask: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Return the mean of what exceeds zero in each row, weighted by exp(temperature · excess), and their number."""
    real = mask & (excess > 0)
    weights = (temperature * excess).masked_fill(~real, NOTHING).softmax(dim=1)
    return torch.where(real, weights * excess, 0.0).sum(dim=1), real.sum()
