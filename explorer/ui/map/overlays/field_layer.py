"""The potential field of a class over the map: where its points are drawn to, and where they are pushed from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.core.types import BoolArray, FloatArray
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.canvas.navigator import Navigator
from explorer.ui.widgets.theme import Theme

Grid = npt.NDArray[np.float64]

CELLS = 96
"""Cells of the longer side of the field; between them it is smooth."""
ROOM = 0.1
"""How much of the map is added around the points, where the field goes on."""
FADED = 8
"""Cells along the border over which it fades out."""
CORE = 0.25
STRONGEST = 110
"""Of 255: how little is seen through the strongest place, so that points stay what is seen first."""


def field(xy: FloatArray, own: BoolArray, reach: float, decay: float) -> tuple[Grid, tuple[float, float, float, float]]:
    """Return the potential (H, W) of a class on a map, from −1, pushed, to 1, drawn; and its bounds x0, y0, x1, y1.

    ``xy`` (M, 2) of the points; ``own`` (M,): which of them are of the class. As in the loss (Bhatnagar and Ahuja,
    2025) each of the class draws by (δ / d)^α beyond δ and all alike within, each other pushes within δ alone; δ:
    ``reach``, as a share of the map's longer side, α: ``decay``. Points count where their cell is.
    """
    low, high = xy.min(axis=0).astype(np.float64), xy.max(axis=0).astype(np.float64)
    side = max(float((high - low).max()), 1e-9)
    low, high = low - ROOM * side, high + ROOM * side
    cell = float((high - low).max()) / CELLS
    width, height = (max(1, int(np.ceil(extent / cell))) for extent in (high - low))
    bounds = (float(low[0]), float(low[1]), float(low[0] + width * cell), float(low[1] + height * cell))
    at = np.minimum(((xy - low) / cell).astype(np.int64), (width - 1, height - 1))
    place = at[:, 1] * width + at[:, 0]
    drawn, pushing = (np.bincount(place[some], minlength=width * height).reshape(height, width) for some in (own, ~own))
    d = np.hypot(*np.meshgrid(np.arange(-width + 1, width), np.arange(-height + 1, height))) * cell / side
    pull = (reach / np.maximum(d, reach)) ** decay
    push = (reach / np.clip(d, CORE * reach, reach)) ** decay - 1.0
    return _even(_spread(drawn, pull)) - _even(_spread(pushing, push)), bounds


def _spread(points: npt.NDArray[np.int64], kernel: Grid) -> Grid:
    """Return the sum over the points (H, W) of what each makes everywhere, (H, W), by a kernel (2H − 1, 2W − 1)."""
    height, width = points.shape
    shape = (3 * height - 2, 3 * width - 2)
    both = np.fft.irfft2(np.fft.rfft2(points, shape) * np.fft.rfft2(kernel, shape), shape)
    return np.asarray(both[height - 1 : 2 * height - 1, width - 1 : 2 * width - 1], np.float64)


def _even(grid: Grid) -> Grid:
    """Return a grid from 0 to 1."""
    most = float(grid.max(initial=0.0))
    return np.clip(grid, 0.0, None) / (most if most > 0 else 1.0)


class FieldPicture:
    """Paints a field, in green where points of the class are drawn to and in red where they are pushed from."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator
        self._made: tuple[str, QImage] | None = None
        self.found: tuple[Grid, tuple[float, float, float, float]] | None = None

    def show(self, found: tuple[Grid, tuple[float, float, float, float]] | None) -> None:
        """Paint another field from now on; None: nothing."""
        self.found, self._made = found, None

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint the field where it is in view."""
        if self.found is None:
            return
        grid, (x0, y0, x1, y1) = self.found
        if self._made is None or self._made[0] != theme.name:
            self._made = theme.name, picture(faded(grid), theme.colour("right"), theme.colour("wrong"))
        corners = self._navigator.view.to_canvas(np.array([(x0, y1), (x1, y0)]))
        (left, top), (right, bottom) = corners.tolist()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, top, right - left, bottom - top), self._made[1])


def faded(grid: Grid) -> Grid:
    """Return a field that fades out towards its border, which has no meaning."""
    inside = [np.minimum(np.arange(size) + 0.5, np.arange(size)[::-1] + 0.5) / FADED for size in grid.shape]
    return np.asarray(grid * np.clip(inside[0], 0.0, 1.0)[:, None] * np.clip(inside[1], 0.0, 1.0))


def picture(grid: Grid, drawn: QColor, pushed: QColor) -> QImage:
    """Return a field (H, W), whose first row is the lowest, as a picture with the sign in colours."""
    rows = np.zeros((*grid.shape, 4), np.uint8)
    for colour, sign in ((drawn, 1.0), (pushed, -1.0)):
        part = sign * grid > 0
        rows[part, :3] = colour.red(), colour.green(), colour.blue()
        rows[part, 3] = np.rint(STRONGEST * np.clip(sign * grid[part], 0.0, 1.0))
    rows = np.ascontiguousarray(rows[::-1])
    image = QImage(rows.data, grid.shape[1], grid.shape[0], 4 * grid.shape[1], QImage.Format.Format_RGBA8888)
    return image.copy().convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
