"""The center loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import ProxyLoss, classified, own_class, proxies


@register("loss", "center", title="Center", reference="Wen, Zhang, Li and Qiao 2016")
class Center(ProxyLoss):
    """A softmax classifier that also draws every row to the centre of its class.

    −log( exp(w_y·f + b_y) / Σ_k exp(w_k·f + b_k) ) + λ/2 |f − c_y|², averaged over the rows f of the batch (Wen et
    al., 2016, whose sums over the batch differ by a factor). y: the class of f; w, b: the classifier, learned; λ:
    ``weight``. c_k: the centre of class k, which begins at zero and is not learned by gradient, but moved with each
    batch: c_k ← c_k − α Σ (c_k − f) / (1 + n_k) over the n_k rows of class k; α: ``alpha``. The embeddings are those
    that the encoder returned, whatever the distance of the recipe. Active is the share of rows classified wrongly.
    """

    centres: Tensor

    class Params(Parameters):
        """Parameters of the loss."""

        weight: float = parameter(
            0.003, "How strongly rows are drawn to their centres (λ)", minimum=0.0, maximum=100.0, live=True,
            logarithmic=True,
        )  # fmt: skip
        alpha: float = parameter(
            0.5, "How fast the centres follow the rows", minimum=0.0, maximum=1.0, step=0.01, live=True, advanced=True
        )
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.linear = nn.Linear(dimension, classes)
        self.linear.weight = proxies(classes, dimension)
        self.register_buffer("centres", torch.zeros(classes, dimension))

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return cross-entropy and pull, averaged over the rows; while it trains, then move the centres."""
        output = classified(self.linear(batch.embeddings), batch.labels)
        own = own_class(batch.labels, self.classes).to(batch.embeddings.dtype)
        apart = (batch.embeddings - own @ self.centres).square().sum(dim=1) * (batch.labels >= 0)
        pull = mean_of(apart, (batch.labels >= 0).sum()) / 2
        if self.training:
            self._follow(batch.embeddings.detach(), own)
        return LossOutput(output.value + self.params.weight * pull, output.active)

    def _follow(self, rows: Tensor, own: Tensor) -> None:
        """Move the centres towards the rows of their classes."""
        counts = own.sum(dim=0)[:, None]
        step = (counts * self.centres - own.T @ rows) / (1 + counts)
        self.centres.sub_(self.params.alpha * step)
