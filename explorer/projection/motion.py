"""One epoch of the layout: attraction along sampled edges, repulsion from random items. Compiled; holds no GIL.

The forces are those of UMAP (McInnes, Healy and Melville, 2018, section 4.2). They depend on the squared distance
only, so they are looked up by the leading bits of that number instead of being computed with logarithms.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.kernels import FAST
from explorer.projection.graph import Int32Array

BOUND = 1000.0
"""No coordinate leaves ±BOUND."""

Chances = npt.NDArray[np.uint32]
_GOLDEN = np.uint32(0x9E3779B1)  # 2^32 by the golden ratio
_WEYL = np.uint64(0x9E3779B97F4A7C15)  # the same of 2^64
_MIX = np.uint64(0xD6E8FEB86659FD93)  # rrmxmx, Pelle Evensen, 2018
_SHIFT = 16  # keeps 7 bits of the mantissa: the force is off by 0.4 % at most
_GRIP = 0.7  # by what share of the step size a point that is tethered is drawn back
_TIGHT, _LOOSE = 0.45, 0.55  # with which share of new neighbours it is wholly so, and no longer
_SLACK = 0.02  # of the width of the map, within which it is free
_LOWEST = 2.0**-30
_HIGHEST = 2.0**24
_FIRST = int(np.float32(_LOWEST).view(np.uint32)) >> _SHIFT
_LAST = (int(np.float32(_HIGHEST).view(np.uint32)) >> _SHIFT) - _FIRST


def force_table(a: float, b: float) -> FloatArray:
    """Return (2, T) float32: attraction and repulsion, by the leading bits of the squared distance."""
    bits = (np.arange(_FIRST, _FIRST + _LAST + 1, dtype=np.uint32) << _SHIFT) + np.uint32(1 << (_SHIFT - 1))
    square = bits.view(np.float32).astype(np.float64)
    attraction = -2 * a * b * square ** (b - 1) / (1 + a * square**b)
    repulsion = 2 * b / ((0.001 + square) * (1 + a * square**b))
    return np.ascontiguousarray(np.stack([attraction, repulsion]), dtype=np.float32)


def chances(weights: FloatArray) -> Chances:
    """Return with what chance, out of 2^32, each edge is drawn in an epoch: its weight over the largest."""
    largest = np.float64(weights.max(initial=0))
    if largest <= 0:
        return np.zeros(len(weights), np.uint32)
    return np.minimum(weights.astype(np.float64) / largest * 2**32, 2**32 - 1).astype(np.uint32)


@nb.njit(nogil=True, cache=True, inline="always")
def force_of(forces: FloatArray, square: np.float32) -> np.float32:
    """Return the force at a squared distance, by one row of the table."""
    place = np.int32(np.float32(square).view(np.uint32) >> np.uint32(_SHIFT)) - np.int32(_FIRST)
    force: np.float32 = forces[np.uint32(min(max(place, np.int32(0)), np.int32(_LAST)))]
    return force


@nb.njit(nogil=True, cache=True, inline="always")
def clipped(value: np.float32, limit: np.float32) -> np.float32:
    """Return the value, but no further from 0 than ``limit``."""
    return min(limit, max(-limit, value))


@nb.njit(nogil=True, fastmath=FAST, cache=True, inline="always")
def _drawn(first: int, end: int, chance: Chances, turn: np.uint32, edges: IntArray) -> int:
    """Write which edges from ``first`` to before ``end`` are drawn in this turn, and return how many.

    Each is drawn in as many of any n successive turns as its chance says, to within one: its phase goes round the
    circle of 2^32. Neighbouring edges begin a golden section apart.
    """
    count = 0
    for e in range(first, end):
        often = chance[e]
        edges[count] = e
        count += np.uint32(np.uint32(e) * _GOLDEN + turn * often) < often
    return count


@nb.njit(nogil=True, fastmath=FAST, cache=True, inline="always")
def _pushed(
    flat: FloatArray, x: np.float32, y: np.float32, repulsion: FloatArray, count: int, state: np.uint64
) -> tuple[np.float32, np.float32]:
    """Return how so many random points of ``flat`` (2 M,) push one at (x, y): seen from one place, all at a time.

    The generator is a multiplicative hash of a Weyl sequence, so that no number waits for the one before.
    """
    points, limit = np.uint64(flat.shape[0] // 2), np.float32(4)
    away_x, away_y = np.float32(0), np.float32(0)
    for i in range(np.uint32(count)):
        z = state + np.uint64(i) * _WEYL
        z = (z ^ (z >> np.uint64(32))) * _MIX
        k = np.uint32(2) * np.uint32(((z >> np.uint64(32)) * points) >> np.uint64(32))
        dx, dy = x - flat[k], y - flat[k + np.uint32(1)]
        force = force_of(repulsion, dx * dx + dy * dy)  # what is exactly there, like the point itself, does not push
        away_x += clipped(force * dx, limit)
        away_y += clipped(force * dy, limit)
    return away_x, away_y


class Tethers(NamedTuple):
    """What draws points back that went further than ``slack`` from ``places`` (M, 2); ``grip`` (M,): how strongly."""

    places: FloatArray
    grip: FloatArray
    slack: np.float32


def tethered(xy: FloatArray, new: FloatArray) -> Tethers:
    """Return what draws points (M, 2) back to where they are now, unless a large share (M,) of their neighbours is new.

    A point is free within a fiftieth of the map's width: enough to find its place among its neighbours.
    """
    width = float(np.ptp(xy, axis=0).max(initial=0))
    grip = _GRIP * np.clip((_LOOSE - new) / (_LOOSE - _TIGHT), 0, 1)
    return Tethers(xy.copy(), grip.astype(np.float32), np.float32(_SLACK * width))


def untethered(xy: FloatArray) -> Tethers:
    """Return what draws points (M, 2) nowhere."""
    return Tethers(xy, np.zeros(len(xy), np.float32), np.float32(0))


@nb.njit(nogil=True, fastmath=FAST, cache=True)
def run_epoch(
    xy: FloatArray,
    starts: IntArray,
    tails: Int32Array,
    chance: Chances,
    table: FloatArray,
    negatives: int,
    turn: np.uint32,
    state: npt.NDArray[np.uint64],
    pace: FloatArray,
    tethers: Tethers,
    first: int,
    end: int,
) -> None:
    """Move points (M, 2) of a graph in place, by one epoch of those numbered ``first`` to before ``end``.

    ``pace`` (M,) are the step sizes, 1 when hot: at 0 a point stays and acts on the others.
    ``turn`` is the number of the epoch, which decides what is drawn; ``state`` (1,) is the random generator's.
    """
    limit, bound = np.float32(4), np.float32(BOUND)
    flat, attraction, repulsion = xy.ravel(), table[0], table[1]
    s, most = state[0], 0
    for j in range(first, end):
        most = max(most, starts[j + 1] - starts[j])
    edges = np.empty(most + 1, np.int64)
    for j in range(first, end):
        count = _drawn(starts[j], starts[j + 1], chance, turn, edges)
        x, y = xy[j, 0], xy[j, 1]
        own = pace[j]
        for i in range(count):
            k = np.uint32(tails[edges[i]])
            dx, dy = x - xy[k, 0], y - xy[k, 1]
            force = force_of(attraction, dx * dx + dy * dy)
            dx, dy = clipped(force * dx, limit), clipped(force * dy, limit)
            xy[k, 0] -= pace[k] * dx
            xy[k, 1] -= pace[k] * dy
            x += own * dx
            y += own * dy
            if own > 0:  # after each edge: pushed once for all of them, from one place, points go too far while hot
                xy[j, 0], xy[j, 1] = x, y
                away_x, away_y = _pushed(flat, x, y, repulsion, negatives, s)
                s += np.uint64(negatives) * _WEYL
                x, y = x + own * away_x, y + own * away_y
        if own > 0:
            back = min(np.float32(1), own * tethers.grip[j])
            if back > 0:
                dx, dy = tethers.places[j, 0] - x, tethers.places[j, 1] - y
                away = np.sqrt(dx * dx + dy * dy)
                if away > tethers.slack:
                    back *= np.float32(1) - tethers.slack / away
                    x, y = x + back * dx, y + back * dy
            xy[j, 0], xy[j, 1] = clipped(x, bound), clipped(y, bound)
    state[0] = s
