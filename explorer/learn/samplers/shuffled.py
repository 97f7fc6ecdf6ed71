"""Every item once, in a random order."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.learn.samplers.base import Sampler, chunk_parameter


@register("sampler", "shuffled")
class Shuffled(Sampler):
    """Every item once an epoch, in a random order, whatever its class; the sampler of losses without labels.

    The last batch of an epoch is filled up with items of its beginning, so that all batches have one size.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        items: int = parameter(128, "Images in a batch", minimum=2, maximum=16384)
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Check that there is something to shuffle."""
        if len(self.labels) < 2:
            raise UserError("There are fewer than two items to train on", remedy="Add pictures, or hold out fewer")
        self.batch = min(self.params.items, len(self.labels))
        self.length = -(-len(self.labels) // self.batch)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        yield from self.whole_batches(len(self.labels), self.batch)
