"""Compiled loops of the thumbnails; imported only by the raster thread and the one that decodes originals."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from explorer.ui.map.canvas.raster_kernels import blend

_XY, _BYTES = nb.types.Array(nb.f4, 2, "C", readonly=True), nb.types.Array(nb.u1, 1, "C", readonly=True)
_SOURCE, _SOURCES = nb.types.Array(nb.u1, 3, "C", readonly=True), nb.types.Array(nb.u1, 4, "C", readonly=True)
_I64, _PLACES = nb.types.Array(nb.i8, 1, "C", readonly=True), nb.types.Array(nb.i4, 2, "C", readonly=True)
_I32, _U32 = nb.types.Array(nb.i4, 1, "C", readonly=True), nb.types.Array(nb.u4, 1, "C", readonly=True)
_TILES = nb.types.Array(nb.u4, 3, "C", readonly=True)

Q = np.uint64


@nb.njit(
    nb.i8(
        _XY, _XY, nb.f4, _BYTES, _BYTES, nb.f8, nb.f8, nb.f8, nb.f8, nb.f8, nb.f8, nb.i8[::1], nb.i4[:, ::1], nb.u8[::1]
    ),
    nogil=True, cache=True,
)  # fmt: skip
def candidates(
    start: Any, end: Any, share: Any, flags: Any, shown: Any, scale: Any, left: Any, top: Any, width: Any, height: Any,
    reach: Any, items: Any, places: Any, ranks: Any,
) -> int:  # fmt: skip
    """Collect the visible points within ``reach`` pixels of the picture; return how many, as far as there is room.

    ``places`` are (column, row). A lower rank goes first: what is highlighted, then what was ``shown``, then in an
    order that is fixed and has nothing to do with that of the items.
    """
    count = 0
    for i in range(min(end.shape[0], shown.shape[0])):
        if flags[i] == 0:
            continue
        x = (start[i, 0] + (end[i, 0] - start[i, 0]) * share) * scale + left
        y = top - (start[i, 1] + (end[i, 1] - start[i, 1]) * share) * scale
        if x >= -reach and y >= -reach and x < width + reach and y < height + reach:  # false for NaN
            if count == items.shape[0]:
                break
            items[count], places[count, 0], places[count, 1] = i, np.int32(np.floor(x)), np.int32(np.floor(y))
            mixed = Q(Q(Q(i) * Q(0x9E3779B97F4A7C15)) >> Q(34))
            first = Q(0) if flags[i] == 2 else Q(2)
            ranks[count] = Q(Q(Q(first + (Q(0) if shown[i] > 0 else Q(1))) << Q(32)) | mixed)
            count += 1
    return count


@nb.njit(nb.i8(_PLACES, _I64, _I64, _BYTES, nb.i8, nb.i8, nb.i8, nb.i4[:, ::1], nb.i8[::1]), nogil=True, cache=True)
def spread(
    places: Any, order: Any, items: Any, shown: Any, touch: Any, pitch: Any, reach: Any, grid: Any, chosen: Any
) -> int:
    """Choose places in turn that keep their distance from those before; return how many.

    Those ``shown`` already keep ``touch`` pixels of distance, others ``pitch`` (at most twice that): so nothing comes
    and goes while points move a little. ``grid`` has cells of ``touch`` pixels, holds -1 and has two more on each side.
    """
    count = 0
    for e in range(order.shape[0]):
        k = order[e]
        x, y = places[k, 0], places[k, 1]
        apart = touch if shown[items[k]] > 0 else pitch
        column, row = (x + reach) // touch + 2, (y + reach) // touch + 2
        free = True
        for r in range(row - 2, row + 3):
            for c in range(column - 2, column + 3):
                other = grid[r, c]
                if other >= 0 and abs(places[other, 0] - x) < apart and abs(places[other, 1] - y) < apart:
                    free = False
        if free:
            if count == chosen.shape[0]:
                break
            grid[row, column] = k
            chosen[count] = k
            count += 1
    return count


@nb.njit(nb.i8(_I64, nb.i4[::1], nb.i8[::1], nb.i8[::1], nb.i8, nb.i8[::1], nb.i8[::1]), nogil=True, cache=True)
def seat(items: Any, slot_of: Any, item_of: Any, used: Any, turn: Any, hand: Any, missing: Any) -> int:
    """Give every item a slot, taking those unused for longest in turn; return how many are ``missing`` their tile."""
    for e in range(items.shape[0]):
        if slot_of[items[e]] >= 0:
            used[slot_of[items[e]]] = turn
    count = 0
    for e in range(items.shape[0]):
        item = items[e]
        if slot_of[item] >= 0:
            continue
        while used[hand[0]] == turn:
            hand[0] = (hand[0] + 1) % item_of.shape[0]
        slot = hand[0]
        if item_of[slot] >= 0:
            slot_of[item_of[slot]] = -1
        slot_of[item], item_of[slot], used[slot] = slot, item, turn
        missing[count] = item
        count += 1
    return count


@nb.njit(nb.void(_SOURCE, nb.u4[:, ::1]), nogil=True, cache=True)
def shrink(source: Any, tile: Any) -> None:
    """Scale a picture (H, W, C) to a tile 0xffRRGGBB by the mean of the area below each pixel; C is 1 or 3."""
    high, wide, channels = source.shape
    rows, columns = tile.shape
    green, blue = min(1, channels - 1), min(2, channels - 1)
    down, across = high / rows, wide / columns
    for r in range(rows):
        y0, y1 = r * down, (r + 1) * down
        first_row, last_row = int(y0), min(int(np.ceil(y1 - 1e-9)), high)
        for c in range(columns):
            x0, x1 = c * across, (c + 1) * across
            red_sum = green_sum = blue_sum = 0.0
            for y in range(first_row, last_row):
                tall = min(y1, y + 1.0) - max(y0, nb.f8(y))
                for x in range(int(x0), min(int(np.ceil(x1 - 1e-9)), wide)):
                    part = tall * (min(x1, x + 1.0) - max(x0, nb.f8(x)))
                    red_sum += part * source[y, x, 0]
                    if channels > 1:
                        green_sum += part * source[y, x, green]
                        blue_sum += part * source[y, x, blue]
            if channels == 1:
                green_sum = blue_sum = red_sum
            area = 1.0 / (down * across)
            red_part, green_part = np.uint32(red_sum * area + 0.5), np.uint32(green_sum * area + 0.5)
            tile[r, c] = np.uint32(
                np.uint32(0xFF000000) | red_part << 16 | green_part << 8 | np.uint32(blue_sum * area + 0.5)
            )


@nb.njit(nb.void(_SOURCES, _I64, _I32, nb.u4[:, :, ::1]), nogil=True, cache=True)
def make_tiles(pixels: Any, items: Any, slot_of: Any, tiles: Any) -> None:
    """Make the tiles of these items from the cached pixels (N, S, S, C)."""
    for e in range(items.shape[0]):
        shrink(pixels[items[e]], tiles[slot_of[items[e]]])


@nb.njit(nogil=True, cache=True)
def _fill(line: Any, at: Any, first: Any, last: Any, value: Any) -> None:
    for c in range(first, last):
        line[Q(at + c)] = value


@nb.njit(
    nb.void(nb.u4[::1], nb.i4[::1], nb.i8, nb.i8, _TILES, _I64, _I32, _PLACES, _U32, _BYTES, nb.i8, nb.u4, nb.u8),
    nogil=True, cache=True,
)  # fmt: skip
def paste_tiles(
    picture: Any, owner: Any, stride: Any, rows: Any, tiles: Any, items: Any, slot_of: Any, places: Any, edges: Any,
    flags: Any, frame: Any, backdrop: Any, kept: Any,
) -> None:  # fmt: skip
    """Paste tiles with a frame in the colour of ``edges``, centred on ``places`` of the buffer, clipped by it.

    Where ``flags`` is 1, ``kept`` of 256 parts of the colours are kept, and the rest is backdrop. The corners of the
    frame are left out. Tiles own their pixels.
    """
    side = tiles.shape[1]
    whole = side + 2 * frame
    for e in range(items.shape[0]):
        item = items[e]
        slot, faded = Q(slot_of[item]), flags[item] == 1 and kept < Q(256)
        edge = blend(backdrop, edges[e], kept) if faded else edges[e]
        left, top = places[e, 0] - whole // 2, places[e, 1] - whole // 2
        for r in range(max(-top, 0), min(whole, rows - top)):
            corner = nb.i8(r == 0 or r == whole - 1)
            first, last = max(-left, corner), min(whole, stride - left, whole - corner)
            at = (top + r) * stride + left
            _fill(owner, at, first, last, item)
            if r < frame or r >= whole - frame:
                _fill(picture, at, first, last, edge)
                continue
            _fill(picture, at, first, min(frame, last), edge)
            _fill(picture, at, max(whole - frame, first), last, edge)
            for c in range(max(frame, first), min(whole - frame, last)):
                colour = tiles[slot, Q(r - frame), Q(c - frame)]
                picture[Q(at + c)] = blend(backdrop, colour, kept) if faded else colour
