"""Several positives and several negatives of an anchor in one hinge."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.base import Loss


@register("loss", "mixed", reference="after Kaya and Bilge 2019")
class Mixed(Loss):
    """Several positives of an anchor shall on average be nearer than several negatives of it.

    The mean over the anchors a of [m + 1/P Σ_p d_ap − 1/N Σ_n d_an]₊; p: its P farthest rows of its class; n: the N
    nearest of others; P: ``positives``; N: ``negatives``, of each as many as there are; m: ``margin``. One of each is
    the triplet loss of the hardest rows (Hermans, Beyer and Leibe, 2017); all of both compare the means of two
    distributions. The survey of Kaya and Bilge (2019) names a mixed loss with several positives and negatives of an
    anchor and gives no formula that could be read; this is the plain one. A miner restricts the rows to those of its
    triplets. O(B² log B) time. Active is the share of the anchors, of those with both, whose hinge is not zero.
    """

    family = "Triplets"

    class Params(Parameters):
        """Parameters of the loss."""

        positives: int = parameter(
            3, "Positives of each anchor, the farthest (P)", minimum=0, maximum=1024, zero="all of them"
        )
        negatives: int = parameter(
            3, "Negatives of each anchor, the nearest (N)", minimum=0, maximum=1024, zero="all of them"
        )
        margin: float = parameter(
            0.2, "How much nearer the positives shall be (m)", minimum=0.0, maximum=4.0, step=0.01, live=True
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors that have a positive and a negative."""
        same, different = pair_masks(batch, triplets)
        near, found = farthest(batch.distances, same, self.params.positives)
        far, others = farthest(-batch.distances, different, self.params.negatives)
        both = found & others
        hinge = F.relu(torch.where(both, near + far + self.params.margin, 0.0))
        return LossOutput(mean_of(hinge, both.sum()), share((hinge > 0).sum(), both.sum()))


def farthest(distances: Tensor, mask: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Return the mean of the ``most`` largest distances of each row that are in its mask, and whether it has any.

    ``most`` 0: all of them. (B, B) twice to (B,) twice; a row without any is zero.
    """
    counts = mask.sum(dim=1)
    kept = mask
    if most and most < mask.shape[1]:
        best = distances.detach().masked_fill(~mask, -torch.inf).topk(most, dim=1).indices
        kept = torch.zeros_like(mask).scatter_(1, best, True) & mask
        counts = counts.clamp(max=most)
    total = torch.where(kept, distances, 0.0).sum(dim=1)
    return total / counts.clamp(min=1), counts > 0
