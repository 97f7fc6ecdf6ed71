"""True distances of many queries to all items, block by block: one matrix product, mended where it cancels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import squares_from_products
from explorer.measure.lifts import Lift

_BLOCK_BYTES = 48 << 20
"""Of one block: with fewer rows the matrix product takes up to four times as long."""

_AT_ONCE = 1 << 16
"""Products that become distances together: so many stay in the cache, and need no other block."""


def never() -> bool:
    """Return False: the default of every ``cancelled``."""
    return False


class Operands(NamedTuple):
    """Lifted ``items`` (M, D') and ``asked`` (Q, D'), with their squared lengths; the score of a pair is their product.

    Where it is a squared L2, both are moved by what makes sizes, and with them rounding, small.
    """

    items: FloatArray
    asked: FloatArray
    item_norms: FloatArray
    asked_norms: FloatArray


def operands(x: FloatArray, queries: IntArray, lift: Lift, among: IntArray | None = None) -> Operands:
    """Return what is multiplied where rows ``queries`` (Q,) of ``x`` (M, D) ask rows ``among``, or all if None."""
    items, asked = lift.lift_item(x if among is None else x[among]), lift.lift_query(x[queries])
    if lift.metric == "l2" and len(items):
        centre = np.rint(items.mean(axis=0))  # whole numbers add no rounding of their own
        if centre.any():
            items, asked = items - centre, asked - centre
    return Operands(items, asked, np.einsum("ij,ij->i", items, items), np.einsum("ij,ij->i", asked, asked))


def rows_of_block(items: int) -> int:
    """Return how many queries are compared with so many items at once."""
    return max(1, _BLOCK_BYTES // (4 * max(1, items)))


def distance_blocks(
    x: FloatArray,
    queries: IntArray,
    lift: Lift,
    cancelled: Callable[[], bool] = never,
    among: IntArray | None = None,
) -> Iterator[tuple[int, FloatArray]]:
    """Yield ``(start, distances (B, M))`` of the rows ``queries[start:start + B]`` of ``x`` (M, D) to all rows.

    ``among``: the rows to which, where not to all. The block is reused: take what you need before the next one.

    Raises
    ------
    Cancelled: as soon as ``cancelled()`` is true.
    """
    items, asked, item_norms, asked_norms = operands(x, queries, lift, among)
    size = rows_of_block(len(items))
    buffer, few = np.empty((size, len(items)), np.float32), max(1, _AT_ONCE // max(1, len(items)))
    for start in range(0, len(asked), size):
        if cancelled():
            raise Cancelled
        block = asked[start : start + size]
        scores, norms = np.matmul(block, items.T, out=buffer[: len(block)]), asked_norms[start : start + size]
        for first in range(0, len(scores), few):
            part = slice(first, first + few)
            if lift.metric == "l2":
                squares_from_products(scores[part], block[part], items, norms[part], item_norms)
            scores[part] = lift.to_distance(scores[part])
        yield start, scores
