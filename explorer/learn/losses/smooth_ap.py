"""Smooth-AP."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, softness_parameter, views_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "smooth_ap", title="Smooth-AP", reference="Brown, Xie, Kalogeiton and Zisserman 2020")
class SmoothAP(ContrastLoss):
    """One minus the average precision of each row's ranking of the batch, with ranks counted smoothly.

    1 − 1/|P(a)| Σ_p R(p, P) / R(p, all), averaged over the anchors a that have a positive. P(a): the other rows of the
    class of a; R(p, X) = 1 + Σ_j G(s_aj − s_ap) over the rows j of X but a and p: the smooth rank of p; G(x) = 1 / (1 +
    exp(−x / T)): a smooth step; T: ``temperature``; s: the cosine of two embeddings, whatever the distance of the
    recipe (Brown, Xie, Kalogeiton and Zisserman, 2020). It visits one positive of every anchor at a time: O(B² K) time
    for K images a class, O(B²) memory. It ranks the whole batch, whatever the miner. Active is the share of positive
    pairs with a negative ranked before the positive or level with it.
    """

    family = "Ranking"
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = softness_parameter()
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return one minus the mean average precision of the anchors that have a positive."""
        similarities = cosines(batch)
        contrast = Contrast.of(batch, similarities.detach())
        counts = contrast.valid.sum(dim=1)
        anchors = (counts > 0).sum()
        precision = average_precision(similarities, batch, self.params.temperature)
        value = mean_of(torch.where(counts > 0, 1.0 - precision, 0.0), anchors)
        return LossOutput(value, share(contrast.outdone.sum(), counts.sum()))


def average_precision(similarities: Tensor, batch: Batch, temperature: float) -> Tensor:
    """Return the smooth average precision of each row of (B, B) similarities, (B,); zero where it has no positive.

    The gradient is collected on the way, so that the memory does not grow with the images of a class.
    """
    s, pairs = similarities.detach(), batch.pairs
    same, counted = batch.same.to(s.dtype), (batch.same | batch.different).to(s.dtype)
    weights, found = torch.zeros_like(s), torch.zeros_like(s[:, 0])
    scale = 1.0 / pairs.counts.clamp(min=1).to(s.dtype)
    for r in range(pairs.positives.shape[1]):
        column = pairs.positives[:, r : r + 1]
        real = (r < pairs.counts)[:, None].to(s.dtype)
        step = ((s - s.gather(1, column)) / temperature).sigmoid()
        step = (step * counted).scatter(1, column, 0.0)
        among = 1.0 + (step * same).sum(dim=1, keepdim=True)
        rank = 1.0 + step.sum(dim=1, keepdim=True)
        found += (real * among / rank).squeeze(1) * scale
        slope = (same / rank - among / rank.square()) * step * (1.0 - step) / temperature * (real * scale[:, None])
        weights += slope
        weights.scatter_add_(1, column, -slope.sum(dim=1, keepdim=True))
    linear = (weights * similarities).sum(dim=1)
    return linear + (found - linear.detach())
