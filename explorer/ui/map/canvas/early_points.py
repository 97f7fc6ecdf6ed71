"""A plain picture of the points for the minute of a first start in which the kernels that draw them are compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from explorer.core.types import FloatArray, IntArray
from explorer.ui.map.canvas.scene import Style

MOST = 2_000
"""Points that are painted at most: each takes the thread of the window a thousandth of a millisecond or two."""
SIZE = 4.0


@dataclass(frozen=True, slots=True)
class Early:
    """Items (M,) at ``xy`` (M, 2), some of which are painted in their colours; at first none."""

    style: Style
    indices: IntArray = field(default_factory=lambda: np.empty(0, np.int64))
    xy: FloatArray = field(default_factory=lambda: np.empty((0, 2), np.float32))

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Paint the map fitted into an area."""
        every = -(-len(self.indices) // MOST) or 1
        items, places = self.indices[::every], np.asarray(self.xy[::every], np.float64)
        if self.style.visible is not None:
            shown = self.style.visible[items]
            items, places = items[shown], places[shown]
        if not len(items):
            return
        low, high = places.min(axis=0), places.max(axis=0)
        scale = min(area.width() / max(high[0] - low[0], 1e-9), area.height() / max(high[1] - low[1], 1e-9))
        middle = np.array([area.center().x(), area.center().y()])
        at = middle + (places - (low + high) / 2) * (scale, -scale)  # upwards, as on the map
        colours = self.style.colours[items]
        for colour in np.unique(colours).tolist():
            pen = QPen(QColor(*self.style.palette[colour].tolist()), SIZE)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints([QPointF(x, y) for x, y in at[colours == colour].tolist()])
