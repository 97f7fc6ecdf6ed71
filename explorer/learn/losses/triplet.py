"""The triplet loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.anchor_blocks import AnchorBlock
from explorer.learn.batch import Batch, LossOutput, Sums, Triplets, mean_of, share
from explorer.learn.losses.base import Loss


@register("loss", "triplet", reference="Schroff, Kalenichenko and Philbin 2015; Hermans, Beyer and Leibe 2017")
class Triplet(Loss):
    """An anchor shall be nearer to its own class than to another by a margin: [d_ap − d_an + m]₊.

    a, p: two items of one class; n: an item of another; d: the distance of the recipe; m: the margin. ``soft`` takes
    log(1 + exp(d_ap − d_an + m)) instead, which is never quite zero. With the miner ``all`` it is the exact loss over
    all O(B³) triplets in O(B² log B) time, see ``explorer.learn.triplets`` (``soft``: O(B² K), K images a class).
    """

    family = "Triplets"
    by_anchor = True
    given = frozenset({"triplets"})

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.2, "How much nearer its own class shall be than any other", minimum=0.0, maximum=2.0, step=0.01, live=True
        )
        form: str = parameter("hinge", "Cut off at zero, or smooth", choices=("hinge", "soft"))
        mean: str = parameter(
            "violating",
            "Average over the triplets that violate the margin, or over all of them",
            choices=("violating", "all"),
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the loss over the mined triplets, or over all."""
        return self.sums(batch).output() if triplets is None else self._over_mined(batch, triplets)

    def sums(self, batch: Batch | AnchorBlock) -> Sums:
        """Return the sum over all triplets of the anchors."""
        found, margin = batch.triplets, self.params.margin
        total = found.pairs.total
        if self.params.form == "soft":
            violated = found.violated(margin)
            value, count = found.soft(batch.distances, margin), total
        else:
            value, violated = found.hinge(batch.distances, margin)
            count = violated if self.params.mean == "violating" else total
        return Sums((value,), (count,), violated, total, found.census(margin, violated))

    def _over_mined(self, batch: Batch, mined: Triplets) -> LossOutput:
        flat, rows = batch.distances.flatten(), len(batch)
        d_ap = flat[mined.anchors * rows + mined.positives]
        d_an = flat[mined.anchors * rows + mined.negatives]
        gap = torch.where(mined.valid, d_ap - d_an + self.params.margin, -torch.inf)
        violating, count = (gap > 0).sum(), mined.valid.sum()
        active = share(violating, count)
        if self.params.form == "soft":
            return LossOutput(mean_of(F.softplus(gap), count), active)
        hinge = F.relu(gap)
        return LossOutput(mean_of(hinge, violating if self.params.mean == "violating" else count), active)
