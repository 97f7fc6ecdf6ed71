"""Which classes and which parts of the split some items are of, and how many of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from explorer.core.types import BoolArray, IntArray, Split
from explorer.ui.widgets.language import tr

PARTS = (tr("train"), tr("held out"), tr("not used"))

AT_ONCE = 200_000
"""Items that are counted in one go; twelve millions in one would hold up the window for a second."""

SPREAD = 16
"""Places to an item from which items are looked up one by one in those of a part."""


class Shares(NamedTuple):
    """Values that occur among some items: ``keys`` (V,) and how many items each has (V,)."""

    keys: IntArray
    counts: IntArray


class Counted(NamedTuple):
    """The shares of classes, -1 for items without one, the largest first; and those of ``PARTS``, in their order."""

    classes: Shares
    parts: Shares


def counted_in_pieces(labels: IntArray, split: Split | None, items: IntArray) -> Iterator[Counted | None]:
    """Count sorted items (S,) of all with these labels (N,): yield None after each piece, and in the end what it is."""
    by_class = np.zeros(1, np.int64)
    by_part = np.zeros(len(PARTS), np.int64)
    for start in range(0, len(items), AT_ONCE):
        if start:
            yield None
        piece = items[start : start + AT_ONCE]
        counts = np.bincount(labels[piece] + 1, minlength=len(by_class))
        counts[: len(by_class)] += by_class
        by_class = counts
        by_part += _parts(split, piece)
    present = np.flatnonzero(by_class)
    order = np.argsort(-by_class[present], kind="stable")
    classes = Shares(present[order] - 1, by_class[present][order])
    occur = np.flatnonzero(by_part)
    yield Counted(classes, Shares(occur, by_part[occur]))


def items_of_part(split: Split | None, part: int, items: IntArray) -> IntArray:
    """Return those of sorted items that are in one of ``PARTS``."""
    train, held_out = _inside(split, items)
    return items[(train, held_out, ~(train | held_out))[part]]


def _parts(split: Split | None, items: IntArray) -> IntArray:
    train, held_out = map(np.count_nonzero, _inside(split, items))
    return np.array([train, held_out, len(items) - train - held_out])


def _inside(split: Split | None, items: IntArray) -> tuple[BoolArray, BoolArray]:
    """Return which items train and which are held out."""
    if split is None or not len(items):
        none = np.zeros(len(items), np.bool_)
        return none, none
    return _among(split.train, items), _among(split.held_out, items)


def _among(known: IntArray, items: IntArray) -> BoolArray:
    """Return which of sorted items are among sorted others."""
    low, high = int(items[0]), int(items[-1])
    known = known[np.searchsorted(known, low) : np.searchsorted(known, high, side="right")]
    if not len(known):
        return np.zeros(len(items), np.bool_)
    if high - low > SPREAD * len(items):
        places = np.minimum(np.searchsorted(known, items), len(known) - 1)
        return np.asarray(known[places] == items)
    mask = np.zeros(high - low + 1, np.bool_)
    mask[known - low] = True
    return mask[items - low]
