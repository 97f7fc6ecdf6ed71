"""The lifted structure loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.pairs import PairLoss, PairParams, log_sum_exp, positives


@register("loss", "lifted_structure", reference="Song, Xiang, Jegelka and Savarese 2016; Hermans, Beyer and Leibe 2017")
class LiftedStructure(PairLoss):
    """Each pair of one class is compared with all pairs of two classes that either of its items is in.

    ``pairs`` (Song, Xiang, Jegelka and Savarese, 2016): the mean over the pairs (i, j) of one class of ½ [J_ij]₊², J_ij
    = d_ij − m₊ + log(Σ_k exp(m − d_ik) + Σ_l exp(m − d_jl)), k and l of other classes than i and j. ``generalised``
    (Hermans, Beyer and Leibe, 2017): the mean over the anchors a that have both sorts of pairs of [log Σ_p exp(d_ap −
    m₊) + log Σ_n exp(m − d_an)]₊. d: the distance of the recipe; m: ``margin``; m₊: ``positive_margin``. The sums over
    k and l are those of an item, not of a pair, so that it is O(B²). A miner restricts the pairs to those of its
    triplets.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        margin: float = parameter(
            1.0, "How far apart two classes are pushed", minimum=0.0, maximum=4.0, step=0.05, live=True
        )
        positive_margin: float = parameter(
            0.0, "Below this distance a pair of one class weighs less", minimum=0.0, maximum=2.0, step=0.05, live=True
        )
        form: str = parameter(
            "pairs", "One term for each pair of one class, or one for each anchor", choices=("pairs", "generalised")
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the pairs of one class, or over the anchors."""
        same, different = pair_masks(batch, triplets)
        push = log_sum_exp(self.params.margin - batch.distances, different)
        if self.params.form == "generalised":
            return self._over_anchors(batch, same, different, push)
        return self._over_pairs(batch, same, push)

    def _over_pairs(self, batch: Batch, same: Tensor, push: Tensor) -> LossOutput:
        others, real = positives(batch, same)
        pushes = torch.logaddexp(push[:, None], push[others])
        lifted = batch.distances.gather(1, others) - self.params.positive_margin + pushes
        each = torch.where(real, F.relu(lifted), 0.0)
        count = real.sum()
        return LossOutput(mean_of(each.square() / 2, count), share((each > 0).sum(), count))

    def _over_anchors(self, batch: Batch, same: Tensor, different: Tensor, push: Tensor) -> LossOutput:
        others, real = positives(batch, same)
        pull = log_sum_exp(batch.distances.gather(1, others) - self.params.positive_margin, real)
        both = same.any(dim=1) & different.any(dim=1)
        each = torch.where(both, F.relu(pull + push), 0.0)
        count = both.sum()
        return LossOutput(mean_of(each, count), share((each > 0).sum(), count))
