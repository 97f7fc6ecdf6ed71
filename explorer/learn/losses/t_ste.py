"""The loss of t-distributed stochastic triplet embedding."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import squared
from explorer.learn.losses.base import Loss, census_parameter
from explorer.learn.triplets import BatchTriplets


@register("loss", "t_ste", title="t-STE (triplets by people)", reference="van der Maaten and Weinberger 2012")
class TSte(Loss):
    """How likely each triplet is, by a kernel that falls slowly: triplets that contradict the others pull little.

    −log p over the triplets (a, p, n), with p = s_ap / (s_ap + s_an) and s = (1 + d² / α)^(−(α + 1) / 2), the kernel of
    Student's t. d: the Euclidean distance of the embeddings as the distance of the recipe prepares them; α: degrees of
    freedom, in the paper D − 1. The slope of a triplet is highest where its items are about √α apart and goes to 0 for
    far ones, so that answers of many people that do not agree leave the rest in order. Made for given triplets (anchor,
    nearer, farther); without them those of the classes are taken, all or the mined ones: O(B² K) time for K items a
    class. Embeddings whose length is free (no `normalise` of the distance) have room for far ones. Active is the share
    of triplets whose negative is nearer than the positive.
    """

    family = "Triplets"
    given = frozenset({"triplets"})

    class Params(Parameters):
        """Parameters of the loss."""

        alpha: float = parameter(
            0.0,
            "Degrees of freedom of the kernel (α): the fewer, the less contradictions weigh; auto: D − 1",
            minimum=0.0,
            maximum=4096.0,
            zero="auto",
            live=True,
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the triplets that are given or mined, or over all."""
        far = self._farness(squared(batch.prepared))
        if triplets is not None:
            gap = far[triplets.anchors, triplets.positives] - far[triplets.anchors, triplets.negatives]
            count = triplets.valid.sum()
            value = mean_of(torch.where(triplets.valid, F.softplus(gap), 0.0), count)
            return LossOutput(value, share(((gap > 0) & triplets.valid).sum(), count))
        every = BatchTriplets(far.detach(), batch.pairs)
        total = every.pairs.total
        return LossOutput(mean_of(every.soft(far, 0.0), total), share(every.violated(0.0), total))

    def _farness(self, d: Tensor) -> Tensor:
        """Return −log s of squared distances."""
        alpha = float(self.params.alpha) or max(1.0, self.dimension - 1.0)
        return (alpha + 1) / 2 * torch.log1p(d / alpha)
