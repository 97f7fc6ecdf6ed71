"""Recall at k, made smooth."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, softness_parameter, views_parameter
from explorer.learn.losses.pairs import cosines
from explorer.learn.slopes import with_slope


@register("loss", "recall_at_k", title="Recall@k surrogate", reference="Patel, Tolias and Matas 2022")
class RecallAtK(ContrastLoss):
    """One minus how many of the nearest rows of the batch are of the class of the row, counted smoothly.

    1 − Σ_p G₁(k − R(p)) / min(k, |P(a)|), averaged over k = 1, 2, 4, … up to ``largest`` and over the anchors a that
    have a positive. P(a): the other rows p of the class of a; R(p) = 1 + Σ_j G₂(s_aj − s_ap) over the rows j but a and
    p: the smooth rank of p; G₁, G₂: smooth steps, G(x) = 1 / (1 + exp(−x / T)), T being 1 for G₁ and ``temperature``
    for G₂; s: the cosine of two embeddings, whatever the distance of the recipe (Patel, Tolias and Matas, 2022). Even a
    perfect ranking leaves something of the loss, since G₁(0) is a half. It ranks the whole batch, whatever the miner,
    and wants it large. One positive of every anchor at a time: O(B² K) time for K images a class, O(B²) memory. Active
    is the share of positive pairs with a negative ranked before the positive or level with it.
    """

    family = "Ranking"
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        largest: int = parameter(16, "k is 1, 2, 4, … up to this", minimum=1, maximum=4096, live=True)
        temperature: float = softness_parameter()
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return one minus the mean smooth recall of the anchors that have a positive."""
        s = cosines(batch)
        contrast = Contrast.of(batch, s.detach())
        counts = contrast.valid.sum(dim=1)
        recall, slope = self._recall(s.detach(), batch, contrast.valid)
        anchors = (counts > 0).sum()
        value = torch.where(counts > 0, 1.0 - recall, 0.0).sum() / anchors.clamp(min=1)
        loss = with_slope(s, value, slope / -anchors.clamp(min=1))
        return LossOutput(loss, share(contrast.outdone.sum(), counts.sum()))

    def _recall(self, s: Tensor, batch: Batch, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return the smooth recall of each row, (B,), and the gradient of their sum by each cosine, (B, B)."""
        counted = (batch.same | batch.different).to(s.dtype)
        slope, recall = torch.zeros_like(s), torch.zeros_like(s[:, 0])
        ks, shares = self._shares(valid.sum(dim=1, keepdim=True).to(s.dtype))
        for r in range(valid.shape[1]):
            column = batch.pairs.positives[:, r : r + 1]
            step = ((s - s.gather(1, column)) / self.params.temperature).sigmoid_()
            step = step.mul_(counted).scatter_(1, column, 0.0)
            within = (ks - 1.0 - step.sum(dim=1, keepdim=True)).sigmoid()
            real = valid[:, r : r + 1]
            recall += (real * within * shares).sum(dim=1)
            fall = (real * within * (1.0 - within) * shares).sum(dim=1, keepdim=True) / self.params.temperature
            moved = step.mul_(1.0 - step).mul_(-fall)
            slope += moved
            slope.scatter_add_(1, column, -moved.sum(dim=1, keepdim=True))
        return recall, slope

    def _shares(self, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return the ks, (1, N), and what one positive within k adds to the mean recall of its anchor, (B, N)."""
        powers = torch.arange(int(self.params.largest).bit_length(), device=counts.device)
        ks = (2.0**powers).to(counts.dtype)[None]
        return ks, 1.0 / (torch.minimum(ks, counts).clamp(min=1) * ks.shape[1])
