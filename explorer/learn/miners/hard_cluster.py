"""Hard triplets of classes as a whole."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.distances.base import squared
from explorer.learn.miners.base import Miner


@register("miner", "hard_cluster", title="Hard clusters", reference="Shabanov and Tarasov 2022")
class HardCluster(Miner):
    """One triplet a class: its middle, its outermost item, and the middle of the class next to it; O(B²).

    The middle of a class is its row that is nearest to the mean of the class, the outermost item the row farthest from
    that mean, in the Euclidean distance of embeddings as the distance of the recipe prepares them; the class next to it
    is that with the nearest mean. In the library that it is from the means themselves are anchor and negative; here
    they are the rows nearest to them, as triplets are of rows. A class of one item has no triplet. It is steady, and
    sees little of a batch: take many classes.
    """

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return one triplet a class of at least two rows, where there is a second class."""
        slot, rows = batch.pairs.start, batch.prepared.detach()  # one number a class, below B
        sizes = torch.zeros_like(slot).index_add_(0, slot, torch.ones_like(slot))
        means = torch.zeros_like(rows).index_add_(0, slot, rows) / sizes.clamp(min=1)[:, None]
        own = (rows - means[slot]).square().sum(dim=1)
        middle = _extreme(own, slot, "amin")
        outermost = _extreme(own.scatter(0, middle[slot], -1.0), slot, "amax")  # another one, also of two or of equals
        empty = sizes == 0
        apart = squared(means).masked_fill(empty[None] | torch.eye(len(slot), device=slot.device).bool(), torch.inf)
        nearest, neighbour = apart.min(dim=1)
        real = (sizes > 1) & (nearest < torch.inf) & self._judged(batch, middle)
        return Triplets(middle, outermost, middle[neighbour], real)

    @staticmethod
    def _judged(batch: Batch, rows: Tensor) -> Tensor:
        return torch.ones_like(rows, dtype=torch.bool) if batch.anchors is None else batch.anchors[rows]


def _extreme(values: Tensor, slot: Tensor, reduce: str) -> Tensor:
    """Return for each slot its row of the least or the largest value, the first of equals; 0 for an empty slot."""
    best = torch.zeros_like(values).scatter_reduce_(0, slot, values, reduce, include_self=False)
    rows = torch.arange(len(slot), device=slot.device)
    found = torch.full_like(slot, len(slot))
    found.scatter_reduce_(0, slot, torch.where(values == best[slot], rows, len(slot)), "amin")
    return found.where(found < len(slot), 0)
