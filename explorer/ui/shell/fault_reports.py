"""What happens to a fault of ours in the window: it is written to a file and told, and the window goes on."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from explorer.core.errors import UserError
from explorer.engine.fault_reports import save_report


class Faults(QObject):
    """Takes the place of ``sys.excepthook`` while the window is open.

    ``told`` carries one sentence, the level, and the details. An error that the user can mend is only told.
    """

    told = Signal(str, str, str)

    _caught = Signal(str, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: Callable[..., object] | None = None
        self._threads_before: Callable[..., object] | None = None
        self._caught.connect(self.told, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Begin to catch."""
        self._before, sys.excepthook = sys.excepthook, self.caught
        self._threads_before, threading.excepthook = threading.excepthook, self._caught_in_thread

    def remove(self) -> None:
        """Put back what was there."""
        if self._before is not None and sys.excepthook == self.caught:
            sys.excepthook = self._before
        if self._threads_before is not None and threading.excepthook == self._caught_in_thread:
            threading.excepthook = self._threads_before
        self._before = self._threads_before = None

    def caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Report a fault; safe to call from any thread."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        elif isinstance(error, UserError):
            self._caught.emit(str(error), "error", "")
        else:
            details = "".join(traceback.format_exception(kind, error, trace))
            sys.stderr.write(details)
            path = save_report(details)
            where = f" The details were saved to {path}." if path else ""
            self._caught.emit(f"Something went wrong: {kind.__name__}.{where} You can go on.", "error", details)

    def _caught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value or arguments.exc_type()
        self.caught(arguments.exc_type, error, arguments.exc_traceback)
