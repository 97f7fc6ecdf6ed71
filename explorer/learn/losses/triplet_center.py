"""The triplet-center loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import squared
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, own_class


@register("loss", "triplet_center", title="Triplet-center", reference="He et al. 2018")
class TripletCenter(OneProxyLoss):
    """Every row shall be nearer to the centre of its class than to the nearest other centre by a margin.

    [D(f, c_y) + m − min_{k ≠ y} D(f, c_k)]₊, averaged over the rows f of the batch (He et al., 2018), D(a, b) =
    ½ |a − b|². y: the class of f; c_k: the centre of class k, learned; m: ``margin``. The embeddings are those that the
    encoder returned, whatever the distance of the recipe. The paper adds a classifier: the loss ``sum`` with the terms
    ``triplet_center + softmax`` does.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            5.0, "How much nearer the own centre shall be, in half squared distances", minimum=0.0, maximum=100.0,
            step=0.1, live=True,
        )  # fmt: skip
        proxy_rate: float = rate_parameter(30.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the hinges, averaged over the rows."""
        distances = squared(batch.embeddings, self.proxies) / 2
        own = own_class(batch.labels, self.classes)
        far = torch.finfo(distances.dtype).max  # not ∞: with one class only, the hinge is zero and so is its gradient
        nearest = distances.masked_fill(own, far).amin(dim=1)
        hinge = F.relu((distances * own).sum(dim=1) + self.params.margin - nearest)
        known = batch.labels >= 0
        hinge = torch.where(known, hinge, 0.0)
        return LossOutput(mean_of(hinge, known.sum()), share((hinge > 0).sum(), known.sum()))
