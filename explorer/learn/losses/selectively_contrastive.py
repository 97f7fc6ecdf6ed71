"""The selectively contrastive triplet loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import Loss, census_parameter
from explorer.learn.losses.pairs import cosines
from explorer.learn.slopes import with_slope


@register(
    "loss",
    "selectively_contrastive",
    title="Selectively contrastive triplet",
    reference="Xuan, Stylianou, Liu and Pless 2020",
)
class SelectivelyContrastive(Loss):
    """Where a negative is more similar than the positive, only push it away: hard negatives then no longer collapse.

    λ s_an where s_an > s_ap, else −log( exp(s_ap / T) / (exp(s_ap / T) + exp(s_an / T)) ), averaged over the triplets
    (a, p, n), all or the mined ones. s: the cosine of two embeddings, whatever the distance of the recipe, which the
    miner uses; λ: ``push``; T: ``temperature`` (Xuan, Stylianou, Liu and Pless, 2020). A usual triplet loss pulls and
    pushes a hard triplet along nearly one line, and moves both items the same way; here the pull is left out there. In
    the paper the miner takes the nearest negative. One positive of each anchor at a time: O(B² K) time for K images a
    class, O(B²) memory. Active is the share of triplets whose negative is more similar than the positive.
    """

    family = "Triplets"

    class Params(Parameters):
        """Parameters of the loss."""

        push: float = parameter(
            1.0, "Weight of the cosine of a hard negative (λ)", minimum=0.0, maximum=10.0, step=0.1, live=True
        )
        temperature: float = parameter(
            0.1,
            "How soon a triplet is good enough: the smaller, the sooner (T)",
            minimum=0.01,
            maximum=2.0,
            step=0.01,
            live=True,
            logarithmic=True,
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the mined triplets, or over all."""
        s = cosines(batch)
        if triplets is None:
            return self._over_all(s, batch)
        flat, rows = s.flatten(), len(batch)
        s_ap = flat[triplets.anchors * rows + triplets.positives]
        s_an = flat[triplets.anchors * rows + triplets.negatives]
        hard = s_an.detach() > s_ap.detach()
        easy = F.softplus(((s_an - s_ap) / self.params.temperature).clamp(max=0.0))
        terms = torch.where(triplets.valid, torch.where(hard, self.params.push * s_an, easy), 0.0)
        count = triplets.valid.sum()
        return LossOutput(mean_of(terms, count), share((hard & triplets.valid).sum(), count))

    def _over_all(self, s: Tensor, batch: Batch) -> LossOutput:
        valid = batch.pairs.valid & batch.same.gather(1, batch.pairs.positives)
        total, hard, slope = self._sums(s.detach(), batch, valid)
        count = (valid.sum(dim=1) * batch.different.sum(dim=1)).sum()
        value = (total / count.clamp(min=1)).to(s.dtype)
        return LossOutput(with_slope(s, value, slope / count.clamp(min=1)), share(hard, count))

    def _sums(self, s: Tensor, batch: Batch, valid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the sum of all terms, how many are hard, and the gradient of the sum by each cosine, (B, B)."""
        push, temperature = self.params.push, self.params.temperature
        total = torch.zeros((), dtype=torch.float64, device=s.device)
        hard, slope = torch.zeros((), dtype=torch.int64, device=s.device), torch.zeros_like(s)
        for column, real in zip(batch.pairs.positives.T[:, :, None], valid.T[:, :, None], strict=True):
            gap = (s - s.gather(1, column)) / temperature
            counted = batch.different & real
            above = counted & (gap > 0)
            easy = counted ^ above
            odds = gap.clamp_(max=0.0).exp_()
            total += (torch.log1p(odds) * easy).double().sum() + push * (s * above).double().sum()
            weight = odds.div_(1.0 + odds).mul_(easy).div_(temperature)
            slope += weight
            slope.scatter_add_(1, column, -weight.sum(dim=1, keepdim=True))
            slope += push * above
            hard += above.sum()
        return total, hard, slope
