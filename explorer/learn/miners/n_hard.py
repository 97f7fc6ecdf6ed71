"""Several hard ones of each sort."""

from __future__ import annotations

import torch

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.miners.base import Miner


@register("miner", "n_hard", title="N hardest", reference="Shabanov and Tarasov 2022")
class NHard(Miner):
    """Every anchor with each of its farthest positives beside each of its nearest negatives; no draw, O(B²).

    ``positives`` farthest times ``negatives`` nearest: with one of each it is the miner ``hard``, with many that of all
    triplets. ``leave_out`` takes away the very hardest of both sorts first, since at the end of training these are
    mostly labelled wrongly; an anchor with no more than those has no triplet.
    """

    class Params(Parameters):
        """Parameters of the miner."""

        positives: int = parameter(2, "The farthest positives of each anchor", minimum=1, maximum=64)
        negatives: int = parameter(4, "The nearest negatives of each anchor", minimum=1, maximum=256)
        leave_out: int = parameter(0, "So many of the hardest of both sorts are left out first", minimum=0, maximum=64)

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return at most ``positives`` times ``negatives`` triplets an anchor."""
        pairs, distances, skip = batch.pairs, batch.distances.detach(), self.params.leave_out
        near = distances.gather(1, pairs.positives).masked_fill(~pairs.valid, -torch.inf)
        many = min(self.params.positives + skip, near.shape[1])
        farthest, place = near.topk(many, dim=1)
        apart = distances.masked_fill(~pairs.different, torch.inf)
        nearest, negatives = apart.topk(min(self.params.negatives + skip, len(batch)), dim=1, largest=False)
        positives = pairs.positives.gather(1, place)[:, skip:, None]
        real = (farthest[:, skip:, None] > -torch.inf) & (nearest[:, None, skip:] < torch.inf)
        anchors = torch.arange(len(batch), device=negatives.device)[:, None, None].expand_as(real)
        return Triplets(
            anchors.flatten(),
            positives.expand_as(real).flatten(),
            negatives[:, None, skip:].expand_as(real).flatten(),
            real.flatten(),
        )
