"""From training items to a batch: pictures are taken, augmented and embedded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from explorer.core.types import IntArray
from explorer.learn.augments.base import Augment
from explorer.learn.augments.transforms import Draws
from explorer.learn.batch import Batch, BatchTarget
from explorer.learn.device import mixed_precision
from explorer.learn.device_data import DeviceData
from explorer.learn.distances.base import Distance
from explorer.learn.encoders.base import Encoder
from explorer.learn.gradient_cache import Embedded, GradientCache, joined
from explorer.learn.hidden_layers import listening, rows_of
from explorer.learn.parts_of_others import changed, embedded, embeddings_of
from explorer.learn.ranks import Ranks
from explorer.learn.samplers.base import Sampler
from explorer.learn.triplets import ClassPairs

Backward = Callable[[Tensor], None]
"""Leaves the gradient of a value at the weights."""


def parts_of(count: int, chunk: int) -> Iterator[slice]:
    """Yield the parts of ``count`` items, of ``chunk`` each; none is of one, from which nothing can be normalised."""
    chunk, first = max(2, chunk), 0
    while first < count:
        end = count if count - first <= chunk + 1 else first + chunk
        yield slice(first, end)
        first = end


@dataclass(frozen=True, slots=True)
class BatchMaker:
    """Makes the batches of a run.

    ``pictures`` of all items; ``targets`` (T,) of the training items; ``texts`` (T,) the number of what each of them
    says, where the loss needs ``sides``; ``label_sets`` of all items or None; ``target`` of all items, where the loss
    needs that; ``needs``: what the loss needs of a batch; the parts of the recipe that a batch goes through;
    ``random``: on the device; ``precision``: of the encoder; ``chunk``: items that go through the encoder at once,
    0: all; ``layers``: the hidden ones that the loss looks at; ``ranks``: those among which a batch is divided.
    """

    pictures: DeviceData
    targets: IntArray
    texts: IntArray | None
    label_sets: Tensor | None
    target: BatchTarget | None
    needs: frozenset[str]
    sampler: Sampler
    augment: Augment
    encoder: Encoder
    distance: Distance
    random: torch.Generator
    precision: str
    chunk: int = 0
    layers: tuple[str, ...] = ()
    ranks: Ranks = field(default_factory=Ranks)

    @property
    def views(self) -> int:
        """How often every item comes."""
        return 2 if "views" in self.needs else 1

    def make(self, items: IntArray, positions: IntArray) -> tuple[Batch, Backward]:
        """Return the batch of some items, the training items at ``positions``; with two views each item comes twice.

        Also returned is what leaves the gradient of a value that was made of the batch at the weights.
        """
        device, views = self.pictures.device, self.views
        host = torch.from_numpy(self.targets[positions]).repeat(views)
        rows = torch.from_numpy(items).repeat(views)
        sets = None if self.label_sets is None else self.label_sets[rows].to(device, non_blocking=True)
        texts = None if self.texts is None else torch.from_numpy(self.texts[positions]).repeat(views)
        whole = not 0 < self.chunk < len(items)
        made, labels, backward = self._whole(items, host) if whole else self._in_parts(items, host)
        embeddings, *inside = made
        maps = inside.pop(0) if "maps" in self.needs else None
        pairs = ClassPairs.of(host).to(device) if whole and self.augment.class_factor == 1 else None
        support = torch.arange(len(labels), device=device) < self.sampler.support if self.sampler.support else None
        batch = Batch(
            embeddings,
            labels,
            self.distance,
            pairs=pairs,
            indices=rows.to(device, non_blocking=True),
            support=support,
            maps=maps,
            hidden=dict(zip(self.layers, inside, strict=True)),
            label_sets=sets,
            texts=None if texts is None else texts.to(device, non_blocking=True),
            target=None
            if self.target is None
            else BatchTarget(self.target.values[rows].to(device), self.target.period),
        )
        return batch, backward

    def _whole(self, items: IntArray, host: Tensor) -> tuple[Embedded, Tensor, Backward]:
        """Return what is made of a batch that goes through the encoder at once, and its labels."""
        pictures, labels = self._augmented(items, host)
        return self._gathered(self._embedded(pictures), len(items)), labels, Tensor.backward

    def _in_parts(self, items: IntArray, host: Tensor) -> tuple[Embedded, Tensor, Backward]:
        """Return the same of a batch that is too large for that."""
        cache, views = GradientCache(self.encoder, self.random), self.views
        made: list[Embedded] = []
        labels: list[Tensor] = []
        for own in parts_of(len(items), self.chunk):
            part, known = items[own], host[: len(items)][own].repeat(views)
            labels.append(known)

            def embedded(part: IntArray = part, known: Tensor = known, place: int = len(made)) -> Embedded:
                pictures, labels[place] = self._augmented(part, known)
                return self._embedded(pictures)

            made.append(self._gathered(cache.embed(embedded), len(part)))
        whole = tuple(joined(parts, views) for parts in zip(*made, strict=True))
        return whole, joined(labels, views), cache.backward

    def _augmented(self, items: IntArray, host: Tensor) -> tuple[Tensor, Tensor]:
        """Return the augmented pictures that are this rank's, and all labels; ``host``: those before, of every view."""
        labels, own = host.to(self.pictures.device, non_blocking=True), self.ranks.shard(len(items))
        if self.ranks.size > 1 and self.augment.by_rows:
            mine, count = self.pictures.batch(items[own]), len(items)
            draws = [Draws(mine, self.random, rows=count, own=own) for _ in range(self.views)]
            return torch.cat([self.augment.of_rows(mine, each) for each in draws]), labels
        pictures = self.pictures.batch(items)  # all of them: each may be changed by what the others are
        if self.views == 1:
            made, labels = self.augment.relabelled(pictures, labels, self.random)
            return changed(self.augment, made, pictures)[own], labels
        twice = (changed(self.augment, self.augment(pictures, self.random), pictures) for _ in range(self.views))
        return torch.cat([each[own] for each in twice]), labels

    def _gathered(self, made: Embedded, count: int) -> Embedded:
        """Return what all ranks made of their rows of ``count`` items."""
        if self.ranks.size == 1:
            return made
        apart = (each.unflatten(0, (self.views, -1)).transpose(0, 1) for each in made)
        return tuple(self.ranks.gather(each, count).transpose(0, 1).flatten(0, 1) for each in apart)

    def _embedded(self, pictures: Tensor) -> Embedded:
        """Return embeddings, the feature maps that they are pooled from where the loss needs those, hidden layers."""
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        precision = mixed_precision(self.pictures.device, self.precision)
        with precision, listening(self.encoder, self.layers) as heard:
            made: Embedded
            if "maps" in self.needs:
                maps = self.encoder.maps(pictures)
                made = (embeddings_of(self.encoder, self.encoder.pooled(maps), len(pictures)), maps.float())
            else:
                made = (embedded(self.encoder, pictures),)
            return *made, *rows_of(heard, self.layers, len(pictures))
