"""What was added to the data that were open last is there again with them after a start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from explorer.engine.events import DatasetOpened
from explorer.ui.session.settings import Settings

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.opening.open_data import Opener


class AddedAgain(QObject):
    """Remembers what is added to data and runs, and adds it again to what a start goes on with.

    A run knows with what it was trained; what was added beside it afterwards only the window knows.
    """

    def __init__(self, opener: Opener, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opener, self._settings = opener, settings
        self._session: Session | None = None
        self._left = (settings.left_off, settings.added) if opener.remembers else ("", ())

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Look at what is opened in this session."""
        self._session = session
        bridge.of(DatasetOpened).connect(self._on_opened)

    def _on_opened(self, event: DatasetOpened) -> None:
        assert self._session is not None
        if not self._opener.remembers:
            return
        there = self._session.sources
        (spec, left), self._left = self._left, ("", ())
        missing = [one for one in left if one not in there] if event.role == "main" and self._is_open(spec) else []
        if not missing:
            self._settings.set_added([(one, role) for one, role in there if role != "main"])
        for one, role in missing:
            self._opener.open(one, role)

    def _is_open(self, spec: str) -> bool:
        """Return whether these data, or the run in this folder, are what is shown."""
        session = self._session
        assert session is not None
        shown = [one for one, role in session.sources if role == "main"] + [str(session.run_folder or "")]
        return bool(spec) and any(one == spec or Path(one).absolute() == Path(spec) for one in shown if one)
