"""What happens to a fault of ours in the window: it is written to a file and told, and the window goes on."""

from __future__ import annotations

import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal

from explorer.core.errors import UserError, printable
from explorer.engine.fault_reports import save_once
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.language import tr

LONGEST = 400
"""So many letters of what an exception says are shown; all of it is in the report."""


class Faults(QObject):
    """Takes the place of ``sys.excepthook`` while the window is open.

    ``told`` carries one sentence, the level, the details, and how often it happened since it was told last: a storm of
    one fault is told once in a turn of the event loop. An error that the user can mend is only told.
    """

    told = Signal(str, str, str, int)

    _caught = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: Callable[..., object] | None = None
        self._threads_before: Callable[..., object] | None = None
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)

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
            self._count(str(error), "")
        else:
            details = "".join(traceback.format_exception(kind, error, trace))
            if self._count(
                tr("{fault}: {error}. You can go on.", fault=kind.__name__, error=printable(str(error))[:LONGEST]),
                details,
            ):
                save_once(details)  # here and now: the window may not come to it
                sys.stderr.write(details)

    def _count(self, text: str, details: str) -> bool:
        """Count a fault, and let it be told unless it waits for that already; return whether it did not."""
        with self._lock:
            self._waiting[text, details] += 1
            first = self._waiting[text, details] == 1
        if first:
            emit_from_thread(self._caught.emit, text, details)
        return first

    def _tell(self, text: str, details: str) -> None:
        with self._lock:
            times = self._waiting.pop((text, details), 1)
        self.told.emit(text, "error", details, times)

    def _caught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value or arguments.exc_type()
        self.caught(arguments.exc_type, error, arguments.exc_traceback)
