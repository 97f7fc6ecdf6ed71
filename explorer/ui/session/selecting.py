"""Selections of many items are worked out in a thread, one after the other, while the window goes on.

What is done meanwhile waits for them, in the order in which it was asked for: it is done with what is selected then.
"""

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
from explorer.ui.widgets.from_thread import emit_from_thread
from explorer.ui.widgets.next_turn import next_turn

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


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A change or an act, and in which turn of the event loop it was asked for."""

    what: Change | Callable[[], object]
    turn: int


class Selecting(QObject):
    """Works out changes and does acts in their order; what is changed is what is selected by then, ``selection``.

    What an act asks for comes before what was asked for after that act.

    Signals
    -------
    found(change, selected): on the thread of this object. changed(): there is something on its way, or no more.
    """

    found = Signal(object, object)
    changed = Signal()
    _rung = Signal()
    _called = Signal()

    def __init__(self, selection: Callable[[], IntArray], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection = selection
        self._lock = threading.Lock()
        self._open = True
        self._waiting: list[deque[_Asked]] = [deque()]  # the last one: since the act began that is under way
        self._running: _Asked | None = None
        self._told = False
        self._turn, self._turning, self._of_turn = 0, False, -1
        self._done: deque[tuple[_Asked, Selected | Exception]] = deque()
        self._threads: set[threading.Thread] = set()
        self._rung.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self._called.connect(self._go_on, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(lambda: self._shut())

    @property
    def is_waited_for(self) -> bool:
        """Whether what is asked for now has to wait for something."""
        return self._running is not None or bool(self._waiting[-1])

    @property
    def is_under_way(self) -> bool:
        """Whether anything is on its way, also behind the act that is under way."""
        return self._running is not None or any(self._waiting)

    @property
    def coming(self) -> Change | None:
        """The change that comes last of what was asked for; None where none comes, or an act after it."""
        last = self._waiting[-1][-1] if self._waiting[-1] else self._running
        return last.what if last is not None and isinstance(last.what, Change) else None

    @property
    def turn(self) -> int:
        """The number of the turn of the event loop in which what is done now was asked for."""
        if self._of_turn >= 0:
            return self._of_turn
        if not self._turning:
            self._turning = True
            next_turn(self, self._next_turn)
        return self._turn

    def _next_turn(self) -> None:
        self._turn, self._turning = self._turn + 1, False

    def ask(self, what: Change | Callable[[], object]) -> None:
        """Work out a change, or do an act, after what was asked for before."""
        self._waiting[-1].append(_Asked(what, self.turn))
        if self._running is None and isinstance(what, Change) and len(self._waiting[-1]) == 1:
            self._begin(self._waiting[-1].popleft())
        self._tell()

    def forget(self) -> None:
        """Let nothing come any more of what was asked for: it was about other data."""
        for asked in self._waiting:
            asked.clear()
        self._running = None
        self._tell()

    def _go_on(self) -> None:
        """Begin with what waits next; an act each has a turn of the event loop."""
        if self._running is not None or not self._waiting[-1]:
            return
        asked = self._waiting[-1].popleft()
        if isinstance(asked.what, Change):
            self._begin(asked)
        else:
            self._do(asked.what, asked.turn)

    def _do(self, act: Callable[[], object], turn: int) -> None:
        """Do an act as if it were done in the turn in which it was asked for."""
        before, self._of_turn = self._of_turn, turn
        self._waiting.append(deque())
        try:
            act()
        finally:
            self._of_turn = before
            asked = self._waiting.pop()
            self._waiting[-1].extendleft(reversed(asked))
            self._called.emit()
            self._tell()

    def _tell(self) -> None:
        if self.is_under_way != self._told:
            self._told = self.is_under_way
            self.changed.emit()

    def _begin(self, asked: _Asked) -> None:
        self._running = asked
        thread = threading.Thread(target=self._work, args=(asked, self._selection()), name="selection", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self, asked: _Asked, before: IntArray) -> None:
        step_back()
        try:
            assert isinstance(asked.what, Change)
            done: Selected | Exception = Selected.after(asked.what, before)
        except Exception as error:  # noqa: BLE001  raised again on the window's thread, which reports it
            done = error
        with self._lock:
            self._threads.discard(threading.current_thread())
            if self._open:
                self._done.append((asked, done))
                emit_from_thread(self._rung.emit)  # under the lock: not while the object is being shut

    def _collect(self) -> None:
        with self._lock:
            asked, done = self._done.popleft()
        if asked is not self._running:  # other data were opened meanwhile
            return
        self._running = None
        if isinstance(done, Exception):
            self._drop_acts()
            self._called.emit()
            self._tell()
            raise done
        self._do(lambda: self.found.emit(asked.what, done), asked.turn)

    def _drop_acts(self) -> None:
        """Do nothing of what waited for a change that failed: it was meant for what would be selected."""
        for asked in self._waiting:
            changes = [one for one in asked if isinstance(one.what, Change)]
            asked.clear()
            asked.extend(changes)

    def _shut(self, deadline: float = 5.0) -> None:
        """Wait for what is under way, of which nothing comes any more."""
        with self._lock:
            self._open = False
            threads = tuple(self._threads)
        for thread in threads:
            thread.join(deadline)
