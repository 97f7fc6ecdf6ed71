"""Importing in the background what the first paint does not need, so that the start page can be used meanwhile.

A thread imports, and Python gives the GUI thread its turn every few milliseconds. One import after the other on the GUI
thread would need a list of hundreds of modules in their order, and numpy alone would hold it up for 0.1 seconds.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal

from explorer.core.import_turns import import_turns
from explorer.ui.shell.type_room import make_room_for_types
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.next_turn import next_turn

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

Stage = tuple[Sequence[str], Callable[[], object]]
"""Modules to import, with all that they need, and what is done then on the GUI thread."""

UNSEEN_MS = 500
"""A window that was not painted after so long, since it is minimised, is loaded all the same."""


class Loading(QObject):
    """Waits for the first paint of a window, then goes through its stages, until the window is closed.

    An error of an import is told by the window's signal ``failed``.
    """

    _imported = Signal(object)

    def __init__(self, window: MainWindow, stages: Sequence[Stage]) -> None:
        super().__init__(window)
        self._window, self._stages = window, list(stages)
        self._begun = False
        self._thread: threading.Thread | None = None
        self._imported.connect(self._on_imported, Qt.ConnectionType.QueuedConnection)
        window.installEventFilter(self)
        QTimer.singleShot(UNSEEN_MS, self, self.begin)
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.wait)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin in the turn after the first paint."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            next_turn(self, self.begin)
        return super().eventFilter(watched, event)

    def begin(self) -> None:
        """Begin the first stage, unless that was done."""
        if not self._begun:
            self._begun = True
            make_room_for_types()
            self._next()

    def _next(self) -> None:
        if self._stages and not self._window.ended:
            self._thread = threading.Thread(target=self._import, args=self._stages[0][:1], name="loading", daemon=True)
            self._thread.start()

    def _import(self, names: Sequence[str]) -> None:
        problem = None
        try:
            for name in names:
                importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 - raised again by who opens the window
            problem = error
        emit_from_thread(self._imported.emit, problem)

    def _on_imported(self, problem: BaseException | None) -> None:
        _, then = self._stages.pop(0)
        if problem is not None:
            self._window.failed.emit(problem)
        elif not self._window.ended:
            with import_turns().held():
                then()
            self._next()

    def wait(self) -> None:
        """Wait for the thread: it must not import while the process ends."""
        if self._thread is not None:
            self._thread.join()
