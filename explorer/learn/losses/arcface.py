"""ArcFace."""

from __future__ import annotations

from math import radians

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines, own_class, scale_parameter


class ArcFaceParams(Parameters):
    """Parameters of losses with a margin of the angle."""

    margin: float = parameter(
        28.6, "By how much the angle to its own class has to be smaller", minimum=0.0, maximum=90.0, step=0.1,
        unit="degrees", live=True,
    )  # fmt: skip
    scale: float = scale_parameter()
    proxy_rate: float = rate_parameter(10.0)
    census_margin: float = census_parameter()


@register("loss", "arcface", title="ArcFace", reference="Deng et al. 2019")
class ArcFace(OneProxyLoss):
    """A classifier by directions in which the own class has to win by a margin of the angle.

    −log( exp(s cos(θ_y + m)) / (exp(s cos(θ_y + m)) + Σ_{k ≠ y} exp(s cos θ_k)) ), averaged over the rows f of the
    batch (Deng et al., 2019). θ_k: the angle between f and the proxy of class k, learned, whatever the distance of the
    recipe; y: the class of f; m: ``margin`` in degrees; s: ``scale``. Beyond θ_y = 180° − m, where cos(θ_y + m) would
    grow again, it is cos θ_y − m sin m. Active is the share of rows that do not win by the margin.
    """

    class Params(ArcFaceParams):
        """Parameters of the loss."""

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with the margin, averaged over the rows."""
        return angular_margin(
            cosines(batch, self.proxies), batch.labels, radians(self.params.margin), self.params.scale
        )


def angular_margin(cosine: Tensor, labels: Tensor, margin: float, scale: float) -> LossOutput:
    """Return the cross-entropy of (B, C) cosines with a margin, in radians, added to the angle of the own class."""
    turned = turned_by(cosine, margin)
    return classified(scale * torch.where(own_class(labels, cosine.shape[1]), turned, cosine), labels)


def turned_by(cosine: Tensor, margin: float | Tensor) -> Tensor:
    """Return cos(θ + m) of cosines cos θ and a margin m in radians; beyond θ = π − m it goes on falling, by cosine.

    There, where it would grow again, it is cos θ − m sin m. ``margin``: one, or one for each cosine.
    """
    tiny = 8 * torch.finfo(cosine.dtype).eps  # below the rounding error of a cosine there is no angle, nor a slope
    m = margin if isinstance(margin, Tensor) else cosine.new_full((), margin)
    turned = cosine * m.cos() - (1 - cosine.square()).clamp(min=tiny).sqrt() * m.sin()
    return torch.where(cosine >= -m.cos(), turned, cosine - m * m.sin())


def own_cosine(cosine: Tensor, labels: Tensor) -> Tensor:
    """Return the cosine of each row and its own class, (B, 1); of any class for a row without a label."""
    return cosine.gather(1, labels.clamp(min=0)[:, None])
