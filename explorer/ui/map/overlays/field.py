"""Which class the potential field over the map is of, and when it is made anew."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.registry import loaded
from explorer.core.types import UNLABELLED, Projection
from explorer.engine.events import DatasetOpened
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.field_layer import FieldPicture, field
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr

NAME, LOSS = "field", "potential_field"
MAKE_MS = 200
"""How often at most it is made: frames of the map come faster."""
MOST = 20_000
"""Of more points an even sample makes the field."""
REACH, DECAY = 0.2, 1.0
WIDEST = 2.0
"""The largest distance of two embeddings of unit length, which the longer side of the map stands for."""
NONE_CHOSEN = tr("Select or pin a point to see the field of its class")


class PotentialFields(QObject):
    """Feeds the field of the class of the selected or pinned point, with reach and decay of the loss of the recipe.

    Signals
    -------
    said(text): why nothing is shown; empty where something is, or nothing is wanted.
    """

    said = Signal(str)

    def __init__(self, desk: Desk, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._desk = desk
        self._frame: Projection | None = None
        self._overlays: MapOverlays | None = None
        self.layer = FieldPicture(canvas.navigator)
        self._make = QTimer(self, interval=MAKE_MS, singleShot=True)
        self._make.timeout.connect(self.make)
        desk.bridge.of(Projection).connect(self._on_projection)
        desk.bridge.of(DatasetOpened).connect(self._on_opened)
        desk.state.selection_changed.connect(self._soon)
        desk.state.pins.changed.connect(self._soon)

    def join(self, overlays: MapOverlays) -> None:
        """Be the overlay of the field."""
        self._overlays = overlays
        overlays.toggled.connect(self._on_toggled)

    def _on_toggled(self, name: str, on: bool) -> None:
        if name != NAME:
            return
        if on:
            self.make()
        else:
            self.said.emit("")

    def _on_projection(self, frame: Projection) -> None:
        self._frame = frame
        self._soon()

    def _on_opened(self, _opened: DatasetOpened) -> None:
        self._frame = None
        self._soon()

    def _soon(self, _cause: object = None) -> None:
        if self._overlays is not None and self._overlays.on(NAME) and not self._make.isActive():
            self._make.start()

    def chosen(self) -> int:
        """Return the class of the newest selected or pinned point, ``UNLABELLED`` where there is none."""
        dataset, state = self._desk.data.dataset, self._desk.state
        items = [*state.selection[:1].tolist(), *list(state.pins.items)[-1:]]
        return UNLABELLED if dataset is None or not items else int(dataset.labels[items[0]])

    def make(self) -> None:
        """Make the field of the map as it is now, and show it."""
        if self._overlays is None:
            return
        frame, dataset, label = self._frame, self._desk.data.dataset, self.chosen()
        found = None
        if frame is not None and dataset is not None and label != UNLABELLED and len(frame.indices):
            some = slice(None, None, max(1, len(frame.indices) // MOST))
            items, xy = frame.indices[some], frame.xy[some]
            known = dataset.labels[items] != UNLABELLED
            own = dataset.labels[items][known] == label
            found = field(xy[known], np.asarray(own, np.bool_), *self._strength()) if own.any() else None
        self.layer.show(found)
        self._overlays.show(NAME, self.layer)
        self.said.emit("" if found is not None else NONE_CHOSEN)

    def _strength(self) -> tuple[float, float]:
        """Return reach, as a share of the map, and decay of the loss; the usual ones of another loss."""
        recipe = self._desk.session.recipe
        if recipe.loss.name != LOSS or not loaded("loss"):
            return REACH / WIDEST, DECAY
        params = recipe.params("loss")
        return float(params.reach) / WIDEST, float(params.decay)
