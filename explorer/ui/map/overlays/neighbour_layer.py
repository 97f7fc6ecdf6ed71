"""Lines from one item to its true neighbours: to those that the map keeps near, and to those that it tore away."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from explorer.core.map_values import TrueNeighbours
from explorer.ui.map.canvas.marks import Places
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.theme import Theme

KEPT, TORN = "right", "semi_hard"
"""Colour tokens of neighbours that are near on the map too, and of those that are not."""


class NeighbourLines:
    """Paints the true neighbours of an item; nothing while ``found`` is None."""

    def __init__(self) -> None:
        self.found: TrueNeighbours | None = None

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint a line to each neighbour, quiet enough to leave the points legible, and a ring around it."""
        found = self.found
        if found is None or not len(found.indices):
            return
        middle = places([found.item])[0]
        ends = places(found.indices)
        drawn = np.isfinite(ends).all(axis=1) & bool(np.isfinite(middle).all())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        size = max(radius + 1.5, 3.5)
        for token, chosen in ((TORN, drawn & ~found.kept), (KEPT, drawn & found.kept)):
            points = [QPointF(x, y) for x, y in ends[chosen].tolist()]
            if not points:
                continue
            start = QPointF(*middle.tolist())
            for colour, width in ((theme.colour("background", 150), 2.8), (theme.colour(token, 190), 1.2)):
                painter.setPen(QPen(colour, width))
                painter.drawLines([QLineF(start, point) for point in points])
            painter.setPen(QPen(theme.colour(token), 1.3))
            for point in points:
                painter.drawEllipse(point, size, size)


def words(found: TrueNeighbours) -> tuple[str, str]:
    """Return what a card says of the true neighbours of its item, and the colour token of that."""
    kept, count = int(found.kept.sum()), len(found.kept)
    if not count:
        return tr("no other item has an embedding"), "muted"
    return tr("{kept} of {count} neighbours near", kept=kept, count=count), TORN if 2 * kept < count else "text"
