"""Batches of classes that are confused with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import IntArray
from explorer.learn.samplers.base import chunk_parameter
from explorer.learn.samplers.members import Turns
from explorer.learn.samplers.pk import PK


@register("sampler", "class_mining", title="Greedy class mining", reference="Sohn 2016")
class ClassMining(PK):
    """Every batch holds P classes that lie close together, with K images each: negative class mining.

    Of ``pool`` classes drawn at random the first is taken; then, again and again, the one that violates the triplet
    constraint most against those taken: argmin_c min_s ‖m_c − m_s‖. m_c: the mean of what training steps have last made
    of the images of class c, as it was when the epoch began; s: the classes taken so far. The batch always has P · K
    images where the pool has that many. Classes of which nothing is known yet come last, in random order. O(P · C) a
    batch for C classes.
    """

    uses_memory = True

    class Params(Parameters):
        """Parameters of the sampler."""

        classes: int = parameter(32, "Classes in a batch (P)", minimum=2, maximum=1024)
        images: int = parameter(4, "Images of each class (K)", minimum=2, maximum=1024)
        pool: int = parameter(
            256,
            "Classes drawn at random to choose from; fewer make milder batches",
            minimum=0,
            maximum=65536,
            zero="all",
        )
        lone: str = parameter(
            "exclude", "What becomes of classes with a single image", choices=("exclude", "keep"), advanced=True
        )
        chunk: int = chunk_parameter()

    means: npt.NDArray[np.float32] | None = None
    counts: IntArray | None = None

    def look(self, embeddings: Tensor, seen: Tensor) -> None:
        """Take the means of what is known of each class."""
        known, rows = seen.numpy(), embeddings.numpy()
        self.counts = np.array([known[members].sum() for members in self.members], dtype=np.int64)
        self.means = np.zeros((len(self.members), rows.shape[1]), dtype=np.float32)
        for c, members in enumerate(self.members):
            if self.counts[c]:
                self.means[c] = rows[members[known[members]]].mean(axis=0, dtype=np.float64)

    def state(self) -> dict[str, Tensor]:
        """Return the means and of how many images they are."""
        if self.means is None or self.counts is None:
            return {}
        return {"means": torch.from_numpy(self.means), "counts": torch.from_numpy(self.counts)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over what ``state`` has returned."""
        if state:
            self.means, self.counts = state["means"].numpy(), state["counts"].numpy()

    def epoch(self) -> Iterator[IntArray]:
        """Yield the batches of an epoch."""
        images = Turns(self.members, self.permutation)
        for _ in range(self.length):
            batch: list[IntArray] = []
            room = self.batch
            for c in self._mined():
                batch.append(images.take(c, min(self.images, room)))
                room -= len(batch[-1])
                if room == 0:
                    break
            yield np.concatenate(batch)

    def _mined(self) -> Iterator[int]:
        """Yield the classes of a pool, the one nearest to any that came before first."""
        pool = self.permutation(len(self.members))[: self._pool()]
        known = np.zeros(len(pool), np.bool_) if self.counts is None else self.counts[pool] > 0
        means = np.zeros((len(pool), 1)) if self.means is None else self.means[pool].astype(np.float64)
        near, left, best = np.full(len(pool), np.inf), np.ones(len(pool), np.bool_), 0
        while True:
            yield int(pool[best])
            left[best] = False
            if known[best]:
                apart = np.square(means - means[best]).sum(axis=1)
                near = np.minimum(near, np.where(known, apart, np.inf))
            rest = np.flatnonzero(left)
            if not len(rest):
                return
            best = int(rest[near[rest].argmin()])

    def _pool(self) -> int:
        """Return how many classes are drawn: enough to fill a batch, whatever their sizes."""
        sizes = np.sort([min(len(rows), self.images) for rows in self.members])
        needed = int(np.searchsorted(np.cumsum(sizes), self.batch)) + 1
        return max(self.params.pool, needed) if self.params.pool else len(self.members)
