"""One epoch of the layout: attraction along sampled edges, repulsion from random items. Compiled; holds no GIL.

The forces are those of UMAP (McInnes, Healy and Melville, 2018, section 4.2). They depend on the squared distance
only, so they are looked up by the leading bits of that number instead of being computed with logarithms.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import FAST
from explorer.projection.graph import Int32Array

BOUND = 1000.0
"""No coordinate leaves ±BOUND."""

_SHIFT = 16  # keeps 7 bits of the mantissa: the force is off by 0.4 % at most
_LOWEST = 2.0**-30
_HIGHEST = 2.0**24
_FIRST = int(np.float32(_LOWEST).view(np.uint32)) >> _SHIFT
_LAST = (int(np.float32(_HIGHEST).view(np.uint32)) >> _SHIFT) - _FIRST


def force_table(a: float, b: float) -> FloatArray:
    """Return (T, 2) float32: attraction and repulsion, by the leading bits of the squared distance."""
    bits = (np.arange(_FIRST, _FIRST + _LAST + 1, dtype=np.uint32) << _SHIFT) + np.uint32(1 << (_SHIFT - 1))
    square = bits.view(np.float32).astype(np.float64)
    attraction = -2 * a * b * square ** (b - 1) / (1 + a * square**b)
    repulsion = 2 * b / ((0.001 + square) * (1 + a * square**b))
    return np.ascontiguousarray(np.stack([attraction, repulsion], axis=1), dtype=np.float32)


def chances(weights: FloatArray) -> npt.NDArray[np.uint32]:
    """Return with what chance, out of 2^32, each edge is drawn in an epoch: its weight over the largest."""
    largest = np.float64(weights.max(initial=0))
    if largest <= 0:
        return np.zeros(len(weights), np.uint32)
    return np.minimum(weights.astype(np.float64) / largest * 2**32, 2**32 - 1).astype(np.uint32)


@nb.njit(nogil=True, cache=True, inline="always")
def force_place(square: np.float32) -> int:
    """Return the row of the table of forces for a squared distance."""
    place = int(np.float32(square).view(np.uint32) >> np.uint32(_SHIFT)) - _FIRST
    return min(max(place, 0), _LAST)


@nb.njit(nogil=True, cache=True, inline="always")
def clipped(value: np.float32, limit: np.float32) -> np.float32:
    """Return the value, but no further from 0 than ``limit``."""
    return min(limit, max(-limit, value))


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def run_epoch(
    xy: FloatArray,
    starts: IntArray,
    tails: Int32Array,
    chance: npt.NDArray[np.uint32],
    table: FloatArray,
    rate: np.float32,
    negatives: int,
    state: npt.NDArray[np.uint64],
    pace: FloatArray,
) -> None:
    """Move the points (M, 2) of a graph in place, by one epoch; ``state`` (1,) is the random generator's.

    ``rate`` is the step size, 1 when hot; ``pace`` (M,) multiplies it: at 0 a point stays and acts on the others. The
    generator is Marsaglia's xorshift (2003).
    """
    points = np.uint64(xy.shape[0])
    limit, bound = np.float32(4), np.float32(BOUND)
    s = state[0]
    for j in range(xy.shape[0]):
        x, y = xy[j, 0], xy[j, 1]
        own = rate * pace[j]
        for e in range(starts[j], starts[j + 1]):
            s ^= s << np.uint64(13)
            s ^= s >> np.uint64(7)
            s ^= s << np.uint64(17)
            if (s >> np.uint64(32)) > chance[e]:
                continue
            k = np.int64(tails[e])
            dx, dy = x - xy[k, 0], y - xy[k, 1]
            force = table[force_place(dx * dx + dy * dy), 0]
            dx, dy = clipped(force * dx, limit), clipped(force * dy, limit)
            xy[k, 0] -= rate * pace[k] * dx
            xy[k, 1] -= rate * pace[k] * dy
            x += own * dx
            y += own * dy
            away_x, away_y = np.float32(0), np.float32(0)
            for _ in range(
                negatives if own > 0 else 0
            ):  # all seen from one place: a processor can then work on several at a time
                s ^= s << np.uint64(13)
                s ^= s >> np.uint64(7)
                s ^= s << np.uint64(17)
                k = np.int64(((s >> np.uint64(32)) * points) >> np.uint64(32))
                dx, dy = x - xy[k, 0], y - xy[k, 1]
                force = table[force_place(dx * dx + dy * dy), 1] if k != j else np.float32(0)
                away_x += clipped(force * dx, limit)
                away_y += clipped(force * dy, limit)
            x += own * away_x
            y += own * away_y
        if own > 0:
            xy[j, 0], xy[j, 1] = clipped(x, bound), clipped(y, bound)
    state[0] = s
