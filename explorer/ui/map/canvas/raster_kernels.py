"""Compiled loops of the canvas; imported only by the raster thread, because numba takes a second to load.

How a picture of a million points is drawn in a few milliseconds by one core:

1. ``place`` puts every point on a pixel, counts points a cell (for the density shading) and a tile (for the next step).
2. ``bin_points`` takes them in one fixed order that is unrelated to the classes (blocks of a cache line, shuffled) and
   sorts them by tile of 64 × 32 pixels, so that what follows stays in the innermost cache.
3. ``stamp_points`` lets the last point of each pixel claim it and stamps an anti-aliased disc for each claimed pixel
   only: points on the same pixel hide each other anyhow. Where they are crowded it does so in a copy of the tile: of
   a whole picture each row of pixels is on a page of its own, too many for a core to know the addresses of.

Buffers have a margin around the visible part, so that nothing is ever clipped. Pixels are 0xffRRGGBB.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

BLOCK = 8
CELL_SHIFT = 2
TILE_ROWS, TILE_COLUMNS = 5, 6
KNOWN = 2048
"""Densities, in parts of 81 of a point a cell, whose logarithm is looked up: two blurs have no others."""

CROWDED = 128
"""Points of a tile from which copying it takes less time than it saves."""

SIZES, SIZE_SHIFT = 8, 29
"""Sizes of a disc, each with √2 times the area of the last, and the place of the size beside a row in 32 bits."""

NOWHERE = 0xFFFFFFFF
"""The spot of a point that is not drawn; the spot of others is ``row << 18 | column << 4 | position``."""

Q = np.uint64
ROWS = Q((1 << SIZE_SHIFT) - 1)
OWNER = Q(0xFFFFFFFF00000000)

# Signatures are given, so that importing this module compiles or loads all there is: nothing is compiled in the middle
# of an animation because one array happens to be read-only.
_BYTES, _U16 = nb.types.Array(nb.u1, 1, "C", readonly=True), nb.types.Array(nb.u2, 1, "C", readonly=True)
_XY = nb.types.Array(nb.f4, 2, "C", readonly=True)
_ORDER, _U64 = nb.types.Array(nb.i4, 1, "C", readonly=True), nb.types.Array(nb.u8, 1, "C", readonly=True)
_I64, _SPOTS = nb.types.Array(nb.i8, 1, "C", readonly=True), nb.types.Array(nb.u4, 1, "C", readonly=True)
_PALETTE, _LEVELS = nb.types.Array(nb.u4, 2, "C", readonly=True), nb.types.Array(nb.u1, 2, "C", readonly=True)
_OFFSETS, _COVER = nb.types.Array(nb.i8, 3, "C", readonly=True), nb.types.Array(nb.u8, 3, "C", readonly=True)
_DENSITY = nb.types.Array(nb.f4, 2, "C", readonly=True)
_COUNTS, _OCCUPIED = nb.types.Array(nb.f4, 1, "C", readonly=True), nb.types.Array(nb.i4, 1, "C", readonly=True)
_CORNERS = nb.types.Array(nb.f8, 2, "C", readonly=True)
_PLACE = nb.i8(
    _XY, _XY, nb.f4, _BYTES, nb.u1, nb.f4, nb.f4, nb.f4, nb.i8, nb.i8, nb.i8, nb.u4[::1], nb.f4[:, ::1], nb.i8[::1],
    nb.i8,
)  # fmt: skip
_STAMP = nb.i8(
    nb.u4[::1], nb.i4[::1], nb.i8, _U64, _I64, nb.i8[::1], _SPOTS, _U16, _PALETTE, _LEVELS, _BYTES, _OFFSETS, _COVER,
    _OFFSETS, _OFFSETS, nb.i8, nb.b1, nb.u4,
)  # fmt: skip


def block_order(count: int) -> npt.NDArray[np.int32]:
    """Return the fixed, shuffled order in which blocks of ``BLOCK`` points are drawn."""
    order = np.arange((count + BLOCK - 1) // BLOCK, dtype=np.int32)
    np.random.default_rng(1).shuffle(order)
    return order


@nb.njit(nb.i8(nb.u8), nogil=True, cache=True)
def _eighths(count: Any) -> int:
    """Return the eighths of an octave of ``1 + count / 81``, 127 at most."""
    return min(int(math.log2(count / 81.0 + 1.0) * 8), 127)


EIGHTHS = np.array([_eighths(count) for count in range(KNOWN)])


@nb.njit(nb.void(nb.u4[::1], nb.u4, nb.i4[::1]), nogil=True, cache=True)
def clear(picture: Any, backdrop: Any, owner: Any) -> None:
    """Fill the picture with the backdrop and the owners with -1."""
    for p in range(picture.shape[0]):
        picture[p] = backdrop
    for p in range(owner.shape[0]):
        owner[p] = -1


@nb.njit(_PLACE, nogil=True, cache=True)
def place(
    start: Any, end: Any, share: Any, flags: Any, wanted: Any, scale: Any, left: Any, top: Any,
    margin: Any, width: Any, height: Any, spots: Any, cells: Any, tiles: Any, across: Any,
) -> int:  # fmt: skip
    """Put the points with ``flags == wanted`` on the buffer of ``height`` × ``width`` pixels, margin included.

    A point is at ``start + (end - start) * share``. ``spots[i]``, ``cells`` and ``tiles`` (``across`` a
    row) are filled. Returns the number of points in sight.
    """
    count = end.shape[0]
    right, bottom = np.float32(width - margin), np.float32(height - margin)
    low = np.float32(margin)
    seen = 0
    for i in range(count):
        spot = np.uint32(NOWHERE)
        if flags[i] == wanted:
            x = (start[i, 0] + (end[i, 0] - start[i, 0]) * share) * scale + left
            y = top - (start[i, 1] + (end[i, 1] - start[i, 1]) * share) * scale
            if x >= low and y >= low and x < right and y < bottom:  # false where there is no place (NaN)
                column, row = np.int32(x), np.int32(y)
                inside = np.int32((y - row) * np.float32(4)) * 4 + np.int32((x - column) * np.float32(4))
                spot = np.uint32((row << 18) | (column << 4) | inside)
                cells[Q(row >> CELL_SHIFT), Q(column >> CELL_SHIFT)] += np.float32(1)
                tiles[Q((row >> TILE_ROWS) * across + (column >> TILE_COLUMNS))] += 1
                seen += 1
        spots[i] = spot
    return seen


@nb.njit(nb.i8(_XY, _BYTES, nb.f4[::1]), nogil=True, cache=True)
def box(places: Any, flags: Any, corners: Any) -> int:
    """Write the box ``(x0, y0, x1, y1)`` around the visible points that have a place; return how many these are."""
    x0 = y0 = np.float32(np.inf)
    x1 = y1 = np.float32(-np.inf)
    count = 0
    for i in range(places.shape[0]):
        x, y = places[i, 0], places[i, 1]
        if flags[i] > 0 and abs(x) < np.float32(np.inf) and abs(y) < np.float32(np.inf):  # false for NaN
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
            count += 1
    corners[0], corners[1], corners[2], corners[3] = x0, y0, x1, y1
    return count


@nb.njit(nb.void(_SPOTS, _ORDER, nb.i8, nb.i8[::1], nb.u8[::1]), nogil=True, cache=True)
def bin_points(spots: Any, order: Any, across: Any, ends: Any, records: Any) -> None:
    """Sort the placed points by tile, in drawing order inside a tile; ``ends`` holds starts, becomes ends.

    A record is ``item << 32 | spot``, of the smallest size.
    """
    count = spots.shape[0]
    for b in range(order.shape[0]):
        first = order[b] * BLOCK
        for i in range(first, min(first + BLOCK, count)):
            spot = np.int64(spots[i])
            if spot == NOWHERE:
                continue
            tile = Q((spot >> (18 + TILE_ROWS)) * across + ((spot & 0x3FFFF) >> (4 + TILE_COLUMNS)))
            slot = Q(ends[tile])
            ends[tile] += 1
            records[slot] = Q(Q(Q(i) << Q(32)) | Q(spot))


@nb.njit(nogil=True, cache=True)
def blend(under: Any, over: Any, cover: Any) -> Any:
    """Lay ``cover`` (0 to 256) of a colour over another; both 0xffRRGGBB."""
    below = Q(Q(Q(under) & Q(0xFF00FF)) | Q(Q(Q(under) & Q(0xFF00)) << Q(24)))
    above = Q(Q(Q(over) & Q(0xFF00FF)) | Q(Q(Q(over) & Q(0xFF00)) << Q(24)))
    mixed = Q(Q(Q(above * cover) + Q(below * Q(Q(256) - cover))) >> Q(8))
    return np.uint32(Q(Q(Q(mixed & Q(0xFF00FF)) | Q(Q(mixed >> Q(24)) & Q(0xFF00))) | Q(0xFF000000)))


@nb.njit(nogil=True, cache=True)
def _stamp(picture: Any, owner: Any, at: Any, colour: Any, item: Any, offsets: Any, cover: Any, ends: Any) -> None:
    first, full, owned, last = ends
    for e in range(first, full):
        p = Q(at + offsets[Q(e)])
        picture[p] = colour
        owner[p] = item
    for e in range(full, owned):
        p = Q(at + offsets[Q(e)])
        picture[p] = blend(picture[p], colour, cover[Q(e)])
        owner[p] = item
    _rim(picture, at, colour, offsets, cover, owned, last)


@nb.njit(nogil=True, cache=True)
def _rim(picture: Any, at: Any, colour: Any, offsets: Any, cover: Any, first: Any, last: Any) -> None:
    for e in range(first, last):
        p = Q(at + offsets[Q(e)])
        picture[p] = blend(picture[p], colour, cover[Q(e)])


@nb.njit(nogil=True, cache=True)
def _stamp_both(both: Any, at: Any, colour: Any, item: Any, offsets: Any, cover: Any, ends: Any) -> None:
    """Do as ``_stamp`` does where a pixel and its owner are one number."""
    first, full, owned, last = ends
    own = Q(np.uint32(item)) << Q(32)
    for e in range(first, full):
        both[Q(at + offsets[Q(e)])] = own | Q(colour)
    for e in range(full, owned):
        p = Q(at + offsets[Q(e)])
        both[p] = own | Q(blend(np.uint32(both[p]), colour, cover[Q(e)]))
    _rim_both(both, at, colour, offsets, cover, owned, last)


@nb.njit(nogil=True, cache=True)
def _rim_both(both: Any, at: Any, colour: Any, offsets: Any, cover: Any, first: Any, last: Any) -> None:
    for e in range(first, last):
        p = Q(at + offsets[Q(e)])
        both[p] = (both[p] & OWNER) | Q(blend(np.uint32(both[p]), colour, cover[Q(e)]))


@nb.njit(nogil=True, cache=True)
def _ends(sizes: Any, stamp: Any, longest: Any) -> Any:
    """Return where the pixels of a stamp begin, and where those end that are full, its own, and all of them."""
    first = stamp * longest
    return first, first + sizes[Q(stamp), 0], first + sizes[Q(stamp), 1], first + sizes[Q(stamp), 2]


@nb.njit(nogil=True, cache=True)
def _take(picture: Any, owner: Any, at: Any, stride: Any, rows: Any, columns: Any, both: Any, line: Any) -> None:
    for y in range(rows):
        for x in range(columns):
            p = Q(at + y * stride + x)
            both[Q(y * line + x)] = Q(np.uint32(owner[p])) << Q(32) | Q(picture[p])


@nb.njit(nogil=True, cache=True)
def _put_back(both: Any, line: Any, picture: Any, owner: Any, at: Any, stride: Any, rows: Any, columns: Any) -> None:
    for y in range(rows):
        for x in range(columns):
            p, value = Q(at + y * stride + x), both[Q(y * line + x)]
            picture[p] = np.uint32(value)
            owner[p] = np.int32(value >> Q(32))


@nb.njit(nogil=True, cache=True)
def _looks(record: Any, items: Any, colours: Any, palette: Any, levels: Any, shapes: Any, rimmed: Any) -> Any:
    """Return row, column, position inside of the pixel, item, colour and shape of a record."""
    spot = np.uint32(record & Q(0xFFFFFFFF))
    row, column = np.int64(spot >> 18), np.int64((spot >> 4) & 0x3FFF)
    which = (record >> Q(32)) & ROWS
    item = np.int32(items[which]) if items.shape[0] > 0 else np.int32(which)
    colour = palette[levels[Q(row >> CELL_SHIFT), Q(column >> CELL_SHIFT)], colours[which]]
    shape = Q(shapes[which]) if rimmed else record >> Q(32 + SIZE_SHIFT)
    return row, column, Q(spot & 15), item, colour, shape


@nb.njit(nogil=True, cache=True)
def _stamp_tile(
    picture: Any, owner: Any, stride: Any, records: Any, claim: Any, first: Any, last: Any, look: Any, stamps: Any,
    backdrop: Any,
) -> int:  # fmt: skip
    drawn = 0
    offsets, cover, sizes, longest = stamps
    for e in range(first, last):
        if claim[Q(_place_in_tile(records[Q(e)]))] != e:
            continue
        row, column, inside, item, colour, shape = _looks(records[Q(e)], *look)
        at = row * stride + column
        if look[-1]:
            first_pixel, _, _, last_pixel = _ends(sizes, (shape + Q(3)) * Q(16) + inside, longest)
            _rim(picture, at, backdrop, offsets, cover, first_pixel, last_pixel)
        _stamp(picture, owner, at, colour, item, offsets, cover, _ends(sizes, shape * Q(16) + inside, longest))
        drawn += 1
    return drawn


@nb.njit(nogil=True, cache=True)
def _stamp_apart(
    both: Any, line: Any, top: Any, left: Any, records: Any, claim: Any, first: Any, last: Any, look: Any,
    stamps: Any, backdrop: Any,
) -> int:  # fmt: skip
    """Do as ``_stamp_tile`` does in a copy of a tile and of what lies around it, from row and column of its corner."""
    drawn = 0
    offsets, cover, sizes, longest = stamps
    for e in range(first, last):
        if claim[Q(_place_in_tile(records[Q(e)]))] != e:
            continue
        row, column, inside, item, colour, shape = _looks(records[Q(e)], *look)
        at = (row - top) * line + column - left
        if look[-1]:
            first_pixel, _, _, last_pixel = _ends(sizes, (shape + Q(3)) * Q(16) + inside, longest)
            _rim_both(both, at, backdrop, offsets, cover, first_pixel, last_pixel)
        _stamp_both(both, at, colour, item, offsets, cover, _ends(sizes, shape * Q(16) + inside, longest))
        drawn += 1
    return drawn


@nb.njit(nogil=True, cache=True)
def _place_in_tile(record: Any) -> Any:
    return ((record >> Q(18)) & Q(31)) << Q(6) | (record >> Q(4)) & Q(63)


@nb.njit(_STAMP, nogil=True, cache=True)
def stamp_points(
    picture: Any, owner: Any, stride: Any, records: Any, starts: Any, claim: Any, items: Any, colours: Any,
    palette: Any, levels: Any, shapes: Any, offsets: Any, cover: Any, sizes: Any, apart: Any, reach: Any, rimmed: Any,
    backdrop: Any,
) -> int:  # fmt: skip
    """Stamp each point that still owns its pixel, tile by tile in drawing order; return how many.

    ``starts`` (tiles + 1,) bounds each tile in ``records``, which hold sizes and rows of ``items``, or items if that is
    empty; ``colours`` and ``shapes`` are by row. ``palette`` (levels, colours) 0xffRRGGBB; ``levels`` the shade of each
    cell; ``shapes`` 0 to 2. ``offsets`` and ``cover`` (S, 16, K) and ``sizes`` (S, 16, 3) are the stamps: a disc in
    each size, or, if ``rimmed``, the shapes and then their rims, which are drawn first, in ``backdrop``. They reach
    ``reach`` pixels far; ``apart`` are the offsets in rows of ``64 + 2 reach``, as crowded tiles are drawn.
    """
    drawn = 0
    across, height = (stride >> TILE_COLUMNS) + 1, picture.shape[0] // stride
    line, lines = (1 << TILE_COLUMNS) + 2 * reach, (1 << TILE_ROWS) + 2 * reach
    both = np.empty(line * lines, np.uint64)
    look = (items, colours, palette, levels, shapes, rimmed)
    longest = Q(offsets.shape[2])
    flat, flat_apart, covers = offsets.reshape(-1), apart.reshape(-1), cover.reshape(-1)
    ends = sizes.reshape(-1, 3)
    for tile in range(starts.shape[0] - 1):
        first, last = starts[tile], starts[tile + 1]
        if first == last:
            continue
        for e in range(first, last):
            claim[Q(_place_in_tile(records[Q(e)]))] = e
        if last - first < CROWDED:
            stamps = (flat, covers, ends, longest)
            drawn += _stamp_tile(picture, owner, stride, records, claim, first, last, look, stamps, backdrop)
            continue
        row, column = (tile // across << TILE_ROWS) - reach, (tile % across << TILE_COLUMNS) - reach
        top, left = max(row, 0), max(column, 0)
        rows, columns = min(row + lines, height) - top, min(column + line, stride) - left
        at, stamps = top * stride + left, (flat_apart, covers, ends, longest)
        _take(picture, owner, at, stride, rows, columns, both, line)
        drawn += _stamp_apart(both, line, top, left, records, claim, first, last, look, stamps, backdrop)
        _put_back(both, line, picture, owner, at, stride, rows, columns)
    return drawn


@nb.njit(nogil=True, cache=True)
def _box_sums(counts: Any, across: Any, sums: Any) -> None:
    """Write the sums over 3 × 3 cells; the first and last rows count nine times. ``across``: sums over 3 in a row."""
    rows, columns = counts.shape
    for r in range(rows):
        for c in range(1, columns - 1):
            across[r, c] = counts[r, c - 1] + counts[r, c] + counts[r, c + 1]
    for r in range(1, rows - 1):
        for c in range(columns):
            sums[r, c] = across[r - 1, c] + across[r, c] + across[r + 1, c]
    for r in (0, rows - 1):
        for c in range(columns):
            sums[r, c] = counts[r, c] * np.float32(9)


@nb.njit(nb.i8(_COUNTS, nb.i4[::1]), nogil=True, cache=True)
def occupied_cells(cells: Any, occupied: Any) -> int:
    """Write where cells with points are; return how many. Without a branch: few cells are like those before them."""
    count = 0
    for p in range(cells.shape[0]):
        occupied[Q(count)] = p
        count += nb.i8(cells[p] > 0)
    return count


@nb.njit(nb.f8(_DENSITY, _OCCUPIED, nb.f4[:, :, ::1], nb.i8[::1]), nogil=True, cache=True)
def smooth_cells(cells: Any, occupied: Any, scratch: Any, bins: Any) -> float:
    """Blur the counts of cells twice with a 3 × 3 box; return the 95th percentile of the blur of those ``occupied``.

    ``scratch`` (3, rows, columns) holds zeros at first; its first part becomes 81 times the blur: whole numbers, which
    need no dividing. ``bins`` (128,) are for counting and hold zeros.
    """
    _box_sums(cells, scratch[1], scratch[2])
    _box_sums(scratch[2], scratch[1], scratch[0])
    density = scratch[0].reshape(-1)
    for e in range(occupied.shape[0]):
        count = Q(density[Q(occupied[e])])
        bins[EIGHTHS[count] if count < KNOWN else _eighths(count)] += 1
    left = occupied.shape[0] // 20
    for k in range(127, -1, -1):
        left -= bins[k]
        if left < 0:
            return float(2.0 ** ((k + 1) / 8.0) - 1.0)
    return 0.0


@nb.njit(nb.void(_COUNTS, _OCCUPIED, nb.f4, nb.f4, nb.u1[::1], nb.i8), nogil=True, cache=True)
def shade_cells(density: Any, occupied: Any, per_point: Any, peak: Any, levels: Any, shades: Any) -> None:
    """Give cells with points a shade from 0 to ``shades - 1`` by the logarithm of their overdraw against ``peak``'s.

    ``density`` is 81 times the blur, see ``smooth_cells``.
    """
    top = math.log1p(peak * per_point)
    known = np.empty(KNOWN, np.uint8)
    for k in range(KNOWN):
        known[k] = min(int(math.log1p(k / 81.0 * per_point) / top * (shades - 1) + 0.5), shades - 1)
    for e in range(occupied.shape[0]):
        p = Q(occupied[e])
        count = Q(density[p])
        if count < KNOWN:
            levels[p] = known[count]
        else:
            level = math.log1p(count / 81.0 * per_point) / top * (shades - 1) + 0.5
            levels[p] = min(int(level), shades - 1)


@nb.njit(nb.b1(nb.f8, nb.f8, _CORNERS, _I64, nb.f8, nb.f8), nogil=True, cache=True, inline="always")
def is_inside(x: Any, y: Any, edges: Any, starts: Any, low: Any, step: Any) -> Any:
    """Return whether a point lies in a polygon, by the even-odd rule; see ``inside_polygon``."""
    rows, height, odd = starts.shape[0] - 1, (y - low) * step, False
    if height >= 0.0 and height <= rows and x == x:
        r = min(int(height), rows - 1)
        for e in range(starts[r], starts[r + 1]):
            xa, ya, xb, yb = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
            if (ya > y) != (yb > y) and x < (xb - xa) * (y - ya) / (yb - ya) + xa:
                odd = not odd
    return odd


@nb.njit(nb.void(_XY, _XY, nb.f4, _BYTES, _CORNERS, _I64, nb.f8, nb.f8, nb.b1[::1]), nogil=True, cache=True)
def inside_polygon(
    start: Any, end: Any, share: Any, flags: Any, edges: Any, starts: Any, low: Any, step: Any, result: Any
) -> None:
    """Set ``result`` for each visible point inside a polygon, by the even-odd rule.

    ``edges`` (E, 4) are the edges ``(xa, ya, xb, yb)`` of each row in turn, bounded by ``starts`` (rows + 1,): row r
    is from ``low + r / step`` to ``low + (r + 1) / step``. See ``lasso.edges_by_row``.
    """
    for i in range(end.shape[0]):
        odd = False
        if flags[i] > 0:
            x = nb.f8(start[i, 0] + (end[i, 0] - start[i, 0]) * share)
            y = nb.f8(start[i, 1] + (end[i, 1] - start[i, 1]) * share)
            odd = is_inside(x, y, edges, starts, low, step)
        result[i] = odd
