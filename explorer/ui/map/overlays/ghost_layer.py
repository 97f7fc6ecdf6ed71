"""Ghosts: pictures that are not of the data, drawn where their nearest items lie, dashed so that nobody counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen

from explorer.core.types import FloatArray, IntArray
from explorer.ui.map.canvas.marks import Places
from explorer.ui.widgets.item_picture import ItemPicture, paint_item_picture
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import elided, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme

SIDE = 30.0
LABEL = 84
"""Logical pixels: of the picture of a ghost, and of its name at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """A picture from outside: how it looks and is called, its nearest items (k,) and their distances (k,)."""

    query: int
    face: ItemPicture
    name: str
    indices: IntArray
    distances: FloatArray


def ghost_place(near: npt.NDArray[np.float64], distances: FloatArray) -> npt.NDArray[np.float64] | None:
    """Return the place (2,) of a ghost among the places (k, 2) of its neighbours; None where none of them is drawn.

    The mean of those that are drawn, weighted by one over the squared distance (Shepard, 1968): with an item at no
    distance it coincides. Distances that may be negative are counted from the smallest one.
    """
    drawn = np.isfinite(near).all(axis=1) & np.isfinite(distances)
    if not drawn.any():
        return None
    away = distances[drawn].astype(np.float64)
    away -= min(0.0, float(away.min()))
    least = max(float(away.max()) * 1e-3, 1e-12)
    weights = 1.0 / np.square(away + least)
    place: npt.NDArray[np.float64] = weights @ near[drawn] / weights.sum()
    return place


class GhostLayer:
    """Paints ``ghosts``; ``placed``: where each was painted last, for who points at one; ``named``: whose name is.

    A name that would lie over a picture or another name is left to the tooltip.
    """

    def __init__(self) -> None:
        self.ghosts: Sequence[Ghost] = ()
        self.placed: dict[int, QPointF] = {}
        self.named: frozenset[int] = frozenset()

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint dashed lines to the neighbours, then the pictures in dashed frames with their names."""
        self.placed = {}
        for ghost in self.ghosts:
            near = places(ghost.indices)
            middle = ghost_place(near, ghost.distances)
            if middle is None:
                continue
            self.placed[ghost.query] = QPointF(*middle.tolist())
            painter.setPen(QPen(theme.colour("accent", 130), 1.0, Qt.PenStyle.DashLine))
            ends = near[np.isfinite(near).all(axis=1)]
            painter.drawLines([QLineF(self.placed[ghost.query], QPointF(*end)) for end in ends.tolist()])
        there = [ghost for ghost in self.ghosts if ghost.query in self.placed]
        for ghost in there:
            _paint_picture(painter, theme, ghost, _box(self.placed[ghost.query]))
        self._paint_names(painter, theme, there)

    def _paint_names(self, painter: QPainter, theme: Theme, there: Sequence[Ghost]) -> None:
        """Paint the names that have room, those of the newest first."""
        taken = [(ghost.query, _box(self.placed[ghost.query])) for ghost in there]
        named = []
        for ghost in reversed(there):
            text, label = _label(ghost, self.placed[ghost.query])
            if any(box.intersects(label) for query, box in taken if query != ghost.query):
                continue
            taken.append((-1, label))
            named.append(ghost.query)
            _paint_name(painter, theme, text, label)
        self.named = frozenset(named)

    def at(self, point: QPointF) -> Ghost | None:
        """Return the ghost at a point of the canvas, the uppermost; None where there is none."""
        for ghost in reversed(self.ghosts):
            middle = self.placed.get(ghost.query)
            if (
                middle is not None
                and max(abs(point.x() - middle.x()), abs(point.y() - middle.y())) <= scaled(SIDE) / 2 + 2
            ):
                return ghost
        return None


def _box(middle: QPointF) -> QRectF:
    side = scaled(SIDE)
    return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)


def _paint_picture(painter: QPainter, theme: Theme, ghost: Ghost, box: QRectF) -> None:
    frame = QPainterPath()
    frame.addRoundedRect(box.adjusted(-3, -3, 3, 3), 6, 6)
    painter.fillPath(frame, theme.colour("background", 220))
    paint_item_picture(painter, theme, ghost.face, box, 4)
    painter.strokePath(frame, QPen(theme.colour("accent"), 1.6, Qt.PenStyle.DashLine))


def _label(ghost: Ghost, middle: QPointF) -> tuple[str, QRectF]:
    """Return the name of a ghost as it is written, and where."""
    font = ui_font(11)
    text = tr("{name} · outside", name=elided(ghost.name, font, scaled(LABEL), Qt.TextElideMode.ElideMiddle))
    width = QFontMetrics(font).horizontalAdvance(text) + 10
    return text, QRectF(middle.x() - width / 2, middle.y() + scaled(SIDE) / 2 + 6, width, scaled(16))


def _paint_name(painter: QPainter, theme: Theme, text: str, label: QRectF) -> None:
    ground = QPainterPath()
    ground.addRoundedRect(label, 5, 5)
    painter.fillPath(ground, theme.colour("background", 200))
    painter.setFont(ui_font(11))
    painter.setPen(theme.colour("accent"))
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
