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

    Mean of [d_ij − d_ik + m₁]₊ over the triplets y_i = y_j ≠ y_k, plus the mean of [d_ij − d_lk + m₂]₊ over the pairs
    y_i = y_j and y_l ≠ y_k, neither of the latter y_i. ``others`` hardest: of the pairs (l, k) only the nearest counts
    for each (i, j); all: every one, as in the paper. Where there are fewer than three classes the second is zero.
    Either mean is over the terms that are not zero, or over all; or it is the sum of all, as in the paper. d: the
    distance of the recipe (the paper squares it). ``margins`` fixed: m₁ = ``margin``, m₂ = ``second``. adaptive: m₁ =
    [μ⁻ − μ⁺]₊ and m₂ = ½ m₁, μ⁻ and μ⁺: the mean distances of all pairs of two classes and of one in the batch, without
    a gradient. The first mean is exact over all triplets, or over those of a miner; the second then is over its pairs
    (i, j), while (l, k) are still of the whole batch. O(B² log B), of all quadruplets too.
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
        others: str = parameter(
            "hardest", "Which pairs of two other classes count: the nearest, or all", choices=("hardest", "all")
        )
        mean: str = parameter(
            "violating",
            "Average over the terms that are not zero, or over all, or their sum",
            choices=("violating", "all", "sum"),
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
        find = _all_elsewhere if self.params.others == "all" else _nearest_elsewhere
        pair_value, pushed, pairs = find(batch, pair_masks(batch, triplets)[0], second)
        if self.params.mean != "sum":
            over = (violated, pushed) if self.params.mean == "violating" else (total, pairs)
            value, pair_value = value / over[0].clamp(min=1), pair_value / over[1].clamp(min=1)
        return LossOutput(value + pair_value, share(violated + pushed, total + pairs), census)

    def _margins(self, batch: Batch) -> tuple[float | Tensor, float | Tensor]:
        if self.params.margins == "fixed":
            return float(self.params.margin), float(self.params.second)
        d, same, different = batch.distances.detach(), batch.same, batch.different
        gap = mean_of(d * different, different.sum()) - mean_of(d * same, same.sum())
        return gap.clamp(min=0), gap.clamp(min=0) / 2


Sum = tuple[Tensor, Tensor, Tensor]
"""A sum with its gradient, how many of its terms are not zero, and how many terms it has; () each."""


def _nearest_elsewhere(batch: Batch, same: Tensor, margin: float | Tensor) -> Sum:
    """Return the sum of [d_ij − h_i + margin]₊ over the pairs of one class, h_i the nearest pair of other classes."""
    if len(batch) < 2:
        return batch.distances.sum(), same.sum(), same.sum()
    h = _hardest_elsewhere(batch)[:, None]
    others, real = positives(batch, same)
    real = real & h.isfinite()
    terms = F.relu(torch.where(real, batch.distances.gather(1, others) - h + margin, 0.0))
    return terms.sum(), (terms > 0).sum(), real.sum()


def _all_elsewhere(batch: Batch, same: Tensor, margin: float | Tensor) -> Sum:
    """Return the sum of [d_ij − d_lk + margin]₊ over all pairs of one class and all pairs of two other classes.

    Σ n_ij (d_ij + margin) − Σ m_lk d_lk, n_ij: how many pairs (l, k) are too near for (i, j), and m_lk: for how many
    (i, j) the pair (l, k) is. Of all pairs that are too near, those with a row of the class of (i, j) are taken away.
    """
    classes = torch.unique(batch.labels, return_inverse=True)[1]
    own, (left, right) = classes[same.nonzero()[:, 0]], classes[batch.different.nonzero().T]
    near, far = batch.distances[same], batch.distances[batch.different]
    ranks = torch.unique(torch.cat((near.detach() + margin, far.detach())), return_inverse=True)[1]
    span = len(ranks)
    reach, apart = ranks[: len(near)], ranks[len(near) :]
    whole, ends = torch.zeros_like(left), torch.cat((left, right))
    n = _counts(whole, apart, torch.zeros_like(own), reach, span) - _counts(ends, apart.repeat(2), own, reach, span)
    reach, apart = span - 1 - reach, span - 1 - apart  # now less where it was more
    m = _counts(torch.zeros_like(own), reach, whole, apart, span)
    m = m - _counts(own, reach, left, apart, span) - _counts(own, reach, right, apart, span)
    value = (n * (near.double() + margin)).sum() - (m * far.double()).sum()
    touching = torch.bincount(ends, minlength=len(batch))
    return value.to(near.dtype), n.sum(), (len(far) - touching[own]).sum()


def _counts(classes: Tensor, ranks: Tensor, asked_classes: Tensor, asked: Tensor, span: int) -> Tensor:
    """Return how many of the ranks of the same class are less than each one asked about; ranks are below ``span``."""
    keys = (classes * span + ranks).sort().values
    first, end = asked_classes * span, asked_classes * span + asked
    found: Tensor = torch.searchsorted(keys, end) - torch.searchsorted(keys, first)
    return found


def _hardest_elsewhere(batch: Batch) -> Tensor:
    """Return the least distance of two rows of two classes, neither of them that of row i, (B,); ∞ if there is none.

    Only the rows of the two classes of the least distance of all, (l, k), need one of their own, so that three
    minima are enough: of all pairs, of those without the class of l, and of those without the class of k.
    """
    labels, different = batch.labels, batch.different
    pairs = torch.where(different, batch.distances, torch.inf)
    place = pairs.detach().argmin()  # ``take`` and not an index, which would wait for it on a GPU
    classes = (labels.take(place // len(batch)), labels.take(place % len(batch)))
    h = pairs.take(place).expand(len(batch))
    for own in classes:
        outside = labels != own
        elsewhere = torch.where(outside[:, None] & outside[None], pairs, torch.inf)
        h = torch.where(labels == own, elsewhere.take(elsewhere.detach().argmin()), h)
    return h
