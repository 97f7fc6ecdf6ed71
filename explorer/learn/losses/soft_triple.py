"""The SoftTriple loss."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance, root, unit
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import ProxyLoss, classified, cosines, own_class, proxies


@register("loss", "soft_triple", title="SoftTriple", reference="Qian et al. 2019")
class SoftTriple(ProxyLoss):
    """Several centres a class, for classes of several kinds of pictures; a row counts its nearest ones most.

    −log( exp(λ (S_y − δ)) / (exp(λ (S_y − δ)) + Σ_{k ≠ y} exp(λ S_k)) ), averaged over the rows f of the batch, plus
    τ/2 times the mean of √(2 − 2 w_s·w_t) over any two centres of a class, which merges those not needed (Qian et al.,
    2019). S_k = Σ_j q_j cos(f, w_kj) with q = softmax(cos(f, w_kj) / γ) over the centres w_kj of class k, learned; y:
    the class of f; λ: ``scale``; δ: ``margin``; γ: ``gamma``; τ: ``merge``. Cosines, whatever the distance of the
    recipe. Active is the share of rows that are classified wrongly.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        centres: int = parameter(10, "Centres a class", minimum=1, maximum=100)
        scale: float = parameter(
            20.0, "Factor of the similarities (λ)", minimum=0.1, maximum=1000.0, live=True, logarithmic=True
        )
        margin: float = parameter(0.01, "Margin of the similarity (δ)", minimum=0.0, maximum=1.0, step=0.01, live=True)
        gamma: float = parameter(
            0.1, "How much the nearest centre outweighs the others: the lower, the more", minimum=0.001, maximum=10.0,
            live=True, logarithmic=True, advanced=True,
        )  # fmt: skip
        merge: float = parameter(
            0.2, "How strongly the centres of a class are drawn together (τ)", minimum=0.0, maximum=10.0, step=0.01,
            live=True, advanced=True,
        )  # fmt: skip
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.proxies = proxies(classes * self.params.centres, dimension)  # those of a class are neighbours

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy, averaged over the rows, plus what merges the centres."""
        params = self.params
        cosine = cosines(batch, self.proxies).view(len(batch), self.classes, params.centres)
        similarity = ((cosine / params.gamma).softmax(dim=2) * cosine).sum(dim=2)
        own = own_class(batch.labels, self.classes)
        output = classified(params.scale * torch.where(own, similarity - params.margin, similarity), batch.labels)
        if not params.merge or params.centres == 1:
            return output
        return LossOutput(output.value + params.merge * self._apart(), output.active)

    def _apart(self) -> Tensor:
        """Return half the mean distance of two centres of one class."""
        centres = unit(self.proxies).view(self.classes, self.params.centres, self.dimension)
        gaps = (2 - 2 * centres @ centres.transpose(1, 2)).triu(diagonal=1)
        ordered = self.classes * self.params.centres * (self.params.centres - 1)
        apart: Tensor = root(gaps, 8 * torch.finfo(gaps.dtype).eps).sum() / ordered
        return apart
