"""The start page once more, over what is open: its examples and recent places are in reach without a new start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.core.errors import printable
from explorer.engine.events import DatasetOpened
from explorer.ui.session.bridge import Bridge

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow


class StartAgain:
    """Shows the start page in place of map and docks until other data come or it is left; a run trains on."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.start_page.left.connect(self.leave)

    def attach(self, bridge: Bridge) -> None:
        """Hear of data that are opened."""
        bridge.of(DatasetOpened).connect(self._on_data)

    def show(self) -> None:
        """Show the start page, with a way back to what is open; does nothing where it is shown already."""
        window = self._window
        session = window.session
        if session is None or session.dataset is None or window.centre.currentWidget() is window.start_page:
            return
        window.choice_bar.hide()
        window.start_page.show_recents(window.settings.recents)
        window.opener.find_runs()
        window.start_page.offer_way_back(printable(session.dataset.name))
        window.workspace.cover(window.start_page)
        window.start_page.back.setFocus()

    def leave(self) -> None:
        """Show again what was shown before."""
        window = self._window
        if window.centre.currentWidget() is window.start_page and window.workspace.shown:
            window.workspace.uncover()

    def _on_data(self, event: DatasetOpened) -> None:
        if event.role == "main":
            self.leave()
