"""The proxy anchor loss."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, cosines, own_class


@register("loss", "proxy_anchor", title="Proxy anchor", reference="Kim, Kim, Cho and Kwak 2020")
class ProxyAnchor(OneProxyLoss):
    """Every proxy pulls the rows of its class, the farthest most, and pushes all others, the nearest most.

    1/|P⁺| Σ_{p ∈ P⁺} log(1 + Σ_{f of p} exp(−α (s − δ))) + 1/|P| Σ_{p ∈ P} log(1 + Σ_{f not of p} exp(α (s + δ)))
    (Kim et al., 2020). s: the cosine of the row f and the proxy p, whatever the distance of the recipe; P: the proxies
    of all classes, learned; P⁺: those whose class is in the batch; α: ``alpha``; δ: ``margin``. Active is the share of
    pairs of a row and a proxy beyond their margin: s < δ of its own class, s > −δ of another.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.1, "Margin of the cosine, on both sides", minimum=0.0, maximum=1.0, step=0.01, live=True
        )
        alpha: float = parameter(
            32.0, "How much the hardest rows outweigh the others", minimum=0.1, maximum=1000.0, live=True,
            logarithmic=True,
        )  # fmt: skip
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the proxies that pull plus the mean over those that push."""
        alpha, margin = self.params.alpha, self.params.margin
        cosine = cosines(batch, self.proxies)
        own = own_class(batch.labels, self.classes)
        others = ~own & (batch.labels >= 0)[:, None]
        pulled = own.any(dim=0)
        pull = _log_one_plus_sum(alpha * (margin - cosine), own)
        push = _log_one_plus_sum(alpha * (cosine + margin), others)
        beyond = (own & (cosine < margin)) | (others & (cosine > -margin))
        active = share(beyond.sum(), own.sum() + others.sum())
        return LossOutput(mean_of(pull, pulled.sum()) + push.mean(), active)


def _log_one_plus_sum(exponents: Tensor, kept: Tensor) -> Tensor:
    """Return log(1 + Σ exp) of each column, over what is kept, (P,)."""
    terms = exponents.masked_fill(~kept, -torch.inf)
    return torch.cat((torch.zeros_like(terms[:1]), terms)).logsumexp(dim=0)
