"""From training items to a batch: pictures are taken, augmented and embedded."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.core.types import IntArray
from explorer.learn.augments.base import Augment
from explorer.learn.batch import Batch
from explorer.learn.device import mixed_precision
from explorer.learn.device_data import DeviceData
from explorer.learn.distances.base import Distance
from explorer.learn.encoders.base import Encoder
from explorer.learn.samplers.base import Sampler
from explorer.learn.triplets import ClassPairs


@dataclass(frozen=True, slots=True)
class BatchMaker:
    """Makes the batches of a run.

    ``pictures`` of all items; ``targets`` (T,) of the training items; ``texts`` (T,) the number of what each of them
    says, where the loss needs ``sides``; ``label_sets`` of all items or None; ``needs``: what the loss needs of a
    batch; the parts of the recipe that a batch goes through; ``random``: on the device; ``precision``: of the encoder.
    """

    pictures: DeviceData
    targets: IntArray
    texts: IntArray | None
    label_sets: Tensor | None
    needs: frozenset[str]
    sampler: Sampler
    augment: Augment
    encoder: Encoder
    distance: Distance
    random: torch.Generator
    precision: str

    def make(self, items: IntArray, positions: IntArray) -> Batch:
        """Return the batch of some items, the training items at ``positions``; with two views each item comes twice."""
        device = self.pictures.device
        host = torch.from_numpy(self.targets[positions])
        pictures, rows = self.pictures.batch(items), torch.from_numpy(items)
        sets = None if self.label_sets is None else self.label_sets[rows].to(device, non_blocking=True)
        if "views" in self.needs:
            pictures = torch.cat([self.augment(pictures, self.random) for _ in range(2)])
            host, rows = host.repeat(2), rows.repeat(2)
            sets = sets if sets is None else sets.repeat(2, 1)
            labels = host.to(device, non_blocking=True)
        else:
            labels = host.to(device, non_blocking=True)
            pictures, labels = self.augment.relabelled(pictures, labels, self.random)
        texts = None if self.texts is None else torch.from_numpy(self.texts[positions])
        if texts is not None and len(texts) < len(rows):
            texts = texts.repeat(2)
        pairs = ClassPairs.of(host).to(device) if self.augment.class_factor == 1 else None
        embeddings, maps = self._embedded(pictures)
        support = torch.arange(len(labels), device=device) < self.sampler.support if self.sampler.support else None
        return Batch(
            embeddings,
            labels,
            self.distance,
            pairs=pairs,
            indices=rows.to(device, non_blocking=True),
            support=support,
            maps=maps,
            label_sets=sets,
            texts=None if texts is None else texts.to(device, non_blocking=True),
        )

    def _embedded(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return embeddings, and the feature maps that they are pooled from where the loss needs those."""
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.pictures.device, self.precision):
            if "maps" not in self.needs:
                return self.encoder(pictures).float(), None
            maps = self.encoder.maps(pictures)
            return self.encoder.pooled(maps).float(), maps.float()
