"""The magnet loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance, squared
from explorer.learn.losses.base import Loss, census_parameter

if TYPE_CHECKING:
    from explorer.learn.embedding_bank import Memory

ROUNDS = 5
"""How many times k-means moves its centres at the start of an epoch."""


@register("loss", "magnet", title="Magnet", reference="Rippel, Paluri, Dollar and Bourdev 2016")
class Magnet(Loss):
    """Rows shall lie near their own cluster of their class and, by a margin, far from the clusters of other classes.

    [ ‖z − μ‖² / 2σ² + α + log Σ_ν exp(−‖z − ν‖² / 2σ²) ]₊, averaged over the rows. μ: the centre of the row's own
    cluster; ν: the centres of the clusters of other classes; σ²: the variance of rows about their centres; α:
    ``margin``; z: embeddings as the distance of the recipe prepares them, compared by squared Euclidean distance
    (Rippel, Paluri, Dollar and Bourdev, 2016). Every class is cut into ``clusters`` by k-means++ of the remembered
    embeddings at the start of each epoch, so that it may have several modes; a row belongs to the nearest cluster of
    its class. Centres and variance are ``remembered``, of all training items, or those of the rows of the ``batch``, as
    in the paper, which wants several rows of each cluster. In the first epoch each class is one cluster of the batch.
    O(B² + B K) time, K clusters in all. Active is the share of terms that are not zero.
    """

    family = "Clusters and prototypes"
    needs = frozenset({"labels", "memory"})
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        clusters: int = parameter(3, "Into how many clusters a class is cut", minimum=1, maximum=32, step=1)
        margin: float = parameter(
            1.0,
            "By how much, in the exponent, a row is likelier in its own cluster than in other classes",
            minimum=0.0,
            maximum=20.0,
            step=0.1,
            live=True,
        )
        centres: str = parameter(
            "remembered",
            "Centres of all training items, or of the rows in the batch as in the paper",
            choices=("remembered", "batch"),
        )
        census_margin: float = census_parameter()

    centres: Tensor
    sizes: Tensor
    variance: Tensor

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        k = self.params.clusters
        self.register_buffer("centres", torch.zeros(classes, k, dimension))
        self.register_buffer("sizes", torch.zeros(classes, k, dtype=torch.int64))
        self.register_buffer("variance", torch.ones(()))
        self._known: bool | None = False
        self.register_load_state_dict_post_hook(_forget)  # type: ignore[no-untyped-call]

    def on_epoch(self, memory: Memory, generator: torch.Generator) -> None:
        """Cut every class into clusters of its remembered embeddings."""
        known = memory.known
        if not len(known):
            return
        points, labels = memory.embeddings[known], memory.targets[known]
        centres = seeds(points, labels, self.classes, self.params.clusters, generator)
        for _ in range(ROUNDS):
            cluster = nearest(points, labels, centres)
            sums, sizes = gathered(points, cluster, centres.shape[0] * centres.shape[1])
            means = (sums / sizes.clamp(min=1)[:, None]).view_as(centres)
            centres = torch.where((sizes > 0).view(*centres.shape[:2], 1), means, centres)
        cluster = nearest(points, labels, centres)
        spread = (points - centres.flatten(0, 1)[cluster]).square().sum()
        self.centres.copy_(centres)
        self.sizes.copy_(torch.bincount(cluster, minlength=self.sizes.numel()).view_as(self.sizes))
        self.variance.copy_(spread / max(len(points) - 1, 1))
        self._known = True

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the rows."""
        z, known = batch.prepared, self._clustered()
        cluster = nearest(z.detach(), batch.labels, self.centres) if known else batch.labels
        if known and self.params.centres == "remembered":
            centres, real = self.centres.flatten(0, 1), self.sizes.flatten() > 0
            classes, own, variance = self._classes(), cluster, self.variance
        else:
            own = torch.searchsorted(cluster.sort().values, cluster)  # the first of each: counting them would wait
            sums, sizes = gathered(z, own, len(z))
            centres, real = sums / sizes.clamp(min=1)[:, None], sizes > 0
            classes = torch.zeros_like(own).scatter(0, own, batch.labels)
            variance = (z - centres[own]).square().sum() / max(len(z) - 1, 1)
        scale = 0.5 / variance.clamp(min=1e-6)
        distances = squared(z, centres) * scale
        others = real[None] & (classes[None] != batch.labels[:, None])
        lowest = torch.finfo(z.dtype).min
        against = (-distances).masked_fill(~others, lowest).logsumexp(dim=1)
        pull = distances.gather(1, own[:, None]).squeeze(1)
        judged = others.any(dim=1) & real[own]
        terms = torch.where(judged, F.relu(pull + self.params.margin + against), 0.0)
        return LossOutput(mean_of(terms, judged.sum()), share((terms > 0).sum(), judged.sum()))

    def _clustered(self) -> bool:
        """Return whether there are clusters; on a GPU this waits once, after others were loaded."""
        if self._known is None:
            self._known = bool(self.sizes.any())
        return self._known

    def _classes(self) -> Tensor:
        """Return the class of every cluster."""
        return torch.arange(self.sizes.numel(), device=self.sizes.device) // self.sizes.shape[1]


def _forget(module: Magnet, _keys: object) -> None:
    """Look again whether there are clusters: others were loaded."""
    module._known = None


def gathered(points: Tensor, cluster: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
    """Return the sum of the points of each cluster, (clusters, D), and how many it has."""
    sums = torch.zeros(clusters, points.shape[1], dtype=points.dtype, device=points.device)
    sizes = torch.zeros(clusters, dtype=torch.int64, device=points.device)  # a bincount waits for the device
    return sums.index_add(0, cluster, points), sizes.index_add(0, cluster, torch.ones_like(cluster))


def nearest(points: Tensor, labels: Tensor, centres: Tensor) -> Tensor:
    """Return the nearest cluster of its own class of every point, (M,), as a row of the flattened centres."""
    distances = torch.stack(
        [(points - centres[:, k][labels]).square().sum(dim=1) for k in range(centres.shape[1])], dim=1
    )
    return labels * centres.shape[1] + distances.argmin(dim=1)


def seeds(points: Tensor, labels: Tensor, classes: int, clusters: int, generator: torch.Generator) -> Tensor:
    """Return first centres of all classes at once, (classes, clusters, D), by k-means++.

    The first of a class is any of its points, every next one a point drawn with a chance that grows as its squared
    distance from the nearest so far (Arthur and Vassilvitskii, 2007): the point of the largest log d² + g, where g is
    drawn from the Gumbel distribution.
    """
    centres = points.new_zeros(classes, clusters, points.shape[1])
    apart = torch.ones(len(points), dtype=points.dtype, device=points.device)
    for k in range(clusters):
        uniform = torch.rand(len(points), generator=generator, device=points.device).clamp(1e-12, 1.0 - 1e-6)
        score = apart.clamp(min=1e-30).log() - (-uniform.log()).log()
        order = score.argsort(stable=True)
        order = order[labels[order].argsort(stable=True)]  # by class, the largest score of each last
        last = torch.ones_like(order, dtype=torch.bool)
        last[:-1] = labels[order][:-1] != labels[order][1:]
        chosen = order[last]
        centres[labels[chosen], k] = points[chosen]
        distance = (points - centres[:, k][labels]).square().sum(dim=1)
        apart = distance if k == 0 else torch.minimum(apart, distance)
    return centres
