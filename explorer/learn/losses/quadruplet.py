"""The quadruplet loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, pair_masks, share
from explorer.learn.losses.base import Loss
from explorer.learn.losses.pairs import positives


@register("loss", "quadruplet", reference="Chen, Chen, Zhang and Huang 2017")
class Quadruplet(Loss):
    """A pair of one class shall be nearer than any pair of two classes, also of two classes that are not its own.

    Mean of [d_ij − d_ik + m₁]₊ over the triplets y_i = y_j ≠ y_k, plus the mean of [d_ij − h_i + m₂]₊ over the pairs
    y_i = y_j, h_i = min d_lk over the pairs of rows y_l ≠ y_k, neither of them y_i: the hardest pair of two other
    classes, where there are three classes. Either mean is over the terms that are not zero, or over all. d: the
    distance of the recipe (the paper squares it). ``margins`` fixed: m₁ = ``margin``, m₂ = ``second``. adaptive: m₁ =
    [μ⁻ − μ⁺]₊ and m₂ = ½ m₁, μ⁻ and μ⁺: the mean distances of all pairs of two classes and of one in the batch, without
    a gradient. The first mean is exact over all triplets, or over those of a miner; the second then is over its pairs
    (i, j), while h is still of the whole batch. O(B² log B).
    """

    family = "Triplets"

    class Params(Parameters):
        """Parameters of the loss."""

        margins: str = parameter("fixed", "Fixed, or from the distances of the batch", choices=("fixed", "adaptive"))
        margin: float = parameter(
            0.2, "How much nearer its own class shall be than any other", minimum=0.0, maximum=4.0, step=0.01, live=True
        )
        second: float = parameter(
            0.1,
            "How much nearer a pair of one class shall be than one of two other classes",
            minimum=0.0,
            maximum=4.0,
            step=0.01,
            live=True,
        )
        mean: str = parameter(
            "violating", "Average over the terms that are not zero, or over all", choices=("violating", "all")
        )

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the triplets plus the mean over the pairs."""
        first, second = self._margins(batch)
        census = None
        if triplets is None:
            value, violated = batch.triplets.hinge(batch.distances, first)
            total = batch.pairs.total
            if self.params.margins == "fixed":
                census = batch.triplets.census(first, violated)
        else:
            flat, rows = batch.distances.flatten(), len(batch)
            gap = (
                flat[triplets.anchors * rows + triplets.positives] - flat[triplets.anchors * rows + triplets.negatives]
            )
            hinge = F.relu(torch.where(triplets.valid, gap + first, 0.0))
            value, violated, total = hinge.sum(), (hinge > 0).sum(), triplets.valid.sum()
        pair_terms, pairs = self._second(batch, pair_masks(batch, triplets)[0], second)
        pushed = (pair_terms > 0).sum()
        over = (violated, pushed) if self.params.mean == "violating" else (total, pairs)
        value = value / over[0].clamp(min=1) + mean_of(pair_terms, over[1])
        return LossOutput(value, share(violated + pushed, total + pairs), census)

    def _margins(self, batch: Batch) -> tuple[float | Tensor, float | Tensor]:
        if self.params.margins == "fixed":
            return float(self.params.margin), float(self.params.second)
        d, same, different = batch.distances.detach(), batch.same, batch.different
        gap = mean_of(d * different, different.sum()) - mean_of(d * same, same.sum())
        return gap.clamp(min=0), gap.clamp(min=0) / 2

    @staticmethod
    def _second(batch: Batch, same: Tensor, margin: float | Tensor) -> tuple[Tensor, Tensor]:
        """Return the terms of the second mean, (B, K), and how many pairs there are."""
        if len(batch) < 2:
            return batch.distances, same.sum()
        h = _hardest_elsewhere(batch)[:, None]
        others, real = positives(batch, same)
        real = real & h.isfinite()
        gap = torch.where(real, batch.distances.gather(1, others) - h + margin, 0.0)
        return F.relu(gap), real.sum()


def _hardest_elsewhere(batch: Batch) -> Tensor:
    """Return the least distance of two rows of two classes, neither of them that of row i, (B,); ∞ if there is none.

    Only the rows of the two classes of the least distance of all, (l, k), need one of their own, so that three
    minima are enough: of all pairs, of those without the class of l, and of those without the class of k.
    """
    labels, different = batch.labels, batch.different
    pairs = torch.where(different, batch.distances, torch.inf)
    place = pairs.detach().argmin()
    classes = (labels[place // len(batch)], labels[place % len(batch)])
    h = pairs.flatten()[place].expand(len(batch))
    for own in classes:
        outside = labels != own
        elsewhere = torch.where(outside[:, None] & outside[None], pairs, torch.inf)
        flat = elsewhere.flatten()
        h = torch.where(labels == own, flat[flat.detach().argmin()], h)
    return h
