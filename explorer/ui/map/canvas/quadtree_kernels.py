"""Compiled loops of the quadtree; imported only by the threads that build it and draw from it."""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from explorer.ui.map.canvas.raster_kernels import CELL_SHIFT, SIZE_SHIFT, SIZES, TILE_COLUMNS, TILE_ROWS, is_inside

DEPTH = 16
"""Halvings of the map in either direction at most: leaves are then not split any further."""

LEAF = 2048
"""Points of a leaf at most, unless it cannot be split."""

COVERED = 5.5
"""Discs of a place, in the mean, beyond which more cover no more: four thousandths of the ground are then bare."""

Q = np.uint64

_BYTES, _XY = nb.types.Array(nb.u1, 1, "C", readonly=True), nb.types.Array(nb.f4, 2, "C", readonly=True)
_KEYS, _ITEMS = nb.types.Array(nb.u8, 1, "C", readonly=True), nb.types.Array(nb.u4, 1, "C", readonly=True)
_I64, _AREAS = nb.types.Array(nb.i8, 1, "C", readonly=True), nb.types.Array(nb.f4, 1, "C", readonly=True)
_BOXES, _CORNERS = nb.types.Array(nb.f4, 2, "C", readonly=True), nb.types.Array(nb.f8, 2, "C", readonly=True)


@nb.njit(nb.u8(nb.u8), nogil=True, cache=True)
def _apart(bits: Any) -> Any:
    """Return 16 bits with a zero before each."""
    bits = (bits | (bits << Q(8))) & Q(0x00FF00FF)
    bits = (bits | (bits << Q(4))) & Q(0x0F0F0F0F)
    bits = (bits | (bits << Q(2))) & Q(0x33333333)
    return (bits | (bits << Q(1))) & Q(0x55555555)


@nb.njit(nb.i8(_XY, nb.f8, nb.f8, nb.f8, nb.u8[::1]), nogil=True, cache=True)
def morton_keys(xy: Any, left: Any, low: Any, scale: Any, keys: Any) -> int:
    """Write ``Morton code << 32 | item`` of every point that has a place; return how many these are."""
    count = 0
    for i in range(xy.shape[0]):
        x, y = (xy[i, 0] - left) * scale, (xy[i, 1] - low) * scale
        if x >= 0.0 and y >= 0.0 and x < 65536.0 and y < 65536.0:  # false for NaN and for what is infinitely far away
            keys[count] = Q((_apart(Q(x)) | (_apart(Q(y)) << Q(1))) << Q(32)) | Q(i)
            count += 1
    return count


@nb.njit(nb.i8(_KEYS, nb.i8, nb.i8, nb.u8), nogil=True, cache=True)
def _first_from(keys: Any, first: Any, last: Any, wanted: Any) -> Any:
    while first < last:
        middle = (first + last) // 2
        if keys[middle] < wanted:
            first = middle + 1
        else:
            last = middle
    return first


@nb.njit(nb.i8(_KEYS, nb.i8[::1]), nogil=True, cache=True)
def split(keys: Any, starts: Any) -> int:
    """Write where each leaf begins among the sorted ``keys``; return how many leaves there are.

    ``starts`` has room for every leaf and one more, which is where the last one ends.
    """
    todo = np.empty((4 * DEPTH + 4, 3), np.int64)  # first, last, depth
    todo[0, 0], todo[0, 1], todo[0, 2] = 0, keys.shape[0], 0
    waiting, leaves = 1, 0
    while waiting > 0:
        waiting -= 1
        first, last, depth = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
        if first == last:
            continue
        if last - first <= LEAF or depth == DEPTH:
            starts[leaves] = first
            leaves += 1
            continue
        shift = Q(64 - 2 * depth - 2)
        corner = (keys[first] >> (shift + Q(2))) << Q(2) if depth > 0 else Q(0)
        end = last
        for quarter in range(3, -1, -1):  # the last one is taken out first
            begin = _first_from(keys, first, end, (corner | Q(quarter)) << shift) if quarter else first
            todo[waiting, 0], todo[waiting, 1], todo[waiting, 2] = begin, end, depth + 1
            waiting += 1
            end = begin
    starts[leaves] = keys.shape[0]
    return leaves


