"""The commands of the layout: which one, the map alone, which panels are shown, and whether they can be moved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from explorer.ui.shell.layout.layouts import LAYOUTS
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.ui.shell.layout.docks import PanelDock
    from explorer.ui.shell.main_window import MainWindow


class LayoutCommands:
    """Makes the commands, their menus under View, and keeps their marks in step with the docks."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._names = ["window.map_only", "window.reset", "window.lock"]
        self._panels = QMenu(tr("Panels"), window)
        self._layouts()
        self._rest()

    def _layouts(self) -> None:
        window, menu, group = self._window, QMenu(tr("Layout"), self._window), QActionGroup(self._window)
        menu.setToolTipsVisible(True)
        for place, layout in enumerate(LAYOUTS, start=1):
            action = window.commands.add(
                f"layout.{layout.name}",
                tr("Layout: {title}", sense="window", title=layout.title),
                partial(self._choose, layout.name),
                shortcut=f"Alt+{place}",
                tip=layout.tip,
                checkable=True,
            )
            action.setIconText(layout.title)
            whole = action.text()
            menu.aboutToShow.connect(partial(action.setText, layout.title))  # the menu is called Layout itself
            menu.aboutToHide.connect(partial(action.setText, whole))
            group.addAction(action)
            menu.addAction(action)
            self._names.append(f"layout.{layout.name}")
        window.workspace.layouts.chosen.connect(self._on_chosen)
        menu.setProperty("before", "window.map_only")
        window.header.add_submenu("View", menu)
        self._panels.setProperty("before", "window.map_only")
        self._panels.setToolTipsVisible(True)
        window.header.add_submenu("View", self._panels)

    def _rest(self) -> None:
        add, window = self._window.commands.add, self._window
        add("window.map_only", tr("Map only"), self._map_only, shortcut="F3", menu="View", checkable=True).setProperty(
            "begins_group", True
        )
        add(
            "window.lock",
            tr("Lock the panels"),
            self._lock,
            shortcut="Ctrl+Alt+K",
            menu="View",
            tip=tr("Panels stay where they are: none can be moved, floated or closed"),
            checkable=True,
        ).setChecked(window.settings.locked)
        add(
            "window.reset",
            tr("Reset this layout"),
            self._reset,
            shortcut="Ctrl+Alt+R",
            menu="View",
            tip=tr("Put every panel of this layout back to its place and size; other layouts stay as they are"),
        )
        moves = window.workspace.moves
        moves.extras = (window.commands["window.lock"], window.commands["window.reset"])
        moves.set_locked(window.settings.locked)

    def add_docks(self) -> None:
        """Add a command for each dock, once they are there."""
        for place, dock in enumerate(self._window.workspace.docks.values(), start=1):
            action = self._window.commands.add(
                f"window.{dock.panel.key}",
                dock.panel.title,
                partial(self._toggle, dock),
                shortcut=f"Ctrl+{place}" if place <= 9 else "",
                tip=tr("Show or hide {title}", title=dock.panel.title),
                checkable=True,
            )
            self._names.append(f"window.{dock.panel.key}")
            self._panels.addAction(action)
            dock.visibilityChanged.connect(lambda _, action=action, dock=dock: action.setChecked(not dock.isHidden()))

    def follow(self, has_data: bool) -> None:
        """Offer them where there is data: the start page has no panels."""
        for name in self._names:
            self._window.commands[name].setEnabled(has_data)

    def _toggle(self, dock: PanelDock) -> None:
        """Show a panel or close it; where a page covers all of them, show it: nothing is closed that is not seen."""
        if self._window.workspace.is_covered:
            dock.panel.come_forward()
        else:
            self._window.workspace.moves.toggle(dock)

    def _choose(self, name: str) -> None:
        self._leave_other_views()
        self._window.workspace.choose(name)

    def _on_chosen(self, name: str) -> None:
        self._window.commands[f"layout.{name}"].setChecked(True)

    def _reset(self) -> None:
        self._leave_other_views()
        self._window.workspace.reset()

    def _leave_other_views(self) -> None:
        """Leave the map alone, and a page that covers it."""
        self._leave_page()
        if self._window.commands["window.map_only"].isChecked():
            self._window.commands["window.map_only"].trigger()

    def _leave_page(self) -> None:
        self._window.actions_of_window.go_to.leave_page()

    def _map_only(self) -> None:
        self._leave_page()
        self._window.workspace.isolate(self._window.commands["window.map_only"].isChecked())

    def _lock(self) -> None:
        self._leave_page()
        locked = self._window.commands["window.lock"].isChecked()
        self._window.workspace.moves.set_locked(locked)
        self._window.settings.set_locked(locked)
