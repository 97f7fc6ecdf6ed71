"""The menu of the map: what can be done with a point, and with the map itself."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu

from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.directions_menu import add_directions
from explorer.ui.session.item_menu import add_commands, item_menu
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.context_menu import context_menu
from explorer.ui.widgets.language import tr

OF_MAP = (
    ("map.fit", "map.show_all", "map.ghosts", "map.legend", "map.settle", "map.freeze"),
    ("edit.select_all", "edit.invert", "edit.select_none"),
    ("map.zoom_selection", "edit.copy_selection", "edit.save_selection"),
    ("edit.clear_pins",),
)
"""Commands beside no point."""


def item_of_key(desk: Desk) -> int:
    """Return the item that the menu key is about while none is pointed at: the one pinned last or selected, else −1."""
    if desk.state.pins.items:
        return desk.state.pins.items[-1]
    return int(desk.state.selection[0]) if len(desk.state.selection) else -1


def map_menu(desk: Desk, canvas: PointCanvas, item: int) -> QMenu:
    """Return the menu of an item on the map; −1: of the map."""
    dataset = desk.data.dataset
    if dataset is not None and 0 <= item < len(dataset):
        menu = item_menu(desk, item, canvas)
        menu.addSeparator()
        add_directions(menu, desk, item)
    else:
        menu = context_menu(canvas)
        add_commands(menu, desk, *OF_MAP)
    exports = QMenu(tr("Export"), menu)
    exports.setToolTipsVisible(True)
    exports.addActions([command.action for command in desk.commands if command.id.startswith("export.")])
    menu.addSeparator()
    menu.addMenu(exports)
    return menu
