"""All triplets of a batch without a B × B × B tensor: their exact loss, its gradient and their exact census.

A triplet (a, p, n) has y_a = y_p ≠ y_n and a ≠ p. It violates the margin m where d_an < d_ap + m, and the hinge loss
over all triplets is Σ [d_ap + m − d_an]₊ (Weinberger and Saul, 2009; Schroff, Kalenichenko and Philbin, 2015).

The limits d_ap + m of an anchor are sorted once (K of them). For each negative a binary search gives how many of
them it undercuts, c_an; how many negatives undercut the limit of a positive, c_ap, is then a histogram and a running
sum. The loss is piecewise linear in the distances, so that these counts are at once its gradient and its value:
Σ c_ap (d_ap + m) − Σ c_an d_an. That is O(B² log K) time and O(B²) memory, where listing triplets is O(B² K).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class ClassPairs:
    """The anchor–positive pairs of a batch, padded to the largest class, and its negatives.

    ``positives`` (B, K) int64 rows; ``counts`` (B,) how many of them are real, the rest is padding;
    ``order`` (B,) rows sorted by class, in which the class of row i lies from ``start[i]`` to ``end[i]``.
    ``anchors`` (B,) bool: the rows that are anchors; None: all. ``others`` (B,): ``start`` of all rows, where all but
    ``order`` are of A of them; None: of all.
    """

    positives: Tensor
    counts: Tensor
    order: Tensor
    start: Tensor
    end: Tensor
    anchors: Tensor | None = None
    others: Tensor | None = None

    @classmethod
    def of(cls, labels: Tensor, anchors: Tensor | None = None) -> ClassPairs:
        """Find the pairs of a batch from its labels, (B,) int64; on a GPU this waits for the largest class.

        ``anchors`` (B,) bool: the rows that are anchors; the others are positives and negatives only. None: all.
        """
        return next(cls.in_blocks(labels, len(labels), anchors))

    @classmethod
    def in_blocks(cls, labels: Tensor, size: int, anchors: Tensor | None = None) -> Iterator[ClassPairs]:
        """Yield the pairs of ``size`` rows at a time with all of them; of at least one block."""
        rows = torch.arange(len(labels), device=labels.device)
        order = labels.argsort(stable=True)
        ordered = labels[order].contiguous()
        start, end = torch.searchsorted(ordered, labels), torch.searchsorted(ordered, labels, right=True)
        place = torch.empty_like(order)
        place[order] = rows
        largest = int((end - start).max()) if len(labels) else 1
        counts = end - start - 1 if anchors is None else (end - start - 1) * anchors
        for first in range(0, max(len(labels), 1), max(size, 1)):
            own = slice(first, first + max(size, 1))
            at = start[own, None] + torch.arange(largest - 1, device=labels.device)
            at = at + (at >= place[own, None])  # steps over the anchor itself
            positives = order[at.clamp(max=max(len(labels) - 1, 0))]
            judged = None if anchors is None else anchors[own]
            yield cls(positives, counts[own], order, start[own], end[own], judged, start)

    @cached_property
    def different(self) -> Tensor:
        """(A, B) bool: the two rows have different classes, and the first of them is an anchor."""
        found = self.start[:, None] != (self.start if self.others is None else self.others)[None]
        return found if self.anchors is None else found & self.anchors[:, None]

    @property
    def valid(self) -> Tensor:
        """(B, K) bool: which entries of ``positives`` are real."""
        return torch.arange(self.positives.shape[1], device=self.counts.device) < self.counts[:, None]

    @cached_property
    def own(self) -> Tensor:
        """(B, K + 1) int64: the rows of the class of each row, itself first, and itself again in place of padding."""
        rows = torch.arange(len(self.counts), device=self.counts.device)[:, None]
        return torch.cat((rows, torch.where(self.valid, self.positives, rows)), dim=1)

    @property
    def total(self) -> Tensor:
        """() int64: the number of triplets, Σ over anchors of positives times negatives."""
        return (self.counts * (len(self.order) - 1 - self.counts)).sum()

    def to(self, device: torch.device) -> ClassPairs:
        """Return a copy on a device, without waiting for it."""
        parts = (self.positives, self.counts, self.order, self.start, self.end)
        positives, counts, order, start, end = (part.to(device, non_blocking=True) for part in parts)
        anchors, others = (
            None if part is None else part.to(device, non_blocking=True) for part in (self.anchors, self.others)
        )
        return ClassPairs(positives, counts, order, start, end, anchors, others)


FEW, AT_ONCE = 32, 2**16
"""Limits of an anchor of which all are compared, so many values at a time: a search waits for each of its branches."""


def reached_by(limits: Tensor, distances: Tensor) -> Tensor:
    """Return how many of the limits (A, K) of each row, sorted, are at most each of its distances (A, B), int32."""
    count = limits.shape[1]
    if distances.device.type != "cpu" or count > FEW:
        return torch.searchsorted(limits, distances, right=True, out_int32=True)
    columns, values = limits.detach().T[:, :, None].contiguous().numpy(), distances.detach().numpy()
    reached = np.empty(values.shape, dtype=np.int32)
    rows = max(1, AT_ONCE // max(1, values.shape[1]))
    for first in range(0, len(values), rows):
        own = slice(first, first + rows)
        beyond = np.zeros(values[own].shape, dtype=np.uint8)
        above = np.empty(beyond.shape, dtype=np.bool_)
        for column in columns:
            np.greater(column[own], values[own], out=above)
            beyond += above.view(np.uint8)
        np.subtract(count, beyond, out=reached[own], dtype=np.int32)
    return torch.from_numpy(reached)


class BatchTriplets:
    """Counts the triplets of a batch at any margin.

    Parameters
    ----------
    distances: (B, B), without gradient; row a holds the distances from anchor a (it need not be symmetric). Of A
    anchors alone it is (A, B).
    pairs: the anchor–positive pairs of the batch, or of these anchors.
    """

    def __init__(self, distances: Tensor, pairs: ClassPairs) -> None:
        self.distances = distances
        self.pairs = pairs
        near = distances.gather(1, pairs.positives).masked_fill(~pairs.valid, torch.inf)
        self.near, by_distance = near.sort(dim=1)  # (B, K) d_ap, nearest first, padded with infinity
        self.positives = pairs.positives.gather(1, by_distance)

    def _undercut(self, margin: float | Tensor) -> tuple[Tensor, Tensor]:
        """Return, for each two rows, how many limits d_ap + margin are at most d_an, and how many exceed it (B, B)."""
        reached = reached_by(self.near + margin, self.distances)
        exceeding = (self.pairs.counts[:, None].int() - reached).masked_fill_(~self.pairs.different, 0)
        return reached, exceeding

    def counts(self, margin: float | Tensor) -> tuple[Tensor, Tensor]:
        """Return the violations of each anchor–positive pair and of each anchor–negative pair.

        Returns
        -------
        (B, K) int64 in the order of ``self.positives`` (zero in the padding), and (B, B) int32 (zero where the classes
        are equal). Both sum to the number of triplets with d_an < d_ap + margin.
        """
        reached, exceeding = self._undercut(margin)
        rows, width = len(reached), self.near.shape[1] + 1
        offset = torch.arange(rows, device=reached.device, dtype=torch.int32)[:, None] * width
        bucket = (torch.where(self.pairs.different, reached, width - 1) + offset).flatten()
        if reached.device.type == "cpu":
            histogram = torch.bincount(bucket, minlength=rows * width)
        else:  # bincount waits for the device
            histogram = torch.zeros(rows * width, dtype=torch.int64, device=bucket.device)
            histogram.scatter_add_(0, bucket.long(), torch.ones_like(bucket, dtype=torch.int64))
        per_positive = histogram.view(rows, width)[:, :-1].cumsum(1) * self.pairs.valid
        return per_positive, exceeding

    def violated(self, margin: float | Tensor) -> Tensor:
        """Return () int64: the number of triplets with d_an < d_ap + margin."""
        return self._undercut(margin)[1].sum()

    def census(self, margin: float | Tensor, violated: Tensor | None = None) -> Tensor:
        """Return (3,) int64: easy (d_an ≥ d_ap + m), semi-hard (d_ap ≤ d_an < d_ap + m) and hard (d_an < d_ap)."""
        within = self.violated(margin) if violated is None else violated
        hard = self.violated(0.0)
        return torch.stack((self.pairs.total - within, within - hard, hard))

    def hinge(self, distances: Tensor, margin: float | Tensor) -> tuple[Tensor, Tensor]:
        """Return the sum of [d_ap + m − d_an]₊ over all triplets, () with its gradient, and the number of violations.

        ``distances`` (B, B) are those given at the start, with their gradient.
        """
        per_positive, per_negative = self.counts(margin)
        violated = per_positive.sum()
        weights = per_negative.to(distances.dtype).neg_()
        weights.scatter_add_(1, self.positives, per_positive.to(distances.dtype))
        total = (weights * distances).sum(dim=1).double().sum()  # rows in float32, many rows in float64
        return (total + margin * violated).to(distances.dtype), violated

    def soft(self, distances: Tensor, margin: float | Tensor) -> Tensor:
        """Return the sum of log(1 + exp(d_ap − d_an + m)) over all triplets (Hermans, Beyer and Leibe, 2017).

        Nothing is zero here, so that every triplet has to be visited: O(B² K) time, but one positive of each anchor
        at a time and hence O(B²) memory, in the backward pass too.
        """
        weights = torch.zeros_like(self.distances)
        total = torch.zeros((), dtype=torch.float64, device=distances.device)
        for r in range(self.near.shape[1]):
            real = self.pairs.different & (r < self.pairs.counts)[:, None]
            gap = torch.where(real, self.near[:, r : r + 1] - self.distances + margin, -torch.inf)
            slope = gap.sigmoid()
            total += F.softplus(gap).sum(dim=1).double().sum()
            weights -= slope
            weights.scatter_add_(1, self.positives[:, r : r + 1], slope.sum(dim=1, keepdim=True))
        linear = (weights * distances).sum()
        return linear + (total.to(linear.dtype) - linear.detach())
