"""P classes × K images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, IntArray
from explorer.learn.samplers.base import Sampler


@register("sampler", "pk", title="P classes × K images", reference="Hermans, Beyer and Leibe 2017")
class PK(Sampler):
    """Every batch holds P classes with K images each: classes take turns, and so do the images of a class.

    The batch always has P · K images where the data has that many: with fewer classes than P each gives more images,
    and a class with fewer than K images leaves its room to a further class. A class with one image has no positive
    pair; it is left out and counted, or kept as a source of negatives. An epoch draws as many images as there are.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        classes: int = parameter(32, "Classes in a batch (P)", minimum=2, maximum=1024)
        images: int = parameter(4, "Images of each class (K)", minimum=2, maximum=1024)
        lone: str = parameter(
            "exclude", "What becomes of classes with a single image", choices=("exclude", "keep"), advanced=True
        )

    def __init__(
        self,
        params: Parameters,
        labels: IntArray,
        generator: torch.Generator,
        columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(params, labels, generator, columns)
        order = np.argsort(labels, kind="stable")
        order = order[labels[order] != UNLABELLED]
        starts = np.flatnonzero(np.diff(labels[order], prepend=UNLABELLED))
        members = np.split(order, starts[1:]) if len(order) else []
        paired = [rows for rows in members if len(rows) > 1]
        lone = len(members) - len(paired)
        _check(len(labels), len(members), len(paired))
        self.members = members if self.params.lone == "keep" else paired
        if lone:
            what = "kept as negatives" if self.params.lone == "keep" else "left out of training"
            self.notes = (f"{lone} classes with one image {what}",)
        items = sum(len(rows) for rows in self.members)
        self.batch = min(self.params.classes * self.params.images, items)
        sizes = np.array([len(rows) for rows in self.members])
        self.images: int = self.params.images
        while np.minimum(sizes, self.images).sum() < self.batch:
            self.images += 1
        self.length = max(1, -(-items // self.batch))

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        waiting: list[int] = []
        left = [rows[:0] for rows in self.members]
        for _ in range(self.length):
            batch: list[IntArray] = []
            room, taken = self.batch, 0
            while room > 0 and taken < len(self.members):
                if taken == len(waiting):
                    used = set(waiting)
                    waiting += [c for c in self.permutation(len(self.members)).tolist() if c not in used]
                chosen = self._images(left, waiting[taken], min(self.images, room))
                batch.append(chosen)
                room, taken = room - len(chosen), taken + 1
            del waiting[:taken]
            yield np.concatenate(batch)

    def _images(self, left: list[IntArray], c: int, count: int) -> IntArray:
        """Take the next ``count`` images of class ``c``: in turn, and none twice in a batch."""
        rows, rest = self.members[c], left[c]
        missing = min(count, len(rows)) - len(rest)
        if missing > 0:
            shuffled = rows[self.permutation(len(rows))]
            added = shuffled[~np.isin(shuffled, rest)][:missing]
            left[c] = shuffled[~np.isin(shuffled, added)]
            return np.concatenate((rest, added))
        left[c] = rest[count:]
        return rest[:count]


def _check(items: int, classes: int, paired: int) -> None:
    if classes == 0:
        raise UserError(
            f"none of the {items} training items has a class, and this loss learns from classes",
            remedy="Put the pictures of each class into a folder of its own, or give a CSV with labels",
        )
    if classes == 1:
        raise UserError(
            "all training items have the same class, so that there is nothing to tell apart",
            remedy="Open the folder above it, with one folder a class, or choose another split",
        )
    if paired == 0:
        raise UserError(
            f"each of the {classes} training classes has a single image, so that there is no pair of one class",
            remedy="Add a second image to some classes, or choose another split",
        )
