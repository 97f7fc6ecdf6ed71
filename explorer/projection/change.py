"""By how much one neighbour graph differs from the last, which says how far a map has to heat up."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from explorer.core.types import FloatArray, IntArray


class Neighbourhood(NamedTuple):
    """Items (M,), the rows of their neighbours (M, k) and, where they pull, their classes (M,)."""

    items: IntArray
    near: IntArray
    labels: IntArray | None


@nb.njit(nogil=True, cache=True)
def renewed_rows(near: IntArray, last: IntArray, last_rows: IntArray, place: IntArray, share: FloatArray) -> None:
    """Write which share of the neighbours (M, k) of each row is none of those (L, k) it had in ``last_rows`` (M,).

    ``place`` (L,): which row each of the last is now, -1 if none. Rows that were not there have nothing new.
    """
    for i in range(near.shape[0]):
        share[i] = 0
        row = last_rows[i]
        present, new = 0, 0
        for j in range(near.shape[1] if row >= 0 else 0):
            if near[i, j] < 0:
                continue
            present += 1
            other = 0
            while other < last.shape[1] and (last[row, other] < 0 or place[last[row, other]] != near[i, j]):
                other += 1
            new += other == last.shape[1]
        if present:
            share[i] = new / present


class Change(NamedTuple):
    """``whole``: the share of the neighbours, of the items or of the pulling labels that is new, the largest of them.

    ``alone``: whether that is of the neighbours, and not of items that came or of labels, which concern everybody.
    ``each`` (M,) float32: the share of the neighbours of every item that is new; 0 for an item that is new itself.
    """

    whole: float
    alone: bool
    each: FloatArray


def change(now: Neighbourhood, last: Neighbourhood) -> Change | None:
    """Compare a graph with the last one; None: nothing is left of the last."""
    _, rows, from_rows = np.intersect1d(now.items, last.items, assume_unique=True, return_indices=True)
    if not len(rows) or now.near.shape[1] == 0:
        return None
    last_rows, place = np.full(len(now.items), -1, np.int64), np.full(len(last.items), -1, np.int64)
    last_rows[rows], place[from_rows] = from_rows, rows
    each = np.zeros(len(now.items), np.float32)
    renewed_rows(now.near, last.near, last_rows, place, each)
    added = 1 - len(rows) / max(1, len(now.items))
    if now.labels is not None and last.labels is not None:
        named = float(np.mean(now.labels[rows] != last.labels[from_rows]))
    else:
        named = float(now.labels is not last.labels)  # they begin to pull, or cease to
    renewed = float(each[rows].mean())
    return Change(max(renewed, added, named), renewed >= max(added, named), each)
