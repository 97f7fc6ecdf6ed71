"""Clustering by facility location."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, share
from explorer.learn.losses.base import Loss, census_parameter


@register(
    "loss",
    "facility_location",
    title="Facility location",
    reference="Song, Jegelka, Rathod and Murphy 2017",
)
class FacilityLocation(Loss):
    """The classes shall cluster the batch better than any other clusters, by a margin that grows with their errors.

    1/B [ max_S { F(S) + γ (1 − NMI(S)) } − F̃ ]₊ with F(S) = −Σ_i min_{j ∈ S} d(i, j), how well |Y| medoids S, rows of
    the batch, serve all its rows; F̃ = Σ_k max_j F of class k with the best of its own rows as its one medoid; NMI: the
    normalised mutual information of classes and clusters, I / √(H H); d: the distance of the recipe; γ: ``margin``
    (Song, Jegelka, Rathod and Murphy, 2017). S is found greedily, one medoid at a time: O(B² |Y|) time for |Y| classes,
    O(B²) memory. It judges the whole batch, whatever the miner. Active is the share of rows that are nearest to a
    medoid of another class.
    """

    family = "Clusters and prototypes"
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            1.0,
            "How much better than a clustering that is all wrong the classes shall be",
            minimum=0.0,
            maximum=100.0,
            step=0.1,
            live=True,
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return by how much the worst clustering beats the classes, over the rows of the batch."""
        distances = batch.distances.detach()
        classes, labels = torch.unique(batch.labels, return_inverse=True)
        served, agreement = worst_medoids(distances, labels, len(classes), self.params.margin)
        right = class_medoids(distances, labels)
        gap = batch.distances.gather(1, right[:, None]) - batch.distances.gather(1, served[:, None])
        value = F.relu(gap.sum() + self.params.margin * (1.0 - agreement)) / len(batch)
        wrong = labels[served] != labels
        return LossOutput(value, share(wrong.sum(), torch.tensor(len(batch), device=wrong.device)))


def class_medoids(distances: Tensor, labels: Tensor) -> Tensor:
    """Return the row of its class that is nearest to all the class, for every row, (B,)."""
    member = labels[:, None] == labels[None]
    cost = torch.where(member, distances, 0.0).sum(dim=0)
    return cost.expand_as(distances).masked_fill(~member, torch.inf).argmin(dim=1)


def worst_medoids(distances: Tensor, labels: Tensor, classes: int, margin: float) -> tuple[Tensor, Tensor]:
    """Return the medoid of every row, (B,), where F + γ (1 − NMI) is greedily largest, and its NMI, ().

    Every step tries each row as the next medoid at once: the rows that it would take from other medoids change only
    the counts of their old cells (medoid, class) and make new ones, so that a step takes O(B²).
    """
    rows = len(distances)
    nearest = torch.full((rows,), torch.inf, dtype=distances.dtype, device=distances.device)
    cluster, served = torch.zeros_like(labels), torch.zeros_like(labels)
    free = torch.ones_like(labels, dtype=torch.bool)
    of_classes = entropy(torch.bincount(labels, minlength=classes)[:, None].to(distances.dtype))
    agreement = distances.new_ones(())
    for step in range(classes):
        taken = distances < nearest[:, None]
        moved = taken.to(distances.dtype)
        cells, cell = torch.unique(cluster * classes + labels, return_inverse=True)
        news = counted(moved, labels, classes)
        joint = entropy(torch.cat((counted(1.0 - moved, cell, len(cells)), news)))
        of_clusters = entropy(torch.cat((counted(1.0 - moved, cluster, step + 1), news.sum(dim=0, keepdim=True))))
        found = mutual_information(of_classes, of_clusters, joint)
        service = -torch.minimum(distances, nearest[:, None]).sum(dim=0)
        best = (service + margin * (1.0 - found)).masked_fill(~free, -torch.inf).argmax()
        free[best] = False
        cluster = torch.where(taken[:, best], step, cluster)
        served = torch.where(taken[:, best], best, served)
        nearest = torch.minimum(nearest, distances[:, best])
        agreement = found[best]
    return served, agreement


def counted(moved: Tensor, group: Tensor, groups: int) -> Tensor:
    """Return the sums of (B, B) over the rows of each group, (groups, B)."""
    return moved.new_zeros(groups, moved.shape[1]).index_add(0, group, moved)


def entropy(counts: Tensor) -> Tensor:
    """Return the entropy of the counts in each column, in nats: (groups, B) to (B,)."""
    total = counts.sum(dim=0)
    return total.log() - torch.xlogy(counts, counts).sum(dim=0) / total


def mutual_information(first: Tensor, second: Tensor, joint: Tensor) -> Tensor:
    """Return (H₁ + H₂ − H₁₂) / √(H₁ H₂); 1 where neither tells anything apart, 0 where only one does."""
    product = first * second
    real = product > 1e-12
    shared = (first + second - joint).clamp(min=0.0) / torch.where(real, product, 1.0).sqrt()
    alike = ((first < 1e-6) & (second < 1e-6)).to(shared.dtype)
    return torch.where(real, shared, alike)
