"""MagFace."""

from __future__ import annotations

from math import radians

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of
from explorer.learn.losses.arcface import own_cosine, turned_by
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines, own_class, scale_parameter


@register("loss", "magface", title="MagFace", reference="Meng, Zhao, Huang and Zhou 2021")
class MagFace(OneProxyLoss):
    """ArcFace in which the length of an embedding says how good the picture is: the longer, the larger its margin.

    −log( exp(s cos(θ_y + m(a))) / (exp(s cos(θ_y + m(a))) + Σ_{k ≠ y} exp(s cos θ_k)) ) + λ g(a), averaged over the
    rows f of the batch; a = |f| of the embedding as the encoder returned it, cut off to l ≤ a ≤ u; m(a) = m_l + (m_u −
    m_l) (a − l) / (u − l); g(a) = 1/a + a/u² rewards long ones (Meng, Zhao, Huang and Zhou, 2021). Clear pictures are
    pulled hard and become long, unclear ones stay short. l: ``shortest``; u: ``longest``; m_l: ``least_margin``; m_u:
    ``margin``, in degrees; λ: ``reward``; s: ``scale``. θ_k: the angle between f and the proxy of class k, learned,
    whatever the distance of the recipe; y: the class of f. Below l, where the paper has no gradient, g falls on along
    its tangent, so that short embeddings grow. Beyond θ_y = 180° − m it is cos θ_y − m sin m. Active is the share of
    rows that do not win by the margin.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        least_margin: float = parameter(
            25.8, "Margin of the angle of the shortest embeddings (m_l)", minimum=0.0, maximum=90.0, step=0.1,
            unit="degrees", live=True,
        )  # fmt: skip
        margin: float = parameter(
            45.8, "Margin of the angle of the longest embeddings (m_u)", minimum=0.0, maximum=90.0, step=0.1,
            unit="degrees", live=True,
        )  # fmt: skip
        shortest: float = parameter(
            10.0, "Length from which the margin grows (l)", minimum=0.01, maximum=10_000.0, live=True, logarithmic=True
        )
        longest: float = parameter(
            110.0, "Length at which the margin is largest (u)", minimum=0.01, maximum=10_000.0, live=True,
            logarithmic=True,
        )  # fmt: skip
        reward: float = parameter(
            35.0, "Weight of what rewards long embeddings (λ)", minimum=0.0, maximum=200.0, step=1.0, live=True
        )
        scale: float = scale_parameter()
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with the margins of the rows, and what rewards their lengths, averaged."""
        cosine = cosines(batch, self.proxies)
        length = batch.embeddings.norm(dim=1, keepdim=True)
        turned = turned_by(own_cosine(cosine, batch.labels), self._margin(length))
        logits = torch.where(own_class(batch.labels, self.classes), turned, cosine)
        judged = classified(self.params.scale * logits, batch.labels)
        known = (batch.labels >= 0)[:, None]
        reward = mean_of(self._shortness(length) * known, known.sum())
        return LossOutput(judged.value + self.params.reward * reward, judged.active)

    def _margin(self, length: Tensor) -> Tensor:
        low, high = self.params.shortest, self.params.longest
        share: Tensor = ((length - low) / max(high - low, 1e-6)).clamp(0.0, 1.0)
        return share * radians(self.params.margin - self.params.least_margin) + radians(self.params.least_margin)

    def _shortness(self, length: Tensor) -> Tensor:
        """Return g of the lengths: flat beyond u, where its slope is zero, and along its tangent below l."""
        low, high = float(self.params.shortest), float(self.params.longest)
        inside = length.clamp(min=low).clamp(max=max(low, high))
        tangent = 1.0 / high**2 - 1.0 / low**2
        found: Tensor = 1.0 / inside + inside / high**2 + tangent * (length.clamp(max=low) - low)
        return found
