"""Imports in other threads wait while one thread does what they would hold up, or be held up by.

The GUI thread makes the window in hundreds of calls of Qt, each of which gives the interpreter away: beside a thread
that imports, a turn of 40 ms takes 200. And while the system loads a large library, whoever loads another waits for it
with the interpreter in its hands, so that all others wait too. What is not disturbed is short; then the imports go on.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

MOST_SECONDS = 0.1
"""So long imports wait at most for one turn: the GUI thread may itself wait for what another thread imports."""


class ImportTurns(MetaPathFinder):
    """Asked first for every module, and never knows one: who asks waits here while another thread holds imports up.

    The main thread never waits, since a window hangs on it, nor does a thread that holds others up itself.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._until: dict[int, float] = {}

    def find_spec(self, _name: str, _path: object = None, _target: object = None) -> None:
        """Wait until no other thread holds imports up."""
        own = threading.get_ident()
        if not self._until or own in self._until or own == threading.main_thread().ident:
            return
        with self._changed:
            while (left := max(self._until.values(), default=0.0) - time.monotonic()) > 0:
                self._changed.wait(left)

    @contextmanager
    def held(self, seconds: float = MOST_SECONDS) -> Iterator[None]:
        """Hold imports in other threads up for as long as this lasts, and ``seconds`` at most."""
        own = threading.get_ident()
        with self._changed:
            self._until[own] = time.monotonic() + seconds
        try:
            yield
        finally:
            with self._changed:
                self._until.pop(own, None)
                self._changed.notify_all()


def import_turns() -> ImportTurns:
    """Return the one of this process, put in its place if there is none."""
    found = next((finder for finder in sys.meta_path if isinstance(finder, ImportTurns)), None)
    if found is None:
        found = ImportTurns()
        sys.meta_path.insert(0, found)
    return found
