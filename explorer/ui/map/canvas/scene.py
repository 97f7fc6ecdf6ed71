"""What the canvas draws: points on their way from one frame of the map to the next, and in which style."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, ByteArray, FloatArray, IntArray
from explorer.ui.map.canvas.viewport import Bounds, View

Rgb = tuple[int, int, int]

RING_FROM = 2.5
"""Radius in logical pixels from which points have their own shapes; smaller ones are all discs."""

GHOST, GHOST_SHARE = 3, 0.2
"""The flag of points that are drawn in grey, and how much of the ink is in that."""

AT_ONCE = 200_000
"""Items that are looked up in a picture in one go: a hundredth of a second."""

DISC, RING, DIAMOND = 0, 1, 2
"""The shapes of points: ``Style.shapes``."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Points in motion: from ``start`` to ``end`` (N, 2), not a number where an item has no place yet.

    The motion began at ``began`` (seconds, monotonic) and takes ``duration`` seconds.
    """

    start: FloatArray
    end: FloatArray
    began: float = 0.0
    duration: float = 0.0

    @classmethod
    def nowhere(cls, count: int) -> Motion:
        """Return ``count`` items without a place."""
        empty = np.full((count, 2), np.nan, np.float32)
        return cls(empty, empty)

    def share(self, now: float) -> float:
        """Return how much of the way is done, 0 to 1."""
        return 1.0 if self.duration <= 0.0 else min(max((now - self.began) / self.duration, 0.0), 1.0)

    def at(self, now: float) -> FloatArray:
        """Return where the points are."""
        share = np.float32(self.share(now))
        return self.end if share >= 1.0 else self.start + (self.end - self.start) * share

    def towards(self, indices: IntArray, xy: FloatArray, now: float, duration: float) -> Motion:
        """Return the motion from where the points are now to a new frame, in which only ``indices`` have a place.

        Points that had no place appear where they belong.
        """
        count = len(self.end)
        if len(indices) == count > 0 and indices[0] == 0 and bool((np.diff(indices) == 1).all()):
            end = np.ascontiguousarray(xy, np.float32)
        else:
            end = np.full((count, 2), np.nan, np.float32)
            end[indices] = xy
        if duration <= 0.0:
            return Motion(end, end, now, 0.0)
        start = self.at(now)
        fresh = np.isnan(start[:, 0])
        if fresh.all():
            return Motion(end, end, now, 0.0)
        if fresh.any():
            start = np.where(fresh[:, None], end, start)
        return Motion(start, end, now, duration)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a hand has drawn on the map: corners (V, 2) in map units.

    A polygon, or, with a ``radius`` in map units above 0, the path of a brush.
    """

    corners: npt.NDArray[np.float64]
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Style:
    """How the points are drawn. All arrays are (N,) and are not changed afterwards.

    ``colours`` index the rows of ``palette`` (K, 3); ``shapes`` are ``DISC`` (None: all), ``RING`` or ``DIAMOND``, told
    apart where points are large enough; ``visible`` None: all; ``highlighted`` None: no selection, otherwise a mask
    (N,) or the items: the others are dimmed. ``radius`` in logical pixels, 0: chosen from their number and the zoom,
    and ``enlarged`` so many times. ``ghosts``: those that are not visible are drawn all the same, in grey below the
    others, and cannot be pointed at; but for those of ``absent``, if that is given.
    """

    colours: npt.NDArray[np.uint16]
    palette: ByteArray
    backdrop: Rgb
    ink: Rgb
    shapes: ByteArray | None = None
    visible: BoolArray | None = None
    highlighted: BoolArray | IntArray | None = None
    radius: float = 0.0
    enlarged: float = 1.0
    ghosts: bool = False
    absent: BoolArray | None = None

    @classmethod
    def plain(cls, count: int, colour: Rgb, backdrop: Rgb, ink: Rgb) -> Style:
        """Return a style with one colour for all."""
        return cls(np.zeros(count, np.uint16), np.array([colour], np.uint8), backdrop, ink)

    def flags(self) -> ByteArray:
        """Return per item 0 hidden, 1 drawn, 2 drawn on top; for the raster thread, which keeps them."""
        flags = np.ones(len(self.colours), np.uint8)
        if self.highlighted is not None:
            flags[self.highlighted] = 2
        if self.visible is not None:
            flags *= self.visible.view(np.uint8)
        return flags

    def ghost_flags(self) -> ByteArray:
        """Return per item ``GHOST`` where it is drawn in grey, else 0."""
        hidden = np.zeros(len(self.colours), np.bool_) if self.visible is None else ~self.visible
        if self.absent is not None:
            hidden &= ~self.absent
        return hidden.view(np.uint8) * np.uint8(GHOST)

    @property
    def ghost(self) -> Rgb:
        """The grey of ghosts: fainter where points outside a selection are faint as well."""
        share = GHOST_SHARE * (0.6 if self.highlighted is not None else 1.0)
        red, green, blue = (round(a + (b - a) * share) for a, b in zip(self.backdrop, self.ink, strict=True))
        return red, green, blue

    def with_highlight(self, chosen: IntArray | BoolArray) -> Style:
        """Return the style with these items, or those of a mask (N,), highlighted; no highlight if there are none."""
        count = len(self.colours)
        if chosen.dtype == np.bool_:
            return replace(self, highlighted=chosen if len(chosen) == count and chosen.any() else None)
        if len(chosen) and chosen.max() >= count:
            chosen = chosen[chosen < count]
        return replace(self, highlighted=chosen if len(chosen) else None)


