"""The combined margin of SphereFace, ArcFace and CosFace."""

from __future__ import annotations

from math import pi, radians

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines, own_class, scale_parameter


@register("loss", "combined_margin", title="Combined margin", reference="Deng et al. 2019")
class CombinedMargin(OneProxyLoss):
    """A classifier by directions with the margins of SphereFace, ArcFace and CosFace at once.

    −log( exp(s ψ(θ_y)) / (exp(s ψ(θ_y)) + Σ_{k ≠ y} exp(s cos θ_k)) ), averaged over the rows f of the batch; ψ(θ) =
    cos(m₁ θ + m₂) − m₃ (Deng et al., 2019). θ_k: the angle between f and the proxy of class k, learned, whatever the
    distance of the recipe; y: the class of f; m₁: ``factor``, that of SphereFace; m₂: ``margin`` in degrees, that of
    ArcFace; m₃: ``cosine_margin``, that of CosFace; s: ``scale``. From m₁ θ + m₂ = 180° on, where the cosine would grow
    again, it goes on falling as in SphereFace: (−1)ʲ cos(m₁ θ + m₂) − 2j after j half turns. The paper has m = (1, 0.3
    rad, 0.2), as by default, and (0.9, 0.4 rad, 0.15). Active is the share of rows that do not win by the margin.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        factor: float = parameter(
            1.0, "What the angle to its own class is multiplied by (m₁)", minimum=0.5, maximum=4.0, step=0.05, live=True
        )
        margin: float = parameter(
            17.2, "What is added to the angle to its own class (m₂)", minimum=0.0, maximum=90.0, step=0.1,
            unit="degrees", live=True,
        )  # fmt: skip
        cosine_margin: float = parameter(
            0.2, "By how much the cosine has to be higher then (m₃)", minimum=0.0, maximum=2.0, step=0.01, live=True
        )
        scale: float = scale_parameter()
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with the margins, averaged over the rows."""
        cosine = cosines(batch, self.proxies)
        own = own_class(batch.labels, self.classes)
        return classified(self.params.scale * torch.where(own, self._psi(cosine), cosine), batch.labels)

    def _psi(self, cosine: Tensor) -> Tensor:
        limit = 1.0 - 8 * torch.finfo(cosine.dtype).eps  # nearer to ±1 there is no angle, nor a slope
        angle = self.params.factor * cosine.clamp(-limit, limit).acos() + radians(self.params.margin)
        turns = torch.floor(angle.detach() / pi)
        psi: Tensor = (1.0 - 2.0 * (turns % 2)) * angle.cos() - 2.0 * turns - self.params.cosine_margin
        return psi
