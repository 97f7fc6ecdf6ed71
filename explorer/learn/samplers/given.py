"""Given pairs and triplets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.learn.samplers.base import Sampler, chunk_parameter


@register("sampler", "given", title="Given pairs or triplets")
class Given(Sampler):
    """Every given pair or triplet once an epoch, in a random order; a batch holds the items of some of them.

    An item that several of them name is in the batch once. The loss learns from all given ones between the items of a
    batch, those included that were not drawn. The last batch is filled up with some of the beginning.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        tuples: int = parameter(64, "Pairs or triplets in a batch", minimum=1, maximum=8192)
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Look for the tuples."""
        if self.given is None:
            raise UserError(
                "The sampler given draws given pairs or triplets, and none are given",
                remedy="Give a file of them, or choose sampler=pk",
            )
        self._at_once = min(self.params.tuples, len(self.given))
        self.batch = min(self._at_once * self.given.shape[1], len(self.labels))
        self.length = -(-len(self.given) // self._at_once)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch: the items of some tuples, ascending."""
        assert self.given is not None
        for chosen in self.whole_batches(len(self.given), self._at_once):
            yield np.unique(self.given[chosen])
