"""The softmax classifier."""

from __future__ import annotations

from torch import nn

from explorer.core.registry import Parameters, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import ProxyLoss, classified, proxies


@register("loss", "softmax", title="Softmax")
class Softmax(ProxyLoss):
    """A linear classifier on the embeddings, with cross-entropy.

    −log( exp(w_y·f + b_y) / Σ_k exp(w_k·f + b_k) ), averaged over the rows f of the batch; y: the class of f; w_k, b_k:
    weights and bias of class k. The embeddings are those that the encoder returned, whatever the distance of the
    recipe. Active is the share of rows that are classified wrongly.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.linear = nn.Linear(dimension, classes)
        self.linear.weight = proxies(classes, dimension)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy, averaged over the rows."""
        return classified(self.linear(batch.embeddings), batch.labels)
