"""What losses over pairs share: their cosines, sums over masked pairs, and a margin for the census."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters
from explorer.learn.batch import Batch, Triplets
from explorer.learn.distances.base import unit
from explorer.learn.losses.base import Loss, census_parameter

NOTHING = -1e30
"""The logarithm of an empty sum: like −∞ it vanishes beside any other term, but has a finite gradient."""


class PairParams(Parameters):
    """Parameters of every loss that has no margin between two distances."""

    census_margin: float = census_parameter()


class PairLoss(Loss):
    """A loss without a margin between two distances, so that the miner and the counts have one of their own."""

    family = "Pairs"


def cosines(batch: Batch) -> Tensor:
    """Return the cosine of every two embeddings, (B, B) in [−1, 1], whatever the distance of the recipe."""
    rows = unit(batch.embeddings)
    return (rows @ rows.T).clamp(-1.0, 1.0)


def log_sum_exp(terms: Tensor, mask: Tensor) -> Tensor:
    """Return log Σ exp over the terms in the mask of each row, (B, N) to (B,); about ``NOTHING`` where there are none.

    So its ``softplus`` is log(1 + Σ exp), and zero where there are none.
    """
    if not terms.shape[1]:
        return terms.sum(dim=1) + NOTHING
    return terms.masked_fill(~mask, NOTHING).logsumexp(dim=1)


def positives(batch: Batch, same: Tensor) -> tuple[Tensor, Tensor]:
    """Return the positives of each anchor, (B, K) rows, and which of them are in ``same`` (the others mean nothing).

    Most pairs of rows are of two classes: sums over one class need not visit them.
    """
    rows = batch.pairs.positives
    return rows, batch.pairs.valid & same.gather(1, rows)


def judged(batch: Batch) -> Tensor:
    """Return which rows are anchors, (B,) bool."""
    return torch.ones_like(batch.labels, dtype=torch.bool) if batch.anchors is None else batch.anchors


def triplet_counts(batch: Batch, triplets: Triplets | None) -> tuple[Tensor, Tensor]:
    """Return in how many triplets each pair is the anchor–positive and the anchor–negative one, (B, B) int64 each.

    ``triplets``: the mined ones; None: all. A pair that a miner of pairs has chosen counts once.
    """
    different = batch.different
    if triplets is None:
        same = batch.same
        return same * different.sum(dim=1, keepdim=True), different * same.sum(dim=1, keepdim=True)
    if triplets.pairs is not None:
        return triplets.pairs[0].long(), triplets.pairs[1].long()
    found = []
    for others in (triplets.positives, triplets.negatives):
        count = torch.zeros(different.numel(), dtype=torch.int64, device=different.device)
        count.scatter_add_(0, triplets.anchors * len(batch) + others, triplets.valid.long())
        found.append(count.view_as(different))
    return found[0], found[1]
