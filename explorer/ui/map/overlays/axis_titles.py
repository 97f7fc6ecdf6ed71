"""What the two axes of the map are, where it is laid out along directions that were chosen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from explorer.core.types import Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.directions_menu import ENDS, METHOD, axis_titles
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ui_font, wrapped
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme

EDGE, LENGTH, PIXELS = 14.0, 46.0, 12
LINE, MOST_LINES = 18, 2
"""How high a line of a title is, and how many it may have."""
ROOM = 100
"""The height in pixels of both arrows and their titles, of one line in the usual size."""
WORDS_ROOM = 34
"""The height in pixels of the words about directions with the room around them, in the usual size."""
MOST_ROOM = 0.3
"""The share of the height of the map that is kept free for them at most."""
LONGEST, SHORTEST = 0.45, 90
"""The share of the map that a line of a title may take, and the pixels that it has anyway."""

HOW = tr("Right-click a point, then Direction: where an axis begins, and where it leads")


class AxisTitles:
    """Paints two arrows at the lower left corner of the map, with the titles of the axes at their ends."""

    def __init__(self, canvas: PointCanvas) -> None:
        self._canvas = canvas
        self.titles = ("", "")
        self.left, self.right = 0, 0
        """How many pixels at both sides of the map are of what floats on it, there where the titles are."""

    @property
    def height(self) -> int:
        """How many pixels at the lower edge of the map are of the arrows and the titles."""
        size, (_corner, above) = self._canvas.size(), self._places()
        lines = self._lines(self.titles[1], above, size)
        return round(size.height() - above.y() + scaled(LINE) * len(lines) + EDGE / 2)

    @property
    def end(self) -> float:
        """How many pixels from the left of the map the title at the lower edge ends."""
        begin = self._beside()
        return begin.x() + 8 + self._width(self._lines(self.titles[0], begin, self._canvas.size()))

    def _beside(self) -> QPointF:
        """Return where the title of the arrow that goes to the right begins, in the middle of its height."""
        return self._places()[0] + QPointF(LENGTH + 6, 0)

    def _width(self, lines: list[str]) -> float:
        return max(QFontMetricsF(ui_font(PIXELS)).horizontalAdvance(line) for line in lines)

    def _places(self) -> tuple[QPointF, QPointF]:
        """Return where the arrows begin, and from where the title of the one that goes up is written."""
        corner = QPointF(EDGE + self.left, self._canvas.height() - 2 * EDGE - scaled(EDGE))
        return corner, corner - QPointF(4, LENGTH + scaled(3))

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint both arrows, above the lower edge, where the readout of the map leaves room."""
        size, (corner, above) = self._canvas.size(), self._places()
        painter.setPen(QPen(theme.colour("text"), 1.4))
        for end, barbs in (
            (corner + QPointF(LENGTH, 0), ((-5, -4), (-5, 4))),
            (corner - QPointF(0, LENGTH), ((-4, 5), (4, 5))),
        ):
            painter.drawLine(corner, end)
            for x, y in barbs:
                painter.drawLine(end, end + QPointF(x, y))
        self._write(painter, theme, self.titles[0], self._beside(), size, 0.5)
        self._write(painter, theme, self.titles[1], above, size, 1.0)

    def _lines(self, title: str, at: QPointF, size: QSize) -> list[str]:
        room = min(LONGEST * size.width(), size.width() - self.right - at.x() - EDGE)
        return wrapped(title, ui_font(PIXELS), int(max(room, scaled(SHORTEST))), MOST_LINES)

    def _write(self, painter: QPainter, theme: Theme, title: str, at: QPointF, size: QSize, above: float) -> None:
        """Write a title from a place on, of which a share is ``above`` it, in lines that keep clear of what floats."""
        font, lines = ui_font(PIXELS), self._lines(title, at, size)
        width = self._width(lines)
        height = scaled(LINE) * len(lines)
        box = QRectF(at.x(), at.y() - above * height, width + 8, height)
        painter.save()
        painter.setFont(font)
        painter.setBrush(theme.colour("background", 220))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour("text"))
        for place, line in enumerate(lines):
            row = QRectF(box.left() + 4, box.top() + place * scaled(LINE), width + 4, scaled(LINE))
            painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)
        painter.restore()


class MapAxes(QObject):
    """Shows the titles while the map that is drawn is one along directions.

    Signals
    -------
    changed(): they are shown or not, or are others: they need other ``room``.
    said(str): how directions are chosen, where none is yet; empty once that need not be said any more.
    """

    changed = Signal()
    said = Signal(str)

    def __init__(self, desk: Desk, canvas: PointCanvas, overlays: MapOverlays) -> None:
        super().__init__(canvas)
        self._desk, self._overlays = desk, overlays
        self._canvas, self.layer = canvas, AxisTitles(canvas)
        self.shown = self._told = False
        canvas.input.hint_from = lambda: self.layer.end + EDGE if self.shown else 0.0
        desk.bridge.of(Projection).connect(self._on_projection)
        desk.bridge.of(DatasetOpened).connect(self._on_opened)

    def _on_opened(self, _opened: DatasetOpened) -> None:
        self._tell(False)
        self._show(False)

    def _on_projection(self, frame: Projection) -> None:
        chosen = self._desk.session.analysis.projection
        on = frame.method == METHOD and chosen.name == METHOD
        titles = axis_titles(chosen.params, self._desk.data.dataset) if on else ("", "")
        if on != self.shown or titles != self.layer.titles:
            self.layer.titles = titles
            self._tell(on and not any(chosen.params.get(name) for name, _ in ENDS))
            self._show(on)

    def _tell(self, on: bool) -> None:
        if on != self._told:
            self._told = on
            self.said.emit(HOW if on else "")

    @property
    def room(self) -> int:
        """How many pixels at the lower edge no point shall lie in: as high as the titles, of a low map a share."""
        return min(self.layer.height, round(MOST_ROOM * self._canvas.height())) if self.shown else 0

    @property
    def room_above(self) -> int:
        """How many pixels below the choices no point shall lie in, where it is said how directions are chosen."""
        return scaled(WORDS_ROOM) if self._told else 0

    def keep_clear(self, *boxes: QRect) -> None:
        """Write the titles between those of the boxes, in pixels of the map, that reach down to where they are."""
        size, layer = self._canvas.size(), self.layer
        low = [box for box in boxes if box.bottom() > size.height() - ROOM - 2 * scaled(LINE)]
        left = max((box.right() for box in low if box.center().x() < size.width() / 2), default=0)
        right = max((size.width() - box.left() for box in low if box.center().x() >= size.width() / 2), default=0)
        if (left, right) != (layer.left, layer.right):
            layer.left, layer.right = left, right
            self._canvas.update()

    def _show(self, on: bool) -> None:
        self.shown = on
        self._overlays.show("axes", self.layer if on else None)
        self.changed.emit()
