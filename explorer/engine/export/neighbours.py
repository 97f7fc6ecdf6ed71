"""The neighbours of the items that are exported, among each other."""

from __future__ import annotations

import numpy as np

from explorer.core.types import FloatArray, IntArray
from explorer.engine.export.contents import Contents
from explorer.measure.index import build_index
from explorer.measure.lifts import lift

COUNT = 15
"""Neighbours of an item."""
AT_ONCE = 4096
EXACT = 100_000
"""Items up to which every pair is compared."""


def neighbours_of(contents: Contents) -> tuple[IntArray, FloatArray]:
    """Return the rows (M, K) of the nearest of the M items that are taken, nearest first, and their distances.

    An item is none of its own; K is 15, or less where there are fewer items.
    """
    embeddings = contents.embedded.embeddings
    index = build_index(embeddings, lift(contents.embedded.distance), exact=len(embeddings) <= EXACT)
    count = min(COUNT, len(embeddings) - 1)
    rows = np.empty((len(embeddings), count), np.int64)
    distances = np.empty((len(embeddings), count), np.float32)
    for start in range(0, len(embeddings), AT_ONCE):
        contents.progress("find the neighbours", start, len(embeddings))
        found, far = index.search(embeddings[start : start + AT_ONCE], count + 1)
        own = found == np.arange(start, start + len(found))[:, None]
        own[~own.any(axis=1), -1] = True  # among copies of itself an item may not be found
        rows[start : start + len(found)] = found[~own].reshape(len(found), count)
        distances[start : start + len(found)] = far[~own].reshape(len(found), count)
    return rows, distances