@nb.njit(nb.void(_KEYS, _XY, _I64, nb.u4[::1], nb.f4[:, ::1], nb.f4[:, ::1]), nogil=True, cache=True)
def fill(keys: Any, xy: Any, starts: Any, items: Any, places: Any, boxes: Any) -> None:
    """Write the items of each leaf in random order, their places, and the box ``(x0, y0, x1, y1)`` around them."""
    state = Q(88172645463325252)
    for leaf in range(starts.shape[0] - 1):
        first, last = starts[leaf], starts[leaf + 1]
        x0 = y0 = np.float32(np.inf)
        x1 = y1 = np.float32(-np.inf)
        for i in range(first, last):
            state ^= state << Q(13)
            state ^= state >> Q(7)
            state ^= state << Q(17)
            other = first + np.int64((state >> Q(11)) % Q(i - first + 1))
            item = np.uint32(keys[i] & Q(0xFFFFFFFF))
            items[i] = items[other]
            items[other] = item
            x, y = xy[item, 0], xy[item, 1]
            places[i, 0], places[i, 1] = places[other, 0], places[other, 1]
            places[other, 0], places[other, 1] = x, y
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        boxes[leaf, 0], boxes[leaf, 1], boxes[leaf, 2], boxes[leaf, 3] = x0, y0, x1, y1


@nb.njit(nb.i8(_ITEMS, _I64, _BYTES, nb.u1, nb.i8[::1], nb.u4[::1]), nogil=True, cache=True)
def pick_out(items: Any, starts: Any, flags: Any, wanted: Any, begins: Any, rows: Any) -> int:
    """Write the rows whose items have ``flags == wanted``, and where each leaf begins among them; return how many."""
    count = 0
    for leaf in range(starts.shape[0] - 1):
        begins[leaf] = count
        for i in range(starts[leaf], starts[leaf + 1]):
            if flags[items[i]] == wanted:
                rows[count] = i
                count += 1
    begins[starts.shape[0] - 1] = count
    return count


_GATHER = [
    nb.void(nb.types.Array(kind, 1, "C", readonly=True), _ITEMS, nb.types.Array(kind, 1, "C"))
    for kind in (nb.u1, nb.u2)
]


@nb.njit(_GATHER, nogil=True, cache=True)
def gather(values: Any, items: Any, found: Any) -> None:
    """Write the value of each item."""
    for i in range(items.shape[0]):
        found[Q(i)] = values[Q(items[Q(i)])]


@nb.njit(
    nb.i8(_XY, _I64, nb.f4, nb.f4, nb.f4, nb.f4, nb.f4, nb.f4, nb.f4[::1]), nogil=True, cache=True
)  # fmt: skip
def areas_in_sight(
    boxes: Any, starts: Any, scale: Any, left: Any, top: Any, low: Any, right: Any, bottom: Any, areas: Any
) -> int:
    """Write the pixels that each leaf covers, −1 where it is out of sight; return the points of those in sight."""
    count = 0
    for leaf in range(boxes.shape[0]):
        x0, x1 = boxes[leaf, 0] * scale + left, boxes[leaf, 2] * scale + left
        y0, y1 = top - boxes[leaf, 3] * scale, top - boxes[leaf, 1] * scale
        areas[leaf] = np.float32(-1)
        if x1 >= low and y1 >= low and x0 < right and y0 < bottom:
            areas[leaf] = (x1 - x0 + np.float32(1)) * (y1 - y0 + np.float32(1))
            count += starts[leaf + 1] - starts[leaf]
    return count


@nb.njit(nb.i8(_I64, _AREAS, nb.f4, nb.i4[::1]), nogil=True, cache=True)
def share_out(starts: Any, areas: Any, most: Any, taken: Any) -> int:
    """Write how many points of each leaf are drawn, ``most`` a pixel of it and one at least; return how many in all."""
    total = 0
    for leaf in range(areas.shape[0]):
        count = starts[leaf + 1] - starts[leaf]
        if areas[leaf] < 0 or count == 0:
            taken[leaf] = 0
            continue
        room = most * areas[leaf]
        taken[leaf] = count if room >= count else max(np.int64(room), 1)
        total += taken[leaf]
    return total


@nb.njit(nb.f8(nb.f4, nb.f4), nogil=True, cache=True)
def _steps(weight: Any, discs: Any) -> Any:
    """Return in which size points are drawn, each of which stands for ``weight``.

    ``discs`` of the smallest size cover a place in the mean, were they strewn at random. Each takes the room of all it
    stands for, so that as much of the ground is covered as all would cover; no more where none of it is bare.
    """
    room = min(np.float64(weight), max(COVERED / np.float64(discs), 1.0))
    return min(2.0 * math.log2(max(room, 1.0)), SIZES - 1.001)


