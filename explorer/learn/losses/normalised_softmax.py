"""The normalised softmax loss."""

from __future__ import annotations

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified, cosines


@register("loss", "normalised_softmax", title="Normalised softmax", reference="Zhai and Wu 2019")
class NormalisedSoftmax(OneProxyLoss):
    """A classifier by directions: the cosine with its own proxy shall be the highest.

    −log( exp(cos(f, p_y) / T) / Σ_k exp(cos(f, p_k) / T) ), averaged over the rows f of the batch; y: the class of f;
    p_k: the proxy of class k, learned; T: ``temperature``. Cosines, whatever the distance of the recipe (Zhai and Wu,
    2019). Active is the share of rows that are classified wrongly.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = parameter(
            0.05, "Cosines are divided by it: the lower, the sharper", minimum=0.001, maximum=10.0, live=True,
            logarithmic=True,
        )  # fmt: skip
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy, averaged over the rows."""
        return classified(cosines(batch, self.proxies) / self.params.temperature, batch.labels)
