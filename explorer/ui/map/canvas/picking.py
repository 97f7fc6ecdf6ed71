"""Which points lie near a drawn path: compiled loops, imported only by the raster thread.

A grid of cells is laid over the path and its surroundings; each cell knows whether all of it is near, and else the few
pieces of the path that can be near to a point in it. So a point is compared with little, however long the path is; and
of points in a quadtree only those in leaves that lie over such cells are looked at.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

MOST_CELLS = 128
"""Cells of the grid along its longer side."""

_XY, _BYTES = nb.types.Array(nb.f4, 2, "C", readonly=True), nb.types.Array(nb.u1, 1, "C", readonly=True)
_PIECES, _I64 = nb.types.Array(nb.f8, 2, "C", readonly=True), nb.types.Array(nb.i8, 1, "C", readonly=True)
_I32, _ITEMS = nb.types.Array(nb.i4, 1, "C", readonly=True), nb.types.Array(nb.u4, 1, "C", readonly=True)
_BOXES, _BOX = nb.types.Array(nb.f4, 2, "C", readonly=True), nb.types.Array(nb.f4, 1, "C", readonly=True)


class Grid(NamedTuple):
    """Pieces ``(xa, ya, xb, yb)`` of a path (P, 4) and, cell by cell in rows, which of them reach into each.

    The pieces of cell k are ``members[starts[k]:starts[k + 1]]``; ``whole[k]`` is 1 where every point of it is near.
    The first cell has its corner at ``(left, low)``.
    """

    pieces: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    members: npt.NDArray[np.int32]
    whole: npt.NDArray[np.uint8]
    left: float
    low: float
    side: float
    columns: int


@nb.njit(nb.f8(nb.f8, nb.f8, nb.f8, nb.f8, nb.f8, nb.f8), nogil=True, cache=True)
def _square_to_piece(x: Any, y: Any, xa: Any, ya: Any, xb: Any, yb: Any) -> Any:
    across, up = xb - xa, yb - ya
    length = across * across + up * up
    share = 0.0
    if length > 0.0:
        share = min(max(((x - xa) * across + (y - ya) * up) / length, 0.0), 1.0)
    right, above = x - (xa + share * across), y - (ya + share * up)
    return right * right + above * above


@nb.njit(nb.i8(_PIECES, nb.f8, nb.f8, nb.f8, nb.f8, nb.i8, nb.i8[::1], nb.i4[::1], nb.u1[::1]), nogil=True, cache=True)
def _gather(
    pieces: Any, reach: Any, left: Any, low: Any, side: Any, columns: Any, ends: Any, members: Any, whole: Any
) -> int:
    """Count the pieces of each cell in ``ends`` and mark whole ones; given ``members``, file them and move the ends."""
    rows = ends.shape[0] // columns
    far, close = reach + side * 0.7072, max(reach - side * 0.7072, 0.0)
    filed = 0
    for p in range(pieces.shape[0]):
        xa, ya, xb, yb = pieces[p, 0], pieces[p, 1], pieces[p, 2], pieces[p, 3]
        first, last = int((min(ya, yb) - reach - low) / side) - 1, int((max(ya, yb) + reach - low) / side) + 1
        begin, end = int((min(xa, xb) - reach - left) / side) - 1, int((max(xa, xb) + reach - left) / side) + 1
        for row in range(max(first, 0), min(last, rows - 1) + 1):
            for column in range(max(begin, 0), min(end, columns - 1) + 1):
                x, y = left + (column + 0.5) * side, low + (row + 0.5) * side
                square, cell = _square_to_piece(x, y, xa, ya, xb, yb), row * columns + column
                if square < close * close:
                    whole[cell] = 1
                if square <= far * far and whole[cell] == 0:
                    if members.shape[0] > 0:
                        members[ends[cell]] = p
                    ends[cell] += 1
                    filed += 1
    return filed


def grid_of(path: npt.NDArray[np.float64], radius: float) -> Grid:
    """Return the grid around a path with corners (V, 2), V >= 1, for points within ``radius`` of it."""
    after = path[1:] if len(path) > 1 else path
    pieces = np.ascontiguousarray(np.hstack([path[: len(after)], after]))
    (left, low), (right, high) = path.min(axis=0) - radius, path.max(axis=0) + radius
    side = max(radius / 8, (right - left) / MOST_CELLS, (high - low) / MOST_CELLS, 1e-30)
    columns, rows = int((right - left) / side) + 1, int((high - low) / side) + 1
    counts = np.zeros(rows * columns, np.int64)
    grid = (float(radius), float(left), float(low), float(side), columns)
    whole = np.zeros(rows * columns, np.uint8)
    _gather(pieces, *grid, counts.copy(), np.empty(0, np.int32), whole)
    total = _gather(pieces, *grid, counts, np.empty(0, np.int32), whole)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    members = np.empty(total, np.int32)
    _gather(pieces, *grid, starts[:-1].copy(), members, whole)
    return Grid(pieces, starts, members, whole, float(left), float(low), float(side), columns)


@nb.njit(nb.b1(nb.f8, nb.f8, nb.i8, _PIECES, _I64, _I32, _BYTES, nb.f8), nogil=True, cache=True, inline="always")
def _is_near(x: Any, y: Any, cell: Any, pieces: Any, starts: Any, members: Any, whole: Any, radius: Any) -> Any:
    """Return whether a point of a cell is within ``radius`` of the path."""
    if whole[cell] > 0:
        return True
    for e in range(starts[cell], starts[cell + 1]):
        p = members[e]
        if _square_to_piece(x, y, pieces[p, 0], pieces[p, 1], pieces[p, 2], pieces[p, 3]) <= radius**2:
            return True
    return False


@nb.njit(
    nb.void(_XY, _XY, nb.f4, _BYTES, _PIECES, _I64, _I32, _BYTES, nb.f8, nb.f8, nb.f8, nb.i8, nb.f8, nb.b1[::1]),
    nogil=True, cache=True,
)  # fmt: skip
def near_path(
    start: Any, end: Any, share: Any, flags: Any, pieces: Any, starts: Any, members: Any, whole: Any, left: Any,
    low: Any, side: Any, columns: Any, radius: Any, result: Any,
) -> None:  # fmt: skip
    """Set ``result`` for each visible point within ``radius`` of the path; the rest is a ``Grid``."""
    rows = (starts.shape[0] - 1) // columns
    for i in range(end.shape[0]):
        near = False
        if flags[i] > 0:
            x = nb.f8(start[i, 0] + (end[i, 0] - start[i, 0]) * share)
            y = nb.f8(start[i, 1] + (end[i, 1] - start[i, 1]) * share)
            across, up = (x - left) / side, (y - low) / side
            if across >= 0.0 and up >= 0.0 and across < columns and up < rows:  # false where there is no place (NaN)
                cell = int(up) * columns + int(across)
                near = _is_near(x, y, cell, pieces, starts, members, whole, radius)
        result[i] = near


@nb.njit(nb.i8(_BOX, _I64, _BYTES, nb.f8, nb.f8, nb.f8, nb.i8), nogil=True, cache=True)
def _cells_below(box: Any, starts: Any, whole: Any, left: Any, low: Any, side: Any, columns: Any) -> int:
    """Return 0 where nothing of a box ``(x0, y0, x1, y1)`` can be near the path, 2 where all of it is, else 1."""
    rows = (starts.shape[0] - 1) // columns
    begin, end = (box[0] - left) / side, (box[2] - left) / side
    first, last = (box[1] - low) / side, (box[3] - low) / side
    if not (end >= 0.0 and last >= 0.0 and begin < columns and first < rows):
        return 0
    some, every = False, begin >= 0.0 and first >= 0.0 and end < columns and last < rows
    for row in range(int(max(first, 0.0)), int(min(last, rows - 1.0)) + 1):
        for cell in range(row * columns + int(max(begin, 0.0)), row * columns + int(min(end, columns - 1.0)) + 1):
            if whole[cell] > 0:
                some = True
            else:
                every = False
                some = some or starts[cell] < starts[cell + 1]
    return 2 if every else 1 if some else 0


@nb.njit(
    nb.void(
        _XY, _ITEMS, _I64, _BOXES, _BYTES, _PIECES, _I64, _I32, _BYTES, nb.f8, nb.f8, nb.f8, nb.i8, nb.f8, nb.b1[::1]
    ),
    nogil=True, cache=True,
)  # fmt: skip
def near_path_leaves(
    places: Any, items: Any, leaves: Any, boxes: Any, flags: Any, pieces: Any, starts: Any, members: Any, whole: Any,
    left: Any, low: Any, side: Any, columns: Any, radius: Any, result: Any,
) -> None:  # fmt: skip
    """Set ``result`` where it is true in ``near_path``: only leaves under the path are looked at, of a ``Quadtree``."""
    rows = (starts.shape[0] - 1) // columns
    for leaf in range(boxes.shape[0]):
        first, last = leaves[leaf], leaves[leaf + 1]
        if first == last:
            continue
        below = _cells_below(boxes[leaf], starts, whole, left, low, side, columns)
        if below == 0:
            continue
        for i in range(first, last):
            item = np.uint64(items[i])
            if flags[item] == 0:
                continue
            if below == 2:
                result[item] = True
                continue
            x, y = nb.f8(places[i, 0]), nb.f8(places[i, 1])
            across, up = (x - left) / side, (y - low) / side
            if across >= 0.0 and up >= 0.0 and across < columns and up < rows:
                cell = int(up) * columns + int(across)
                if _is_near(x, y, cell, pieces, starts, members, whole, radius):
                    result[item] = True
