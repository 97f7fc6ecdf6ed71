"""Every item once, in a random order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.learn.samplers.base import Sampler


@register("sampler", "shuffled")
class Shuffled(Sampler):
    """Every item once an epoch, in a random order, whatever its class; the sampler of losses without labels.

    The last batch of an epoch is filled up with items of its beginning, so that all batches have one size.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        items: int = parameter(128, "Images in a batch", minimum=2, maximum=16384)

    def __init__(
        self,
        params: Parameters,
        labels: IntArray,
        generator: torch.Generator,
        columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(params, labels, generator, columns)
        if len(labels) < 2:
            raise UserError("There are fewer than two items to train on", remedy="Add pictures, or hold out fewer")
        self.batch = min(self.params.items, len(labels))
        self.length = -(-len(labels) // self.batch)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        order = self.permutation(len(self.labels))
        for start in range(0, self.length * self.batch, self.batch):
            yield order.take(range(start, start + self.batch), mode="wrap")
