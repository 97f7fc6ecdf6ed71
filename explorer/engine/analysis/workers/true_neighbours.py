"""Who is near an item: among the embeddings, and on the map."""

from __future__ import annotations

import numpy as np

from explorer.core.item_rows import rows_of
from explorer.core.map_values import TrueNeighbours
from explorer.core.types import FloatArray, IntArray
from explorer.engine.analysis.shared_state import Drawn, Held
from explorer.measure.index import Index

TRUE_NEIGHBOURS = 15
"""How many neighbours of an item are named: as many as the fidelity of the whole map counts, see ``fidelity``."""


def true_neighbours(item: int, held: Held, index: Index, drawn: Drawn | None) -> TrueNeighbours:
    """Return the nearest items by the embeddings, and which of them are among as many nearest on the map."""
    row = rows_of(held.indices, np.array([item]))
    if row[0] < 0:
        none = np.empty(0, np.int64)
        return TrueNeighbours(held.run, held.step, item, none, np.empty(0, np.float32), np.empty(0, np.bool_))
    near, distances = index.search(held.embeddings[row], TRUE_NEIGHBOURS, exclude=row)
    found = near[0] >= 0
    items = held.indices[near[0][found]]
    kept = np.isin(items, on_map(item, drawn, len(items))) if drawn is not None else np.zeros(len(items), np.bool_)
    return TrueNeighbours(held.run, held.step, item, items, distances[0][found], kept)


def on_map(item: int, drawn: Drawn, k: int) -> IntArray:
    """Return the k items nearest to one on the map, in any order; fewer where there are not so many."""
    row = int(rows_of(drawn.indices, np.array([item]))[0])
    k = min(k, len(drawn.indices) - 1)
    if row < 0 or k <= 0:
        return np.empty(0, np.int64)
    away: FloatArray = np.square(drawn.xy[:, 0] - drawn.xy[row, 0])
    away += np.square(drawn.xy[:, 1] - drawn.xy[row, 1])
    away[row] = np.inf
    return drawn.indices[np.argpartition(away, k - 1)[:k]]