@nb.njit(
    nb.i8(
        _XY, _I64, nb.types.Array(nb.i4, 1, "C", readonly=True), _AREAS, nb.f4, _BYTES, nb.u1, nb.f4, nb.f4, nb.f4,
        nb.i8, nb.i8, nb.i8, nb.u4[::1], nb.u4[::1], nb.f4[:, ::1], nb.i8[::1], nb.i8, nb.f8[::1],
    ),
    nogil=True, cache=True,
)  # fmt: skip
def place_leaves(
    xy: Any, starts: Any, taken: Any, areas: Any, disc: Any, flags: Any, wanted: Any, scale: Any, left: Any, top: Any,
    margin: Any, width: Any, height: Any, spots: Any, drawn: Any, cells: Any, tiles: Any, across: Any, stand_for: Any,
) -> int:  # fmt: skip
    """Put the first ``taken`` points of each leaf on the buffer, as ``raster_kernels.place`` does; return how many.

    Those in sight are written to ``spots`` and ``drawn`` (size and row), the first of a leaf last: it lies above the
    others. A point counts in its cell for all that it stands for, and so it does in ``stand_for[0]``. ``disc``: the
    pixels that one covers, 0 where all have one size; see ``_steps``.
    """
    right, bottom = np.float32(width - margin), np.float32(height - margin)
    low = np.float32(margin)
    seen, total = 0, np.float64(0)
    for leaf in range(taken.shape[0]):
        if taken[leaf] == 0:
            continue
        weight = np.float32(starts[leaf + 1] - starts[leaf]) / np.float32(taken[leaf])
        steps = _steps(weight, disc * np.float32(taken[leaf]) / areas[leaf]) if disc > 0 else np.float64(0)
        size = np.uint32(steps)
        larger = starts[leaf] + np.int64((steps - size) * taken[leaf])  # up to here: the mean is what it should be
        for i in range(starts[leaf] + taken[leaf] - 1, starts[leaf] - 1, -1):
            x, y = xy[Q(i), 0] * scale + left, top - xy[Q(i), 1] * scale
            if x >= low and y >= low and x < right and y < bottom and flags[Q(i)] == wanted:
                column, row = np.int32(x), np.int32(y)
                inside = np.int32((y - row) * np.float32(4)) * 4 + np.int32((x - column) * np.float32(4))
                cells[Q(row >> CELL_SHIFT), Q(column >> CELL_SHIFT)] += weight
                tiles[Q((row >> TILE_ROWS) * across + (column >> TILE_COLUMNS))] += 1
                spots[Q(seen)] = np.uint32((row << 18) | (column << 4) | inside)
                drawn[Q(seen)] = np.uint32(i) | (size + np.uint32(i < larger)) << np.uint32(SIZE_SHIFT)
                seen += 1
                total += weight
    stand_for[0] = total
    return seen


@nb.njit(nb.void(_ITEMS, _ITEMS, nb.i8, nb.i8[::1], nb.u8[::1]), nogil=True, cache=True)
def bin_drawn(spots: Any, drawn: Any, across: Any, ends: Any, records: Any) -> None:
    """Sort placed points by tile, in their order inside a tile, as ``raster_kernels.bin_points`` does."""
    for i in range(spots.shape[0]):
        spot = np.int64(spots[i])
        tile = Q((spot >> (18 + TILE_ROWS)) * across + ((spot & 0x3FFFF) >> (4 + TILE_COLUMNS)))
        slot = Q(ends[tile])
        ends[tile] += 1
        records[slot] = Q(Q(Q(drawn[i]) << Q(32)) | Q(spot))


@nb.njit(nb.b1(_AREAS, _CORNERS), nogil=True, cache=True)
def _is_cut(box: Any, edges: Any) -> Any:
    """Return whether an edge may lie in a box; where none does, all of it is inside of the polygon, or outside."""
    for e in range(edges.shape[0]):
        xa, ya, xb, yb = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if min(xa, xb) <= box[2] and max(xa, xb) >= box[0] and min(ya, yb) <= box[3] and max(ya, yb) >= box[1]:
            return True
    return False


@nb.njit(
    nb.void(_XY, _ITEMS, _I64, _BOXES, _BYTES, _CORNERS, _CORNERS, _I64, nb.f8, nb.f8, nb.b1[::1]),
    nogil=True, cache=True,
)  # fmt: skip
def inside_leaves(
    places: Any, items: Any, leaves: Any, boxes: Any, flags: Any, outline: Any, edges: Any, starts: Any, low: Any,
    step: Any, result: Any,
) -> None:  # fmt: skip
    """Set ``result`` where it is true in ``inside_polygon``: most leaves are inside or outside as a whole.

    ``outline`` (E, 4): each edge once, where ``edges`` has it in every row that it crosses.
    """
    for leaf in range(boxes.shape[0]):
        first, last = leaves[leaf], leaves[leaf + 1]
        if first == last:
            continue
        cut = _is_cut(boxes[leaf], outline)
        if not cut and not is_inside(places[first, 0], places[first, 1], edges, starts, low, step):
            continue
        for i in range(first, last):
            item = Q(items[i])
            if flags[item] > 0 and (not cut or is_inside(places[i, 0], places[i, 1], edges, starts, low, step)):
                result[item] = True
