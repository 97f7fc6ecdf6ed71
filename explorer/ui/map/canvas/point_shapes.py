"""Anti-aliased discs, rings and diamonds as lists of pixels: one for each of 4 × 4 places of the centre in a pixel."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SUB = 4
"""Positions of a centre inside a pixel, along each axis."""

FINE = 8
"""Samples of a pixel along each axis from which its coverage is taken."""

LARGEST_RADIUS = 26.0

FAINT, NEARLY_FULL = 32, 216
"""Coverage (of 256) below which a pixel is left out and above which it counts as full: fewer pixels to blend."""


Distance = Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""How far a place ``(down, right)`` is from the middle of a shape."""


class PointShape(NamedTuple):
    """The pixels of a shape for each position ``row * 4 + column`` of its centre inside a pixel.

    For position q: ``rows[q, :sizes[q, 2]]`` and ``columns[q, …]`` are offsets from the centre's pixel, ``cover[q, …]``
    the coverage in 0 to 256. The first ``sizes[q, 0]`` pixels are full; the first ``sizes[q, 1]`` belong to the point.
    """

    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    cover: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int64]
    reach: int


def _coverage(distance: Distance, radius: float, hole: float, far: int, position: int) -> npt.NDArray[np.float64]:
    side = 2 * far + 1
    fine = (np.arange(side * FINE) + 0.5) / FINE - far
    down, right = fine - (position // SUB + 0.5) / SUB, fine - (position % SUB + 0.5) / SUB
    away = distance(down[:, None], right[None, :])
    inside = (away <= radius) & (away >= hole)
    cover: npt.NDArray[np.float64] = inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3)) * 256
    return cover


@functools.lru_cache(maxsize=64)
def disc(radius: float, hole: float = 0.0) -> PointShape:
    """Return a disc of ``radius`` physical pixels with a hole of radius ``hole`` in it.

    A pixel belongs to the point if at least half of it is inside the outline, so that a ring is picked by its middle
    too.

    Raises
    ------
    ValueError: if the radius is not above 0 and at most ``LARGEST_RADIUS``.
    """
    return _stamp(np.hypot, radius, hole)


@functools.lru_cache(maxsize=64)
def diamond(radius: float, hole: float = 0.0) -> PointShape:
    """Return a square that stands on a corner, ``radius`` from its middle, with a hole of the same shape in it.

    It is owned, and refused, as a ``disc`` is.
    """
    return _stamp(lambda down, right: np.abs(down) + np.abs(right), radius, hole)


def _stamp(distance: Distance, radius: float, hole: float) -> PointShape:
    if not 0.0 < radius <= LARGEST_RADIUS:
        raise ValueError(f"the radius {radius} is not in (0, {LARGEST_RADIUS}] pixels")
    far = int(np.ceil(radius))
    lists = []
    for position in range(SUB * SUB):
        cover = _coverage(distance, radius, hole, far, position)
        outer = _coverage(distance, radius, 0.0, far, position)
        cover = np.where(cover >= NEARLY_FULL, 256, np.where(cover < FAINT, 0, np.rint(cover)))
        rows, columns = np.nonzero((cover > 0) | (outer >= 128))
        amount, owned = cover[rows, columns], outer[rows, columns] >= 128
        kind = np.where((amount == 256) & owned, 0, np.where(owned, 1, 2))
        order = np.argsort(kind, kind="stable")
        lists.append((rows[order] - far, columns[order] - far, amount[order], np.bincount(kind, minlength=3)))
    longest = max(len(item[0]) for item in lists)
    stamp = PointShape(
        rows=np.zeros((SUB * SUB, longest), np.int32),
        columns=np.zeros((SUB * SUB, longest), np.int32),
        cover=np.zeros((SUB * SUB, longest), np.uint64),
        sizes=np.cumsum([item[3] for item in lists], axis=1),
        reach=far,
    )
    for position, (rows, columns, amount, _) in enumerate(lists):
        stamp.rows[position, : len(rows)] = rows
        stamp.columns[position, : len(rows)] = columns
        stamp.cover[position, : len(rows)] = amount.astype(np.uint64)
    for array in (stamp.rows, stamp.columns, stamp.cover, stamp.sizes):
        array.setflags(write=False)
    return stamp
