"""What miners and losses say to each other: a batch, the triplets mined from it, and what a loss returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from explorer.learn.triplets import BatchTriplets, ClassPairs

if TYPE_CHECKING:
    from explorer.learn.distances.base import Distance


@dataclass(frozen=True, slots=True)
class Triplets:
    """Mined triplets: (T,) int64 rows of the batch on its device.

    Rows with ``valid`` False are padding (their indices are rows of the batch, but mean nothing), so that mining on
    a GPU never has to wait for a count. ``pairs``: (B, B) bool twice, what a miner of pairs has chosen of one class and
    of two, where that is more than triplets can say: an anchor may have chosen pairs of one sort only. ``given``: they
    are what somebody said of these rows, whatever the classes.
    """

    anchors: Tensor
    positives: Tensor
    negatives: Tensor
    valid: Tensor
    pairs: tuple[Tensor, Tensor] | None = None
    given: bool = False

    def compact(self) -> Triplets:
        """Return the same triplets without the padding; on a GPU this waits for it."""
        kept = self.valid.nonzero().squeeze(1)
        rows = self.anchors[kept], self.positives[kept], self.negatives[kept], self.valid[kept]
        return Triplets(*rows, self.pairs, self.given)


@dataclass(frozen=True, slots=True)
class BatchTarget:
    """Numbers (B,) float32 of the rows of a batch, and after how much they begin anew; 0: never."""

    values: Tensor
    period: float = 0.0

    def apart(self) -> Tensor:
        """Return (B, B): how far the numbers of every two rows are apart, the shorter way around where there is one."""
        difference = (self.values[:, None] - self.values[None]).abs()
        if self.period <= 0:
            return difference
        around = difference % self.period
        return torch.minimum(around, self.period - around)


class Batch:
    """One batch as losses and miners see it; what is derived is computed once, when first asked for.

    Parameters
    ----------
    embeddings: (B, D) float32, what the encoder returned, with its gradient.
    labels: (B,) int64 on the same device.
    distance: how two embeddings are compared.
    pairs: the anchor–positive pairs, where the caller has them already.
    indices: (B,) int64, the items of the dataset, for losses that remember items.
    anchors: (B,) bool, the rows that are judged; the others (remembered ones, without a gradient) are only what they
        are compared with. None: all.
    support: (B,) bool, the rows of an episode that the classes are known by, the others are its queries. None: the
        batch is no episode.
    maps: (B, C, H, W), the last feature maps of the encoder, for losses that need ``maps``.
    hidden: (B, C) by the name of a hidden layer of the encoder, for losses that need ``hidden``.
    label_sets: (B, S) bool, which labels every row has, for losses that need ``label_sets``.
    target: the numbers that the rows are to be ordered by, for losses that need ``target``.
    texts: (B,) int64, the number of what a caption says, -1 of a picture, for losses that need ``sides``: then only
        pairs of a picture and a caption count. None: the items have one side.
    """

    def __init__(
        self,
        embeddings: Tensor,
        labels: Tensor,
        distance: Distance,
        *,
        pairs: ClassPairs | None = None,
        indices: Tensor | None = None,
        anchors: Tensor | None = None,
        support: Tensor | None = None,
        maps: Tensor | None = None,
        hidden: Mapping[str, Tensor] | None = None,
        label_sets: Tensor | None = None,
        texts: Tensor | None = None,
        target: BatchTarget | None = None,
    ) -> None:
        self.embeddings = embeddings
        self.labels = labels
        self.distance = distance
        self.indices = indices
        self.anchors = anchors
        self.support = support
        self.maps = maps
        self.hidden = hidden or {}
        self.label_sets = label_sets
        self.texts = texts
        self.target = target
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self.labels)

    def embedded_as(self, embeddings: Tensor, distance: Distance) -> Batch:
        """Return the same items by other embeddings (B, d), compared by a ``distance`` of their own.

        What is inside an encoder is not carried over.
        """
        return Batch(
            embeddings,
            self.labels,
            distance,
            pairs=self.pairs,
            indices=self.indices,
            anchors=self.anchors,
            support=self.support,
            label_sets=self.label_sets,
            texts=self.texts,
            target=self.target,
        )

    @cached_property
    def prepared(self) -> Tensor:
        """(B, D): the embeddings as the distance compares them, of unit length where it normalises."""
        return self.distance.prepare(self.embeddings)

    @cached_property
    def distances(self) -> Tensor:
        """(B, B): the distance of every two rows, with its gradient; the diagonal is exactly zero."""
        return self.distance.matrix(self.prepared)

    @cached_property
    def pairs(self) -> ClassPairs:
        """The anchor–positive pairs of the batch."""
        return self._pairs if self._pairs is not None else ClassPairs.of(self.labels, self.anchors)

    @cached_property
    def same(self) -> Tensor:
        """(B, B) bool: two rows of one class, the first of them an anchor; False on the diagonal.

        Where the loss needs ``sides``: a picture and a caption that belong together.
        """
        if self.texts is not None:
            return self._across[0]
        same = self.labels[:, None] == self.labels[None]
        same.fill_diagonal_(False)
        return same if self.anchors is None else same & self.anchors[:, None]

    @cached_property
    def _across(self) -> tuple[Tensor, Tensor]:
        """(B, B) bool twice: pairs of a picture and a caption that belong together, and all other such pairs.

        Those belong together that have one label, and a caption that says the same as one of those.
        """
        assert self.texts is not None
        captions = self.texts >= 0
        two = captions[:, None] != captions[None]
        label, text = (torch.searchsorted(each.sort().values, each) for each in (self.labels, self.texts))
        said = torch.zeros(len(self), len(self), dtype=torch.bool, device=label.device)
        said[label, text] = captions  # of each class what its captions say, also those of the picture itself
        alike = said[label].index_select(1, text)
        same = two & (alike | alike.T)
        unknown = (self.labels < 0)[:, None] | (self.labels < 0)[None]
        return same & ~unknown, two & ~same & ~unknown

    @cached_property
    def different(self) -> Tensor:
        """(B, B) bool: two rows of two classes, the first of them an anchor; of two sides where the loss needs them."""
        if self.texts is not None:
            return self._across[1]
        return self.pairs.different

    def extended(
        self, embeddings: Tensor, labels: Tensor, *, indices: Tensor | None = None, prepared: Tensor | None = None
    ) -> Batch:
        """Return the batch with (M, D) remembered embeddings below it, which are no anchors and have no gradient.

        ``prepared``: the same as the distance compares them, where the caller has only those: then ``embeddings`` of
        all rows are the prepared ones, so that a loss never compares the two. None: made from ``embeddings``. Feature
        maps, label sets and episodes are not carried over.
        """
        judged = torch.ones_like(self.labels, dtype=torch.bool) if self.anchors is None else self.anchors
        anchors = torch.cat((judged, torch.zeros_like(labels, dtype=torch.bool)))
        both = None if indices is None or self.indices is None else torch.cat((self.indices, indices))
        own = self.embeddings if prepared is None else self.prepared
        whole = Batch(
            torch.cat((own, embeddings.detach() if prepared is None else prepared.detach())),
            torch.cat((self.labels, labels)),
            self.distance,
            indices=both,
            anchors=anchors,
        )
        if prepared is not None:
            whole.prepared = whole.embeddings
        return whole

    @cached_property
    def triplets(self) -> BatchTriplets:
        """All triplets of the batch, counted without being listed."""
        return BatchTriplets(self.distances.detach(), self.pairs)


@dataclass(frozen=True, slots=True)
class LossOutput:
    """What a loss returns.

    ``value``: () with its gradient, zero (and a gradient of zeros) where there is nothing to learn from.
    ``active``: () share of the terms that are not zero. ``census``: (3,) int64 easy, semi-hard and hard triplets of
    the batch, or None where the trainer shall count them at the ``census_margin`` of the loss.
    """

    value: Tensor
    active: Tensor
    census: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What a loss adds up over anchors, so that these may be judged some at a time: its value is Σ ``sums / counts``.

    ``sums``: () each, with its gradient; ``counts``: () int64 each, by which it is divided; ``active`` of ``terms``, ()
    int64, are not zero. ``census``: as in ``LossOutput``.
    """

    sums: tuple[Tensor, ...]
    counts: tuple[Tensor, ...]
    active: Tensor
    terms: Tensor
    census: Tensor | None = None

    def output(self) -> LossOutput:
        """Return what the loss returns of these anchors."""
        parts = [total / count.clamp(min=1) for total, count in zip(self.sums, self.counts, strict=True)]
        return LossOutput(sum(parts[1:], start=parts[0]), share(self.active, self.terms), self.census)


