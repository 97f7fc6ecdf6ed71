"""The threshold-consistent margin."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import ContrastLoss, views_parameter
from explorer.learn.losses.pairs import cosines


@register(
    "loss", "threshold_consistent_margin", title="Threshold-consistent margin (TCM)", reference="Zhang et al. 2024"
)
class ThresholdConsistentMargin(ContrastLoss):
    """One threshold shall fit all classes: hard pairs are moved across two cosines, a high and a low one.

    λ₊ Σ [m₊ − s_ap]₊ / n₊ + λ₋ Σ [s_an − m₋]₊ / n₋ over the pairs of one class and of two; n₊, n₋: how many pairs of
    each sort are on the wrong side, s_ap ≤ m₊ and s_an ≥ m₋; s: the cosine of two embeddings, whatever the distance of
    the recipe; m₊: ``positive_cosine``; m₋: ``negative_cosine``; λ₊: ``pull``; λ₋: ``push`` (Zhang et al., 2024). It is
    meant to be added to another loss, such as proxy_anchor + threshold_consistent_margin: pairs that are right are left
    alone, so that neither the widest nor the tightest class decides where a threshold has to be. A miner restricts the
    pairs to those of its triplets. O(B²) time and memory. Active is the share of pairs on the wrong side.
    """

    family = "Regularisers"

    class Params(Parameters):
        """Parameters of the loss."""

        positive_cosine: float = parameter(
            0.9, "Pairs of one class are pulled to this cosine (m₊)", minimum=-1.0, maximum=1.0, step=0.05, live=True
        )
        negative_cosine: float = parameter(
            0.5, "Pairs of two classes are pushed to this cosine (m₋)", minimum=-1.0, maximum=1.0, step=0.05, live=True
        )
        pull: float = parameter(
            1.0, "Weight of the pairs of one class (λ₊)", minimum=0.0, maximum=10.0, step=0.1, live=True
        )
        push: float = parameter(
            1.0, "Weight of the pairs of two classes (λ₋)", minimum=0.0, maximum=10.0, step=0.1, live=True
        )
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the weighted sum of the means over the pairs on the wrong side, each sort by itself."""
        s = cosines(batch)
        same, different = pair_masks(batch, triplets)
        low = same & (s.detach() <= self.params.positive_cosine)
        high = different & (s.detach() >= self.params.negative_cosine)
        pull = torch.where(low, F.relu(self.params.positive_cosine - s), 0.0)
        push = torch.where(high, F.relu(s - self.params.negative_cosine), 0.0)
        value = self.params.pull * mean_of(pull, low.sum()) + self.params.push * mean_of(push, high.sum())
        return LossOutput(value, share(low.sum() + high.sum(), same.sum() + different.sum()))
