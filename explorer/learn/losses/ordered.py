"""What losses share that order the items of a batch by a number."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from explorer.learn.batch import Batch

FAMILY = "Targets that are numbers"
NEEDS = frozenset({"target"})


class Ordered(NamedTuple):
    """The other rows of every anchor, nearest by their target first, of equal ones the nearest embedding.

    ``others`` (B, B − 1) rows; ``apart`` (B, B − 1): how far their targets are from that of the anchor, ascending;
    ``distances`` (B, B − 1): those of the embeddings, with their gradient.
    """

    others: Tensor
    apart: Tensor
    distances: Tensor


def ordered(batch: Batch) -> Ordered:
    """Return the rows of a batch as each of them orders the others; O(B² log B) time."""
    assert batch.target is not None
    apart = batch.target.apart().to(batch.embeddings.dtype)
    itself = torch.eye(len(batch), dtype=torch.bool, device=apart.device)
    near = batch.distances.detach().argsort(dim=1)  # of equal targets: whatever the order of the batch
    found = apart.masked_fill(itself, -1.0).gather(1, near).sort(dim=1, stable=True)
    others = near.gather(1, found.indices)[:, 1:]  # the anchor comes first, and is left out
    return Ordered(others, found.values[:, 1:], batch.distances.gather(1, others))
