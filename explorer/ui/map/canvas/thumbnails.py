"""Thumbnails on the points: once there is room for them, small pictures are pasted into the drawn map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, IntArray
from explorer.ui.map.canvas import thumbnail_kernels
from explorer.ui.map.canvas.album import Album
from explorer.ui.map.canvas.original_pictures import OriginalPictures
from explorer.ui.map.canvas.scene import Picture, Style

FRAMES = {16: 1, 22: 2, 30: 2, 48: 2, 72: 3, 96: 3}
"""Sides of thumbnails, from the farthest to the closest look, and the width of their frames, in logical pixels."""

GAP = 0.15
"""Room kept free between two thumbnails, as a share of their side."""

ZOOMED = 1.5
"""Zoom from which thumbnails smaller than ``PLAIN`` are shown: a map as a whole is a map of points."""

PLAIN = 30
ROOM = 0.62
"""Room of each point in sight that a thumbnail needs, as a share of the square that it keeps free."""

CROWD, SPOT = 2.0, 4
"""Places of points that share a square of that size at most, on average, and the logical pixels within which points
are at one place: the room of a map is not that of its clouds, and a cloud in a corner would be covered whole."""

CLOSER = 2.0
"""So many times as many share a square in a closer look: who looks closely wants to see pictures."""

COVERED = 0.5
"""Share of the extent of the points that thumbnails cover at most while the map is seen as a whole: its structure is
then seen between them."""

STAY = 0.8
"""A side is given up only when points have less than this share of the room that it needs."""

GRAIN = 2.0
"""A thumbnail is at most so many times as large as the picture that it is made from, but may always be ``PLAIN``."""

ENLARGED = 1.15
"""Enlargement of the cached pixels from which the original is decoded."""

KEPT = 88
"""Parts of 256 of their colours that thumbnails outside the selection keep."""

SHEET_BYTES = 32 << 20
SHEETS = 2
MOST_IN_SIGHT = 1 << 17


Candidates = tuple[IntArray, npt.NDArray[np.int32], npt.NDArray[np.uint64]]


def _whole(side: int, ratio: float) -> int:
    """Return the side of a thumbnail with its frame, in physical pixels."""
    return round(side * ratio) + 2 * max(1, round(FRAMES[side] * ratio))


def _squares(places: npt.NDArray[np.int32], side: float) -> int:
    """Return how many squares of so many pixels there are places (K, 2) in, all at 0 or beyond."""
    across, down = (places // np.int32(max(round(side), 1))).T
    taken = np.zeros((down.max() + 1, across.max() + 1), np.bool_)
    taken[down, across] = True
    return int(np.count_nonzero(taken))


def _zoom(picture: Picture) -> float:
    """Return how much larger the map is drawn than where it just fits."""
    return picture.view.scale / picture.view.fitted(picture.bounds).scale if picture.bounds else 1.0


class Sheet:
    """Finished tiles of one side in pixels, for the items that were shown last; as many as a budget of bytes holds."""

    def __init__(self, count: int, side: int, least: int) -> None:
        slots = max(SHEET_BYTES // (4 * side * side), least)
        self.tiles = np.empty((slots, side, side), np.uint32)
        self.slot_of = np.full(count, -1, np.int32)
        self._item_of = np.full(slots, -1, np.int64)
        self._used = np.full(slots, -1, np.int64)
        self._hand = np.zeros(1, np.int64)
        self._turn = 0

    def fill(self, items: IntArray, pixels: ByteArray, originals: OriginalPictures | None) -> None:
        """See that every item has a finished tile: from its original, if that is there, else from cached ``pixels``."""
        self._turn += 1
        missing = np.empty(len(items), np.int64)
        count = thumbnail_kernels.seat(
            items, self.slot_of, self._item_of, self._used, self._turn, self._hand, missing
        )  # fmt: skip
        missing = missing[:count]
        if originals is not None and originals.native:
            found = [(item, picture) for item in missing.tolist() if (picture := originals.get(item)) is not None]
            for item, picture in found:
                thumbnail_kernels.shrink(picture, self.tiles[self.slot_of[item]])
            missing = np.setdiff1d(missing, np.array([item for item, _ in found], np.int64))
        thumbnail_kernels.make_tiles(pixels, missing, self.slot_of, self.tiles)

    def renew(self, items: list[int]) -> None:
        """Make the tiles of these items anew when they are shown again."""
        for item in items:
            slot = int(self.slot_of[item])
            if slot >= 0:
                self.slot_of[item] = self._item_of[slot] = self._used[slot] = -1


def _packed(colours: ByteArray) -> npt.NDArray[np.uint32]:
    red, green, blue = colours.astype(np.uint32).T
    packed: npt.NDArray[np.uint32] = np.uint32(0xFF000000) | red << 16 | green << 8 | blue
    return packed


class Thumbnails:
    """Pastes the pictures of an album into drawn maps; used by one thread.

    ``ready`` is called, from another thread, when a decoded original has come. ``items`` are those pasted last.
    """

    def __init__(self, album: Album, ready: Callable[[], None]) -> None:
        self._pixels = np.ascontiguousarray(np.asarray(album.pixels))
        self._grain = min(self._pixels.shape[1:3])
        self._originals = OriginalPictures(album.original, self._grain, ready) if album.original is not None else None
        self._sheets: dict[int, Sheet] = {}
        self._shown = np.zeros(len(self._pixels), np.uint8)
        self.items: IntArray = np.empty(0, np.int64)
        self._side = 0

    def close(self) -> None:
        """End the thread that decodes originals, if it was needed."""
        if self._originals is not None:
            self._originals.close()

    def paste(self, picture: Picture, style: Style, flags: ByteArray) -> int:
        """Paste thumbnails of items in sight into ``picture``; ``flags`` are those of ``style``.

        They are centred on their points, never overlap and own their pixels, so they can be hovered and clicked. Those
        highlighted come first, then those that were there before. Returns how many were pasted: none where the points
        are too close together.
        """
        sides = self._sides_for(picture)
        if not sides:
            self._side = 0
            self._remember(np.empty(0, np.int64))
            return 0
        reach = _whole(sides[-1], picture.ratio) // 2
        found = self._candidates(picture, flags, reach)
        self._side = self._clear_side(picture, found[1], sides)
        if not self._side:
            self._remember(np.empty(0, np.int64))
            return 0
        side, whole = round(self._side * picture.ratio), _whole(self._side, picture.ratio)
        frame = (whole - side) // 2
        items, places = self._choose(picture, found, whole, round(GAP * side), reach)
        self._remember(items)
        sheet = self._sheet(side, len(items))
        self._ask_for_originals(items, side, picture.ratio)
        sheet.fill(items, self._pixels, self._originals)
        edges = _packed(style.palette[style.colours[items]])
        backdrop = _packed(np.array([style.backdrop], np.uint8))[0]
        kept = np.uint64(KEPT if style.highlighted is not None else 256)
        rows, middles = picture.height + 2 * picture.margin, places + np.int32(picture.margin)
        thumbnail_kernels.paste_tiles(
            picture.pixels, picture.owner, picture.stride, rows, sheet.tiles, items, sheet.slot_of, middles, edges,
            flags, frame, backdrop, kept,
        )  # fmt: skip
        return len(items)

    def _sides_for(self, picture: Picture) -> list[int]:
        """Return the sides in logical pixels that suit the room of the picture, if its points were spread over it.

        The side of the last picture is kept as long as it suits tolerably: nothing flickers at a limit.
        """
        if not picture.in_sight:
            return [self._side] if self._side else []
        room = picture.width * picture.height / picture.ratio**2 / picture.in_sight
        zoom = _zoom(picture)
        native = max(self._grain, self._originals.native if self._originals is not None else 0)
        suiting = []
        for side, frame in FRAMES.items():
            pitch = (1.0 + GAP) * side + 2 * frame
            need = ROOM * pitch * pitch * (STAY if side == self._side else 1.0)
            fine = side <= PLAIN or side * picture.ratio <= GRAIN * native
            if room >= need and fine and (side >= PLAIN or zoom >= ZOOMED):
                suiting.append(side)
        return suiting

    def _clear_side(self, picture: Picture, places: npt.NDArray[np.int32], sides: list[int]) -> int:
        """Return the largest of some sides at which points at ``places`` (K, 2) pixels are not covered, 0 for none."""
        size = np.array([picture.width, picture.height])
        inside = places[((places >= 0) & (places < size)).all(axis=1)]
        if not len(inside):
            return sides[-1]
        extent = np.ptp(inside, axis=0) / picture.ratio
        spots, zoom = _squares(inside, SPOT * picture.ratio), _zoom(picture)
        crowd = CROWD * min(max(zoom / ZOOMED, 1.0), CLOSER)
        for side in reversed(sides):
            pitch = (1.0 + GAP) * side + 2 * FRAMES[side]
            squares = _squares(inside, pitch * picture.ratio)
            easier = 1.0 / STAY if side == self._side else 1.0
            room = COVERED * easier * float(np.prod(extent + pitch))
            whole_map = picture.bounds is not None and zoom < ZOOMED and len(inside) > 1
            covering = min(squares, len(inside)) * side * side > room
            if spots <= crowd * easier * squares and not (whole_map and covering):
                return side
        return 0

    def _candidates(self, picture: Picture, flags: ByteArray, reach: int) -> Candidates:
        """Return the items within ``reach`` pixels of the picture, their pixels (K, 2), and who comes first (K,)."""
        motion, view = picture.motion, picture.view
        most = min(len(motion.end), MOST_IN_SIGHT)
        items, ranks = np.empty(most, np.int64), np.empty(most, np.uint64)
        places = np.empty((most, 2), np.int32)
        scale = view.scale * picture.ratio
        count = thumbnail_kernels.candidates(
            motion.start, motion.end, np.float32(picture.share), flags, self._shown, scale,
            picture.width / 2 - view.x * scale, picture.height / 2 + view.y * scale, picture.width, picture.height,
            reach, items, places, ranks,
        )  # fmt: skip
        return items[:count], places[:count], ranks[:count]

    def _choose(
        self, picture: Picture, found: Candidates, whole: int, gap: int, reach: int
    ) -> tuple[IntArray, npt.NDArray[np.int32]]:
        """Return the items that get a thumbnail of ``whole`` pixels, and the pixels (K, 2) of their middles."""
        items, places, ranks = found
        order, count = np.argsort(ranks, kind="stable"), len(items)
        cells = ((picture.height + 2 * reach) // whole + 6, (picture.width + 2 * reach) // whole + 6)
        chosen = np.empty(count, np.int64)
        grid = np.full(cells, -1, np.int32)
        chosen = chosen[: thumbnail_kernels.spread(
            places, order, items, self._shown, whole, whole + gap, reach, grid, chosen
        )]  # fmt: skip
        return items[chosen], places[chosen]

    def _remember(self, items: IntArray) -> None:
        self._shown[self.items] = 0
        self._shown[items] = 1
        self.items = items

    def _sheet(self, side: int, least: int) -> Sheet:
        sheet = self._sheets.pop(side, None)
        if sheet is None or len(sheet.tiles) < least:
            sheet = Sheet(len(self._pixels), side, 2 * least)
        self._sheets[side] = sheet  # the last one is the newest
        while len(self._sheets) > SHEETS:
            del self._sheets[next(iter(self._sheets))]
        return sheet

    def _ask_for_originals(self, items: IntArray, side: int, ratio: float) -> None:
        originals = self._originals
        if originals is None:
            return
        fresh = originals.take_fresh()
        for sheet in self._sheets.values():
            sheet.renew(fresh)
        wished = items.tolist() if side > ENLARGED * self._grain and originals.useful else []
        originals.want(wished, round(max(FRAMES) * ratio))
