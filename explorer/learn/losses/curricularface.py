"""CurricularFace."""

from __future__ import annotations

from math import radians

import torch
from torch import Tensor

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of
from explorer.learn.distances.base import Distance
from explorer.learn.losses.arcface import ArcFaceParams, own_cosine, turned_by
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines, own_class

MOMENTUM = 0.99
"""How much of the old mean cosine is kept at every batch, as in the paper."""


@register("loss", "curricularface", title="CurricularFace", reference="Huang et al. 2020")
class CurricularFace(OneProxyLoss):
    """ArcFace that looks at easy rows first, and at hard classes the more, the better it already is.

    −log( exp(s cos(θ_y + m)) / (exp(s cos(θ_y + m)) + Σ_{k ≠ y} exp(s N_k)) ), averaged over the rows f of the batch;
    N_k = cos θ_k where that is at most cos(θ_y + m), else cos θ_k (t + cos θ_k): a class that wins against the margin
    is hard, and counts by t more than its cosine (Huang et al., 2020). t: the running mean of cos θ_y, 0 at first and
    moved by 1 % with every batch. θ_k: the angle between f and the proxy of class k, learned, whatever the distance of
    the recipe; y: the class of f; m: ``margin`` in degrees; s: ``scale``. Beyond θ_y = 180° − m, where cos(θ_y + m)
    would grow again, it is cos θ_y − m sin m. Active is the share of rows that do not win by the margin.
    """

    level: Tensor

    class Params(ArcFaceParams):
        """Parameters of the loss."""

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.register_buffer("level", torch.zeros(()))

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with margin and curriculum, averaged over the rows; while it trains, move t."""
        cosine = cosines(batch, self.proxies)
        known = (batch.labels >= 0)[:, None]
        winning = own_cosine(cosine, batch.labels)
        if self.training and len(batch):
            mean = mean_of(winning.detach() * known, known.sum())
            self.level = self.level * MOMENTUM + mean.to(self.level.dtype) * (1.0 - MOMENTUM)
        turned = turned_by(winning, radians(self.params.margin))
        others = torch.where(cosine > turned, cosine * (self.level + cosine), cosine)
        logits = torch.where(own_class(batch.labels, self.classes), turned, others)
        return classified(self.params.scale * logits, batch.labels)
