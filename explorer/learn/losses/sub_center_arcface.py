"""Sub-centre ArcFace."""

from __future__ import annotations

from math import radians

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.arcface import ArcFaceParams, angular_margin
from explorer.learn.losses.proxies import ProxyLoss, cosines, proxies


@register("loss", "sub_center_arcface", title="Sub-centre ArcFace", reference="Deng et al. 2020")
class SubCenterArcFace(ProxyLoss):
    """ArcFace with several proxies a class, of which the nearest counts: wrong labels gather at one of their own.

    As ArcFace, with θ_k: the angle between f and the nearest of the ``centres`` proxies of class k (Deng et al., 2020).
    """

    class Params(ArcFaceParams):
        """Parameters of the loss."""

        centres: int = parameter(3, "Proxies a class", minimum=1, maximum=100)

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.proxies = proxies(classes * self.params.centres, dimension)  # those of a class are neighbours

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy with the margin, averaged over the rows."""
        cosine = cosines(batch, self.proxies).view(len(batch), self.classes, self.params.centres).amax(dim=2)
        return angular_margin(cosine, batch.labels, radians(self.params.margin), self.params.scale)
