"""Where the keyboard is on the map: the arrow keys go from item to item, and what is there can be asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from explorer.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from explorer.ui.map.canvas.point_canvas import PointCanvas

NEAR = 0.5
"""Logical pixels that an item lies in the direction of a key at least."""
ASIDE = 2.0
"""How many times as far as ahead an item counts that lies aside."""
EDGE = 36.0
"""Logical pixels from the border of what is free of the map within which no item stays that the keyboard comes to."""


def nearest_towards(places: npt.NDArray[np.float64], at: npt.NDArray[np.float64], right: float, down: float) -> int:
    """Return the row of ``places`` (N, 2) that is nearest to ``at`` (2,) in a direction, -1 where none is.

    What lies within 45° of the direction goes before what is further aside; rows that are not finite are passed over.
    """
    across, along = places[:, 0] - at[0], places[:, 1] - at[1]
    ahead, aside = across * right + along * down, np.abs(across * down - along * right)
    best = -1
    for inside in (aside <= ahead, np.isfinite(ahead)):
        rows = np.flatnonzero((ahead > NEAR) & inside)
        if len(rows):
            best = int(rows[np.argmin(ahead[rows] + ASIDE * aside[rows])])
            break
    return best


class MapCursor(QObject):
    """The item that the keyboard is at, −1 before it was anywhere; it stays with its item when that moves."""

    def __init__(self, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.item = -1
        self.by_key = False

    def reset(self) -> None:
        """Be nowhere: there are other items."""
        self.item = -1

    def move(self, right: float, down: float, start: int = -1) -> int:
        """Go to the next item in a direction, or first to ``start``, or to the middle; return where it is."""
        picture = self._canvas.picture
        if picture is None:
            return -1
        places = self._canvas.places(np.arange(len(picture.motion.end)))
        if self.item < 0 or not np.isfinite(places[self.item]).all():
            self.item = start if start >= 0 and np.isfinite(places[start]).all() else self._first(places)
        else:
            found = nearest_towards(places, places[self.item], right, down)
            self.item = found if found >= 0 else self.item
        if self.item >= 0:
            self._bring_in(QPointF(*places[self.item].tolist()))
        return self.item

    def _first(self, places: npt.NDArray[np.float64]) -> int:
        """Return the item nearest to the middle of what is seen, -1 where there is none."""
        middle = self._free().center()
        away = np.hypot(places[:, 0] - middle.x(), places[:, 1] - middle.y())
        return int(np.nanargmin(away)) if np.isfinite(away).any() else -1

    def _free(self) -> QRectF:
        left, top, right, bottom = self._canvas.navigator.insets
        return QRectF(self._canvas.rect()).adjusted(left, top, -right, -bottom)

    def _bring_in(self, at: QPointF) -> None:
        """Move the map where the item would be out of sight, or behind what floats on it."""
        free = self._free().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        right = min(max(at.x(), free.left()), max(free.right(), free.left())) - at.x()
        down = min(max(at.y(), free.top()), max(free.bottom(), free.top())) - at.y()
        if abs(right) > 1 or abs(down) > 1:
            self._canvas.navigator.pan(right, down)

    def paint(self, painter: QPainter, theme: Theme, radius: float) -> None:
        """Paint a square around the item, and a line around the map before the keyboard is at any."""
        if not self._canvas.hasFocus():
            return
        middle = self._canvas.places([self.item])[0] if self.item >= 0 else np.full(2, np.nan)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if np.isfinite(middle).all():
            side = max(radius + 6.0, 10.0)
            box = QRectF(middle[0] - side, middle[1] - side, 2 * side, 2 * side)
            for token, width in (("background", 5.0), ("accent", 2.4)):
                painter.setPen(QPen(theme.colour(token), width))
                painter.drawRoundedRect(box, 4, 4)
        elif self.by_key:
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.drawRect(QRectF(self._canvas.rect()).adjusted(1, 1, -1, -1))
