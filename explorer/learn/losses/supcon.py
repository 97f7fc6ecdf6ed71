"""Supervised contrastive learning."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, hardness_parameter, views_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "supcon", title="Supervised contrastive", reference="Khosla et al. 2020")
class SupCon(ContrastLoss):
    """All positives of an anchor shall share what its softmax over the other rows gives away.

    −1/|P(a)| Σ_p log( exp(s_ap / T) / Σ_i exp(s_ai / T) ), averaged over the anchors a that have a positive. s: the
    cosine of two embeddings, whatever the distance of the recipe; P(a): the other rows of its class; i: all rows but
    a, positives too, which is what sets it apart from NT-Xent; T: ``temperature`` (Khosla et al., 2020, the form with
    the sum outside the logarithm). With ``hardness`` every negative is weighted by exp(α s_an), a weight without a
    gradient, as hardness-weighted InfoNCE does (Lan et al., 2025). O(B²) time and memory. A miner restricts the pairs
    to those of its triplets. Active is the share of positive pairs with a negative at least as similar.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = parameter(
            0.1,
            "The smaller, the more the nearest rows count",
            minimum=0.005,
            maximum=2.0,
            step=0.01,
            live=True,
            logarithmic=True,
        )
        hardness: float = hardness_parameter()
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors that have a positive."""
        s = cosines(batch)
        contrast = Contrast.of(batch, s / self.params.temperature, triplets)
        counts = contrast.valid.sum(dim=1)
        lowest = torch.finfo(contrast.logits.dtype).min
        positives = contrast.positives.masked_fill(~contrast.valid, lowest)
        total = torch.cat((contrast.hardened(s, self.params.hardness), positives), dim=1).logsumexp(dim=1)
        pull = torch.where(contrast.valid, contrast.positives, 0.0).sum(dim=1) / counts.clamp(min=1)
        terms = torch.where(counts > 0, total - pull, 0.0)
        return LossOutput(mean_of(terms, (counts > 0).sum()), share(contrast.outdone.sum(), counts.sum()))