def pair_masks(batch: Batch, triplets: Triplets | None) -> tuple[Tensor, Tensor]:
    """Return which pairs of rows of one class and of two classes count, (B, B) bool each: all, or those of triplets."""
    same, different = batch.same, batch.different
    if triplets is None:
        return same, different
    if triplets.pairs is not None:
        chosen_same, chosen_different = triplets.pairs
        return (chosen_same, chosen_different) if triplets.given else (chosen_same & same, chosen_different & different)
    chosen = []
    for others in (triplets.positives, triplets.negatives):
        mask = torch.zeros(different.numel() + 1, dtype=torch.bool, device=different.device)
        place = torch.where(triplets.valid, triplets.anchors * len(batch) + others, different.numel())  # padding: last
        mask[place] = True
        chosen.append(mask[:-1].view_as(different))
    return (chosen[0], chosen[1]) if batch.texts is None else (chosen[0] & same, chosen[1] & different)


def chosen_positives(batch: Batch, triplets: Triplets | None = None) -> tuple[Tensor, Tensor]:
    """Return the positives of each anchor, (B, K) rows, and which of them count: all, or those of triplets.

    The others mean nothing; without triplets they are the anchor itself.
    """
    if batch.texts is not None:
        same = pair_masks(batch, triplets)[0]
        return torch.arange(len(batch), device=same.device).expand_as(same), same
    if triplets is None:
        return batch.pairs.own[:, 1:], batch.pairs.valid
    rows = batch.pairs.positives
    return rows, batch.pairs.valid & pair_masks(batch, triplets)[0].gather(1, rows)


def between_classes(terms: Tensor, batch: Batch, filling: float, triplets: Triplets | None = None) -> Tensor:
    """Overwrite (B, B) terms with ``filling`` where two rows are no pair of two classes, or none of triplets.

    Without triplets only the few pairs of one class are visited, and rows that are no anchors are not filled.
    """
    if triplets is None and batch.texts is None:
        return terms.scatter_(1, batch.pairs.own, filling)
    return terms.masked_fill_(~pair_masks(batch, triplets)[1], filling)


def mean_of(terms: Tensor, count: Tensor) -> Tensor:
    """Return the sum of ``terms`` over ``count``, zero with a gradient of zeros where ``count`` is zero."""
    return terms.sum() / count.clamp(min=1)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """Return ``part / whole`` as float32, zero where ``whole`` is zero."""
    return part.float() / torch.clamp(whole, min=1).float()
