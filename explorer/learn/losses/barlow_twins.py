"""Barlow Twins."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.losses.base import Loss, census_parameter

EPSILON = 1e-5
"""What is added to a variance before its root, as batch normalisation does."""


@register("loss", "barlow_twins", title="Barlow Twins", reference="Zbontar, Jing, Misra, LeCun and Deny 2021")
class BarlowTwins(Loss):
    """Every number of the embedding shall be the same in two views of a picture, and tell what no other number tells.

    Σ_j (1 − C_jj)² + λ Σ_{j ≠ k} C_jk². C: the (D, D) correlations over the batch of each number of the one view with
    each of the other, of embeddings as the encoder returned them, whatever the distance of the recipe; λ:
    ``redundancy`` (Zbontar, Jing, Misra, LeCun and Deny, 2021). It needs neither classes nor negatives: that all
    embeddings become equal is kept off by the numbers having to vary. O(B D²) time. Active is the share of numbers
    whose two views correlate no more than one of them does with another number.
    """

    family = "Contrast and views"
    needs = frozenset({"views"})
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        redundancy: float = parameter(
            0.005,
            "Weight of the squared correlations between different numbers (λ)",
            minimum=0.0,
            maximum=1.0,
            step=0.001,
            live=True,
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the sum; the first half of the batch is the one view, the second the other."""
        half = len(batch) // 2
        one, other = (_standardised(z) for z in (batch.embeddings[:half], batch.embeddings[half : 2 * half]))
        correlation = one.T @ other / max(half, 1)
        own = correlation.diagonal()
        squares = correlation.square()
        apart = squares.sum() - own.square().sum()
        value = (1.0 - own).square().sum() + self.params.redundancy * apart
        rest = correlation.detach().abs().fill_diagonal_(-torch.inf)
        redundant = own.detach() <= torch.maximum(rest.amax(dim=0), rest.amax(dim=1))
        return LossOutput(value, redundant.float().mean())


def _standardised(z: Tensor) -> Tensor:
    """Return (N, D) with each column of mean zero and, if it varies at all, of variance one."""
    centred = z - z.sum(dim=0) / max(len(z), 1)
    variance = centred.square().sum(dim=0) / max(len(z), 1)
    return centred / (variance + EPSILON).sqrt()
