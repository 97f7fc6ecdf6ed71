"""What may be painted over the points, beside the stars of pinned queries."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QPainter

from explorer.ui.map.canvas.marks import Places
from explorer.ui.widgets.theme import Theme


class Layer(Protocol):
    """Something painted over the points, once for each picture: it has to take far less than a millisecond of it."""

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint with antialiasing on, in logical pixels; leave the painter's clip and transformation as they were.

        ``places`` maps items (M,) to the canvas (M, 2), not a number where an item is not drawn: it has no place, or is
        hidden. ``radius`` of the points in logical pixels.
        """
        ...
