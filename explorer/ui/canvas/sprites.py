"""Thumbnails on the points: once there is room for them, small pictures are pasted into the drawn map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray
from explorer.ui.canvas.scene import Picture, Style

SPRITE = 30
"""Side of a thumbnail in logical pixels."""

FRAME = 2
"""Width in logical pixels of the frame in the colour of its class."""

GAP = 6
MOST = 400
"""Thumbnails pasted into one picture at most."""

ROOM = 1000.0
"""Logical square pixels that each point in sight must have before thumbnails appear."""


class Album:
    """The decoded pictures of a dataset: ``pixels`` (N, S, S, C) uint8, C 1 or 3; reading them never decodes."""

    def __init__(self, pixels: ByteArray) -> None:
        self._pixels = pixels

    def paste(self, picture: Picture, style: Style) -> int:
        """Paste thumbnails of the items in sight into ``picture``, at most one for each field of a fixed grid.

        They are centred on their points, never overlap and own their pixels, so they can be hovered and clicked.
        Returns how many were pasted: none where the points are too close together.
        """
        area = picture.width * picture.height / picture.ratio**2
        if not 0 < picture.in_sight <= area / ROOM:
            return 0
        items = self._in_sight(picture, style)
        places = np.rint(picture.view.to_canvas(picture.positions(items)) * picture.ratio).astype(np.int64)
        side, frame = round(SPRITE * picture.ratio), max(1, round(FRAME * picture.ratio))
        chosen = _apart(places, side + 2 * frame + round(GAP * picture.ratio))
        rows = picture.pixels[: (picture.height + 2 * picture.margin) * picture.stride].reshape(-1, picture.stride)
        owner = picture.owner[: rows.size].reshape(rows.shape)
        for k in chosen:
            colour = style.palette[style.colours[items[k]]]
            tile = self._tile(int(items[k]), side, frame, (int(colour[0]), int(colour[1]), int(colour[2])))
            _paste(rows, owner, tile, int(items[k]), places[k] + picture.margin)
        return len(chosen)

    @staticmethod
    def _in_sight(picture: Picture, style: Style) -> npt.NDArray[np.int64]:
        owners = picture.owners()
        items = np.unique(owners[owners >= 0]).astype(np.int64)
        return items if style.highlighted is None else items[style.flags()[items] == 2]

    def _tile(self, item: int, side: int, frame: int, colour: tuple[int, int, int]) -> npt.NDArray[np.uint32]:
        step = max(1, min(self._pixels.shape[1:3]) // side)
        source = self._pixels[item]
        rows, columns = (length // step for length in source.shape[:2])
        source = source[: rows * step, : columns * step].reshape(rows, step, columns, step, -1).mean(axis=(1, 3))
        small = source[np.arange(side) * rows // side][:, np.arange(side) * columns // side].astype(np.uint32)
        red, green, blue = (small[..., min(channel, small.shape[2] - 1)] for channel in range(3))
        edge = 0xFF000000 | colour[0] << 16 | colour[1] << 8 | colour[2]
        tile = np.full((side + 2 * frame, side + 2 * frame), edge, np.uint32)
        tile[frame:-frame, frame:-frame] = np.uint32(0xFF000000) | red << 16 | green << 8 | blue
        return tile


def _apart(places: npt.NDArray[np.int64], pitch: int) -> npt.NDArray[np.int64]:
    """Return at most ``MOST`` places that are at least ``pitch`` apart, the same ones while the view moves little."""
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    chosen: list[int] = []
    for k, (x, y) in enumerate(places.tolist()):
        column, row = x // pitch, y // pitch
        near = (
            other
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            for other in taken.get((column + right, row + down), ())
        )
        if any(abs(x - a) < pitch and abs(y - b) < pitch for a, b in near):
            continue
        taken.setdefault((column, row), []).append((x, y))
        chosen.append(k)
        if len(chosen) == MOST:
            break
    return np.array(chosen, np.int64)


def _paste(
    rows: npt.NDArray[np.uint32], owner: npt.NDArray[np.int32], tile: npt.NDArray[np.uint32], item: int,
    middle: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    """Put a tile with its centre at ``middle`` (column, row), clipped at the edges of the buffer."""
    height, width = tile.shape
    left, top = int(middle[0]) - width // 2, int(middle[1]) - height // 2
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(top + height, rows.shape[0]), min(left + width, rows.shape[1])
    if first_row >= last_row or first_column >= last_column:
        return
    part = tile[first_row - top : last_row - top, first_column - left : last_column - left]
    rows[first_row:last_row, first_column:last_column] = part
    owner[first_row:last_row, first_column:last_column] = item
