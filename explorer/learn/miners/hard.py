"""The hard miner."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner


@register("miner", "hard", title="Hard", reference="Hermans, Beyer and Leibe 2017")
class Hard(Miner):
    """Every anchor with its farthest positive and its nearest negative ("batch hard"); no draw, O(B²).

    With ``positives`` ``all``, every pair of one class with the nearest negative of its anchor.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        positives: str = parameter(
            "hardest", "The farthest positive of each anchor, or each of them", choices=("hardest", "all")
        )

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most one triplet an anchor, or a pair of one class."""
        pairs, distances = batch.pairs, batch.distances.detach()
        anchors = torch.arange(len(batch), device=distances.device)
        negatives = distances.masked_fill(~pairs.different, torch.inf).argmin(dim=1)
        valid = (pairs.counts > 0) & (pairs.counts < len(batch) - 1)
        positives = pairs.positives
        if self.params.positives == "hardest" and positives.shape[1]:
            near = distances.gather(1, positives).masked_fill(~pairs.valid, -torch.inf)
            positives = positives.gather(1, near.argmax(dim=1, keepdim=True))
            real = valid[:, None]
        else:
            real = pairs.valid & valid[:, None]
        shape = positives.shape
        return Triplets(
            anchors[:, None].expand(shape).flatten(),
            positives.flatten(),
            negatives[:, None].expand(shape).flatten(),
            real.flatten(),
        )
