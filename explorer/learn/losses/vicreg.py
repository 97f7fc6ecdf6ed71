"""Variance, invariance and covariance regularisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import Loss, census_parameter


@register("loss", "vicreg", title="VICReg", reference="Bardes, Ponce and LeCun 2022")
class VicReg(Loss):
    """Two views of a picture shall agree, while every number of the embedding varies and tells something of its own.

    λ s(Z, Z′) + μ ½ (v(Z) + v(Z′)) + ν (c(Z) + c(Z′)). Z, Z′: (N, D) embeddings of the two views as the encoder
    returned them, whatever the distance of the recipe; s = 1/ND Σ |z_i − z′_i|², the invariance; v = 1/D Σ_j [1 −
    √(Var(z_j) + ε)]₊, the variance; c = 1/D Σ_{j ≠ k} Cov(z_j, z_k)², the covariance; λ, μ, ν: ``invariance``,
    ``variance`` and ``covariance`` (Bardes, Ponce and LeCun, 2022). It needs neither classes nor negatives: the
    variance is what keeps all embeddings from becoming equal. O(B D²) time. Active is the share of numbers that vary
    too little.
    """

    family = "Contrast and views"
    needs = frozenset({"views"})
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        invariance: float = parameter(
            25.0, "Weight of the agreement of two views", minimum=0.0, maximum=1000.0, step=1.0, live=True
        )
        variance: float = parameter(
            25.0, "Weight of the hinge on the standard deviations", minimum=0.0, maximum=1000.0, step=1.0, live=True
        )
        covariance: float = parameter(
            1.0, "Weight of the squared covariances", minimum=0.0, maximum=1000.0, step=0.1, live=True
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the weighted sum; the first half of the batch is the one view, the second the other."""
        views = batch.embeddings.tensor_split(2) if len(batch) % 2 == 0 else batch.embeddings[:-1].tensor_split(2)
        params, count, dimension = self.params, max(len(views[0]), 1), batch.embeddings.shape[1]
        invariance = (views[0] - views[1]).square().sum() / (count * dimension)
        spread, mixed = zip(*(_moments(z) for z in views), strict=True)
        hinges = F.relu(1.0 - torch.stack(spread))
        value = (
            params.invariance * invariance
            + params.variance * hinges.sum() / (2 * dimension)
            + params.covariance * (mixed[0] + mixed[1])
        )
        return LossOutput(value, (hinges > 0).float().mean())


def _moments(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return the standard deviation of every number of the embedding, (D,), and the squared covariances over D, ()."""
    centred = z - z.sum(dim=0) / max(len(z), 1)
    covariance = centred.T @ centred / max(len(z) - 1, 1)
    variances = covariance.diagonal()
    mixed = (covariance - torch.diag(variances)).square().sum() / z.shape[1]
    return (variances + 1e-4).sqrt(), mixed
