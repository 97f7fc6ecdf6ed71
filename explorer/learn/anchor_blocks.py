"""A batch judged some anchors at a time against all of its rows, so that nothing is ever as large as B × B.

A loss ``by_anchor`` is Σᵢ Sᵢ / Nᵢ, both added up over the anchors. The counts N are known only when every anchor was
judged; the gradients of the S are therefore kept apart, (B, D) each, and divided at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from explorer.learn.batch import Batch, LossOutput, Sums
from explorer.learn.triplets import BatchTriplets, ClassPairs

if TYPE_CHECKING:
    from explorer.learn.losses.base import Loss

MOST_DISTANCES = 2**22
"""Of anchors to rows that are judged at once; a triplet loss takes 33 bytes for each."""


@dataclass(frozen=True)
class AnchorBlock:
    """A of B rows as anchors against all, as a ``Batch`` says it of all: ``distances`` (A, B) with their gradient."""

    distances: Tensor
    pairs: ClassPairs
    own: Tensor

    @cached_property
    def triplets(self) -> BatchTriplets:
        """The triplets of these anchors."""
        return BatchTriplets(self.distances.detach(), self.pairs)

    @property
    def different(self) -> Tensor:
        """(A, B) bool: two rows of two classes."""
        return self.pairs.different

    @cached_property
    def same(self) -> Tensor:
        """(A, B) bool: two rows of one class, which are not the same row."""
        return ~(self.pairs.different | self.own)


def anchor_blocks(batch: Batch, rows: Tensor) -> Iterator[AnchorBlock]:
    """Yield all anchors of a batch in blocks; ``rows`` (B, D): its prepared embeddings."""
    size = max(1, MOST_DISTANCES // max(1, len(batch)))
    places = torch.arange(len(batch), device=rows.device)
    for first, pairs in enumerate(ClassPairs.in_blocks(batch.labels, size)):
        anchors = places[first * size : (first + 1) * size]
        own = anchors[:, None] == places
        yield AnchorBlock(batch.distance.matrix(rows[anchors], rows).masked_fill(own, 0.0), pairs, own)


def judged_in_blocks(loss: Loss, batch: Batch) -> LossOutput:
    """Return what a loss ``by_anchor`` says of a whole batch, with the same gradient up to rounding."""
    prepared = batch.prepared
    rows = prepared.detach().requires_grad_()
    learned = [w for part in (loss, batch.distance) for w in part.parameters() if w.requires_grad]
    total: _Total | None = None
    for block in anchor_blocks(batch, rows):
        found = loss.sums(block)
        total = _Total.of(found, [rows, *learned]) if total is None else total.added(found, [rows, *learned])
    assert total is not None
    return total.output([prepared, *learned])


@dataclass(frozen=True, slots=True)
class _Total:
    """The sums of the anchors judged so far, without a gradient, and beside each its gradients."""

    sums: Sums
    gradients: list[list[Tensor]]

    @classmethod
    def of(cls, found: Sums, inputs: list[Tensor]) -> _Total:
        gradients = [
            list(torch.autograd.grad(value, inputs, retain_graph=True, allow_unused=True, materialize_grads=True))
            for value in found.sums
        ]
        return cls(_detached(found), gradients)

    def added(self, found: Sums, inputs: list[Tensor]) -> _Total:
        other = _Total.of(found, inputs)
        for mine, more in zip(self.gradients, other.gradients, strict=True):
            for kept, new in zip(mine, more, strict=True):
                kept.add_(new)
        a, b = self.sums, other.sums
        census = None if a.census is None or b.census is None else a.census + b.census
        return _Total(
            Sums(
                tuple(x + y for x, y in zip(a.sums, b.sums, strict=True)),
                tuple(x + y for x, y in zip(a.counts, b.counts, strict=True)),
                a.active + b.active,
                a.terms + b.terms,
                census,
            ),
            self.gradients,
        )

    def output(self, inputs: list[Tensor]) -> LossOutput:
        """Return the loss with its gradient by ``inputs``."""
        found = self.sums.output()
        linear = torch.zeros_like(found.value)
        for count, gradients in zip(self.sums.counts, self.gradients, strict=True):
            for made, gradient in zip(inputs, gradients, strict=True):
                linear = linear + (made * (gradient / count.clamp(min=1)).to(made.dtype)).sum()
        value = linear + (found.value - linear.detach())
        return LossOutput(value.to(inputs[0].dtype), found.active, found.census)


def _detached(found: Sums) -> Sums:
    """Return sums in float64 without their gradient: many blocks are added up."""
    sums = tuple(value.detach().double() for value in found.sums)
    return Sums(sums, found.counts, found.active, found.terms, found.census)


@torch.no_grad()
def census_in_blocks(batch: Batch, margin: float) -> tuple[Tensor, Tensor]:
    """Return the census of a batch, (3,) int64, and its hardest positive and negative distance, (2,); see ``Batch``."""
    rows = batch.prepared.detach()
    census = torch.zeros(3, dtype=torch.int64, device=rows.device)
    hardest = rows.new_tensor([-torch.inf, torch.inf])
    for block in anchor_blocks(batch, rows):
        census += block.triplets.census(margin)
        positive = block.distances.masked_fill(~block.same, -torch.inf).amax()
        negative = block.distances.masked_fill(~block.different, torch.inf).amin()
        hardest = torch.stack((torch.maximum(hardest[0], positive), torch.minimum(hardest[1], negative)))
    return census, hardest
