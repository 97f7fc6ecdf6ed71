"""The tuplet margin loss."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from explorer.core.registry import parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.distances.base import root
from explorer.learn.losses.pairs import PairLoss, PairParams, cosines, log_sum_exp, positives


@register("loss", "tuplet_margin", reference="Yu and Tao 2019")
class TupletMargin(PairLoss):
    """A pair of one class is compared with all other classes at once, by angles, and easy pairs are left slack.

    Mean over the anchor–positive pairs of log(1 + Σ_n exp(s (cos θ_an − cos(θ_ap − β)))). θ: the angle between two
    embeddings, whatever the distance of the recipe, which only the miner uses; s: ``scale``; β: ``slack``, the angle
    below which a pair of one class is not pulled any more. A miner restricts the pairs to those of its triplets.
    """

    class Params(PairParams):
        """Parameters of the loss."""

        slack: float = parameter(
            5.73,
            "The angle below which a pair of one class is not pulled any more",
            minimum=0.0,
            maximum=45.0,
            step=0.1,
            unit="°",
            live=True,
        )
        scale: float = parameter(
            64.0, "How sharply the worst pairs are weighted", minimum=1.0, maximum=512.0, live=True, logarithmic=True
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the anchor–positive pairs whose anchor has a negative."""
        scale, slack = self.params.scale, math.radians(self.params.slack)
        same, different = pair_masks(batch, triplets)
        s = cosines(batch)
        others, real = positives(batch, same)
        real = real & different.any(dim=1, keepdim=True)
        near = s.gather(1, others)
        sine = root(1 - near.square(), 4 * torch.finfo(s.dtype).eps)
        slackened = near * math.cos(slack) + sine * math.sin(slack)  # cos(θ − β)
        terms = F.softplus(log_sum_exp(scale * s, different)[:, None] - scale * slackened)
        each, count = torch.where(real, terms, 0.0), real.sum()
        return LossOutput(mean_of(each, count), share((each > 0).sum(), count))
