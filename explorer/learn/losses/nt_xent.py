"""InfoNCE, the normalised temperature-scaled cross-entropy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import (
    Contrast,
    ContrastLoss,
    hardness_parameter,
    temperature_parameter,
    views_parameter,
)
from explorer.learn.losses.pairs import cosines


@register(
    "loss",
    "nt_xent",
    title="InfoNCE / NT-Xent",
    reference="van den Oord, Li and Vinyals 2018; Chen, Kornblith, Norouzi and Hinton 2020",
)
class NtXent(ContrastLoss):
    """Each positive shall be told from all negatives of its anchor, as in SimCLR and CLIP.

    −log( exp(s_ap / T) / (exp(s_ap / T) + Σ_n exp(s_an / T)) ), averaged over the positive pairs (a, p). s: the cosine
    of two embeddings, whatever the distance of the recipe; n: all rows of other classes; T: ``temperature``. With one
    log-sum-exp for each anchor it takes O(B²) time and memory. Without classes (``two views``) every picture is its own
    class and comes twice, under two augmentations (Chen, Kornblith, Norouzi and Hinton, 2020). A miner restricts the
    pairs to those of its triplets. With ``hardness`` every negative is weighted by exp(α s_an), a weight without a
    gradient: α = 9 for networks of text and pictures (Lan et al., 2025), 5 for text (Schechter Vera et al., 2025).
    Active is the share of positive pairs with a negative at least as similar.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = temperature_parameter(0.07)
        hardness: float = hardness_parameter()
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean cross-entropy of the positive pairs."""
        s = cosines(batch)
        contrast = Contrast.of(batch, s / self.params.temperature, triplets)
        return cross_entropy(contrast, contrast.hardened(s, self.params.hardness))


def cross_entropy(contrast: Contrast, negatives: Tensor | None = None) -> LossOutput:
    """Return the mean over the positive pairs of −log(exp(l_ap) / (exp(l_ap) + Σ_n exp(l_an))).

    ``negatives``: the logits l_an, (B, B), where they are others than those of the contrast.
    """
    against = (contrast.negatives if negatives is None else negatives).logsumexp(dim=1, keepdim=True)
    terms = torch.where(contrast.valid, F.softplus(against - contrast.positives), 0.0)
    count = contrast.valid.sum()
    return LossOutput(mean_of(terms, count), share(contrast.outdone.sum(), count))
