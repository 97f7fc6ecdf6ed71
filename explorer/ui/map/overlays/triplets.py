"""The triplets of the last batch on the map: which are shown, what the key says of them, and the card of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF

from explorer.core.map_values import BatchTriplets
from explorer.core.registry import catalogue, loaded
from explorer.core.types import PIXELS_RUN
from explorer.engine.events import DatasetOpened, RunOpened, RunShown
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.overlays.switches import MapOverlays
from explorer.ui.map.overlays.triplet_card import TripletCard, card_place
from explorer.ui.map.overlays.triplet_layer import Triplet, TripletLayer
from explorer.ui.map.overlays.triplet_legend import TripletLegend
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count
from explorer.ui.widgets.text_size import scaled

NAME = "triplets"
WAITING = tr("Waiting for a batch…")
NO_CLASSES = tr("No triplets: the loss compares no classes")
NONE_CHOSEN = tr("No triplets were chosen")
EDGE, GAP = 12, 8
KEY_ROOM = 62.0
HINT_ROOM = 34.0
"""Logical pixels at the bottom that the hint of a tool takes."""


class MapTriplets(QObject):
    """Asks for triplets while the overlay is on, and shows those of the run and the step that are on screen.

    What is under the pointer stays until the pointer leaves it, although the next batch is there: it can be clicked.
    """

    def __init__(self, desk: Desk, canvas: PointCanvas, overlays: MapOverlays) -> None:
        super().__init__(canvas)
        self._desk, self._canvas, self._overlays = desk, canvas, overlays
        self._layer: TripletLayer | None = None
        self._coming: BatchTriplets | None = None
        self._unplaced: BatchTriplets | None = None  # its items are not on the map yet
        self.pointed: Triplet | None = None  # an edge of it is under the pointer
        self._opened: Triplet | None = None
        self._opened_step = 0
        self.key = TripletLegend(desk.themes, canvas)
        self.card = TripletCard(desk.themes, canvas)
        overlays.toggled.connect(self._on_toggled)
        canvas.input.pointed.connect(self._on_pointed)
        canvas.input.clicked_beside.connect(self._on_clicked)
        canvas.input.clicked.connect(self.close_card)
        canvas.input.tool_changed.connect(self.arrange)
        canvas.drawn.connect(self._on_drawn)
        desk.bridge.of(BatchTriplets).connect(self._on_triplets)
        desk.bridge.of(DatasetOpened).connect(self._drop)
        desk.bridge.of(RunOpened).connect(self._drop)
        desk.bridge.of(RunShown).connect(self._drop)
        desk.state.displayed_step_changed.connect(self._on_step)
        self.key.hidden_changed.connect(self._on_hidden)
        self.card.chosen.connect(lambda item: desk.state.pins.choose(item))
        self.card.closed.connect(self._on_closed)
        tip = tr("The hardest one of the last batch first")
        desk.commands.add("map.next_triplet", tr("Look at the next triplet"), self.open_next, menu="Map", tip=tip)

    @property
    def room(self) -> float:
        """Logical pixels at the bottom of the canvas that the key takes, whatever it says."""
        return scaled(KEY_ROOM) if self._overlays.on(NAME) else 0.0

    def close_card(self) -> bool:
        """Close the card of a triplet; return whether there was one."""
        shown = self._opened is not None
        self.card.close_card()
        return shown

    def arrange(self, _cause: object = None) -> None:
        """Keep the key in its corner, above the hint of a tool, and the card inside the map."""
        canvas = self._canvas
        left, below = float(EDGE), float(EDGE)
        if canvas.input.tool != "pointer":  # the box of tools is longer, and a hint is at the bottom
            left, below = canvas.navigator.insets[0] + GAP, EDGE + scaled(HINT_ROOM)
        self.key.move(round(left), round(canvas.height() - self.key.height() - below))
        area = self._free()
        x = min(self.card.x(), round(area.right()) - self.card.width())
        y = min(self.card.y(), round(area.bottom()) - self.card.height())
        self.card.move(max(x, round(area.left())), max(y, round(area.top())))

    def _free(self) -> QRectF:
        left, top, right, bottom = self._canvas.navigator.insets
        area = QRectF(self._canvas.rect()).adjusted(EDGE, EDGE, -EDGE, -EDGE)
        clear = area.adjusted(left, top, -right, -bottom)
        return clear if clear.width() >= self.card.width() else area

    # what is shown

    def _on_toggled(self, name: str, on: bool) -> None:
        if name == NAME:
            self._desk.session.batch_triplets.want(on)
            self.key.setVisible(on)
            self._drop()

    def _on_triplets(self, found: BatchTriplets) -> None:
        if not self._overlays.on(NAME) or self._desk.data.dataset is None:
            return
        if self.pointed is not None:
            self._coming = found
        elif self._placed(found):
            self._show(found)
        elif self._unplaced is None:  # not the newest one: that would never be on the map either
            self._unplaced = found

    def _placed(self, found: BatchTriplets) -> bool:
        """Return whether most of it can be drawn: in a first epoch a batch is of items that the map has not got yet."""
        picture = self._canvas.picture
        if picture is None or not len(found.anchors):
            return True
        return float(np.isfinite(picture.positions(found.anchors)).all(axis=1).mean()) >= 0.5

    def _on_drawn(self, _picture: object) -> None:
        """Show the triplets that waited for their items."""
        waiting = self._unplaced
        if waiting is None or self.pointed is not None or not self._placed(waiting):
            return
        if self._desk.state.displayed_step < 0:
            self._show(waiting)
        self._unplaced = None

    def _show(self, found: BatchTriplets) -> None:
        self._coming = self._unplaced = None
        self._layer = TripletLayer.of(found, self.key.hidden)
        if self._opened is not None and self._opened_step != found.step:
            self.card.step.setText(tr("earlier: step {opened_step}", opened_step=count(self._opened_step)))
        self._paint()
        self._say()

    def _paint(self) -> None:
        layer = self._layer
        if layer is not None:
            strong = tuple(dict.fromkeys(one for one in (self._opened, self.pointed) if one is not None))
            layer = self._layer = replace(layer, strong=strong, hidden=self.key.hidden)
        self._overlays.show(NAME, layer)

    def _drop(self, _cause: object = None) -> None:
        """Show nothing until the next batch."""
        self._layer = self._coming = self._unplaced = self.pointed = None
        self.close_card()
        self._overlays.show(NAME, None)
        self._say()

    def _on_step(self, _step: int) -> None:
        """Ask anew: what is shown is of another step now."""
        if self._overlays.on(NAME):
            self._drop()
            self._desk.session.batch_triplets.want(True)

    def _on_hidden(self, _sorts: frozenset[int]) -> None:
        self.pointed = None
        self._paint()

    # what the key says

    def _say(self) -> None:
        layer = self._layer
        if layer is None:
            self.key.say(WAITING if self._compares() else NO_CLASSES, None)
        elif not len(layer):
            self.key.say(f"{NONE_CHOSEN} · {self._source(layer.found)}", None)
        else:
            source = self._source(layer.found)
            shown = tr("{layer} of {total}", layer=count(len(layer)), total=count(max(layer.found.total, len(layer))))
            self.key.say(f"{source[:1].upper()}{source[1:]} · {shown}", layer.counts())
        self.arrange()

    def _source(self, found: BatchTriplets) -> str:
        if found.run == PIXELS_RUN:
            return tr("drawn from {raw}", raw=self._desk.data.raw)
        return tr(
            "{batch} step {step}",
            batch=tr("drawn anew from") if found.drawn else tr("batch of"),
            step=count(found.step),
        )

    def _compares(self) -> bool:
        """Whether there are classes to choose triplets by: in the data, and for the loss as far as that is known."""
        session, dataset = self._desk.session, self._desk.data.dataset
        if dataset is not None and not len(dataset.class_names):
            return False
        entry = catalogue("loss").get(session.recipe.loss.name) if loaded("loss") else None
        return entry is None or "labels" in getattr(entry.part, "needs", ("labels",))

    # the pointer

    def _on_pointed(self, at: QPointF | None) -> None:
        layer = self._layer
        if layer is None:
            return
        under = layer.pick(self._canvas.places, at.x(), at.y()) if at is not None else None
        if under != self.pointed:
            self.pointed = under
            self._paint()
        if under is None and self._coming is not None:
            self._show(self._coming)

    def _on_clicked(self, at: QPointF) -> None:
        self._on_pointed(at)
        if self.pointed is not None:
            self._open(self.pointed, at)
        else:
            self.close_card()

    def open_next(self) -> None:
        """Look at the next triplet, the hardest one first; after the last one at the first one again."""
        self._overlays.switch(NAME, True)
        layer = self._layer
        if layer is None or not len(shown := layer.shown()):
            return
        places = [int(place) for place in shown]
        before = [place for place in places if layer.triplet(place) == self._opened]
        place = places[(places.index(before[0]) + 1) % len(places)] if before else places[0]
        triplet = layer.triplet(place)
        at = self._canvas.places([triplet.anchor])[0]
        self._open(triplet, QPointF(*at) if np.isfinite(at).all() else self._free().center())

    def _open(self, triplet: Triplet, at: QPointF) -> None:
        dataset, layer = self._desk.data.dataset, self._layer
        if dataset is None or layer is None:
            return
        self._opened, self._opened_step = triplet, layer.found.step
        self.card.show_triplet(dataset, triplet, self._source(layer.found))
        spots = [QPointF(*spot) for spot in self._canvas.places(triplet[:3]).tolist()]
        self.card.move(card_place(self.card.size(), self._free(), at, spots))
        self.card.show()
        self.card.raise_()
        self._paint()

    def _on_closed(self) -> None:
        self._opened = None
        self._paint()
