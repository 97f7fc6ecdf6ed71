"""P classes × K images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.learn.samplers.base import Sampler, chunk_parameter
from explorer.learn.samplers.members import Turns, check_classes, members_of


@register("sampler", "pk", title="P × K", reference="Hermans, Beyer and Leibe 2017")
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
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Look for the classes that have pairs."""
        members = members_of(self.labels)
        check_classes(len(self.labels), members)
        paired = [rows for rows in members if len(rows) > 1]
        lone = len(members) - len(paired)
        self.members = members if self.params.lone == "keep" else paired
        if lone:
            what = "kept as negatives" if self.params.lone == "keep" else "left out of training"
            self.notes = (f"{several(lone, 'class', 'classes')} with one image {what}",)
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
        images = Turns(self.members, self.permutation)
        for _ in range(self.length):
            batch: list[IntArray] = []
            room, taken = self.batch, 0
            while room > 0 and taken < len(self.members):
                if taken == len(waiting):
                    used = set(waiting)
                    waiting += [c for c in self.permutation(len(self.members)).tolist() if c not in used]
                chosen = images.take(waiting[taken], min(self.images, room))
                batch.append(chosen)
                room, taken = room - len(chosen), taken + 1
            del waiting[:taken]
            yield np.concatenate(batch)
