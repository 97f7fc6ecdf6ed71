"""Where items stand in a snapshot or a map, which may hold some of them, in any order."""

from __future__ import annotations

import numpy as np

from explorer.core.types import IntArray


def rows_of(indices: IntArray, wanted: IntArray) -> IntArray:
    """Return the row of each wanted item in ``indices`` (M,), -1 where it is not there."""
    if not len(indices):
        return np.full(len(wanted), -1, np.int64)
    if indices[0] == 0 and indices[-1] == len(indices) - 1 and _ordered(indices):
        return np.where((wanted >= 0) & (wanted < len(indices)), wanted, -1)
    order = np.argsort(indices, kind="stable")
    places = order[np.minimum(np.searchsorted(indices, wanted, sorter=order), len(indices) - 1)]
    rows: IntArray = np.where(indices[places] == wanted, places, -1)
    return rows


def _ordered(indices: IntArray) -> bool:
    """Whether these are all items in order; a million of them are not sorted for the sake of one."""
    return bool((np.diff(indices) == 1).all())
