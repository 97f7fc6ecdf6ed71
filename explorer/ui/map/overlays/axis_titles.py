"""What the two axes of the map are, where it is laid out along directions that were chosen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from explorer.core.types import Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.directions_menu import METHOD, axis_titles
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme

EDGE, LENGTH, PIXELS = 14.0, 46.0, 12
LONGEST = 0.45
"""The share of the map that a title may take."""


class AxisTitles:
    """Paints two arrows at the lower left corner of the map, with the titles of the axes at their ends."""

    def __init__(self, canvas: PointCanvas) -> None:
        self._canvas = canvas
        self.titles = ("", "")

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint both arrows, above the lower edge, where the readout of the map leaves room."""
        size = self._canvas.size()
        corner = QPointF(EDGE, size.height() - 2 * EDGE - scaled(EDGE))
        painter.setPen(QPen(theme.colour("text"), 1.4))
        for end, barbs in (
            (corner + QPointF(LENGTH, 0), ((-5, -4), (-5, 4))),
            (corner - QPointF(0, LENGTH), ((-4, 5), (4, 5))),
        ):
            painter.drawLine(corner, end)
            for x, y in barbs:
                painter.drawLine(end, end + QPointF(x, y))
        self._write(painter, theme, self.titles[0], corner + QPointF(LENGTH + 6, 0), size)
        self._write(painter, theme, self.titles[1], corner - QPointF(4, LENGTH + scaled(12)), size)

    def _write(self, painter: QPainter, theme: Theme, title: str, at: QPointF, size: QSize) -> None:
        font = ui_font(PIXELS)
        text = elided(title, font, int(LONGEST * size.width()))
        width = QFontMetricsF(font).horizontalAdvance(text)
        height = scaled(18)
        box = QRectF(at.x(), at.y() - height / 2, width + 8, height)
        painter.save()
        painter.setFont(font)
        painter.setBrush(theme.colour("background", 220))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()


class MapAxes(QObject):
    """Shows the titles while the map that is drawn is one along directions."""

    def __init__(self, desk: Desk, canvas: PointCanvas, overlays: MapOverlays) -> None:
        super().__init__(canvas)
        self._desk, self._overlays = desk, overlays
        self.layer = AxisTitles(canvas)
        self.shown = False
        desk.bridge.of(Projection).connect(self._on_projection)
        desk.bridge.of(DatasetOpened).connect(lambda _opened: self._show(False))

    def _on_projection(self, frame: Projection) -> None:
        chosen = self._desk.session.analysis.projection
        on = frame.method == METHOD and chosen.name == METHOD
        titles = axis_titles(chosen.params, self._desk.data.dataset) if on else ("", "")
        if on != self.shown or titles != self.layer.titles:
            self.layer.titles = titles
            self._show(on)

    def _show(self, on: bool) -> None:
        self.shown = on
        self._overlays.show("axes", self.layer if on else None)
