"""Arrows of where the loss would move items."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from explorer.core.map_values import Forces
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.canvas.navigator import Navigator
from explorer.ui.widgets.theme import Theme

THINNEST, THICKEST = 1.0, 3.0
"""Width in logical pixels of the weakest and of the strongest arrow."""

HEAD = 5.0
SHORTEST = 2.0
"""Logical pixels below which an arrow is not drawn: there is no direction to be seen."""


class ForceArrows:
    """Paints the forces on some items; nothing while ``found`` is None."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator
        self.found: Forces | None = None

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint an arrow from each item, the thicker the stronger, with a halo that parts it from the points."""
        found = self.found
        if found is None or not len(found.items):
            return
        starts = places(found.items)
        scale = self._navigator.view.scale
        ends = starts + found.arrows.astype(np.float64) * (scale, -scale)
        widths = thicknesses(found.strength)
        drawn = np.isfinite(starts).all(axis=1) & (np.abs(ends - starts).max(axis=1) >= SHORTEST)
        lines = np.concatenate([starts, ends], axis=1)[drawn].tolist()
        for colour, more in ((theme.colour("background", 200), 2.4), (theme.colour("accent"), 0.0)):
            for line, width in zip(lines, widths[drawn].tolist(), strict=True):
                _arrow(painter, QLineF(*line), colour, width + more, HEAD + width + more / 2)


def thicknesses(strength: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the width of arrows by strength (S,), in proportion to the strongest."""
    most = float(strength.max(initial=0.0))
    share = strength / most if most > 0 else np.zeros(len(strength))
    return np.asarray(THINNEST + (THICKEST - THINNEST) * share, np.float64)


def _arrow(painter: QPainter, line: QLineF, colour: QColor, width: float, head: float) -> None:
    size = min(head, line.length() * 0.6)
    along = line.unitVector()
    dx, dy = along.dx() * size, along.dy() * size
    tip, neck = line.p2(), QPointF(line.x2() - dx, line.y2() - dy)
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawLine(QLineF(line.p1(), neck))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    side = QPointF(-dy * 0.55, dx * 0.55)
    painter.drawPolygon(QPolygonF([tip, neck + side, neck - side]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
