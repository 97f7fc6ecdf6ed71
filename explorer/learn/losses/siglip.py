"""The pairwise sigmoid loss."""

from __future__ import annotations

from math import log

import torch
import torch.nn.functional as F
from torch import nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.contrast import ContrastLoss, views_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "siglip", title="Pairwise sigmoid (SigLIP)", reference="Zhai, Mustafa, Kolesnikov and Beyer 2023")
class SigLip(ContrastLoss):
    """Every pair of rows is its own yes-or-no question: of one class, or not.

    Σ log(1 + exp(−z_ij (t s_ij + b))) over the pairs i ≠ j, divided by the number of anchors. s: the cosine of two
    embeddings, whatever the distance of the recipe; z: +1 for a pair of one class, −1 for one of two; t = exp(t′) and b
    are learned, from ``scale`` and ``bias`` on: there are far more pairs of two classes, and b says so (Zhai,
    Mustafa, Kolesnikov and Beyer, 2023). Here both sides of a pair are rows of one batch. O(B²) time and memory. A
    miner restricts the pairs to those of its triplets. Active is the share of pairs on the wrong side of zero.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        scale: float = parameter(
            10.0, "Where the learned scale t of the cosines starts", minimum=0.1, maximum=200.0, logarithmic=True
        )
        bias: float = parameter(-10.0, "Where the learned bias b starts", minimum=-50.0, maximum=50.0, step=0.5)
        views: str = views_parameter()
        rate_scale: float = rate_parameter(
            10.0, "Scale and bias learn so many times as fast as the encoder", minimum=0.1, maximum=1000.0
        )
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.rate_scale = float(self.params.rate_scale)
        self.log_scale = nn.Parameter(torch.tensor(log(self.params.scale)))
        self.bias = nn.Parameter(torch.tensor(float(self.params.bias)))

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the sum over the pairs of each anchor, averaged over the anchors that have a pair."""
        same, different = pair_masks(batch, triplets)
        logits = self.log_scale.exp() * cosines(batch) + self.bias
        signed = torch.where(same, logits, -logits)
        counted = same | different
        terms = torch.where(counted, F.softplus(-signed), 0.0)
        wrong = (counted & (signed < 0)).sum()
        return LossOutput(mean_of(terms, counted.any(dim=1).sum()), share(wrong, counted.sum()))
