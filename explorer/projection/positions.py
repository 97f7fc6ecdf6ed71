"""Where items lie on the map, by their number in the dataset; and where new ones start."""

from __future__ import annotations

import numpy as np

from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.projection.graph import FuzzySet


class Positions:
    """Remembers positions by item number; grows as needed."""

    def __init__(self) -> None:
        self._xy: FloatArray = np.empty((0, 2), np.float32)
        self._known: BoolArray = np.empty(0, np.bool_)
        self._settled: BoolArray = np.empty(0, np.bool_)

    def _grow(self, items: IntArray) -> None:
        missing = int(items.max(initial=-1)) + 1 - len(self._xy)
        if missing > 0:
            self._xy = np.concatenate([self._xy, np.zeros((missing, 2), np.float32)])
            self._known = np.concatenate([self._known, np.zeros(missing, np.bool_)])
            self._settled = np.concatenate([self._settled, np.zeros(missing, np.bool_)])

    def set(self, items: IntArray, xy: FloatArray, *, settled: bool = False) -> None:
        """Remember positions (M, 2); ``settled``: they were, or are now, held by a graph."""
        self._grow(items)
        self._xy[items] = xy
        self._known[items] = True
        if settled:
            self._settled[items] = True

    def get(self, items: IntArray) -> FloatArray:
        """Return positions (M, 2), zero where unknown."""
        self._grow(items)
        return self._xy[items]

    def known(self, items: IntArray) -> BoolArray:
        """Return which items have a position."""
        self._grow(items)
        return self._known[items]

    def settled(self, items: IntArray) -> BoolArray:
        """Return which items were ever held by a graph."""
        self._grow(items)
        return self._settled[items]


def placed_like(flat: FloatArray, xy: FloatArray, known: BoolArray) -> FloatArray:
    """Return ``flat`` (M, 2) moved by the affine map that fits it best to the known positions among ``xy`` (M, 2)."""
    if known.sum() < 3:
        return flat
    ones = np.ones((len(flat), 1), np.float32)
    basis = np.concatenate([flat, ones], axis=1).astype(np.float64)
    fitted = np.linalg.lstsq(basis[known], xy[known].astype(np.float64), rcond=1e-6)[0]
    low, high = xy[known].min(axis=0), xy[known].max(axis=0)
    return np.clip(basis @ fitted, low, high).astype(np.float32)


def placed_by_neighbours(xy: FloatArray, near: IntArray, settled: BoolArray, seed: int) -> None:
    """Move every item that is not settled to the mean of its neighbours (M, k) that are, in place.

    Items without such a neighbour wait for those that have one; what no settled item reaches stays where it is.
    A trace of noise parts items with the same neighbours.
    """
    ready = settled.copy()
    waiting = np.flatnonzero(~ready)
    noise = np.random.default_rng(seed).normal(scale=1e-2, size=xy.shape).astype(np.float32)
    while len(waiting):
        neighbours = near[waiting]
        usable = (neighbours >= 0) & ready[neighbours]
        counts = usable.sum(axis=1)
        now = counts > 0
        if not now.any():
            return
        sums = np.einsum("mk,mkc->mc", usable[now].astype(np.float32), xy[neighbours[now]])
        placed = waiting[now]
        xy[placed] = sums / counts[now, None].astype(np.float32) + noise[placed]
        ready[placed] = True
        waiting = waiting[~now]


def renumbered(graph: FuzzySet, old: IntArray, new: IntArray) -> tuple[FuzzySet, IntArray]:
    """Return the graph of the items ``old`` (M,) as one of the items ``new`` (N,), and which edges it keeps, in order.

    Edges to items that are gone are dropped; items that came have none.
    """
    _, at_new, at_old = np.intersect1d(new, old, assume_unique=True, return_indices=True)
    place = np.full(len(old), -1, np.int64)
    place[at_old] = at_new
    heads = place[np.repeat(np.arange(len(old)), np.diff(graph.starts))]
    tails = place[graph.tails]
    kept = np.flatnonzero((heads >= 0) & (tails >= 0))
    kept = kept[np.argsort(heads[kept], kind="stable")]
    counts = np.bincount(heads[kept], minlength=len(new))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return FuzzySet(starts, tails[kept].astype(np.int32), graph.weights[kept]), kept
