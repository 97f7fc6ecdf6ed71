"""What a miner is to the trainer, and the ranking of negatives that most of them draw from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from explorer.core.registry import Parameters
from explorer.learn.batch import Batch, Triplets

if TYPE_CHECKING:
    from explorer.learn.embedding_bank import Memory


class Miner:
    """Chooses the triplets of a batch that a loss learns from: ``Miner(params)``; O(B² log B), never B × B × B.

    ``uses_memory``: it also looks at the embeddings of all training items.
    """

    uses_memory: ClassVar[bool] = False

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params

    def extend(self, batch: Batch, memory: Memory) -> Batch:
        """Return the batch with the remembered rows that shall be mined too; only miners that use the memory."""
        return batch

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return the chosen triplets, or None for all of them. Every draw comes from ``generator``."""
        raise NotImplementedError


class RankedNegatives:
    """The negatives of every anchor, nearest first, and where the distance of each of its positives falls among them.

    ``distances`` (B, B) sorted rows, infinity after the last negative; ``rows`` (B, B) which rows they are;
    ``counts`` (B,) how many negatives an anchor has.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        pairs = batch.pairs
        masked = batch.distances.detach().masked_fill(~pairs.different, torch.inf)
        self.distances, self.rows = sorted_rows(masked)
        self.counts = len(batch) - 1 - pairs.counts
        self.near = batch.distances.detach().gather(1, pairs.positives)

    def below(self, limit: Tensor, *, inclusive: bool = False) -> Tensor:
        """Return how many negatives of each anchor lie below (B, K) limits; ``inclusive``: or exactly on them."""
        found = torch.searchsorted(self.distances, limit.contiguous(), right=inclusive)
        return torch.minimum(found, self.counts[:, None])

    def draw(self, first: Tensor, last: Tensor, generator: torch.Generator) -> Tensor:
        """Return one rank from ``first`` up to but not ``last`` for every anchor and positive, uniformly; (B, K)."""
        uniform = torch.rand(first.shape, generator=generator, device=first.device)
        width = last - first
        return first + torch.minimum((uniform * width).long(), (width - 1).clamp(min=0))

    def triplets(self, ranks: Tensor, chosen: Tensor) -> Triplets:
        """Return the triplet of every anchor and positive with the negative of that rank, where ``chosen``."""
        pairs = self.batch.pairs
        negatives = self.rows.gather(1, ranks.clamp(0, max(len(self.batch) - 1, 0)))
        return padded(self.batch, negatives, chosen & pairs.valid & (self.counts > 0)[:, None])


def sorted_rows(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rows of a matrix in ascending order, and where each entry was; numpy sorts 3 times as fast."""
    if matrix.device.type != "cpu":
        return matrix.sort(dim=1)
    places = torch.from_numpy(np.argsort(matrix.numpy(), axis=1))
    return matrix.gather(1, places), places


def padded(batch: Batch, negatives: Tensor, valid: Tensor) -> Triplets:
    """Return one triplet for every anchor and positive, from (B, K) negatives and which of them are real."""
    anchors = torch.arange(len(batch), device=negatives.device)[:, None].expand_as(negatives)
    return Triplets(anchors.flatten(), batch.pairs.positives.flatten(), negatives.flatten(), valid.flatten())


def drawn(weights: Tensor, draws: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return ``draws`` columns of each row of (B, N) weights ≥ 0, by their share of the row, with replacement.

    Returns
    -------
    (B, draws) int64, never a column of weight zero, and (B,) bool: whether a row has any weight at all.
    """
    mass = weights.double().cumsum(dim=1)
    total = mass[:, -1:] if mass.shape[1] else mass.new_zeros(len(mass), 1)
    shape = (len(mass), draws)
    uniform = torch.rand(shape, generator=generator, device=mass.device, dtype=torch.float64)
    places = torch.searchsorted(mass, uniform * total, right=True)
    return places.clamp(max=max(mass.shape[1] - 1, 0)), total.squeeze(1) > 0


class ZippedPairs(Triplets):
    """(B, B) chosen pairs of one class and of two: as they are, and as triplets that hold each at least once.

    A product of both would have up to B³ triplets. Instead the pairs of an anchor are zipped, its fewer pairs repeated
    in turn: max(positives, negatives) triplets, whose pairs are exactly those chosen. An anchor with chosen pairs of
    one sort only has no triplet; losses over pairs learn from its pairs all the same, and never ask for triplets, which
    are therefore listed when somebody first does.
    """

    def __init__(self, same: Tensor, different: Tensor) -> None:
        object.__setattr__(self, "pairs", (same, different))
        object.__setattr__(self, "given", False)

    @property
    def anchors(self) -> Tensor:
        """(T,) int64: the first row of each triplet."""
        return self._listed[0]

    @property
    def positives(self) -> Tensor:
        """(T,) int64: the row of its class."""
        return self._listed[1]

    @property
    def negatives(self) -> Tensor:
        """(T,) int64: the row of another class."""
        return self._listed[2]

    @property
    def valid(self) -> Tensor:
        """(T,) bool: which triplets are no padding."""
        return self._listed[3]

    @cached_property
    def _listed(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        assert self.pairs is not None
        counts = [mask.sum(dim=1, keepdim=True) for mask in self.pairs]
        rows = torch.arange(len(counts[0]), device=counts[0].device)
        columns = [_in_turn(mask, count, rows) for mask, count in zip(self.pairs, counts, strict=True)]
        valid = (rows[None] < torch.maximum(*counts)) & (counts[0] > 0) & (counts[1] > 0)
        return rows[:, None].expand_as(valid).flatten(), columns[0].flatten(), columns[1].flatten(), valid.flatten()


def _in_turn(mask: Tensor, count: Tensor, rows: Tensor) -> Tensor:
    """Return for each row of a (B, B) mask its chosen columns in their order, again and again, (B, B) int64."""
    place = (mask.cumsum(dim=1) - 1).masked_fill_(~mask, len(rows))  # those not chosen go to a column that is cut off
    first = place.new_zeros(len(rows), len(rows) + 1).scatter_(1, place, rows.expand_as(place))
    number = rows.to(torch.float64)[None]
    turn = number - count * torch.floor(number / count.clamp(min=1))  # the remainder of integers takes 3 times as long
    return first.gather(1, turn.long())
