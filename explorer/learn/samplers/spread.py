"""Batches that are spread over the whole range of a number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.learn.samplers.base import Sampler


@register("sampler", "spread", title="Spread over the target")
class Spread(Sampler):
    """Every batch holds small and large numbers evenly: the sampler of losses that learn a number.

    Items stand in the order of their target, equal ones in a random order, and are cut into as many stretches as a
    batch has images; a batch takes the next one of each, in a random order within the stretch. So each item comes once
    an epoch, or twice where a stretch is one shorter than another. Of classes it takes the order of their numbers.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        items: int = parameter(128, "Images in a batch", minimum=2, maximum=16384)

    def prepare(self) -> None:
        """Check that there is something to spread."""
        if len(self.labels) < 2:
            raise UserError("There are fewer than two items to train on", remedy="Add pictures, or hold out fewer")
        self.batch = min(self.params.items, len(self.labels))
        self.length = -(-len(self.labels) // self.batch)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        mixed = self.permutation(len(self.labels))
        order = mixed[np.argsort(self.labels[mixed], kind="stable")]
        stretches = [part[self.permutation(len(part))] for part in np.array_split(order, self.batch)]
        for batch in range(self.length):
            yield np.array([stretch[batch % len(stretch)] for stretch in stretches], np.int64)
