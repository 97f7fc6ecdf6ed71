"""By how much one neighbour graph differs from the last, which says how far a map has to heat up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.core.types import IntArray

_COMPARED = 2_000


class Neighbourhood(NamedTuple):
    """Items (M,), the rows of their neighbours (M, k) and, where they pull, their classes (M,)."""

    items: IntArray
    near: IntArray
    labels: IntArray | None


def change(now: Neighbourhood, last: Neighbourhood, seed: int = 0) -> float | None:
    """Return the share of the neighbours, of the items or of the pulling labels that is new: the largest of them.

    The neighbours of up to 2,000 random items are compared. None: nothing is left of the last.
    """
    _, rows, last_rows = np.intersect1d(now.items, last.items, assume_unique=True, return_indices=True)
    if not len(rows) or now.near.shape[1] == 0:
        return None
    added = 1 - len(rows) / max(1, len(now.items))
    if now.labels is not None and last.labels is not None:
        named = float(np.mean(now.labels[rows] != last.labels[last_rows]))
    else:
        named = float(now.labels is not last.labels)  # they begin to pull, or cease to
    chosen = np.random.default_rng(seed).permutation(len(rows))[:_COMPARED]
    new, old = now.near[rows[chosen]], last.near[last_rows[chosen]]
    new, old = np.where(new >= 0, now.items[new], -1), np.where(old >= 0, last.items[old], -1)
    kept = (new[:, :, None] == old[:, None, :]).any(axis=2)[new >= 0]
    return max(1 - float(kept.mean()) if kept.size else 0.0, added, named)
