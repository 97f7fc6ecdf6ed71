"""Alignment and uniformity."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, views_parameter
from explorer.learn.losses.pairs import cosines, log_sum_exp


@register("loss", "uniformity", title="Alignment and uniformity", reference="Wang and Isola 2020")
class Uniformity(ContrastLoss):
    """Items of one class shall be near, and all items spread evenly over the sphere: both are what contrast comes to.

    λ_a E ‖f_a − f_p‖^α + λ_u log E exp(−t ‖f_i − f_j‖²), with the mean over the pairs (a, p) of one class, and over all
    pairs (i, j) of two rows; f: embeddings of unit length, whatever the distance of the recipe; λ_a: ``alignment``;
    λ_u: ``uniformity``; α: ``power``; t: ``sharpness`` (Wang and Isola, 2020; there the second mean is over the pairs
    of one view each). With an alignment of 0 it only spreads, and may be added to any other loss against a collapse. A
    miner restricts the pairs of one class to those of its triplets. O(B²) time and memory. The value falls below zero.
    Active is the share of pairs of one class with a row of another at least as near.
    """

    family = "Regularisers"

    class Params(Parameters):
        """Parameters of the loss."""

        alignment: float = parameter(
            1.0, "Weight of the distances within a class (λ_a)", minimum=0.0, maximum=10.0, step=0.1, live=True
        )
        uniformity: float = parameter(
            1.0, "Weight of the spread over the sphere (λ_u)", minimum=0.0, maximum=10.0, step=0.1, live=True
        )
        power: float = parameter(
            2.0, "Exponent of the distances within a class (α)", minimum=1.0, maximum=4.0, step=0.5, live=True
        )
        sharpness: float = parameter(
            2.0, "The larger, the more the nearest pairs count (t)", minimum=0.1, maximum=50.0, live=True,
            logarithmic=True,
        )  # fmt: skip
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the weighted sum of alignment and uniformity."""
        s = cosines(batch)
        contrast = Contrast.of(batch, s, triplets)
        apart = (2.0 - 2.0 * contrast.positives).clamp(min=0.0)
        if self.params.power != 2.0:
            apart = apart.clamp(min=1e-12) ** (self.params.power / 2.0)
        count = contrast.valid.sum()
        alignment = mean_of(torch.where(contrast.valid, apart, 0.0), count)
        value = self.params.alignment * alignment + self.params.uniformity * self._spread(s, batch)
        return LossOutput(value, share(contrast.outdone.sum(), count))

    def _spread(self, s: Tensor, batch: Batch) -> Tensor:
        """Return log E exp(−t d²) over all pairs of an anchor and another row; 0 where there is none."""
        pairs = batch.same | batch.different
        count = pairs.sum()
        total = log_sum_exp(2.0 * self.params.sharpness * (s - 1.0), pairs).logsumexp(dim=0)
        return torch.where(count > 0, total - count.clamp(min=1).log(), 0.0)
