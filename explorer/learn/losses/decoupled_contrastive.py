"""Decoupled contrastive learning."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, temperature_parameter, views_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "decoupled_contrastive", title="Decoupled contrastive (DCL)", reference="Yeh et al. 2022")
class DecoupledContrastive(ContrastLoss):
    """Like NT-Xent without the positive among what it is told from, so that easy batches teach as much as hard ones.

    −s_ap / T + log Σ_n exp(s_an / T), averaged over the positive pairs (a, p) whose anchor has a negative. s: the
    cosine of two embeddings, whatever the distance of the recipe; n: all rows of other classes; T: ``temperature`` (Yeh
    et al., 2022). In NT-Xent the gradient is multiplied by the share that the softmax leaves to the negatives, which is
    next to nothing where these are few and far; here that factor is gone, so that small batches do. The value may fall
    below zero. O(B²) time and memory. A miner restricts the pairs to those of its triplets. Active is the share of
    positive pairs with a negative at least as similar.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = temperature_parameter(0.1)
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the positive pairs whose anchor has a negative."""
        contrast = Contrast.of(batch, cosines(batch) / self.params.temperature, triplets)
        judged = contrast.valid & contrast.different.any(dim=1, keepdim=True)
        against = contrast.negatives.logsumexp(dim=1, keepdim=True)
        terms = torch.where(judged, against - contrast.positives, 0.0)
        return LossOutput(mean_of(terms, judged.sum()), share(contrast.outdone.sum(), judged.sum()))
