"""Keeps the ghosts of the map in step with the pictures from outside and what is nearest to them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip

from explorer.core.errors import printable
from explorer.engine.events import DatasetOpened
from explorer.engine.session.outside_queries import OutsideChanged, OutsideRanked
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.ghost_layer import Ghost, GhostLayer
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.item_picture import ItemPicture, input_picture
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import plain_tip

OVERLAY = "outside"


class Ghosts(QObject):
    """Draws every picture from outside among its nearest items; who points at one is told what it is."""

    def __init__(self, desk: Desk, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._desk, self._canvas = desk, canvas
        self._faces: dict[int, tuple[ItemPicture, str]] = {}
        self.layer = GhostLayer()
        desk.bridge.of(OutsideChanged).connect(self._on_changed)
        desk.bridge.of(OutsideRanked).connect(self._on_ranked)
        desk.bridge.of(DatasetOpened).connect(lambda _opened: self._show(()))
        canvas.installEventFilter(self)

    def join(self, overlays: MapOverlays) -> None:
        """Be the overlay ``outside``."""
        overlays.show(OVERLAY, self.layer)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Say of a ghost that is pointed at that it is none of the items."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            ghost = self.layer.at(QPointF(event.pos()))
            if ghost is not None:
                text = tr("{name}: not of the data. It stands among the items that are nearest to it.", name=ghost.name)
                QToolTip.showText(event.globalPos(), plain_tip(text), self._canvas)
                return True
        return super().eventFilter(watched, event)

    def _on_changed(self, told: OutsideChanged) -> None:
        dataset = self._desk.data.dataset
        if dataset is None:
            return
        self._faces = {
            query.id: (input_picture(dataset.modality, query.input, query.name), printable(query.name))
            for query in told.queries
        }
        self._show(tuple(ghost for ghost in self.layer.ghosts if ghost.query in self._faces))

    def _on_ranked(self, told: OutsideRanked) -> None:
        self._show(
            tuple(
                Ghost(found.query, *self._faces[found.query], found.indices, found.distances)
                for found in told.rankings
                if found.query in self._faces and len(found.indices)
            )
        )

    def _show(self, ghosts: tuple[Ghost, ...]) -> None:
        self.layer.ghosts = ghosts
        self._canvas.repaint_map()
