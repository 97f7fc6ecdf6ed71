"""What the losses with logits between rows of a batch share: what is pulled together, and similarities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter
from explorer.learn.batch import Batch, Triplets, pair_masks
from explorer.learn.losses.base import Loss

NEEDS: dict[str, frozenset[str]] = {
    "classes": frozenset({"labels"}),
    "two views": frozenset({"views"}),
    "both": frozenset({"labels", "views"}),
    "pairs": frozenset({"sides"}),
}
"""What a batch has to bring, by what is pulled together."""


def views_parameter() -> Any:
    """Declare ``views``: what is pulled together."""
    return parameter(
        "classes",
        "What is pulled together: pictures of one class; two augmented views of each picture, without any classes; "
        "both; or pairs of a picture and its caption",
        choices=tuple(NEEDS),
    )


def temperature_parameter(default: float) -> Any:
    """Declare ``temperature``: what the cosines are divided by."""
    return parameter(
        default,
        "The smaller, the more the nearest negatives count",
        minimum=0.005,
        maximum=2.0,
        step=0.01,
        live=True,
        logarithmic=True,
    )


def softness_parameter() -> Any:
    """Declare the ``temperature`` of smooth ranks."""
    return parameter(
        0.01,
        "How soft the steps between ranks are, in cosine",
        minimum=0.001,
        maximum=1.0,
        step=0.005,
        live=True,
        logarithmic=True,
    )


def hardness_parameter() -> Any:
    """Declare ``hardness``: how much more the nearest negatives count than by the temperature alone."""
    return parameter(
        0.0,
        "How much more a negative counts, the more similar it is to the anchor (α)",
        minimum=0.0,
        maximum=20.0,
        step=0.5,
        live=True,
        zero="not at all",
        advanced=True,
    )


class ContrastLoss(Loss):
    """A loss whose positives are items of one class, two views of one picture, or both, see ``views_parameter``."""

    family = "Contrast and views"

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return what a batch has to bring, by ``views``."""
        chosen: Any = params
        return NEEDS[chosen.views]


@dataclass(frozen=True, slots=True)
class Contrast:
    """The positives and negatives of every anchor, with their logits.

    ``logits`` (B, B); ``positives`` (B, K) logits of the positives, of which those where ``valid`` (B, K) are real;
    ``negatives`` (B, B) logits, the lowest finite number where a row is no negative of the anchor: unlike −∞ it leaves
    the gradient of a log-sum-exp finite where there are none; ``different`` (B, B) says where it is one.
    """

    logits: Tensor
    positives: Tensor
    valid: Tensor
    negatives: Tensor
    different: Tensor

    @classmethod
    def of(cls, batch: Batch, logits: Tensor, triplets: Triplets | None = None) -> Contrast:
        """Find them among all rows, or among those of mined triplets."""
        same, different = pair_masks(batch, triplets)
        columns = batch.pairs.positives
        valid = batch.pairs.valid & same.gather(1, columns)
        lowest = torch.finfo(logits.dtype).min
        return cls(logits, logits.gather(1, columns), valid, logits.masked_fill(~different, lowest), different)

    @property
    def outdone(self) -> Tensor:
        """(B, K) bool: the pairs of one class of which some negative is at least as similar to the anchor."""
        nearest = self.negatives.detach().amax(dim=1, keepdim=True)
        return self.valid & (nearest >= self.positives.detach()) & self.different.any(dim=1, keepdim=True)

    def hardened(self, cosine: Tensor, hardness: float) -> Tensor:
        """Return ``negatives`` with ``hardness`` times the cosine added, (B, B), without a gradient of what is added.

        So every negative is weighted by exp(α s_an) (Lan et al., 2025).
        """
        return self.negatives + hardness * cosine.detach() if hardness else self.negatives
