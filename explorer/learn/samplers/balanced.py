"""The same number of images of every class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.learn.samplers.base import Sampler, chunk_parameter
from explorer.learn.samplers.members import Turns, check_classes, members_of


@register("sampler", "balanced", title="Balanced classes")
class Balanced(Sampler):
    """Every batch holds as nearly as possible the same number of images of every class, for classes of unequal size.

    Classes that do not all fit into a batch take turns, with ``images`` of each. A class that has fewer images than its
    share gives all of them, none twice in a batch, and the others give more. The images of a class take turns too, so
    that those of small classes are seen more often. An epoch draws as many images as there are.
    """

    class Params(Parameters):
        """Parameters of the sampler."""

        items: int = parameter(128, "Images in a batch", minimum=4, maximum=16384)
        images: int = parameter(2, "Images of each class at least, so that there are pairs", minimum=2, maximum=1024)
        chunk: int = chunk_parameter()

    def prepare(self) -> None:
        """Look for the classes."""
        self.members = members_of(self.labels)
        check_classes(len(self.labels), self.members)
        self.sizes = np.array([len(rows) for rows in self.members])
        if lone := int((self.sizes == 1).sum()):
            classes = several(lone, "class with one image serves", "classes with one image serve")
            self.notes = (f"{classes} as negatives only",)
        items = int(self.sizes.sum())
        self.batch = min(self.params.items, items)
        self.length = max(1, -(-items // self.batch))

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        images = Turns(self.members, self.permutation)
        least = np.minimum(self.sizes, self.params.images)
        waiting: list[int] = []
        for _ in range(self.length):
            taken, room = 0, self.batch
            while room > 0 and taken < len(self.members):
                if taken == len(waiting):
                    used = set(waiting)
                    waiting += [c for c in self.permutation(len(self.members)).tolist() if c not in used]
                room -= int(least[waiting[taken]])
                taken += 1
            chosen = np.array(waiting[:taken])
            del waiting[:taken]
            counts = even_shares(self.sizes[chosen], self.batch)
            yield np.concatenate([images.take(c, n) for c, n in zip(chosen.tolist(), counts.tolist(), strict=True)])


def even_shares(sizes: IntArray, total: int) -> IntArray:
    """Return how many of each of some groups make up ``total`` in all, as evenly as their sizes allow.

    What does not divide evenly goes to the first of those that have more.
    """
    ordered = np.sort(sizes)
    filled = np.cumsum(ordered) + ordered * np.arange(len(sizes) - 1, -1, -1)  # if all shares were that group's size
    full = int(np.searchsorted(filled, total, side="right"))
    if full == len(sizes):
        return sizes.copy()
    level = (total - int(ordered[:full].sum())) // (len(sizes) - full)
    shares = np.minimum(sizes, level)
    larger = np.flatnonzero(sizes > level)
    shares[larger[: total - int(shares.sum())]] += 1
    return shares
