"""The margin loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import rate_parameter
from explorer.learn.losses.pairs import PairLoss, PairParams, triplet_counts


@register("loss", "margin", reference="Wu, Manmatha, Smola and Krähenbühl 2017")
class Margin(PairLoss):
    """A pair of one class shall be nearer than a boundary, a pair of two classes farther, and the boundary is learned.

    [d_ap − β + m]₊ + [β − d_an + m]₊ over triplets (a, p, n): their sum over the number of terms that are not zero,
    plus ν times the mean of β. d: the distance of the recipe; m: ``margin``; β: the boundary, one for all classes or
    one for each (that of a). Without a miner it runs over all triplets; how often a pair is in one is counted, so that
    it is O(B²). In the paper the miner ``distance_weighted`` goes with it.
    """

    given = frozenset({"pairs", "triplets"})

    class Params(PairParams):
        """Parameters of the loss."""

        margin: float = parameter(
            0.2, "How far from the boundary a pair shall be", minimum=0.0, maximum=2.0, step=0.01, live=True
        )
        boundary: float = parameter(
            1.2, "The distance of the boundary when the run begins", minimum=0.0, maximum=4.0, step=0.05
        )
        learned: str = parameter(
            "shared", "Learn one boundary, one for each class, or none", choices=("shared", "class", "none")
        )
        pressure: float = parameter(
            0.0,
            "ν: how strongly boundaries are kept small",
            minimum=0.0,
            maximum=1.0,
            step=0.01,
            live=True,
            advanced=True,
        )
        boundary_rate: float = rate_parameter(
            1.0, "Learning rate of the boundary, as a multiple of that of the encoder", minimum=0.001, maximum=1000.0
        )

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        number = classes if self.params.learned == "class" else 1
        self.boundary = nn.Parameter(
            torch.full((number,), self.params.boundary), requires_grad=self.params.learned != "none"
        )
        self.rate_scale = float(self.params.boundary_rate)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the sum over the terms that are not zero, over their number."""
        pulls, pushes = triplet_counts(batch, triplets)
        d, margin = batch.distances, self.params.margin
        beta = self.boundary.to(d.dtype)
        beta = beta[batch.labels] if self.params.learned == "class" else beta.expand(len(batch))
        pull = F.relu(d - beta[:, None] + margin)
        push = F.relu(beta[:, None] - d + margin)
        counted = ((pull > 0) * pulls).sum() + ((push > 0) * pushes).sum()
        value = mean_of(pull * pulls + push * pushes, counted)
        if self.params.pressure:
            used = pulls.any(dim=1)
            value = value + self.params.pressure * mean_of(beta * used, used.sum())
        return LossOutput(value, share(counted, pulls.sum() + pushes.sum()))
