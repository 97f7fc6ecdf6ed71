"""Fading lines along where items were at the last steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter, QPen

from explorer.core.types import IntArray
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.canvas.navigator import Navigator
from explorer.ui.widgets.theme import Theme

FAINTEST, STRONGEST = 20, 150
"""Opacity, of 255, of the oldest and of the newest part of a trail."""

SHADES = 8
"""Opacities between them: as many strokes of the painter, however many trails there are."""


class TrailLines:
    """Paints trails (T, S, 2) in map units of ``items`` (S,), oldest first, each on to where its item is now."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator
        self.items: IntArray = np.empty(0, np.int64)
        self.trails: npt.NDArray[np.float32] = np.empty((0, 0, 2), np.float32)

    def show(self, items: IntArray, trails: npt.NDArray[np.float32]) -> None:
        """Paint these from now on."""
        self.items, self.trails = items, trails

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint the trails, the older the fainter."""
        if not len(self.items) or not len(self.trails):
            return
        now = places(self.items)
        hidden = ~np.isfinite(now).all(axis=1)
        path = np.concatenate([self._navigator.view.to_canvas(self.trails), now[None]])
        path[:, hidden] = np.nan
        for shade, lines in enumerate(segments(path, SHADES)):
            alpha = FAINTEST + (STRONGEST - FAINTEST) * shade // (SHADES - 1)
            painter.setPen(QPen(theme.colour("text", alpha), 1.2))
            painter.drawLines([QLineF(*line) for line in lines.tolist()])


def segments(path: npt.NDArray[np.float64], shades: int) -> list[npt.NDArray[np.float64]]:
    """Return the pieces of paths (T, S, 2) by age: ``shades`` arrays (K, 4) of x, y to x, y, the oldest first.

    Pieces with an end that is nowhere (NaN), and those too short to be seen, are left out.
    """
    pieces = np.concatenate([path[:-1], path[1:]], axis=2)
    count = max(len(pieces), 1)
    ages = shades - 1 - (count - 1 - np.arange(len(pieces))) * shades // max(count, shades)
    long = np.abs(pieces[..., :2] - pieces[..., 2:]).max(axis=2) >= 0.25  # false where there is a NaN
    return [pieces[ages == shade][long[ages == shade]] for shade in range(shades)]
