"""What is painted over the map: a list of overlays, each of which is switched by a command and in one menu."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from explorer.ui.map.canvas.layer import Layer
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.view_options import ViewOptions
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import small, tr


class Overlay(NamedTuple):
    """Something that can be shown over the map: its name, its title in the menu, and whether it is shown at first."""

    name: str
    title: str
    tip: str
    shortcut: str
    first: bool = False


WORDS = tr("overlay layer")
"""Other names by which each is searched for."""

OVERLAYS = (
    Overlay(
        "field",
        tr("Potential field"),
        tr("Show where the class of the selected or pinned point is drawn to (green) and pushed from (red)"),
        "",
    ),
    Overlay(
        "triplets", tr("Triplets"), tr("Show the triplets of the last batch; click one to look at it"), "Ctrl+Alt+B"
    ),
    Overlay("pins", tr("Pinned queries"), tr("Join what is pinned with its neighbours"), "Ctrl+Alt+P", True),
    Overlay(
        "true_neighbours", tr("True neighbours"), tr("Join what is hovered with its neighbours"), "Ctrl+Alt+N", True
    ),
    Overlay(
        "outside", tr("Pictures from outside"), tr("Show where pictures that are no items would be"), "Ctrl+Alt+Y", True
    ),
    Overlay("trails", tr("Trails"), tr("Show where the selection was at the steps before"), "Ctrl+Alt+W"),
    Overlay("forces", tr("Forces"), tr("Show where the loss would move the selection"), "Ctrl+Alt+F"),
    Overlay("axes", tr("Axes"), tr("Say where the axes lead, on a map along two directions"), "Ctrl+Alt+A", True),
    Overlay("thumbnails", tr("Thumbnails"), tr("Show pictures where there is room for them"), "Ctrl+Alt+I", True),
)
"""Every overlay, the lowest layer first."""


class MapOverlays(QObject):
    """Knows which overlays are on, and hands the layers of those to the canvas.

    Signals
    -------
    toggled(name, on): an overlay was switched on or off.
    """

    toggled = Signal(str, bool)

    def __init__(self, desk: Desk, canvas: PointCanvas, row: ViewOptions) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._on = {overlay.name: overlay.first for overlay in OVERLAYS}
        self._layers: dict[str, Layer] = {}
        self._actions: dict[str, QAction] = {}
        for overlay in OVERLAYS:
            action = desk.commands.add(
                f"overlay.{overlay.name}", overlay.title, partial(self._switch, overlay.name),
                shortcut=overlay.shortcut, menu="Map", tip=overlay.tip, words=WORDS, checkable=True,
            )  # fmt: skip
            action.setProperty("begins_group", not self._actions)
            action.setChecked(overlay.first)
            self._actions[overlay.name] = action
        self.choice = row.add_switches(tr("Overlay"), tr("What is shown over the points"))
        self.choice.offer(list(self._actions.values()))
        self._row = row
        self._say()

    def on(self, name: str) -> bool:
        """Return whether an overlay is shown."""
        return self._on[name]

    def switch(self, name: str, on: bool) -> None:
        """Show an overlay, or hide it."""
        if on != self._on[name]:
            self._on[name] = on
            self._actions[name].setChecked(on)
            self._say()
            self._paint()
            if name == "thumbnails":
                self._canvas.show_thumbnails(on)
            self.toggled.emit(name, on)

    def show(self, name: str, layer: Layer | None) -> None:
        """Paint this for an overlay, while it is on; None: nothing. Also tells of a change of what a layer paints."""
        if layer is None:
            self._layers.pop(name, None)
        else:
            self._layers[name] = layer
        self._paint()

    def _switch(self, name: str) -> None:
        self.switch(name, self._actions[name].isChecked())

    def _paint(self) -> None:
        names = [overlay.name for overlay in OVERLAYS if self._on[overlay.name]]
        self._canvas.set_layers([self._layers[name] for name in names if name in self._layers])

    def _say(self) -> None:
        """Name on the button what is shown beyond what is shown at first."""
        more = [small(overlay.title) for overlay in OVERLAYS if self._on[overlay.name] and not overlay.first]
        self.choice.say(more[0] if len(more) == 1 else str(len(more)) if more else "")
        self._row.settle()