CLEAR = 4.5
"""Contrast with the backdrop that selected points have at least."""

LARGER = 0.75
"""Logical pixels by which the radius of selected points is larger."""


def clear_of(palette: ByteArray, backdrop: Rgb, ink: Rgb) -> ByteArray:
    """Return the colours (K, 3), those that are lost on the backdrop mixed with ``ink`` until they are not.

    Contrast as in WCAG 2.2, of relative luminances; each is mixed in the least of 16 equal steps that is enough.
    """
    ground = _luminance(np.array(backdrop, np.float64))
    share = np.linspace(0.0, 1.0, 17)[:, None, None]
    mixed = palette[None] + (np.array(ink, np.float64) - palette[None]) * share
    light = _luminance(mixed)
    contrast = (np.maximum(light, ground) + 0.05) / (np.minimum(light, ground) + 0.05)
    enough = contrast >= CLEAR
    step = np.where(enough.any(axis=0), enough.argmax(axis=0), 16)
    return np.rint(mixed[step, np.arange(len(palette))]).astype(np.uint8)


def _luminance(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the relative luminance of colours (…, 3) of 0 to 255."""
    part = colours / 255.0
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def automatic_radius(count: int, view: View, fitted_scale: float) -> float:
    """Return the radius in logical pixels that suits ``count`` points: as large as their distance allows, 1.1 to 6.

    Rounded to a quarter of a pixel, so that few stamps are made while zooming.
    """
    least = float(np.interp(np.log10(max(count, 1)), (5.0, 6.0), (1.6, 1.1)))
    room = np.sqrt(view.width * view.height / max(count, 1))
    zoom = max(view.scale / fitted_scale, 1.0) if fitted_scale > 0 else 1.0
    return float(np.round(4 * np.clip(0.19 * room * zoom**0.7, least, 3.5 if zoom < 1.5 else 6.0)) / 4)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A drawn picture and, beside it, which item owns each pixel.

    ``pixels`` uint32 0xffRRGGBB and ``owner`` int32 (−1: none) are flat, with ``stride`` pixels a row and ``margin``
    pixels around the visible ``height`` × ``width`` physical pixels; ``ratio`` physical pixels are a logical one.
    ``drawn`` points stand for all ``in_sight``, which is an estimate where these are more.
    """

    view: View
    ratio: float
    pixels: npt.NDArray[np.uint32]
    owner: npt.NDArray[np.int32]
    stride: int
    margin: int
    width: int
    height: int
    motion: Motion
    share: float
    bounds: Bounds | None
    radius: float
    in_sight: int
    seconds: float
    drawn: int

    @property
    def offset(self) -> int:
        """Index of the first visible pixel."""
        return self.margin * self.stride + self.margin

    @property
    def ground(self) -> int | None:
        """The colour that is seen in a corner which no item owns; None where items own all four."""
        last = (self.height - 1) * self.stride
        corners = [self.offset + place for place in (0, self.width - 1, last, last + self.width - 1)]
        return next((int(self.pixels[place]) for place in corners if self.owner[place] < 0), None)

    def show_on(self, ground: int) -> None:
        """Change the colour, 0xffRRGGBB, of all that no item owns, until it is drawn anew; for who has the picture."""
        self.pixels[: len(self.owner)][self.owner[: len(self.pixels)] < 0] = ground

    def owners(self) -> npt.NDArray[np.int32]:
        """Return the owner of each visible pixel, (height, width)."""
        rows = self.owner[: (self.height + 2 * self.margin) * self.stride].reshape(-1, self.stride)
        return rows[self.margin : self.margin + self.height, self.margin : self.margin + self.width]

    def positions(self, items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where items are in this picture, in map units; not a number where they have no place."""
        chosen = np.asarray(items, np.int64)
        start, end = self.motion.start[chosen].astype(np.float64), self.motion.end[chosen].astype(np.float64)
        return start + (end - start) * self.share

    def box_in_pieces(self, items: IntArray) -> Iterator[Bounds | None]:
        """Yield None after each piece of the items but the last, then the box around those with a place, if any."""
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for start in range(0, len(items), AT_ONCE):
            if start:
                yield None
            places = self.positions(items[start : start + AT_ONCE])
            placed = places[np.isfinite(places).all(axis=1)]
            low = np.minimum(low, placed.min(axis=0, initial=np.inf))
            high = np.maximum(high, placed.max(axis=0, initial=-np.inf))
        if np.isfinite(low).all():
            (x0, y0), (x1, y1) = low.tolist(), high.tolist()
            yield x0, y0, x1, y1

    def pick(self, x: float, y: float, tolerance: float = 4.0) -> int:
        """Return the item that owns the pixel at a map point, or the nearest owned one within ``tolerance`` logical px.

        −1 if there is none.
        """
        left, top = self.view.to_canvas(np.array([x, y])) * self.ratio
        reach = max(1, round(tolerance * self.ratio))
        column, row = int(np.floor(left)), int(np.floor(top))
        if not (-reach <= column < self.width + reach and -reach <= row < self.height + reach):
            return -1
        first_row, first_column = max(row - reach, 0), max(column - reach, 0)
        near = self.owners()[first_row : row + reach + 1, first_column : column + reach + 1]
        rows, columns = np.nonzero(near >= 0)
        if not len(rows):
            return -1
        away = (rows + first_row + 0.5 - top) ** 2 + (columns + first_column + 0.5 - left) ** 2
        best = int(np.argmin(away))
        return int(near[rows[best], columns[best]]) if away[best] <= (reach + 1) ** 2 else -1
