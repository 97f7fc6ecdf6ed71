"""The nearest items of inputs that are no items of the data: by what is shown, or before any training."""

from __future__ import annotations

import numpy as np

from explorer.core.item_rows import rows_of
from explorer.core.types import FloatArray, IntArray, Snapshot
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import Inputs
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE, unit_rows

Found = tuple[IntArray, FloatArray]
"""Items (Q, k), nearest first, -1 behind the last, and their true distances (Q, k)."""

BLOCK = 4096


def nearest(snapshot: Snapshot, asked: FloatArray, k: int, among: IntArray | None = None) -> Found:
    """Return the k nearest items of embeddings (Q, D) by the distance of a snapshot; ``among``: only of these items."""
    from explorer.measure.index import build_index  # numba: not on the GUI thread
    from explorer.measure.lifts import lift

    rows = None
    if among is not None:
        rows = rows_of(snapshot.indices, among)
        rows = rows[rows >= 0]
    index = build_index(snapshot.embeddings, lift(snapshot.distance), exact=True)
    near, distances = index.search(asked, k, among=rows)
    return np.where(near >= 0, snapshot.indices[near], -1), distances


def nearest_raw(dataset: Dataset, inputs: Inputs, k: int, among: IntArray | None = None) -> Found:
    """Return the k nearest items of inputs (Q, H, W, C) as they are before any training, by all their numbers."""
    from explorer.measure.index import build_index
    from explorer.measure.lifts import lift

    modality, every = dataset.modality, dataset.inputs
    asked = unit_rows(modality.rows(inputs, like=every))
    items = np.arange(len(dataset), dtype=np.int64) if among is None else np.sort(among)
    best = np.full((len(asked), k), -1, np.int64)
    distances = np.full((len(asked), k), np.inf, np.float32)
    for start in range(0, len(items), BLOCK):
        part = items[start : start + BLOCK]
        index = build_index(unit_rows(modality.rows(every, part, like=every)), lift(RAW_DISTANCE), exact=True)
        near, at = index.search(asked, k)
        both = np.concatenate([distances, at], axis=1)
        order = np.argsort(both, axis=1, kind="stable")[:, :k]
        named = np.concatenate([best, np.where(near >= 0, part[near], -1)], axis=1)
        best, distances = np.take_along_axis(named, order, axis=1), np.take_along_axis(both, order, axis=1)
    return best, distances
