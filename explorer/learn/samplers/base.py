"""What a sampler is to the trainer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from explorer.core.registry import Parameters
from explorer.core.types import IntArray


class Sampler:
    """Composes the batches of an epoch: ``Sampler(params, labels, generator)``.

    ``labels`` (N,) of the training items; what it yields are positions in them. Everything random in an epoch is
    drawn from ``generator`` while the epoch is iterated and nothing is kept between epochs, so that the state of the
    generator at its start and the number of batches taken say where a run was.

    Attributes
    ----------
    batch: how many items a batch has. length: batches in an epoch. notes: what was left out, in words.
    """

    batch: int
    length: int
    notes: tuple[str, ...] = ()

    def __init__(self, params: Parameters, labels: IntArray, generator: torch.Generator) -> None:
        self.params: Any = params
        self.labels = labels
        self.generator = generator

    def epoch(self) -> Iterator[IntArray]:
        """Yield ``length`` batches of positions, each (batch,) int64 or somewhat fewer."""
        raise NotImplementedError

    def permutation(self, n: int) -> IntArray:
        """Return a random order of 0 … n − 1."""
        order: IntArray = torch.randperm(n, generator=self.generator).numpy()
        return order
