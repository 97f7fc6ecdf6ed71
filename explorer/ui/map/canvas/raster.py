"""Draws a scene into a picture; runs on the raster thread, or on any other for tests."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, ByteArray
from explorer.ui.map.canvas import raster_kernels
from explorer.ui.map.canvas.lasso import edges_by_row
from explorer.ui.map.canvas.picking import grid_of, near_path
from explorer.ui.map.canvas.placing import Placed, Placing
from explorer.ui.map.canvas.point_shapes import LARGEST_RADIUS, PointShape, diamond, disc
from explorer.ui.map.canvas.quadtree import Choice, Frame, Look, Quadtree
from explorer.ui.map.canvas.scene import (
    GHOST,
    LARGER,
    RING_FROM,
    Motion,
    Outline,
    Picture,
    Rgb,
    Style,
    automatic_radius,
    clear_of,
)
from explorer.ui.map.canvas.viewport import Bounds, View

SHADES = 32
RIM_FROM = 2.25
"""Radius in logical pixels from which points get a thin rim in the colour of the backdrop."""

RIM = 0.8
HOLE = 0.48
"""Size of the hole of a ring or a diamond, as a share of its radius."""

CORNER = 1.35
"""From the middle of a diamond to its corners, in radii of a disc; with 1.25 both would have the same area."""

DIMMED = 0.72
"""How far points outside the selection are faded towards the backdrop."""

Buffers = tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]
Packed = tuple[npt.NDArray[np.integer] | int, ...]


def shaded_palette(style: Style, crowded: float, *, dimmed: bool, selected: bool = False) -> npt.NDArray[np.uint32]:
    """Return the colours (SHADES, K) as 0xffRRGGBB: faint where points are few, luminous where they are many.

    ``crowded`` 0 to 1: 0 leaves the colours as they are. ``dimmed`` fades them for points outside the selection,
    ``selected`` keeps those inside clear of the backdrop.
    """
    own = clear_of(style.palette, style.backdrop, style.ink) if selected else style.palette
    colour = own.astype(np.float32)[None]
    backdrop, ink = np.array(style.backdrop, np.float32), np.array(style.ink, np.float32)
    level = np.linspace(0.0, 1.0, SHADES, dtype=np.float32)[:, None, None]
    fade = (1.0 - level) ** 1.5 * 0.5 * crowded
    glow = level**3 * 0.24 * crowded
    shaded = colour + (backdrop - colour) * fade
    shaded = shaded + (ink - shaded) * glow
    if dimmed:
        grey = shaded.mean(axis=2, keepdims=True)
        shaded = shaded + (grey - shaded) * 0.5
        shaded = shaded + (backdrop - shaded) * DIMMED
    parts = np.rint(shaded).astype(np.uint32)
    return (0xFF000000 | parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2]).astype(np.uint32)


def packed(stamps: tuple[PointShape, ...], stride: int, *, rimmed: bool) -> Packed:
    """Return stamps as ``raster_kernels.stamp_points`` takes them, for rows of ``stride`` pixels."""
    count, longest = len(stamps), max(stamp.rows.shape[1] for stamp in stamps)
    offsets, apart = np.zeros((2, count, 16, longest), np.int64)
    cover = np.zeros((count, 16, longest), np.uint64)
    sizes = np.zeros((count, 16, 3), np.int64)
    reach = max(stamp.reach for stamp in stamps)
    line = (1 << raster_kernels.TILE_COLUMNS) + 2 * reach
    for k, stamp in enumerate(stamps):
        length = stamp.rows.shape[1]
        offsets[k, :, :length] = stamp.rows.astype(np.int64) * stride + stamp.columns
        apart[k, :, :length] = stamp.rows * line + stamp.columns
        cover[k, :, :length] = stamp.cover
        sizes[k] = stamp.sizes
    if rimmed:
        cover[count // 2 :] = cover[count // 2 :] * 3 // 4
    else:
        sizes[1:] = sizes[1:, :, 1:2]  # larger discs are for crowds: whole pixels take half the time there
    return offsets, cover, sizes, apart, reach


def _packed_colour(colour: Rgb) -> int:
    red, green, blue = colour
    return 0xFF000000 | red << 16 | green << 8 | blue


class Rasteriser:
    """Draws points; keeps its scratch arrays and, for ``recycle``d pictures, their buffers."""

    def __init__(self) -> None:
        self._spare: list[Buffers] = []
        self._placing, self._choice = Placing(), Choice()
        self._claim = np.zeros(1 << (raster_kernels.TILE_ROWS + raster_kernels.TILE_COLUMNS), np.int64)
        self._scratch, self._occupied = np.zeros((3, 1, 1), np.float32), np.empty(1, np.int32)
        self._flags: dict[bool, ByteArray] = {}
        self._flags_of: Style | None = None
        self._no_shapes, self._no_colours = np.empty(0, np.uint8), np.empty(0, np.uint16)
        self._no_items = np.empty(0, np.uint32)
        self._packs: dict[int, tuple[tuple[PointShape, ...], int, Packed]] = {}
        self._palettes: dict[tuple[int, int], npt.NDArray[np.uint32]] = {}
        self._palettes_of: Style | None = None

    def recycle(self, picture: Picture) -> None:
        """Take back the buffers of a picture that is not shown any more."""
        if len(self._spare) < 3:
            self._spare.append((picture.pixels, picture.owner))

    def _buffers(self, size: int) -> Buffers:
        self._spare = [spare for spare in self._spare if size <= len(spare[0]) <= 2 * size]
        return self._spare.pop() if self._spare else (np.empty(size, np.uint32), np.empty(size, np.int32))

    def flags(self, style: Style, wanted: int = 1) -> ByteArray:
        """Return the flags of a style among which some are ``wanted``, computed once for each."""
        if self._flags_of is not style:
            self._flags_of = style
            self._flags.clear()
        ghosts = wanted == GHOST
        if ghosts not in self._flags:
            self._flags[ghosts] = style.ghost_flags() if ghosts else style.flags()
        return self._flags[ghosts]

    def draw(
        self, motion: Motion, style: Style, view: View, *, ratio: float = 1.0, now: float = 0.0,
        bounds: Bounds | None = None, tree: Quadtree | None = None,
    ) -> Picture:  # fmt: skip
        """Draw the points as they are at ``now``; ``bounds`` (of all points) decides how large they are.

        ``tree`` of where all are going, for points at rest: only those in sight are looked at, and where they are too
        many a sample stands for them.
        """
        began = time.perf_counter()
        width, height = max(1, round(view.width * ratio)), max(1, round(view.height * ratio))
        fitted = view.fitted(bounds).scale if bounds else view.scale
        radius = style.radius or style.enlarged * automatic_radius(len(motion.end), view, fitted)
        radii = {1: radius, 2: radius + LARGER} if style.highlighted is not None else {1: radius}
        if style.ghosts and style.visible is not None:
            radii = {GHOST: radius, **radii}  # first: they lie below
        stamps = {wanted: self._stamps(size, ratio, sizes=tree is not None) for wanted, size in radii.items()}
        reach = max(stamp.reach for shapes in stamps.values() for stamp in shapes)
        margin = 2 * reach
        stride, rows = width + 2 * margin, height + 2 * margin
        pixels, owner = self._buffers(stride * rows)
        backdrop = np.uint32(_packed_colour(style.backdrop))
        raster_kernels.clear(pixels, backdrop, owner)
        share = motion.share(now)
        left = np.float32(width / 2 + margin - view.x * view.scale * ratio)
        top = np.float32(height / 2 + margin + view.y * view.scale * ratio)
        frame = (np.float32(view.scale * ratio), left, top, reach, stride, rows)
        in_sight = drawn = 0
        for wanted, size in radii.items():
            ready = self._packed_once(wanted, stamps[wanted], stride, rimmed=size >= RIM_FROM)
            placed = self._place(motion, share, style, wanted, frame, tree, size * ratio if size < RIM_FROM else 0.0)
            self._stamp(pixels, owner, stride, placed, style, wanted, ready, size, ratio, backdrop)
            if wanted == GHOST:
                owner.fill(-1)  # nobody points at them
            else:
                in_sight, drawn = in_sight + placed.in_sight, drawn + len(placed.records)
        return Picture(
            view, ratio, pixels, owner, stride, margin, width, height, motion, share, bounds, radius, in_sight,
            time.perf_counter() - began, drawn,
        )  # fmt: skip

    @staticmethod
    def _stamps(radius: float, ratio: float, *, sizes: bool) -> tuple[PointShape, ...]:
        """Return the stamps of the shapes, and then those of their rims; of points without a rim, discs by size."""
        size = min(radius * ratio, LARGEST_RADIUS / CORNER - 2 * ratio)
        if radius < RIM_FROM:
            count = raster_kernels.SIZES if sizes else 1
            return tuple(disc(round(min(size * 2 ** (k / 4), LARGEST_RADIUS), 3)) for k in range(count))
        rim = disc(round(size + RIM * ratio, 3))
        if radius < RING_FROM:
            return (disc(size),) * 3 + (rim,) * 3
        corner = round(size * CORNER, 3)
        corner_rim = diamond(round(corner + RIM * ratio * 2**0.5, 3))
        return disc(size), disc(size, size * HOLE), diamond(corner, corner * HOLE), rim, rim, corner_rim

    def _packed_once(self, wanted: int, stamps: tuple[PointShape, ...], stride: int, *, rimmed: bool) -> Packed:
        """Return the stamps for these points; the same as before while neither size nor radius change."""
        known = self._packs.get(wanted)
        if known is None or known[1] != stride or tuple(map(id, known[0])) != tuple(map(id, stamps)):
            known = self._packs[wanted] = (stamps, stride, packed(stamps, stride, rimmed=rimmed))
        return known[2]

    def _palette(self, style: Style, crowded: float, wanted: int) -> npt.NDArray[np.uint32]:
        if self._palettes_of is not style:
            self._palettes_of = style
            self._palettes.clear()
        key = (round(crowded * 64), wanted if style.highlighted is not None or wanted == GHOST else 0)
        if key not in self._palettes and wanted == GHOST:
            self._palettes[key] = np.full((SHADES, 1), _packed_colour(style.ghost), np.uint32)
        elif key not in self._palettes:
            self._palettes[key] = shaded_palette(style, key[0] / 64, dimmed=key[1] == 1, selected=key[1] == 2)
        return self._palettes[key]

    def _place(
        self, motion: Motion, share: float, style: Style, wanted: int, frame: Frame, tree: Quadtree | None,
        radius: float,
    ) -> Placed:  # fmt: skip
        """Return the points in sight, sorted by tile; fill the cells. ``radius`` in physical pixels, 0: with a rim."""
        *_, stride, rows = frame
        self._placing.clear(rows, stride)
        look = self._look(style, wanted)
        if tree is None:
            self._choice.forget()
            return self._placing.everything(motion, share, look, wanted, frame)
        return self._placing.some(*self._choice.of(tree, look, wanted), wanted, frame, np.pi * radius**2)

    def _look(self, style: Style, wanted: int) -> Look:
        """Return how all items look."""
        flags = self.flags(style, wanted)
        if len(self._no_shapes) != len(flags):
            self._no_shapes, self._no_colours = np.zeros(len(flags), np.uint8), np.zeros(len(flags), np.uint16)
        if wanted == GHOST:
            return Look(self._no_items, flags, self._no_colours, self._no_shapes)
        shapes = self._no_shapes if style.shapes is None else style.shapes
        return Look(self._no_items, flags, style.colours, shapes)

    def _stamp(
        self, pixels: npt.NDArray[np.uint32], owner: npt.NDArray[np.int32], stride: int, placed: Placed, style: Style,
        wanted: int, stamps: Packed, radius: float, ratio: float, backdrop: np.uint32,
    ) -> None:  # fmt: skip
        cells = self._placing.cells
        if self._scratch.shape[1:] != cells.shape:
            self._scratch, self._occupied = np.zeros((3, *cells.shape), np.float32), np.empty(cells.size, np.int32)
        occupied = self._occupied[: raster_kernels.occupied_cells(cells.ravel(), self._occupied)]
        levels = np.zeros(cells.shape, np.uint8)
        per_point = np.pi * (radius * ratio) ** 2 / (1 << 2 * raster_kernels.CELL_SHIFT)
        peak = raster_kernels.smooth_cells(cells, occupied, self._scratch, np.zeros(128, np.int64))
        apart = np.clip(1.0 - (radius - 1.5), 0.0, 1.0)  # large points have rims instead
        crowded = float(apart * np.clip(np.log2(max(peak * per_point, 1.0)) / 3.0, 0.0, 1.0))
        if crowded > 0.0:
            density, cover = self._scratch[0].ravel(), np.float32(per_point)
            raster_kernels.shade_cells(density, occupied, cover, np.float32(peak), levels.ravel(), SHADES)
        else:
            levels[:] = SHADES // 2
        palette = self._palette(style, crowded, wanted)
        look = placed.look
        self._claim[:] = -1
        raster_kernels.stamp_points(
            pixels, owner, stride, placed.records, placed.starts, self._claim, look.items, look.colours, palette,
            levels, look.shapes, *stamps, radius >= RIM_FROM, backdrop,
        )  # fmt: skip

    def bounds(self, motion: Motion, style: Style) -> Bounds | None:
        """Return the box around where the points are going that are drawn, None where there are none."""
        corners = np.empty(4, np.float32)
        flags = self.flags(style) | self.flags(style, GHOST) if style.ghosts else self.flags(style)
        if not raster_kernels.box(motion.end, flags, corners):
            return None
        x0, y0, x1, y1 = corners.tolist()
        return x0, y0, x1, y1

    def caught(
        self, motion: Motion, style: Style, outline: Outline, now: float, tree: Quadtree | None = None
    ) -> BoolArray:
        """Return which visible points lie in a polygon, or under the path of a brush, at ``now``.

        ``tree`` of where all are going, for points at rest: whole leaves are compared then.
        """
        found = np.zeros(len(motion.end), np.bool_)
        corners, share = outline.corners, np.float32(motion.share(now))
        resting = tree if share >= 1.0 else None
        if outline.radius > 0.0 and len(corners):
            grid = grid_of(corners, outline.radius)
            if resting is not None:
                resting.near(self.flags(style), grid, outline.radius, found)
            else:
                near_path(motion.start, motion.end, share, self.flags(style), *grid, outline.radius, found)
        elif len(corners) >= 3 and resting is not None:
            around = np.hstack([corners, np.roll(corners, -1, axis=0)])
            resting.inside(self.flags(style), around, edges_by_row(corners), found)
        elif len(corners) >= 3:
            edges = edges_by_row(corners)
            raster_kernels.inside_polygon(motion.start, motion.end, share, self.flags(style), *edges, found)
        return found
