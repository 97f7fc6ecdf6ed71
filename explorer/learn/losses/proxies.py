"""What the losses with weights for every class share: proxies, centres, and logits of the classes."""

from __future__ import annotations

from math import sqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter
from explorer.learn.batch import Batch, LossOutput, mean_of, share
from explorer.learn.distances.base import Distance, unit
from explorer.learn.losses.base import Loss


class ProxyLoss(Loss):
    """A loss that compares every row with weights of its own, a few for each class, and never two rows."""

    family = "Proxies and classifiers"
    mined = False
    pairwise = False

    @property
    def rate_scale(self) -> float:
        """How much faster than the encoder the weights learn."""
        return float(self.params.proxy_rate)


class OneProxyLoss(ProxyLoss):
    """A loss with one weight for each class, its proxy or centre: ``proxies`` (C, D)."""

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.proxies = proxies(classes, dimension)


def scale_parameter() -> Any:
    """Declare ``scale``: what the cosines are multiplied by."""
    return parameter(
        64.0,
        "Factor of the cosines: lower where there are few classes",
        minimum=1.0,
        maximum=1000.0,
        live=True,
        logarithmic=True,
    )


def proxies(count: int, dimension: int) -> nn.Parameter:
    """Return (count, D) random weights with rows of about unit length."""
    return nn.Parameter(torch.randn(count, dimension) / sqrt(dimension))


def cosines(batch: Batch, weights: Tensor) -> Tensor:
    """Return the cosine of every row and every weight, (B, P)."""
    return unit(batch.embeddings) @ unit(weights).T


def own_class(labels: Tensor, classes: int) -> Tensor:
    """Return which class every row is of, (B, C) bool; no class for a row without a label."""
    return labels[:, None] == torch.arange(classes, device=labels.device)


def classified(logits: Tensor, labels: Tensor) -> LossOutput:
    """Return the cross-entropy of (B, C) logits, averaged over the rows with a label.

    Active is the share of those rows whose own logit is not the highest.
    """
    known = labels >= 0
    value = F.cross_entropy(logits, labels.where(known, 0), reduction="none")
    best = logits.detach().scatter(1, labels.where(known, 0)[:, None], -torch.inf).amax(dim=1)
    own = logits.detach().gather(1, labels.where(known, 0)[:, None]).squeeze(1)
    return LossOutput(mean_of(value * known, known.sum()), share((known & (best >= own)).sum(), known.sum()))
