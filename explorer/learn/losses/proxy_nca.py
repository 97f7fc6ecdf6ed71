"""ProxyNCA++."""

from __future__ import annotations

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import squared, unit
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, classified


@register(
    "loss", "proxy_nca", title="ProxyNCA++", reference="Movshovitz-Attias et al. 2017; Teh, DeVries and Taylor 2020"
)
class ProxyNCA(OneProxyLoss):
    """Every row shall be nearer to the proxy of its own class than to the others.

    −log( exp(−d²(f, p_y) / T) / Σ_k exp(−d²(f, p_k) / T) ), averaged over the rows f of the batch; y: the class of f;
    p_k: the proxy of class k, learned; d²: the squared Euclidean distance at unit length, whatever the distance of the
    recipe; T: ``temperature``. As in ProxyNCA++ (Teh, DeVries and Taylor, 2020) the sum takes in the own class, so
    that it is a probability; ProxyNCA (Movshovitz-Attias et al., 2017) leaves it out. Active is the share of rows that
    are nearest to a wrong proxy.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        temperature: float = parameter(
            1 / 9, "Squared distances are divided by it: the lower, the sharper", minimum=0.001, maximum=10.0,
            live=True, logarithmic=True,
        )  # fmt: skip
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy, averaged over the rows."""
        distances = squared(unit(batch.embeddings), unit(self.proxies))
        return classified(-distances / self.params.temperature, batch.labels)
