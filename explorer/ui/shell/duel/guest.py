"""The other run of a duel: a session beside that of the window, on the same data, with a map of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from explorer.engine.events import DatasetFailed, DatasetOpened, RunOpened
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.bridge import Bridge
from explorer.ui.session.commands import Commands
from explorer.ui.session.heard_data import HeardData
from explorer.ui.session.linked_views import LinkedViews
from explorer.ui.session.panel import Desk
from explorer.ui.session.view_state import ViewState, first_colouring
from explorer.ui.shell.duel.guest_end import GuestEnd
from explorer.ui.widgets.language import tr

OTHER_DATA = tr("The two runs are of different data: only runs of the same data can be laid over each other.")


class Guest(QObject):
    """Opens a run beside what the window shows; what is selected, hovered and pinned there is so here.

    Signals
    -------
    opened(event): its run is there. failed(text): it cannot be shown, in words. ``end`` tells what becomes of it after
    ``close``.
    """

    opened = Signal(object)
    failed = Signal(str)

    def __init__(self, home: Desk, linked: LinkedViews, parent: QObject) -> None:
        super().__init__(parent)
        self._linked, self._run = linked, Path()
        self._home = home
        self.bridge = bridge = Bridge(self)
        self.session = home.session.beside(bridge.doorbell)
        self.state = ViewState(self)
        data = HeardData(self.session, bridge)
        self.desk = Desk(self.session, bridge, self.state, home.themes, home.settings, Commands(self), data)
        self.state.pins.attach(self.session.analysis.pin)
        self.state.pins.changed.connect(bridge.hurry)
        bridge.of(DatasetOpened).connect(self._on_data)
        bridge.of(DatasetFailed).connect(lambda event: self.failed.emit(event.message))
        bridge.of(RunOpened).connect(self.opened)
        self.panel = MapPanel(self.desk)
        self.end = GuestEnd(self.session, self)
        self._closed = False

    def open(self, run: Path) -> None:
        """Open a saved run as soon as the data of the window are there."""
        self._run = run
        self.bridge.attach(self.session.lanes)
        self.session.load_catalogue()

    def _on_data(self, event: DatasetOpened) -> None:
        """Show the data as they are shown in the window; then open the run on them."""
        if event.dataset is not self._home.data.dataset:
            self.failed.emit(OTHER_DATA)
            return
        self.state.reset(first_colouring(len(event.dataset.class_names), event.dataset.columns))
        self._linked.join(self.state, event.dataset)
        if not event.kept_run:
            self.session.open_run(self._run)

    def close(self) -> None:
        """Save what trains and end everything in the background: see ``end``."""
        if self._closed:
            return
        self._closed = True
        self._linked.leave(self.state)
        self.bridge.close()
        self.panel.shut()
        self.end.begin()
