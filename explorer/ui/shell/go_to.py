"""Going to a part of the window by its name: what the list of commands finds besides the commands themselves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt

from explorer.ui.session.commands import Place
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.ui.map.map_panel import MapPanel
    from explorer.ui.metrics.evaluate_panel import EvaluatePanel
    from explorer.ui.queries.neighbours_panel import NeighboursPanel
    from explorer.ui.shell.main_window import MainWindow


class GoTo:
    """Knows the places of a window, as far as they are there."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def leave_page(self) -> None:
        """Show the map and the panels again, where a page covers them."""
        self._window.runs.close_page()
        self._window.start_again.leave()

    def places(self) -> list[Place]:
        """Return the ways to lay out the map, the protocols, and the line in which a text can be asked."""
        if self._window.dataset is None or not self._window.workspace.shown:
            return []
        return [*self._protocols(), *self._layouts(), *self._text()]

    @property
    def neighbours(self) -> NeighboursPanel | None:
        """The panel of the neighbours, where there is one."""
        return cast("NeighboursPanel | None", self._window.workspace.panels.get("neighbours"))

    def _protocols(self) -> list[Place]:
        evaluate = cast("EvaluatePanel | None", self._window.workspace.panels.get("evaluate"))
        return [] if evaluate is None else evaluate.places()

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
