"""What the map shows of the selection in time: where it came from, and where the loss would move it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.map_values import Forces
from explorer.core.types import IntArray, Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.force_layer import ForceArrows
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.map.overlays.trail_layer import TrailLines
from explorer.ui.map.overlays.trails import Trails
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count

ASK_MS = 150
MOST_TRAILS, MOST_FORCES = 300, 256
"""Of more items than this an even sample is shown."""

SELECT = {
    "trails": tr("Select or pin points to see where they came from"),
    "forces": tr("Select or pin points to see where the loss would move them"),
}


class SelectionMotion(QObject):
    """Feeds the trails and the force arrows of the selected points, or of the pinned ones where nothing is selected.

    Signals
    -------
    said(text): a few words on what is shown, or on why nothing is; empty where that is plain.
    """

    said = Signal(str)

    def __init__(self, desk: Desk, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._desk, self._canvas = desk, canvas
        self._on = {"trails": False, "forces": False}
        self._memory = Trails()
        self._asking = False
        self._text = ""
        self.trails = TrailLines(canvas.navigator)
        self.forces = ForceArrows(canvas.navigator)
        self._ask = QTimer(self, interval=ASK_MS, singleShot=True)
        self._ask.timeout.connect(self._follow)
        state, bridge = desk.state, desk.bridge
        state.selection_changed.connect(self._soon)
        state.pins.changed.connect(self._soon)
        state.displayed_step_changed.connect(self._on_step)
        bridge.of(Projection).connect(self._on_projection)
        bridge.of(Forces).connect(self._on_forces)
        bridge.of(DatasetOpened).connect(self._on_opened)

    def join(self, overlays: MapOverlays) -> None:
        """Be the overlays ``trails`` and ``forces``."""
        overlays.show("trails", self.trails)
        overlays.show("forces", self.forces)
        overlays.toggled.connect(lambda name, on: self.switch(name, on) if name in self._on else None)

    def switch(self, name: str, on: bool) -> None:
        """Show the ``trails`` or the ``forces`` from now on, or not."""
        self._on[name] = on
        self._follow()

    def chosen(self, most: int) -> tuple[IntArray, int]:
        """Return the items that are followed, at most so many, and how many there are."""
        state = self._desk.state
        items = state.selection if len(state.selection) else np.array(sorted(state.pins.items), np.int64)
        if len(items) <= most:
            return items, len(items)
        return items[np.linspace(0, len(items) - 1, most).astype(np.int64)], len(items)

    def _soon(self, _items: object = None) -> None:
        if any(self._on.values()):
            self._ask.start()

    def _follow(self) -> None:
        """Show what is known of the present selection, and ask for what is not."""
        items, _ = self.chosen(MOST_FORCES)
        wanted = items if self._on["forces"] else np.empty(0, np.int64)
        if len(wanted) or self._asking:
            self._asking = bool(len(wanted))
            self._desk.session.forces.want(wanted)
        if not len(wanted):
            self.forces.found = None
        self._draw_trails()
        self._say()

    def _draw_trails(self) -> None:
        items, _ = self.chosen(MOST_TRAILS)
        until = self._desk.state.displayed_step
        shown = items if self._on["trails"] else items[:0]
        self.trails.show(shown, self._memory.of(shown, until))
        self._canvas.repaint_map()

    def _say(self) -> None:
        items, whole = self.chosen(MOST_TRAILS)
        on = [name for name, is_on in self._on.items() if is_on]
        text = ""
        if on and not whole:
            text = SELECT[on[-1]]
        elif "trails" in on and len(self._memory) < 2:
            text = tr("Trails appear with the steps of a run")
        elif on and whole > len(items):
            text = tr("{items} of {whole} selected points are followed", items=count(len(items)), whole=count(whole))
        if text != self._text:
            self._text = text
            self.said.emit(text)

    def _on_projection(self, frame: Projection) -> None:
        if self._memory.add(frame) and self._on["trails"]:
            self._draw_trails()
            self._say()

    def _on_forces(self, found: Forces) -> None:
        if not self._on["forces"]:
            return
        self.forces.found = found
        self._canvas.repaint_map()

    def _on_step(self, _step: int) -> None:
        self.forces.found = None
        self._draw_trails()

    def _on_opened(self, _opened: object) -> None:
        self._memory.forget()
        self.forces.found = None
        self._draw_trails()
