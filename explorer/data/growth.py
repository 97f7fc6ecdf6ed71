"""A large set of pictures that is used while the rest of it is still decoded: which are there, and in what order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.core.types import UNLABELLED, BoolArray, IntArray

GROWS_FROM, GROWS_UNWATCHED = 2_000, 100_000
"""Pictures from which a set is opened before all of them are decoded: where somebody looks on, and where nobody does,
who would rather have the same run again from the same seed."""
FIRST_SOON, FIRST = 256, 4096
"""So many are decoded before that, of fewer than the second number and of others."""
WORTH_SECONDS = 0.6
"""So long the rest must take, as it goes until then: else all of it is waited for, with less ado."""
TOGETHER = 16
"""Pictures of a class that are decoded one after the other: their files lie side by side."""


class Growth:
    """Which of N items are there by now; one thread decodes, any may look.

    ``ready`` (N,) bool only ever turns true, once the item can be read from the inputs of its dataset.
    ``over``: no more will come; ``cancelled``: because somebody cancelled it.
    """

    def __init__(self, items: int) -> None:
        self.ready: BoolArray = np.zeros(items, np.bool_)
        self.over = False
        self.cancelled = False
        self._count = 0

    def __len__(self) -> int:
        """Return how many are there."""
        return self._count

    def add(self, first: int, count: int = 1) -> None:
        """Note that ``count`` items from ``first`` on are there."""
        self.ready[first : first + count] = True
        self._count += count

    def end(self, *, cancelled: bool = False) -> None:
        """Note that no more will come."""
        self.cancelled, self.over = cancelled, True

    def mask(self) -> BoolArray | None:
        """Return which items are there (N,), as they are now; None: all are."""
        over = self.over  # before the mask is copied: what comes between the two is seen the next time
        ready = self.ready.copy()
        return None if over and ready.all() else ready


def ready_of(growth: Growth | None) -> Callable[[], BoolArray | None]:
    """Return what tells which items of a dataset with this growth are there; see ``learn.task.Task.ready``."""
    return (lambda: None) if growth is None else growth.mask


def spread_order(labels: IntArray, *, together: int, seed: int = 0) -> IntArray:
    """Return an order (N,) of items of which every beginning holds many classes, and several items of each.

    Runs of ``together`` items of a class, as they are listed, come in a random order.
    """
    count = len(labels)
    by_class = np.argsort(labels, kind="stable")
    sorted_labels = np.asarray(labels)[by_class]
    starts = np.flatnonzero(np.diff(sorted_labels, prepend=sorted_labels[:1] - 1)) if count else np.zeros(0, np.int64)
    sizes = np.diff(starts, append=count)
    rank = np.arange(count) - np.repeat(starts, sizes)
    begins = rank % together == 0
    run = np.cumsum(begins) - 1
    draw = np.random.default_rng(seed).permutation(int(begins.sum()))
    order: IntArray = by_class[np.argsort(draw[run], kind="stable")]
    return order


def enough(labels: IntArray, ready: BoolArray) -> bool:
    """Whether one can begin with the items (N,) that are ready: two classes of two, or no classes at all."""
    known = labels[ready]
    known = known[known != UNLABELLED]
    if not len(known):
        return bool((labels == UNLABELLED).all())
    return int((np.bincount(known) >= 2).sum()) >= 2
