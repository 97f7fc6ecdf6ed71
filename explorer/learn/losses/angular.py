"""The angular loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, pair_masks, share
from explorer.learn.losses.pairs import NOTHING, PairLoss, PairParams, cosines, positives


@register("loss", "angular", reference="Wang, Zhou, Wen, Liu and Lin 2017")
class Angular(PairLoss):
    """The angle at which a negative sees a pair of one class shall be small, whatever the scale of the triangle.

    Mean over the anchor–positive pairs of log(1 + Σ_n exp(4 tan²α (a + p)·n − 2 (1 + tan²α) a·p)). a, p: two items of
    one class; n: the items of other classes; α: ``angle``. All of them are scaled to unit length, the negatives too, so
    that the loss does not depend on the lengths of embeddings; the distance of the recipe is only used by the miner. A
    miner restricts the pairs to those of its triplets. (a + p)·n is the sum of two cosines, hence O(B² K) time for K
    images a class and O(B²) memory: one positive of each anchor at a time.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        angle: float = parameter(40.0, "The largest angle", minimum=5.0, maximum=80.0, step=1.0, unit="°", live=True)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchor–positive pairs whose anchor has a negative."""
        s = cosines(batch)
        same, different = pair_masks(batch, triplets)
        others, real = positives(batch, same)
        real = real & different.any(dim=1, keepdim=True)
        total, active, slope = self._sum(s.detach(), others, real, different)
        count = real.sum()
        linear = (slope * s).sum() / count.clamp(min=1)
        value = linear + (total.to(s.dtype) / count.clamp(min=1) - linear.detach())
        return LossOutput(value, share(active, count))

    def _sum(self, s: Tensor, others: Tensor, real: Tensor, different: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the sum of all terms, how many are not zero, and the gradient of the sum by each cosine, (B, B)."""
        square = math.tan(math.radians(self.params.angle)) ** 2
        far, near = 4 * square, 2 * (1 + square)
        slope, zero = torch.zeros_like(s), s.new_zeros(len(s), 1)
        total = torch.zeros((), dtype=torch.float64, device=s.device)
        active = torch.zeros((), dtype=torch.int64, device=s.device)
        for positive, valid in zip(others.T, real.T, strict=True):
            s_ap = s.gather(1, positive[:, None])
            terms = (far * (s + s[positive]) - near * s_ap).masked_fill(~different, NOTHING)
            each = torch.cat((zero, terms), dim=1).logsumexp(dim=1, keepdim=True)
            weight = (terms - each).exp() * valid[:, None]
            slope += far * weight
            slope.index_add_(0, positive, far * weight)
            slope.scatter_add_(1, positive[:, None], -near * weight.sum(dim=1, keepdim=True))
            total += (each.squeeze(1) * valid).double().sum()
            active += ((each.squeeze(1) > 0) & valid).sum()
        return total, active, slope
