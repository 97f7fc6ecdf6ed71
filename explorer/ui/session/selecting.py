"""Selections of many items are worked out in a thread, one after the other, while the window goes on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from explorer.core.priority import step_back
from explorer.core.types import IntArray
from explorer.ui.session.selections import Kept, tidy

MANY = 500_000
"""Items from which a change is worked out beside the window: twenty millions take half a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What becomes of a selection: ``of`` what is selected, in any thread.

    ``cause``: who asks for it. ``kept``: what comes of it as a history keeps it, where that is known before.
    """

    of: Callable[[IntArray], IntArray]
    cause: object = None
    kept: Kept | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """What came of a change, and the same as a history keeps it; ``same``: it was selected before."""

    items: IntArray
    kept: Kept
    same: bool

    @classmethod
    def after(cls, change: Change, before: IntArray) -> Selected:
        """Work out what comes of a change."""
        items = tidy(change.of(before))
        same = items is before or bool(np.array_equal(items, before))
        return cls(items, change.kept or Kept.of(items), same)


class Selecting(QObject):
    """Works out changes in their order; of each the selection that there is by then, told by ``selection``, is changed.

    Signals
    -------
    found(change, selected): on the thread of this object.
    """

    found = Signal(object, object)
    _rung = Signal()

    def __init__(self, selection: Callable[[], IntArray], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection = selection
        self._lock = threading.Lock()
        self._open = True
        self._waiting: deque[Change] = deque()
        self._running: Change | None = None
        self._done: deque[tuple[Change, Selected | Exception]] = deque()
        self._threads: set[threading.Thread] = set()
        self._rung.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(lambda: self._shut())

    @property
    def coming(self) -> Change | None:
        """The last change that was asked for and has not come yet."""
        return self._waiting[-1] if self._waiting else self._running

    def ask(self, change: Change) -> None:
        """Work out a change after those that were asked for before."""
        self._waiting.append(change)
        self._begin()

    def forget(self) -> None:
        """Let nothing come any more of what was asked for: something else is selected."""
        self._waiting.clear()
        self._running = None

    def _begin(self) -> None:
        if self._running is None and self._waiting:
            self._running = self._waiting.popleft()
            thread = threading.Thread(
                target=self._work, args=(self._running, self._selection()), name="selection", daemon=True
            )
            self._threads.add(thread)
            thread.start()

    def _work(self, change: Change, before: IntArray) -> None:
        step_back()
        try:
            done: Selected | Exception = Selected.after(change, before)
        except Exception as error:  # noqa: BLE001  raised again on the window's thread, which reports it
            done = error
        with self._lock:
            self._threads.discard(threading.current_thread())
            if self._open:
                self._done.append((change, done))
                self._rung.emit()  # under the lock: not while the object is being shut

    def _collect(self) -> None:
        with self._lock:
            change, done = self._done.popleft()
        if change is not self._running:  # something else was selected meanwhile
            return
        self._running = None
        try:
            if isinstance(done, Exception):
                raise done
            self.found.emit(change, done)
        finally:
            self._begin()

    def _shut(self, deadline: float = 5.0) -> None:
        """Wait for what is under way, of which nothing comes any more."""
        with self._lock:
            self._open = False
            threads = tuple(self._threads)
        for thread in threads:
            thread.join(deadline)
