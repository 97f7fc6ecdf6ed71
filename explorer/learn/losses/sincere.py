"""Supervised InfoNCE revisited."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, temperature_parameter, views_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "sincere", title="SINCERE", reference="Feeney and Hughes 2023")
class Sincere(ContrastLoss):
    """Supervised contrast in which the items of one class never push each other apart; each anchor counts the same.

    −1/|P(a)| Σ_p log( exp(s_ap / T) / (exp(s_ap / T) + Σ_n exp(s_an / T)) ), averaged over the anchors a that have a
    positive. s: the cosine of two embeddings, whatever the distance of the recipe; P(a): the other rows of the class of
    a; n: rows of other classes only, where SupCon has all rows below the fraction, and so lets positives push each
    other away; T: ``temperature`` (Feeney and Hughes, 2023). NT-Xent averages over all positive pairs at once: the two
    are the same where all classes of a batch are of one size. O(B²) time and memory. A miner restricts the pairs to
    those of its triplets. Active is the share of positive pairs with a negative at least as similar.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = temperature_parameter(0.1)
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors that have a positive."""
        contrast = Contrast.of(batch, cosines(batch) / self.params.temperature, triplets)
        counts = contrast.valid.sum(dim=1)
        against = contrast.negatives.logsumexp(dim=1, keepdim=True)
        terms = torch.where(contrast.valid, F.softplus(against - contrast.positives), 0.0)
        each = terms.sum(dim=1) / counts.clamp(min=1)
        return LossOutput(mean_of(each, (counts > 0).sum()), share(contrast.outdone.sum(), counts.sum()))
