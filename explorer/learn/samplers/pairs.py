"""Pictures with captions of theirs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.sides import sides_of
from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.learn.samplers.base import Sampler, chunk_parameter


@register("sampler", "pairs", title="Pictures with captions", reference="Radford et al. 2021")
class Pairs(Sampler):
    """Every picture once an epoch, in a random order, each with captions of its own in the same batch.

    Of a picture that has more captions than asked for, other ones are drawn every time. A picture or a caption that is
    alone is left out. The last batch of an epoch is filled up with pictures of its beginning.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        pictures: int = parameter(128, "Pictures in a batch", minimum=2, maximum=8192)
        captions: int = parameter(1, "Captions of each", minimum=1, maximum=32)
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Look for the pictures that have captions."""
        sides = sides_of(self.columns)
        if sides is None:
            raise UserError(
                "The sampler pairs draws pictures with their captions, and these data have none",
                remedy="Choose sampler=pk, or open pictures with captions",
            )
        order = np.lexsort((sides.captions, sides.pairs))
        pairs = sides.pairs[order]
        first = np.flatnonzero(np.r_[True, pairs[1:] != pairs[:-1]]) if len(pairs) else np.empty(0, np.int64)
        sizes = np.diff(np.r_[first, len(order)])
        pictures = np.add.reduceat(~sides.captions[order], first) if len(first) else sizes
        whole = (pictures == 1) & (sizes > 1)
        self._pictures = order[first[whole]]
        self._begins, self._counts, self._order = first[whole] + 1, sizes[whole] - 1, order
        if len(self._pictures) < 2:
            raise UserError(
                "There are fewer than two pictures with captions to train on", remedy="Add some, or hold out fewer"
            )
        alone = int(sizes[~whole].sum())
        self.notes = (f"{several(alone, 'item')} without the other side left out",) * bool(alone)
        self._at_once = min(self.params.pictures, len(self._pictures))
        self._most = min(self.params.captions, int(self._counts.max()))
        self.batch = self._at_once * (1 + self._most)
        self.length = -(-len(self._pictures) // self._at_once)

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch: pictures, and behind them their captions."""
        for chosen in self.whole_batches(len(self._pictures), self._at_once):
            draws = torch.rand((len(chosen), int(self._counts.max())), generator=self.generator).numpy()
            draws[np.arange(draws.shape[1]) >= self._counts[chosen, None]] = 2.0
            drawn = np.argsort(draws, axis=1, kind="stable")[:, : self._most]
            real = np.arange(self._most) < self._counts[chosen, None]
            captions = self._order[(self._begins[chosen, None] + drawn)[real]]
            yield np.concatenate([self._pictures[chosen], captions])
