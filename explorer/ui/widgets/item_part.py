"""Of which part of the split an item is, in a word or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.core.types import IntArray, Split
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def part_of(dataset: Dataset, split: Split | None, item: int) -> str:
    """Return whether an item was trained on, in one word or two; of one that was added as test data, that it is."""
    if split is None:
        return ""
    if _is_among(split.held_out, item):
        return tr("held out")
    if _is_among(split.train, item):
        return tr("train")
    said = dataset.columns.get(SPLIT_COLUMN)
    return tr("test") if said is not None and said[item] == "test" else tr("not used")


def _is_among(items: IntArray, item: int) -> bool:
    """Whether an item is one of sorted items (K,)."""
    place = int(np.searchsorted(items, item))
    return place < len(items) and int(items[place]) == item
