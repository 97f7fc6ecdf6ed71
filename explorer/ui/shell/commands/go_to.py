"""Going to a part of the window by key, or by its name: what the list of commands finds besides commands."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from explorer.ui.session.commands import Place
from explorer.ui.shell.tab_order import first_in, regions
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.ui.map.map_panel import MapPanel
    from explorer.ui.metrics.evaluate_panel import EvaluatePanel
    from explorer.ui.queries.neighbours_panel import NeighboursPanel
    from explorer.ui.shell.main_window import MainWindow


class GoTo:
    """Knows the places of a window, as far as they are there, and makes the commands that go round its parts."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def add_commands(self) -> None:
        """Add them to the menu of the window."""
        add, words = self._window.commands.add, tr("focus jump")
        tip = tr("Give the focus to the next part of the window: menus, data, recipe, Train, map, panels, foot")
        part = add(
            "window.next_part",
            tr("Next part of the window"),
            partial(self._step, 1),
            shortcut="F6",
            menu="Window",
            tip=tip,
            words=words,
        )
        part.setProperty("begins_group", True)
        add(
            "window.previous_part",
            tr("Previous part of the window"),
            partial(self._step, -1),
            shortcut="Shift+F6",
            menu="Window",
            tip=tr("Give the focus to the part of the window before this one"),
            words=words,
        )
        tip = tr("Give the focus to the map: arrow keys go from item to item there")
        add("window.go_map", tr("Go to the map"), self._to_map, shortcut="Ctrl+G", menu="Window", tip=tip, words=words)

    def _step(self, by: int) -> None:
        """Give the focus to the next part that takes it, before or behind the one that has it."""
        window = self._window
        every = (*regions(window), window.status_bar)
        parts = [(part, first) for part in every if (first := first_in(window, part)) is not None]
        focused = window.focusWidget()
        here = next((at for at, (part, _) in enumerate(parts) if focused is not None and _in(part, focused)), None)
        if parts:
            at = (0 if by > 0 else -1) if here is None else (here + by) % len(parts)
            parts[at][1].setFocus(Qt.FocusReason.TabFocusReason)

    def _to_map(self) -> None:
        panel = cast("MapPanel | None", self._window.workspace.panels.get("map"))
        if panel is not None:
            self.leave_page()
            panel.canvas.setFocus(Qt.FocusReason.TabFocusReason)

    def _to_panel(self, key: str) -> None:
        self.leave_page()
        dock = self._window.workspace.docks[key]
        dock.panel.come_forward()
        if (first := first_in(self._window, dock)) is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def leave_page(self) -> None:
        """Show the map and the panels again, where a page covers them."""
        self._window.runs.close_page()
        self._window.start_again.leave()

    def places(self) -> list[Place]:
        """Return the ways to lay out the map, the protocols, the line in which a text can be asked, and the panels."""
        if self._window.dataset is None or not self._window.workspace.shown:
            return self._saved_runs()
        return [*self._protocols(), *self._layouts(), *self._text(), *self._panels(), *self._saved_runs()]

    @property
    def neighbours(self) -> NeighboursPanel | None:
        """The panel of the neighbours, where there is one."""
        return cast("NeighboursPanel | None", self._window.workspace.panels.get("neighbours"))

    def _protocols(self) -> list[Place]:
        evaluate = cast("EvaluatePanel | None", self._window.workspace.panels.get("evaluate"))
        return [] if evaluate is None else evaluate.places()

    def _panels(self) -> list[Place]:
        words, tip = tr("focus jump"), tr("Show this panel and give it the focus")
        docks = self._window.workspace.docks
        whole = [
            Place(tr("Go to the panel {title}", title=dock.panel.title), words, tip, partial(self._to_panel, key))
            for key, dock in docks.items()
        ]
        inside = [found for dock in docks.values() for found in dock.panel.found_by_name]
        return [*whole, *(replace(found, go=partial(self._to_part, found)) for found in inside)]

    def _to_part(self, found: Place) -> None:
        self.leave_page()
        found.go()

    def _saved_runs(self) -> list[Place]:
        """Return the way to the button that saves the table of all runs."""
        title, words = tr("Save the table of saved runs as CSV"), tr("table export numbers")
        return [Place(title, words, tr("List all saved runs; the button stands above them"), self._to_table_of_runs)]

    def _to_table_of_runs(self) -> None:
        self._window.runs.open_page()
        if (page := self._window.runs.page) is not None:
            page.export.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _layouts(self) -> list[Place]:
        panel = cast("MapPanel | None", self._window.workspace.panels.get("map"))

        def lay_out(name: str) -> None:
            assert panel is not None
            self.leave_page()
            panel.layouts.lay_out(name)

        offered = panel.layouts.offered() if panel is not None else {}
        return [
            Place(tr("Layout of the map: {title_of}", title_of=title), name, tip, partial(lay_out, name))
            for name, (title, tip) in offered.items()
        ]

    def _text(self) -> list[Place]:
        panel = self.neighbours
        if panel is None or not panel.asking.offered:
            return []
        words, tip = tr("type a question or a sentence to find what is like it"), panel.asking.toolTip()
        return [Place(tr("Ask by a text"), words, tip, self._to_text)]

    def _to_text(self) -> None:
        if (panel := self.neighbours) is not None:
            self.leave_page()
            panel.come_forward()
            panel.asking.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def ask(self, text: str) -> None:
        """Ask by a text, as if it had been typed in the panel of the neighbours."""
        if (panel := self.neighbours) is not None:
            self.leave_page()
            panel.come_forward()
            panel.asking.ask(text)


def _in(part: QWidget, widget: QWidget) -> bool:
    return part is widget or part.isAncestorOf(widget)
