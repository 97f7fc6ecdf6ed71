"""Negative class mining."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.distances.base import squared
from explorer.learn.miners.base import Miner, drawn, padded


@register("miner", "hard_class", title="Hard classes (negative class mining)", reference="Sohn 2016")
class HardClass(Miner):
    """Every pair of one class with a negative of one of the classes that lie nearest to its own.

    The classes are compared by the means of their prepared embeddings in the batch, in Euclidean distance; the negative
    is drawn uniformly from the images of the ``classes`` nearest other classes. Whole classes that are confused are
    pushed apart, and a single outlier does not decide. O(B²).
    """

    class Params(Parameters):
        """Parameters of the miner."""

        classes: int = parameter(3, "How many of the nearest other classes give negatives", minimum=1, maximum=1024)

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return one triplet a pair of one class, where there is a second class."""
        pairs = batch.pairs
        slot, rows = pairs.start, torch.arange(len(batch), device=pairs.start.device)  # one number a class, below B
        member = (slot[None] == rows[:, None]).double()
        sizes = member.sum(dim=1, keepdim=True)
        means = (member @ batch.prepared.detach().double()) / sizes.clamp(min=1)
        apart = squared(means).masked_fill((sizes == 0).T | torch.eye(len(rows), device=rows.device).bool(), torch.inf)
        nearest = apart.argsort(dim=1, stable=True)[:, : self.params.classes]
        near = torch.zeros_like(apart).scatter_(1, nearest, 1.0)
        near = near.masked_fill(apart == torch.inf, 0.0)
        weights = near[slot][:, slot] * batch.different
        negatives, some = drawn(weights, pairs.positives.shape[1], generator)
        return padded(batch, negatives, pairs.valid & some[:, None])
