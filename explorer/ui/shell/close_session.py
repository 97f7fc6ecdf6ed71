"""Ending a session in the background, under a veil that says so, so that the window does not hang while it saves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from explorer.ui.widgets.text import PlainLabel

if TYPE_CHECKING:
    from explorer.engine.session.session import Session

CLOSE_SECONDS = 10.0
POLL_MS = 20


class SessionClosing(QFrame):
    """A veil over the window while a run is saved; ``done`` comes when the session has ended."""

    done = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._thread: threading.Thread | None = None
        self.setObjectName("drop-veil")
        box = QVBoxLayout(self)
        box.addStretch(1)
        box.addWidget(PlainLabel("Saving…", role="heading"))
        box.addStretch(1)
        self.hide()

    @property
    def begun(self) -> bool:
        """Whether the session is ending or has ended."""
        return self._thread is not None

    def begin(self, session: Session) -> None:
        """End a session; while there is a run to save the window stays, under the veil."""
        if session.state in ("training", "paused"):
            self.setGeometry(self._window.rect())
            self.show()
            self.raise_()
        else:
            self._window.hide()
        self._thread = threading.Thread(target=session.close, args=(CLOSE_SECONDS,), name="closing", daemon=True)
        self._thread.start()
        self._poll()

    def _poll(self) -> None:
        assert self._thread is not None
        if self._thread.is_alive():
            QTimer.singleShot(POLL_MS, self._poll)
        else:
            self.done.emit()
