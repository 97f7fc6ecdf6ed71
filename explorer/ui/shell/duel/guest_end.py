"""The end of the other run of a duel: in the background, and not before all of it is on the disk."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.ui.shell.close_session import CLOSE_SECONDS, POLL_MS, why_unsaved

if TYPE_CHECKING:
    from explorer.engine.session.session import Session


class GuestEnd(QObject):
    """Saves what a session trains and ends it.

    Signals
    -------
    moved(path): it was saved in this folder in place of its own. ended(): everything was saved and has ended.
    refused(why): not all of it could be saved, and the session goes on holding it; ``begin`` tries again.
    """

    moved = Signal(object)
    ended = Signal()
    refused = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._thread: threading.Thread | None = None
        self._problem = ""
        self._elsewhere: Path | None = None
        self._waiting = QTimer(self, interval=POLL_MS)
        self._waiting.timeout.connect(self._look)

    def begin(self, *, discard: bool = False, elsewhere: Path | None = None) -> None:
        """Begin, where it is not under way: ``discard`` what could not be saved, or save it ``elsewhere``."""
        if self._thread is None:
            self._elsewhere = elsewhere
            self._thread = threading.Thread(target=self._end, args=(discard,), name="closing a duel", daemon=True)
            self._thread.start()
            self._waiting.start()

    def _end(self, discard: bool) -> None:
        if self._elsewhere is not None:
            self._session.save_again(self._elsewhere)
        self._problem = "" if discard else why_unsaved(self._session)
        if not self._problem:
            self._session.close(CLOSE_SECONDS)

    def _look(self) -> None:
        if self._thread is None or self._thread.is_alive():
            return
        self._waiting.stop()
        if self._problem:
            self._thread = None
            self.refused.emit(self._problem)
        else:
            if self._elsewhere is not None:
                self.moved.emit(self._session.run_folder)
            self.ended.emit()
