"""Triplet networks as they were first: a softmax over two distances."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import Loss, census_parameter


@register("loss", "hard_ratio", title="Ratio of distances", reference="Hoffer and Ailon 2015")
class HardRatio(Loss):
    """Of its farthest positive and its nearest negative, an anchor shall find the positive nearer.

    The mean over the anchors of r², r = e^(s d_ap) / (e^(s d_ap) + e^(s d_an)); s: ``scale`` (Hoffer and Ailon, 2015,
    with triplets drawn at random). Active is the share of anchors with r > ½.
    """

    family = "Triplets"
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        scale: float = parameter(
            4.0, "How sharply two distances are told apart (s)", minimum=0.1, maximum=100.0, live=True
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchors that have a positive and a negative."""
        positive = batch.distances.masked_fill(~batch.same, -torch.inf).amax(dim=1)
        negative = batch.distances.masked_fill(~batch.different, torch.inf).amin(dim=1)
        both = batch.same.any(dim=1) & batch.different.any(dim=1)
        apart = torch.where(both, positive, 0.0) - torch.where(both, negative, 0.0)
        ratio = torch.where(both, (self.params.scale * apart).sigmoid(), 0.0)
        count = both.sum().clamp(min=1)
        return LossOutput(ratio.square().sum() / count, (ratio > 0.5).sum() / count)
