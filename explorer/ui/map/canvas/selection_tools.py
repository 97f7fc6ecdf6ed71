"""The tools that select: which one is chosen, what it has drawn, and how that is painted."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from explorer.ui.map.canvas import marks
from explorer.ui.map.canvas.viewport import View
from explorer.ui.session.selections import SelectionMode
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.theme import Theme

Tool = Literal["pointer", "lasso", "rectangle", "brush", "polygon"]

TOOL_KEYS: dict[Qt.Key, Tool] = {
    Qt.Key.Key_V: "pointer",
    Qt.Key.Key_L: "lasso",
    Qt.Key.Key_R: "rectangle",
    Qt.Key.Key_B: "brush",
    Qt.Key.Key_P: "polygon",
}
MODES: tuple[SelectionMode, ...] = get_args(SelectionMode)
MODE_HINTS = (tr("Shift adds"), tr("Alt removes"), tr("Shift+Alt intersects"))
OWN_HINTS: dict[Tool, tuple[str, str]] = {
    "lasso": (tr("Drag to select"), tr("Esc clears")),
    "rectangle": (tr("Drag to select"), tr("Esc clears")),
    "brush": (tr("Paint to select"), tr("[ and ] change the size")),
    "polygon": (tr("Click corners, Enter closes"), tr("Backspace takes one back")),
}


def tool_tip(tool: Tool) -> str:
    """Return what a tool does, for the foot of the window; empty for the pointer, which does what a map does anyway."""
    return " · ".join(OWN_HINTS.get(tool, ()))


THINNEST, THICKEST = 4.0, 200.0
"""Bounds of the radius of the brush in logical pixels."""

CLOSE = 9.0
"""Logical pixels around the first corner of a polygon within which a click closes it."""


def mode_of(keys: Qt.KeyboardModifier, chosen: SelectionMode) -> SelectionMode:
    """Return what happens to the selection with these keys held; without any, what was ``chosen``."""
    shift, alt = bool(keys & Qt.KeyboardModifier.ShiftModifier), bool(keys & Qt.KeyboardModifier.AltModifier)
    return "intersect" if shift and alt else "add" if shift else "remove" if alt else chosen


class SelectionTools:
    """Draws outlines with a tool. Corners are in map units, and so stay where they were set when the view moves."""

    def __init__(self) -> None:
        self.tool: Tool = "pointer"
        self.radius = 24.0
        self._corners: list[tuple[float, float]] = []

    def __len__(self) -> int:
        return len(self._corners)

    def put(self, view: View, at: QPointF) -> None:
        """Add a corner at a position of the canvas; the brush leaves out those that its circle covers anyway."""
        corner = view.to_map(at.x(), at.y())
        if self.tool == "brush" and self._corners:
            away = np.hypot(corner[0] - self._corners[-1][0], corner[1] - self._corners[-1][1]) * view.scale
            if away < max(1.5, 0.1 * self.radius):
                return
        self._corners.append(corner)

    def take_back(self) -> None:
        """Remove the last corner."""
        if self._corners:
            self._corners.pop()

    def drop(self) -> None:
        """Forget what was drawn."""
        self._corners.clear()

    def resize(self, factor: float) -> None:
        """Make the brush thicker or thinner."""
        self.radius = min(max(self.radius * factor, THINNEST), THICKEST)

    def closes(self, view: View, at: QPointF) -> bool:
        """Return whether a click there closes the polygon."""
        if len(self._corners) < 3:
            return False
        left, top = view.to_canvas(np.array(self._corners[0]))
        return bool(np.hypot(left - at.x(), top - at.y()) <= CLOSE)

    def outline(self) -> npt.NDArray[np.float64]:
        """Return the corners of what was drawn, or the path of the brush, (V, 2) in map units."""
        if self.tool == "rectangle" and self._corners:
            (x0, y0), (x1, y1) = self._corners[0], self._corners[-1]
            return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)
        return np.array(self._corners, np.float64).reshape(-1, 2)

    def hints(self, mode: SelectionMode) -> tuple[tuple[str, ...], int]:
        """Return what can be done meanwhile, in a few words each, and which of it is being done."""
        first, last = OWN_HINTS[self.tool]
        return (first, *MODE_HINTS, last), MODES.index(mode)

    def paint(self, painter: QPainter, theme: Theme, view: View, pointer: QPointF | None) -> None:
        """Paint what was drawn so far, and the circle of the brush under the pointer."""
        corners = [QPointF(*corner) for corner in view.to_canvas(self.outline()).tolist()]
        if self.tool == "brush":
            self._paint_brush(painter, theme, corners, pointer)
        elif self.tool == "polygon":
            self._paint_polygon(painter, theme, view, corners, pointer)
        elif len(corners) > 1:
            marks.paint_track(painter, theme, corners)

    def _paint_brush(self, painter: QPainter, theme: Theme, corners: list[QPointF], pointer: QPointF | None) -> None:
        if corners:
            path = QPainterPath(corners[0])
            for corner in corners[1:]:
                path.lineTo(corner)
            if len(corners) == 1:
                path.lineTo(corners[0] + QPointF(0.01, 0.0))  # a line without length has no round ends
            round_ends = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent", 70), 2 * self.radius, *round_ends))
            painter.drawPath(path)
        if pointer is not None:
            painter.setBrush(theme.colour("accent", 18))
            for colour, width in ((theme.colour("background", 170), 3.0), (theme.colour("accent"), 1.4)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(pointer, self.radius, self.radius)
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_polygon(
        self, painter: QPainter, theme: Theme, view: View, corners: list[QPointF], pointer: QPointF | None
    ) -> None:
        if not corners:
            return
        closing = pointer is not None and self.closes(view, pointer)
        drawn = corners if closing or pointer is None else [*corners, pointer]
        if len(drawn) > 1:
            marks.paint_track(painter, theme, drawn)
        painter.setPen(QPen(theme.colour("background"), 1))
        painter.setBrush(theme.colour("accent"))
        for corner in corners:
            painter.drawEllipse(corner, 3.5, 3.5)
        if len(corners) >= 3:
            painter.setPen(QPen(theme.colour("accent"), 1.6))
            painter.setBrush(theme.colour("accent", 120) if closing else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(corners[0], 7.0, 7.0)
