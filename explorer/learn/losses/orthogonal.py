"""Global orthogonal regularisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.base import census_parameter
from explorer.learn.losses.contrast import ContrastLoss, views_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "orthogonal", title="Global orthogonal (GOR)", reference="Zhang, Yu, Kumar and Chang 2017")
class Orthogonal(ContrastLoss):
    """Items of two classes shall be as unlike as random directions: at right angles in the mean, and spread no more.

    M₁² + [M₂ − 1/D]₊, where M₁ is the mean of s and M₂ that of s² over the pairs of two classes; s: the cosine of two
    embeddings, whatever the distance of the recipe; D: their length in numbers: of random directions M₁ = 0 and M₂ =
    1/D (Zhang, Yu, Kumar and Chang, 2017). It is meant to be added to another loss, such as triplet + orthogonal, to
    use the whole sphere. A miner restricts the pairs to those of its triplets. O(B²) time and memory. Active is the
    share of pairs of two classes at an angle below 90°.
    """

    family = "Regularisers"

    class Params(Parameters):
        """Parameters of the loss."""

        spread: float = parameter(
            1.0, "Weight of the squared cosines beside that of their mean", minimum=0.0, maximum=10.0, step=0.1,
            live=True,
        )  # fmt: skip
        views: str = views_parameter()
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the sum over the pairs of two classes; zero where there is none."""
        s = cosines(batch)
        different = pair_masks(batch, triplets)[1]
        apart = torch.where(different, s, 0.0)
        count = different.sum()
        first, second = mean_of(apart, count), mean_of(apart.square(), count)
        value = first.square() + self.params.spread * F.relu(second - 1.0 / batch.embeddings.shape[1])
        return LossOutput(value, share((apart.detach() > 0).sum(), count))
