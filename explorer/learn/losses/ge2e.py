"""Generalised end-to-end loss."""

from __future__ import annotations

from math import log

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance, unit
from explorer.learn.losses.base import Loss, census_parameter, rate_parameter


@register("loss", "ge2e", title="Generalised end-to-end (GE2E)", reference="Wan, Wang, Papir and Lopez Moreno 2018")
class GeneralisedEndToEnd(Loss):
    """Every item shall be more similar to the mean of its own class, without itself, than to those of the others.

    ``softmax``: −S_y + log Σ_k exp(S_k); ``contrast``: 1 − G(S_y) + max_{k ≠ y} G(S_k), G(x) = 1 / (1 + exp(−x)); both
    averaged over the rows whose class has another row in the batch. S_k = w cos(f, c_k) + b, y: the class of the row;
    f: its embedding, of unit length, whatever the distance of the recipe; c_k: the mean of the rows of class k in the
    batch, that of the own class without f; w and b are learned, from ``scale`` and ``bias`` on, w > 0 (Wan, Wang, Papir
    and Lopez Moreno, 2018, who let them learn a hundred times more slowly). Made for speakers: some utterances each of
    many of them. O(B²) time and memory. Active is the share of rows that are nearer to the mean of another class.
    """

    family = "Clusters and prototypes"
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        form: str = parameter(
            "softmax", "All other classes at once, or only the most similar one", choices=("softmax", "contrast")
        )
        scale: float = parameter(
            10.0, "Where the learned scale w of the cosines starts", minimum=0.1, maximum=200.0, logarithmic=True
        )
        bias: float = parameter(-5.0, "Where the learned bias b starts", minimum=-50.0, maximum=50.0, step=0.5)
        rate_scale: float = rate_parameter(
            0.01, "Scale and bias learn so many times as fast as the encoder", minimum=0.001, maximum=1000.0
        )
        census_margin: float = census_parameter()

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.rate_scale = float(self.params.rate_scale)
        self.log_scale = nn.Parameter(torch.tensor(log(self.params.scale)))
        self.bias = nn.Parameter(torch.tensor(float(self.params.bias)))

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the rows whose class has another row."""
        slot = batch.pairs.start  # one number a class, below B
        sizes = torch.zeros_like(slot).index_add_(0, slot, torch.ones_like(slot))
        logits, own = self._similarities(unit(batch.embeddings), slot, sizes), slot[:, None]
        right = logits.gather(1, own).squeeze(1)
        others = logits.scatter(1, own, torch.finfo(logits.dtype).min)
        nearest = others.amax(dim=1)
        if self.params.form == "softmax":
            each = F.softplus(others.logsumexp(dim=1) - right)
        else:
            each = 1.0 - right.sigmoid() + nearest.sigmoid()
        judged = sizes[slot] > 1
        wrong = judged & (sizes[slot] < len(slot)) & (nearest.detach() >= right.detach())
        return LossOutput(mean_of(torch.where(judged, each, 0.0), judged.sum()), share(wrong.sum(), judged.sum()))

    def _similarities(self, rows: Tensor, slot: Tensor, sizes: Tensor) -> Tensor:
        """Return S of each row and each of the slots, (B, B); the lowest finite number where no class is there."""
        sums = torch.zeros_like(rows).index_add(0, slot, rows)
        without = (unit(sums[slot] - rows) * rows).sum(dim=1, keepdim=True)
        cosine = (rows @ unit(sums).T).scatter(1, slot[:, None], without)
        found = self.log_scale.exp() * cosine + self.bias
        return found.masked_fill(sizes[None] == 0, torch.finfo(found.dtype).min)
