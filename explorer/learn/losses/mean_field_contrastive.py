"""The contrastive loss in a mean field."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import unit
from explorer.learn.losses.base import census_parameter, rate_parameter
from explorer.learn.losses.proxies import OneProxyLoss, cosines, own_class


@register("loss", "mean_field_contrastive", title="Mean-field contrastive", reference="Furusawa 2024")
class MeanFieldContrastive(OneProxyLoss):
    """The contrastive loss with the mean field of each class, learned, in place of all its items.

    [d(f, M_y) − m₊]₊ + Σ_{k ≠ y} [m₋ − d(f, M_k)]₊, averaged over the rows f of the batch, plus λ times the mean over
    the classes k of Σ_{l ≠ k} [m₋ − d(M_k, M_l)]₊². d: one minus the cosine, whatever the distance of the recipe; y:
    the class of f; M_k: the mean field of class k, learned; m₊: ``positive_margin``; m₋: ``margin``; λ: ``repulsion``
    (Furusawa, 2024). As in a magnet, where each spin feels the mean of all others: every row is compared with the
    fields of all classes and with no other row, so that neither pairs have to be mined nor is there a temperature. O(B
    C) time for C classes, and O(C²) with λ above zero. Active is the share of the terms of rows that are not zero.
    """

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.5, "How far from the fields of other classes, in one minus the cosine", minimum=0.0, maximum=2.0,
            step=0.05, live=True,
        )  # fmt: skip
        positive_margin: float = parameter(
            0.05, "Nearer to its own field a row is left alone", minimum=0.0, maximum=2.0, step=0.01, live=True
        )
        repulsion: float = parameter(
            0.0, "Weight of what keeps the fields apart (λ)", minimum=0.0, maximum=10.0, step=0.1, live=True
        )
        proxy_rate: float = rate_parameter(10.0)
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the rows with a label, and what keeps the fields apart."""
        apart = 1.0 - cosines(batch, self.proxies)
        known = (batch.labels >= 0)[:, None]
        pull, push = F.relu(apart - self.params.positive_margin), F.relu(self.params.margin - apart)
        terms = torch.where(own_class(batch.labels, self.classes), pull, push) * known
        value = mean_of(terms, known.sum())
        if self.params.repulsion:
            value = value + self.params.repulsion * self._between_fields()
        return LossOutput(value, share((terms > 0).sum(), known.sum() * max(self.classes, 1)))

    def _between_fields(self) -> Tensor:
        fields = unit(self.proxies)
        near = F.relu(self.params.margin - 1.0 + fields @ fields.T)
        same = torch.eye(len(fields), dtype=torch.bool, device=fields.device)
        return near.masked_fill(same, 0.0).square().sum() / max(len(fields), 1)
