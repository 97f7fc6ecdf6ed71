"""CosFace."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines, own_class, scale_parameter


@register("loss", "cosface", title="CosFace", reference="Wang et al. 2018")
class CosFace(OneProxyLoss):
    """A classifier by directions in which the own class has to win by a margin of the cosine.

    −log( exp(s (cos θ_y − m)) / (exp(s (cos θ_y − m)) + Σ_{k ≠ y} exp(s cos θ_k)) ), averaged over the rows f of the
    batch (Wang et al., 2018). θ_k: the angle between f and the proxy of class k, learned, whatever the distance of the
    recipe; y: the class of f; m: ``margin``; s: ``scale``. Active is the share of rows that do not win by the margin.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.35, "By how much the cosine of its own class has to be higher", minimum=0.0, maximum=2.0, step=0.01,
            live=True,
        )  # fmt: skip
        scale: float = scale_parameter()
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with the margin, averaged over the rows."""
        cosine = cosines(batch, self.proxies)
        own = own_class(batch.labels, self.classes)
        return classified(self.params.scale * torch.where(own, cosine - self.params.margin, cosine), batch.labels)
