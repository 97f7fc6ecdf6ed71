"""Prototypical networks."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance, squared
from explorer.learn.losses.base import Loss, census_parameter


@register("loss", "prototypical", title="Prototypical", reference="Snell, Swersky and Zemel 2017")
class Prototypical(Loss):
    """Every query shall be nearest to the mean of its own class, as in few-shot classification.

    −log( exp(−d(f_q, c_y) / T) / Σ_k exp(−d(f_q, c_k) / T) ), averaged over the queries q. c_k: the mean of the
    support embeddings of class k, the prototype; y: the class of the query; T: ``temperature``. d: with the geometry
    ``euclidean`` the squared Euclidean distance of embeddings as the encoder returned them (Snell, Swersky and Zemel,
    2017, T = 1), with ``recipe`` the distance of the recipe, where c_k is prepared as the embeddings are. The sampler
    ``episodic`` says which rows of a batch are support. In any other batch each row is a query, against the means of
    all classes of the batch with itself left out, in O(B²) time; a row that is alone in its class is none. Active is
    the share of queries that are nearest to a wrong prototype.
    """

    family = "Clusters and prototypes"
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        geometry: str = parameter(
            "euclidean",
            "Squared Euclidean distance without unit length, as in the paper, or the distance of the recipe",
            choices=("euclidean", "recipe"),
        )
        temperature: float = parameter(
            1.0,
            "Distances are divided by it: 1 as in the paper; about 0.1 suits a distance of unit-length embeddings",
            minimum=0.01,
            maximum=100.0,
            live=True,
            logarithmic=True,
        )
        learned: bool = parameter(False, "Learn the temperature, from the given one on", advanced=True)
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        if self.params.learned:
            self.log_scale = nn.Parameter(torch.tensor(-log(self.params.temperature)))

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the cross-entropy of the queries, averaged over them."""
        slot = batch.pairs.start  # one number a class, below B
        known = torch.ones_like(slot, dtype=torch.bool) if batch.support is None else batch.support
        member = (slot[None] == torch.arange(len(slot), device=slot.device)[:, None]) & known
        sizes = member.sum(dim=1)
        sums = member.to(batch.embeddings.dtype) @ batch.embeddings
        own = slot[:, None]
        if batch.support is None:
            query = sizes[slot] > 1
            without = (sums[slot] - batch.embeddings) / (sizes[slot, None] - 1).clamp(min=1)
            logits = self._logits(batch, sums / sizes.clamp(min=1)[:, None])
            logits = logits.scatter(1, own, self._own_logits(batch, without)[:, None])
        else:
            query = ~batch.support & (sizes[slot] > 0)
            logits = self._logits(batch, sums / sizes.clamp(min=1)[:, None])
        lowest = torch.finfo(logits.dtype).min  # not −∞: a batch without any prototype has a gradient of zero too
        logits = logits.masked_fill(sizes[None] == 0, lowest)
        right = logits.gather(1, own).squeeze(1)
        terms = torch.where(query, logits.logsumexp(dim=1) - right, 0.0)
        others = logits.detach().scatter(1, own, lowest).amax(dim=1, keepdim=True) if len(slot) else right[:, None]
        wrong = query & (others.squeeze(1) >= right) & (others.squeeze(1) > lowest)
        return LossOutput(mean_of(terms, query.sum()), share(wrong.sum(), query.sum()))

    def _scale(self) -> Tensor | float:
        return self.log_scale.exp() if self.params.learned else 1.0 / self.params.temperature

    def _logits(self, batch: Batch, prototypes: Tensor) -> Tensor:
        """Return −d / T from each row to each of (C, D) prototypes, (B, C)."""
        if self.params.geometry == "recipe":
            distances = self.distance.matrix(batch.prepared, self.distance.prepare(prototypes))
        else:
            distances = squared(batch.embeddings, prototypes)
        return -self._scale() * distances

    def _own_logits(self, batch: Batch, prototypes: Tensor) -> Tensor:
        """Return −d / T from each row to its own of (B, D) prototypes, (B,)."""
        if self.params.geometry == "recipe":
            distances = self.distance.between(batch.prepared, self.distance.prepare(prototypes))
        else:
            distances = (batch.embeddings - prototypes).square().sum(dim=1)
        return -self._scale() * distances
