"""A weighted sum of losses."""

from __future__ import annotations

from typing import Any

import torch
from pydantic import field_validator
from torch import Tensor

from explorer.core.formula import SUM, read, written
from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.embedding_bank import Memory
from explorer.learn.losses.base import Loss
from explorer.learn.losses.formula import Terms, needs_of_formula, taken_by_formula


@register("loss", SUM, title="Weighted sum")
class WeightedSum(Loss):
    """Several losses at once, each with a weight: Σ w·L.

    ``terms`` is a formula such as ``triplet + 0.1*softmax`` or ``0.7*triplet(margin=0.3, form=soft) +
    0.3*center(weight=0.01)``: the losses L with their weights w and their parameters. Active is the mean of theirs,
    weighted; triplets are counted at the margin of the first loss that has one. While a run trains, weights and live
    parameters can change, but not which losses there are.
    """

    family = "Combinations"

    class Params(Parameters):
        """Parameters of the loss."""

        terms: str = parameter(
            "triplet + 0.1*softmax", "The losses, each with its weight and parameters", live=True, syntax="losses"
        )

        @field_validator("terms")
        @classmethod
        def _read(cls, terms: str) -> str:
            return written(read(terms))

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.terms = Terms(
            self.params.terms, distance=distance, classes=classes, dimension=dimension, channels=channels
        )
        self.mined, self.pairwise = self.terms.mined, self.terms.pairwise

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return what the losses need together."""
        chosen: Any = params
        return needs_of_formula(chosen.terms)

    @classmethod
    def takes(cls, params: Parameters) -> frozenset[str]:
        """Return from which given tuples the losses learn together."""
        chosen: Any = params
        return taken_by_formula(chosen.terms)

    @property
    def last(self) -> tuple[Tensor, ...]:
        """The values of the losses in the last batch, without their weights and without a gradient."""
        return self.terms.last

    @property
    def layers(self) -> tuple[str, ...]:
        """The hidden layers of the encoder that the losses look at."""
        return self.terms.layers

    def update(self, params: Parameters) -> None:
        """Take over weights and live parameters.

        Raises
        ------
        UserError: if there are other losses.
        """
        chosen: Any = params
        self.terms.update(chosen.terms)
        super().update(params)

    def on_epoch(self, memory: Memory, generator: torch.Generator) -> None:
        """Let every loss look at the embeddings of all training items."""
        for part in self.terms.parts:
            part.on_epoch(memory, generator)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the weighted sum."""
        output: LossOutput = self.terms(batch, triplets)
        return output
