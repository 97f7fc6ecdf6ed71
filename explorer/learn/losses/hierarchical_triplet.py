"""The hierarchical triplet loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.distances.base import Distance, squared, unit
from explorer.learn.losses.base import Loss
from explorer.learn.losses.class_tree import joined, merge_levels, range_maxima
from explorer.learn.triplets import BatchTriplets

if TYPE_CHECKING:
    from explorer.learn.embedding_bank import Memory

FURTHEST = 4.0
"""The largest squared distance of two vectors of unit length."""


@register("loss", "hierarchical_triplet", title="Hierarchical triplet", reference="Ge, Huang, Dong and Scott 2018")
class HierarchicalTriplet(Loss):
    """A triplet loss whose margin is the larger, the later two classes merge in a tree of all classes.

    ½ [d_ap − d_an + α]₊ with α = β + d_H − s, averaged over the triplets (a, p, n), all or those that violate it. d:
    the squared Euclidean distance of embeddings as the distance of the recipe prepares them, scaled to unit length; β:
    ``margin``; s: the mean of d within the class of a; H: the level of the tree on which the classes of a and n are
    merged. Two classes merge on level l where the mean of d between them, or between each two in a chain of classes
    from one to the other, is below d_l = d₀ + l (4 − d₀) / L; d₀: the mean of s; L: ``levels`` (Ge, Huang, Dong and
    Scott, 2018). The tree is built anew from the remembered embeddings at the start of each epoch, in O(C² D) time and
    O(C log C) memory for C classes; before, α = β. O(B² log B) over all triplets. Active is the share of triplets that
    violate their margin.
    """

    family = "Triplets"
    needs = frozenset({"labels", "memory"})

    class Params(Parameters):
        """Parameters of the loss."""

        margin: float = parameter(
            0.1, "β, what is added to the margin of the tree", minimum=0.0, maximum=2.0, step=0.01, live=True
        )
        levels: int = parameter(16, "How many levels the tree has", minimum=1, maximum=200, step=1)
        mean: str = parameter(
            "all",
            "Average over all triplets, or over those that violate the margin",
            choices=("all", "violating"),
        )

    place: Tensor
    merged: Tensor
    inner: Tensor
    first: Tensor
    step: Tensor

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.register_buffer("place", torch.arange(classes))
        self.register_buffer("merged", range_maxima(torch.zeros(classes, dtype=torch.uint8)))
        self.register_buffer("inner", torch.zeros(classes))
        self.register_buffer("first", torch.zeros(()))
        self.register_buffer("step", torch.zeros(()))

    def on_epoch(self, memory: Memory, generator: torch.Generator) -> None:
        """Build the tree of the classes from their remembered embeddings."""
        known = memory.known
        if not len(known):
            return
        labels = memory.targets[known]
        points = unit(memory.embeddings[known])
        counts = torch.bincount(labels, minlength=self.classes)
        means = points.new_zeros(self.classes, points.shape[1]).index_add(0, labels, points)
        means /= counts.clamp(min=1)[:, None]
        squares = points.new_zeros(self.classes).index_add(0, labels, points.square().sum(dim=1))
        squares /= counts.clamp(min=1)
        inner = 2 * counts / (counts - 1).clamp(min=1) * (squares - means.square().sum(dim=1)).clamp(min=0)
        several = counts > 1
        first = inner[several].mean() if bool(several.any()) else inner.new_zeros(())
        step = (FURTHEST - first).clamp(min=1e-6) / self.params.levels
        order, heights = joined(means.cpu(), squares.cpu(), (counts > 0).cpu())
        levels = ((heights - first.cpu()) / step.cpu()).floor() + 1
        levels = levels.clamp(1, self.params.levels).to(torch.uint8)
        self.place[order.to(self.place.device)] = torch.arange(self.classes, device=self.place.device)
        self.merged.copy_(range_maxima(levels))
        self.inner.copy_(torch.where(several, inner, first))
        self.first.copy_(first)
        self.step.copy_(step)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the loss over the mined triplets, or over all."""
        distances = squared(unit(batch.prepared))
        shifted = distances - torch.where(batch.different, self.margins(batch.labels), 0.0)
        margin = self.params.margin
        if triplets is None:
            found = BatchTriplets(shifted.detach(), batch.pairs)
            total, violated = found.hinge(shifted, margin)
            count = found.pairs.total
        else:
            at = triplets.anchors * len(batch)
            gap = shifted.flatten()[at + triplets.positives] - shifted.flatten()[at + triplets.negatives] + margin
            gap = torch.where(triplets.valid, gap, -torch.inf)
            total, violated, count = F.relu(gap).sum(), (gap > 0).sum(), triplets.valid.sum()
        over = violated if self.params.mean == "violating" else count
        return LossOutput(mean_of(total / 2, over), share(violated, count))

    def margins(self, labels: Tensor) -> Tensor:
        """Return d_H − s for each two of (B,) classes, (B, B), from the class of the row."""
        level = merge_levels(self.merged, self.place[labels])
        return self.first + self.step * level - self.inner[labels][:, None]
