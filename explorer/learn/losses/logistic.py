"""The logistic loss over pairs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.distances.base import Distance
from explorer.learn.losses.base import rate_parameter
from explorer.learn.losses.pairs import PairLoss, PairParams


@register("loss", "logistic", title="Logistic (LDML)", reference="Guillaumin, Verbeek and Schmid 2009")
class Logistic(PairLoss):
    """Whether two items are of one class is a matter of probability, which falls with their distance.

    p = 1 / (1 + exp((d − b) / T)) for a pair, and the loss is −log p for a pair of one class, −log(1 − p) for one of
    two; each sort is averaged by itself, as there are far more pairs of two classes. d: the distance of the recipe;
    b: the distance at which a pair is as likely of one class as of two, which is learned from ``boundary`` on; T:
    ``temperature``: the paper's metric of squared distances has T = 1. A miner restricts the pairs to those of its
    triplets. Active is the share of the pairs on the wrong side of b.
    """

    given = frozenset({"pairs", "triplets"})

    class Params(PairParams):
        """Parameters of the loss."""

        boundary: float = parameter(
            1.0, "b: the distance of even odds when the run begins", minimum=0.0, maximum=4.0, step=0.05
        )
        temperature: float = parameter(
            0.1,
            "T: over which distance the odds change by a factor of e",
            minimum=0.01,
            maximum=10.0,
            logarithmic=True,
            live=True,
        )
        boundary_rate: float = rate_parameter(
            1.0, "Learning rate of the boundary, as a multiple of that of the encoder", minimum=0.001, maximum=1000.0
        )

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.boundary = nn.Parameter(torch.tensor(float(self.params.boundary)))
        self.rate_scale = float(self.params.boundary_rate)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the pairs of one class plus the mean over those of two."""
        same, different = pair_masks(batch, triplets)
        odds = (batch.distances - self.boundary.to(batch.distances.dtype)) / self.params.temperature
        pull, push = torch.where(same, F.softplus(odds), 0.0), torch.where(different, F.softplus(-odds), 0.0)
        wrong = (same & (odds > 0)).sum() + (different & (odds < 0)).sum()
        value = mean_of(pull, same.sum()) + mean_of(push, different.sum())
        return LossOutput(value, share(wrong, same.sum() + different.sum()))
