"""Asks for the true neighbours of the point under the pointer, once it rests there."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from explorer.core.map_values import TrueNeighbours
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.neighbour_layer import NeighbourLines, words
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.session.panel import Desk

OVERLAY = "true_neighbours"

REST_MS = 120
"""How long the pointer rests on a point before it is asked: who only passes over points asks for none."""


class HoverNeighbours(QObject):
    """Keeps ``lines`` in step with what is hovered, while it is switched on."""

    def __init__(self, desk: Desk, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._desk, self._canvas = desk, canvas
        self._on = False
        self._asked = -1
        self.lines = NeighbourLines()
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._ask)
        desk.state.hover_changed.connect(self._on_hover)
        desk.state.displayed_step_changed.connect(lambda _step: self._drop())
        desk.bridge.of(TrueNeighbours).connect(self._on_found)
        desk.bridge.of(DatasetOpened).connect(lambda _opened: self._on_hover(desk.state.hover))

    def join(self, overlays: MapOverlays) -> None:
        """Be the overlay ``true_neighbours``."""
        overlays.show(OVERLAY, self.lines)
        overlays.toggled.connect(lambda name, on: self.switch(on) if name == OVERLAY else None)
        self.switch(overlays.on(OVERLAY))

    def switch(self, on: bool) -> None:
        """Show the neighbours of what is hovered from now on, or of nothing."""
        self._on = on
        self._on_hover(self._desk.state.hover)

    def card_line(self, item: int) -> tuple[str, str] | None:
        """Return what the card of a hovered item says of its true neighbours, and in which colour; None: nothing."""
        found = self.lines.found
        return words(found) if found is not None and found.item == item else None

    def _on_hover(self, item: int) -> None:
        self._drop()
        if self._on and item >= 0:
            self._rest.start()
            return
        self._rest.stop()
        if self._asked >= 0:
            self._asked = -1
            self._desk.session.analysis.look_at(-1)

    def _ask(self) -> None:
        self._asked = self._desk.state.hover
        self._desk.session.analysis.look_at(self._asked)

    def _on_found(self, found: TrueNeighbours) -> None:
        if not self._on or found.item != self._desk.state.hover:
            return
        self.lines.found = found
        self._canvas.refresh_card()
        self._canvas.repaint_map()

    def _drop(self) -> None:
        if self.lines.found is not None:
            self.lines.found = None
            self._canvas.refresh_card()
            self._canvas.repaint_map()
