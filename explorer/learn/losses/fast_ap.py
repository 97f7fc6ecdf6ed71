"""FastAP."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import squared, unit
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import Contrast, ContrastLoss, views_parameter


@register("loss", "fast_ap", title="FastAP", reference="Cakir, He, Xia, Kulis and Sclaroff 2019")
class FastAP(ContrastLoss):
    """One minus the average precision of each row's ranking of the batch, read off histograms of its distances.

    1 − 1/|P(a)| Σ_l h⁺_l H⁺_l / H_l, averaged over the anchors a that have a positive. h⁺_l: how many positives lie in
    bin l of the squared distances from a, each shared between its two nearest bins; H⁺_l and H_l: how many positives
    and how many rows lie in the bins up to l; the squared distances of unit-length embeddings, from 0 to 4, whatever
    the distance of the recipe, are cut into ``bins`` (Cakir, He, Xia, Kulis and Sclaroff, 2019). O(B²) time and memory.
    It ranks the whole batch, whatever the miner. Active is the share of positive pairs with a negative at least as
    near.
    """

    family = "Ranking"
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        bins: int = parameter(10, "How many bins the distances from 0 to 4 fall into", minimum=2, maximum=200, step=1)
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return one minus the mean average precision of the anchors that have a positive."""
        distances = squared(unit(batch.embeddings))
        contrast = Contrast.of(batch, -distances.detach())
        near, far = self._histogram(distances, batch.same), self._histogram(distances, batch.different)
        up_to, of_all = near.cumsum(dim=1), (near + far).cumsum(dim=1)
        real = (near * up_to > 0) & (of_all > 0)
        terms = torch.where(real, near * up_to / torch.where(real, of_all, 1.0), 0.0)
        counts = contrast.valid.sum(dim=1)
        precision = terms.sum(dim=1) / counts.clamp(min=1)
        value = mean_of(torch.where(counts > 0, 1.0 - precision, 0.0), (counts > 0).sum())
        return LossOutput(value, share(contrast.outdone.sum(), counts.sum()))

    def _histogram(self, distances: Tensor, mask: Tensor) -> Tensor:
        """Return the histograms of the masked distances of each row, (B, bins + 1)."""
        at = distances * (self.params.bins / 4.0)
        lower = at.detach().floor().clamp(0, self.params.bins - 1)
        upper_share = torch.where(mask, (at - lower).clamp(max=1.0), 0.0)
        lower_share = mask.to(at.dtype) - upper_share
        place = lower.long()
        found = torch.zeros(len(at), self.params.bins + 1, dtype=at.dtype, device=at.device)
        return found.scatter_add(1, place, lower_share).scatter_add(1, place + 1, upper_share)
