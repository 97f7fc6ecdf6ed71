"""Which classes and which parts of the split some items are of, and how many of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.core.types import IntArray, Split
from explorer.ui.widgets.language import tr

PARTS = (tr("train"), tr("held out"), tr("not used"))


class Shares(NamedTuple):
    """Values that occur among some items, the largest share first: ``keys`` (V,) and how many items each has (V,)."""

    keys: IntArray
    counts: IntArray


def class_shares(labels: IntArray, items: IntArray) -> Shares:
    """Return the classes of items, -1 for those without one; of equal shares the first class comes first."""
    counts = np.bincount(labels[items] + 1)
    present = np.flatnonzero(counts)
    order = np.argsort(-counts[present], kind="stable")
    return Shares(present[order] - 1, counts[present][order])


def parts_of(count: int, split: Split | None) -> IntArray:
    """Return which of ``PARTS`` each of ``count`` items is in (N,)."""
    parts = np.full(count, 2, np.int64)
    if split is not None:
        parts[split.train], parts[split.held_out] = 0, 1
    return parts


def part_shares(parts: IntArray, items: IntArray) -> Shares:
    """Return the parts (as of ``parts_of``) of items, those that occur, in their own order."""
    counts = np.bincount(parts[items], minlength=len(PARTS))
    present = np.flatnonzero(counts)
    return Shares(present, counts[present])
