"""Hard negatives from everything that is remembered."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, Triplets
from explorer.learn.embedding_bank import Memory
from explorer.learn.miners.base import Miner

CHUNK = 1 << 20
"""The most distances at once: with their masks and copies some 16 MB, which caches like better than more."""


@register("miner", "hard_memory", title="Hardest from memory", reference="Wang, Zhang, Huang and Scott 2020")
class HardMemory(Miner):
    """Every pair of one class with the nearest negatives of all training images, not only of the batch.

    What training steps have last made of every training image is remembered. Beside the batch come the ``negatives``
    nearest remembered images of other classes of each anchor, as they were when last seen, without a gradient; each
    pair of one class takes those of its anchor. Images of the batch itself are not taken from memory. Before anything
    is remembered, and for losses that cannot look beyond the batch, they are the nearest of the batch. O(N B) time for
    N remembered images, in chunks.
    """

    uses_memory = True

    class Params(Parameters):
        """Parameters of the miner."""

        negatives: int = parameter(2, "Negatives of each pair of one class", minimum=1, maximum=64)

    def extend(self, batch: Batch, memory: Memory) -> Batch:
        """Return the batch with the nearest remembered negatives of all its anchors, each once."""
        items = memory.known
        if batch.indices is not None and len(items):
            items = items[~torch.isin(items, batch.indices)]
        if not len(items) or not len(batch):
            return batch
        near = self._nearest(batch, memory, items)
        rows = memory.embeddings[near]
        return batch.extended(rows, memory.targets[near], indices=near, prepared=rows)

    def _nearest(self, batch: Batch, memory: Memory, items: Tensor) -> Tensor:
        """Return the items among ``items`` that are a nearest negative of some anchor, in ascending order."""
        prepared, count = batch.prepared.detach(), min(self.params.negatives, len(items))
        best = prepared.new_full((len(batch), count), torch.inf)
        chosen = items.new_zeros((len(batch), count))
        for part in items.split(max(CHUNK // len(batch), count)):
            distances = batch.distance.matrix(prepared, memory.embeddings[part]).detach()
            same = batch.labels[:, None] == memory.targets[part]
            both = torch.cat((best, distances.masked_fill(same, torch.inf)), dim=1)
            best, place = both.topk(count, dim=1, largest=False)
            chosen = torch.cat((chosen, part.expand(len(batch), -1)), dim=1).gather(1, place)
        near: Tensor = chosen[best < torch.inf].unique()
        return near

    def __call__(self, batch: Batch, margin: float, generator: torch.Generator) -> Triplets | None:
        """Return ``negatives`` triplets a pair of one class, fewer where there are not so many."""
        pairs = batch.pairs
        judged = torch.ones_like(batch.labels, dtype=torch.bool) if batch.anchors is None else batch.anchors
        others = pairs.different & ~judged  # what was remembered
        others = torch.where(others.any(dim=1, keepdim=True), others, pairs.different)
        count = min(self.params.negatives, len(batch))
        distances, negatives = batch.distances.detach().masked_fill(~others, torch.inf).topk(count, 1, largest=False)
        real = (pairs.valid & judged[pairs.positives])[:, :, None] & (distances < torch.inf)[:, None]
        anchors = torch.arange(len(batch), device=negatives.device)[:, None, None].expand_as(real)
        return Triplets(
            anchors.flatten(),
            pairs.positives[:, :, None].expand_as(real).flatten(),
            negatives[:, None].expand_as(real).flatten(),
            real.flatten(),
        )
