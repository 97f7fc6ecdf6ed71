"""AdaFace."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.arcface import own_cosine
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines, own_class, scale_parameter

SHORTEST, LONGEST = 0.001, 100.0
"""Between what lengths embeddings are told apart, as in the paper."""
EPSILON = 1e-3
"""How near to 0 and π an angle may come, and what is added to a deviation that it may be divided by."""


@register("loss", "adaface", title="AdaFace", reference="Kim, Jain and Liu 2022")
class AdaFace(OneProxyLoss):
    """A classifier by directions whose margin follows the quality of the picture, told by how long its embedding is.

    −log( exp(s ψ(θ_y)) / (exp(s ψ(θ_y)) + Σ_{k ≠ y} exp(s cos θ_k)) ), averaged over the rows f of the batch; ψ(θ) =
    cos(θ − m q) − m − m q, with the angle held between 0 and 180°. q = h (|f| − μ) / σ, from −1 to 1 and without a
    gradient: how long f is, of the embedding as the encoder returned it; μ, σ: the running mean and deviation of the
    lengths. Short embeddings, of unclear pictures, have a margin of the angle, as in ArcFace, which leaves those alone
    that cannot be told; long ones a margin of the cosine, as in CosFace, which also pulls hard ones (Kim, Jain and Liu,
    2022). θ_k: the angle between f and the proxy of class k, learned, whatever the distance of the recipe; y: the class
    of f; m: ``margin``; h: ``concentration``; s: ``scale``. μ and σ begin with those of the first batch, in the code of
    the paper with 20 and 100. Active is the share of rows that do not win by the margin.
    """

    lengths: Tensor

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.4, "Margin of the angle in radians, or of the cosine (m)", minimum=0.0, maximum=1.0, step=0.01, live=True
        )
        concentration: float = parameter(
            0.333, "How much the length of an embedding matters (h)", minimum=0.0, maximum=2.0, step=0.01, live=True
        )
        scale: float = scale_parameter()
        momentum: float = parameter(
            0.01, "How fast mean and deviation of the lengths follow the batches", minimum=0.001, maximum=1.0,
            live=True, logarithmic=True, advanced=True,
        )  # fmt: skip
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.register_buffer("lengths", torch.zeros(3))  # their mean, their deviation, and whether any was seen

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with the margin of each row, averaged; while it trains, look at the lengths."""
        cosine = cosines(batch, self.proxies)
        quality = self._quality(batch.embeddings.detach())
        margin = self.params.margin
        angle = own_cosine(cosine, batch.labels).clamp(-1 + EPSILON, 1 - EPSILON).acos() - margin * quality
        turned = angle.clamp(EPSILON, pi - EPSILON).cos() - margin - margin * quality
        logits = torch.where(own_class(batch.labels, self.classes), turned, cosine)
        return classified(self.params.scale * logits, batch.labels)

    def _quality(self, rows: Tensor) -> Tensor:
        """Return how long the rows are beside those before, from −1 to 1, (B, 1)."""
        length = rows.norm(dim=1, keepdim=True).clamp(SHORTEST, LONGEST)
        now = self._now(length)
        if self.training and len(length):
            self.lengths = now.to(self.lengths.dtype)
        quality: Tensor = (length - now[0]) / (now[1] + EPSILON) * self.params.concentration
        return quality.clamp(-1.0, 1.0)

    def _now(self, length: Tensor) -> Tensor:
        """Return what the running mean and deviation of the lengths are with those of a batch, (3,)."""
        if not len(length):
            return self.lengths
        mean = length.mean()
        deviation = ((length - mean).square().sum() / max(len(length) - 1, 1)).sqrt()
        here = torch.stack((mean, deviation, torch.ones_like(mean)))
        moved = self.lengths + (here - self.lengths) * self.params.momentum if self.training else self.lengths
        return torch.where(self.lengths[2] > 0, moved, here)
