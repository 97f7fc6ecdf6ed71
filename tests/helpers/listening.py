"""A headless stand-in for the window's bridge: it drains the lanes of a session and remembers everything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from explorer.core.events import RunFailed
from explorer.engine.events import Notice, StateChanged
from explorer.engine.lanes import Lanes

T = TypeVar("T")


class Listener:
    """Give ``ring`` to a session as its doorbell and its lanes to ``listen``."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self._rung = threading.Event()
        self._lanes: Lanes | None = None

    def ring(self) -> None:
        self._rung.set()

    def listen(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def drain(self) -> None:
        assert self._lanes is not None
        self._rung.clear()
        batch = self._lanes.drain()
        self.heard += [*batch.sent, *batch.appended, *batch.latest.values()]

    def until(
        self, kind: type[T], such: Callable[[T], bool] = lambda value: True, *, after: int = 0, timeout: float = 60.0
    ) -> T:
        """Return the first value of a kind that was heard from place ``after`` on and is ``such``; waits for it."""
        end = time.monotonic() + timeout
        place = after
        while True:
            while place < len(self.heard):
                value = self.heard[place]
                if isinstance(value, kind) and such(value):
                    return value
                place += 1
            left = end - time.monotonic()
            kinds = [type(value).__name__ for value in self.heard[after:]]
            failures = [value for value in self.heard if isinstance(value, RunFailed | Notice)]
            assert left > 0, f"no {kind.__name__} within {timeout} s; heard {kinds[-30:]}, {failures}"
            self._rung.wait(min(left, 1.0))
            self.drain()

    def at_rest(self, *, after: int = 0, timeout: float = 60.0) -> None:
        """Wait until a run has ended and the session rests, which is a moment after ``RunFinished``."""
        self.until(StateChanged, lambda changed: changed.state == "finished", after=after, timeout=timeout)

    def all(self, kind: type[T]) -> list[T]:
        return [value for value in self.heard if isinstance(value, kind)]

    def now(self) -> int:
        """Return the place after everything heard so far."""
        self.drain()
        return len(self.heard)
