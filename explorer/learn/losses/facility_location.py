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
    (Song, Jegelka, Rathod and Murphy, 2017). S is found greedily, one medoid at a time: about B² log |Y| time for |Y|
    classes, O(B²) memory. It judges the whole batch, whatever the miner. Active is the share of rows that are nearest
    to a medoid of another class.
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
        from explorer.measure.medoids import worst_medoids  # numba: not at start-up

        found, agreement = worst_medoids(
            distances.cpu().numpy(), labels.cpu().numpy(), len(classes), self.params.margin
        )  # fmt: skip
        served, right = torch.from_numpy(found).to(labels.device), class_medoids(distances, labels)
        gap = batch.distances.gather(1, right[:, None]) - batch.distances.gather(1, served[:, None])
        value = F.relu(gap.sum() + self.params.margin * (1.0 - agreement)) / len(batch)
        wrong = labels[served] != labels
        return LossOutput(value, share(wrong.sum(), torch.tensor(len(batch), device=wrong.device)))


def class_medoids(distances: Tensor, labels: Tensor) -> Tensor:
    """Return the row of its class that is nearest to all the class, for every row, (B,)."""
    member = labels[:, None] == labels[None]
    cost = torch.where(member, distances, 0.0).sum(dim=0)
    return cost.expand_as(distances).masked_fill(~member, torch.inf).argmin(dim=1)
