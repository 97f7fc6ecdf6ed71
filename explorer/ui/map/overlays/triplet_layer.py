"""The triplets of a batch over the points: which edges there are, how they are painted, and which one is picked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen

from explorer.core.map_values import BatchTriplets
from explorer.core.types import BoolArray, IntArray
from explorer.ui.map.canvas.marks import Places, paint_hover_ring
from explorer.ui.widgets.language import later
from explorer.ui.widgets.text import decimal, number_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme

HARD, SEMI_HARD, EASY = 0, 1, 2
SORTS = ((later("hard"), "wrong"), (later("semi-hard"), "semi_hard"), (later("easy"), "right"))
"""The sorts of triplets, and the colours of their edges."""

MOST = 300
"""Triplets that are drawn at most; each has two edges."""

REACH = 5.0
"""Logical pixels from an edge within which the pointer is on it."""

FAINT = {"dark": 70, "light": 80}
"""Opacity of the edges, 0 to 255, in each theme."""

Ends = npt.NDArray[np.float64]


def sorts_of(near: npt.ArrayLike, far: npt.ArrayLike, margin: float) -> IntArray:
    """Return for each triplet ``HARD`` (d_an < d_ap), ``SEMI_HARD`` (d_an < d_ap + margin) or ``EASY``, (T,)."""
    near, far = np.asarray(near), np.asarray(far)
    sorts: IntArray = np.where(far < near, HARD, np.where(far < near + np.float32(margin), SEMI_HARD, EASY))
    return sorts


def nearest_segment(starts: Ends, ends: Ends, x: float, y: float, reach: float = REACH) -> int:
    """Return which of the segments (E, 2) to (E, 2) is nearest to a point and within ``reach`` of it, −1 for none.

    Segments with an end that is not a number are never nearest.
    """
    along, to = ends - starts, np.array([x, y]) - starts
    length = (along**2).sum(axis=1)
    share = np.clip((along * to).sum(axis=1) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    away = ((to - share[:, None] * along) ** 2).sum(axis=1)
    away[~np.isfinite(away)] = np.inf
    best = int(np.argmin(away)) if len(away) else -1
    return best if best >= 0 and away[best] <= reach**2 else -1


class Triplet(NamedTuple):
    """One triplet, ``near`` d_ap and ``far`` d_an, of the batch of a ``step``, or of one ``drawn`` anew from it."""

    anchor: int
    positive: int
    negative: int
    near: float
    far: float
    margin: float
    step: int
    drawn: bool

    @property
    def sort(self) -> int:
        """Return ``HARD``, ``SEMI_HARD`` or ``EASY``."""
        return int(sorts_of(np.float32(self.near), np.float32(self.far), self.margin))


@dataclass(frozen=True, slots=True, eq=False)
class TripletLayer:
    """Edges from each anchor to its positive, solid, and to its negative, dashed, in the colour of their sort.

    ``found`` has at most ``MOST`` triplets, of ``sorts`` (T,); those of ``hidden`` sorts are neither drawn nor picked.
    ``strong``: the triplets that are looked at or hovered, which need not be among the others any more; the distances
    of the first one are written at its edges.
    """

    found: BatchTriplets
    sorts: IntArray
    hidden: frozenset[int] = frozenset()
    strong: tuple[Triplet, ...] = ()

    @classmethod
    def of(cls, found: BatchTriplets, hidden: frozenset[int] = frozenset()) -> TripletLayer:
        """Return the layer of a batch; of many triplets, the first, which are the hardest."""
        if len(found.anchors) > MOST:
            found = replace(
                found, anchors=found.anchors[:MOST], positives=found.positives[:MOST],
                negatives=found.negatives[:MOST], near=found.near[:MOST], far=found.far[:MOST],
            )  # fmt: skip
        return cls(found, sorts_of(found.near, found.far, found.margin), hidden)

    def __len__(self) -> int:
        return len(self.sorts)

    def triplet(self, place: int) -> Triplet:
        """Return one of the triplets."""
        found = self.found
        anchor, positive, negative = (int(row[place]) for row in (found.anchors, found.positives, found.negatives))
        near, far = float(found.near[place]), float(found.far[place])
        return Triplet(anchor, positive, negative, near, far, found.margin, found.step, found.drawn)

    def shown(self) -> IntArray:
        """Return the places of the triplets whose sort is not hidden."""
        return np.flatnonzero(~np.isin(self.sorts, list(self.hidden)))

    def counts(self) -> tuple[int, int, int]:
        """Return how many triplets are hard, semi-hard and easy."""
        hard, semi_hard, easy = np.bincount(self.sorts, minlength=3).tolist()
        return hard, semi_hard, easy

    def pick(self, places: Places, x: float, y: float) -> Triplet | None:
        """Return the triplet of which an edge is under a position of the canvas."""
        shown = self.shown()
        ends = self._ends(places)[:, shown]
        starts = np.concatenate([ends[0], ends[0]])
        edge = nearest_segment(starts, np.concatenate([ends[1], ends[2]]), x, y)
        return self.triplet(int(shown[edge % len(shown)])) if edge >= 0 else None

    def _ends(self, places: Places) -> Ends:
        """Return where anchors, positives and negatives are, (3, T, 2)."""
        found = self.found
        return places(np.concatenate([found.anchors, found.positives, found.negatives])).reshape(3, -1, 2)

    def paint(self, painter: QPainter, theme: Theme, places: Places, radius: float) -> None:
        """Paint the edges, faint, and the strong triplets with their distances."""
        ends = self._ends(places)
        known: BoolArray = np.isfinite(ends[..., 0])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # of hundreds of faint lines nobody sees it
        for sort in (EASY, SEMI_HARD, HARD):
            if sort in self.hidden:
                continue
            colour = theme.colour(SORTS[sort][1], FAINT[theme.name])
            for end, style in ((1, Qt.PenStyle.SolidLine), (2, Qt.PenStyle.DashLine)):
                drawn = np.logical_and(self.sorts == sort, known[0] & known[end])
                rows = np.concatenate([ends[0, drawn], ends[end, drawn]], axis=1)
                painter.setPen(QPen(colour, 0, style))
                painter.drawLines([QLineF(*row) for row in rows.tolist()])
        painter.restore()
        for triplet in reversed(self.strong):
            _paint_strong(painter, theme, places, triplet, radius, told=triplet is self.strong[0])


def _paint_strong(
    painter: QPainter, theme: Theme, places: Places, triplet: Triplet, radius: float, *, told: bool
) -> None:
    found = places(triplet[:3])
    spots = [QPointF(*spot) if np.isfinite(spot).all() else None for spot in found]
    anchor, ends = spots[0], spots[1:]
    token = SORTS[triplet.sort][1]
    for end, style in zip(ends, (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine), strict=True):
        if anchor is not None and end is not None:
            painter.setPen(QPen(theme.colour("background", 200), 4.5))
            painter.drawLine(anchor, end)
            painter.setPen(QPen(theme.colour(token), 2.0, style, Qt.PenCapStyle.FlatCap))
            painter.drawLine(anchor, end)
    for spot in spots:
        if spot is not None:
            paint_hover_ring(painter, theme, spot, radius)
    taken: list[QRectF] = []
    for name, end, distance in zip(("d_ap", "d_an"), ends, (triplet.near, triplet.far), strict=True):
        if told and anchor is not None and end is not None:
            box = distance_box(f"{name} {decimal(distance)}", anchor, end, radius, taken)
            taken.append(box)
            _paint_distance(painter, theme, f"{name} {decimal(distance)}", box)


def distance_box(text: str, anchor: QPointF, end: QPointF, radius: float, taken: list[QRectF]) -> QRectF:
    """Return where a distance is written: on the middle of its edge, above a short edge, and not over another."""
    width = QFontMetrics(number_font(11)).horizontalAdvance(text) + 10
    box = QRectF(0, 0, width, scaled(18))
    box.moveCenter((anchor + end) / 2)
    along = end - anchor
    if np.hypot(along.x(), along.y()) < width + 4 * radius:  # it would lie on the points that it is about
        box.moveBottom(min(anchor.y(), end.y()) - radius - 6)
    for other in taken:
        if box.intersects(other):
            box.moveTop(max(other.bottom() + 2, max(anchor.y(), end.y()) + radius + 6))
    return box


def _paint_distance(painter: QPainter, theme: Theme, text: str, box: QRectF) -> None:
    path = QPainterPath()
    path.addRoundedRect(box, 4, 4)
    painter.fillPath(path, theme.colour("panel", 235))
    painter.strokePath(path, QPen(theme.colour("line"), 1))
    painter.setFont(number_font(11))
    painter.setPen(theme.colour("text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
