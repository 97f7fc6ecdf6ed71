"""Puts points on the pixels of a picture and sorts them by tile, in arrays that are kept from picture to picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.ui.map.canvas import quadtree_kernels, raster_kernels
from explorer.ui.map.canvas.quadtree import Frame, Look, Quadtree
from explorer.ui.map.canvas.scene import Motion


class Placed(NamedTuple):
    """Points in sight as ``records``, sorted by tile, which ``starts`` (tiles + 1,) bounds.

    They hold sizes and rows of ``look``. ``in_sight``: how many there are, if those count that the records stand for.
    """

    records: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    in_sight: int
    look: Look


class Placing:
    """Places points; ``cells`` holds how many there were in each square of some pixels the last time."""

    def __init__(self) -> None:
        self.cells = np.zeros((1, 1), np.float32)
        self._order = raster_kernels.block_order(0)
        self._spots, self._drawn = np.empty(0, np.uint32), np.empty(0, np.uint32)
        self._records = np.empty(0, np.uint64)

    def clear(self, rows: int, stride: int) -> None:
        """Begin to count anew for a buffer of so many rows of ``stride`` pixels."""
        shape = ((rows >> raster_kernels.CELL_SHIFT) + 1, (stride >> raster_kernels.CELL_SHIFT) + 1)
        if self.cells.shape != shape:
            self.cells = np.zeros(shape, np.float32)
        self.cells[:] = 0

    def _make_room(self, count: int) -> None:
        if len(self._spots) < count or len(self._spots) > 4 * count:
            self._spots, self._drawn = np.empty(count, np.uint32), np.empty(0, np.uint32)
            self._records = np.empty(count, np.uint64)

    def everything(self, motion: Motion, share: float, look: Look, wanted: int, frame: Frame) -> Placed:
        """Place all points with ``look.flags == wanted``."""
        count = len(motion.end)
        self._make_room(count)
        if len(self._order) != -(-count // raster_kernels.BLOCK):
            self._order = raster_kernels.block_order(count)
        tiles, across = _tiles(frame)
        spots = self._spots[:count]
        seen = raster_kernels.place(
            motion.start, motion.end, np.float32(share), look.flags, np.uint8(wanted), *frame, spots, self.cells,
            tiles, across,
        )  # fmt: skip
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(tiles)])
        raster_kernels.bin_points(spots, self._order, across, starts[:-1].copy(), self._records)
        return Placed(self._records[:seen], starts, seen, look)

    def some(self, tree: Quadtree, look: Look, wanted: int, frame: Frame, disc: float = 0.0) -> Placed:
        """Place those points of a tree with ``look.flags == wanted`` that are in sight, or a sample of them.

        Where ``disc`` is above 0, the pixels that the smallest one covers, points of a sample get the size that covers
        the ground as all would.
        """
        chosen = tree.choose(frame)
        self._make_room(chosen.total)
        if len(self._drawn) < len(self._spots):
            self._drawn = np.empty(len(self._spots), np.uint32)
        tiles, across = _tiles(frame)
        stand_for = np.zeros(1)
        seen = quadtree_kernels.place_leaves(
            tree.places, tree.starts, chosen.taken, chosen.areas, np.float32(disc), look.flags, np.uint8(wanted),
            *frame, self._spots, self._drawn, self.cells, tiles, across, stand_for,
        )  # fmt: skip
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(tiles)])
        spots, drawn = self._spots[:seen], self._drawn[:seen]
        quadtree_kernels.bin_drawn(spots, drawn, across, starts[:-1].copy(), self._records)
        return Placed(self._records[:seen], starts, round(stand_for[0]), look)


def _tiles(frame: Frame) -> tuple[npt.NDArray[np.int64], int]:
    """Return a count for each tile of a buffer, and how many tiles a row of them has."""
    _, _, _, _, stride, rows = frame
    across = (stride >> raster_kernels.TILE_COLUMNS) + 1
    return np.zeros(across * ((rows >> raster_kernels.TILE_ROWS) + 1), np.int64), across
