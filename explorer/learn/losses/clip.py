"""The loss of CLIP."""

from __future__ import annotations

from math import log
from typing import Any

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import Loss, census_parameter, rate_parameter
from explorer.learn.losses.pairs import cosines

LARGEST_SCALE = 100.0
"""The cosines are multiplied by no more than that, as by Radford et al."""
NEEDS = {"pairs": frozenset({"sides"}), "classes": frozenset({"labels", "sides"})}


@register("loss", "clip", title="CLIP", reference="Radford et al. 2021; Khosla et al. 2020")
class Clip(Loss):
    """Each picture shall be told its caption from all others, and each caption its picture.

    −log( exp(t s_ap) / (exp(t s_ap) + Σ_n exp(t s_an)) ), averaged over the positives p of an anchor a, over all of
    a side, and over both sides. s: the cosine of a picture and a caption, whatever the distance of the recipe; two
    items of one side are never compared; t is learned, from 1 / ``temperature`` on (Radford et al., 2021). All captions
    of a picture are positives, and so are those that say the same as one of them in the batch; none is a negative
    (Khosla et al., 2020). Where the items have one side, the rows of a class are compared. O(B²) time and memory.
    Active is the share of positive pairs with a negative at least as similar.
    """

    family = "Contrast and views"
    needs = frozenset({"sides"})
    mined = False

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = parameter(
            0.07, "Where the learned temperature starts", minimum=0.005, maximum=2.0, step=0.01, logarithmic=True
        )
        relevant: str = parameter(
            "pairs", "What is brought together: a picture and its captions, or those of a class", choices=tuple(NEEDS)
        )
        rate_scale: float = rate_parameter(
            10.0, "The temperature learns so many times as fast as the encoder", minimum=0.1, maximum=1000.0
        )
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.rate_scale = float(self.params.rate_scale)
        self.log_scale = nn.Parameter(torch.tensor(log(1 / self.params.temperature)))

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return what a batch has to bring, by ``relevant``."""
        chosen: Any = params
        return NEEDS[chosen.relevant]

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean cross-entropy of both directions."""
        same, different = batch.same, batch.different
        logits = self.log_scale.exp().clamp(max=LARGEST_SCALE) * cosines(batch)
        negatives = logits.masked_fill(~different, torch.finfo(logits.dtype).min)
        against = negatives.logsumexp(dim=1, keepdim=True)
        terms = torch.where(same, nn.functional.softplus(against - logits), 0.0)
        nearest = negatives.detach().amax(dim=1, keepdim=True)
        outdone = same & (nearest >= logits.detach()) & different.any(dim=1, keepdim=True)
        return LossOutput(self._both_ways(batch, terms, same), share(outdone.sum(), same.sum()))

    @staticmethod
    def _both_ways(batch: Batch, terms: Tensor, same: Tensor) -> Tensor:
        """Return the mean over positives, then over anchors, then over the sides that have any."""
        counts = same.sum(dim=1)
        each = terms.sum(dim=1) / counts.clamp(min=1)
        asked = counts > 0
        if batch.texts is None:
            return mean_of(each, asked.sum())
        sides = (asked & (batch.texts < 0), asked & (batch.texts >= 0))
        return sum((mean_of(each * side, side.sum()) for side in sides), start=each.new_zeros(())) / 2
