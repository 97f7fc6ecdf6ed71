"""Work that follows what is shown: in the background, at a pace, and only for the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from explorer.core.priority import step_back
from explorer.engine.jobs import Control, Jobs

LOOK_SECONDS = 0.02
"""How often a job that keeps its pace looks whether it was cancelled."""


class FollowJob:
    """Does ``work`` in a job whenever it is asked to, at most once in ``seconds``, and once more after the last ask.

    ``ask`` returns at once and may be called from any thread. Two works never run at a time.
    """

    def __init__(self, jobs: Jobs, title: str, work: Callable[[Control], None], *, seconds: float) -> None:
        self._jobs, self._title, self._work, self._seconds = jobs, title, work, seconds
        self._lock = threading.Lock()
        self._asked = False
        self._running = False
        self._began = float("-inf")

    def ask(self) -> None:
        """Do the work, soon."""
        with self._lock:
            self._asked = True
            if self._running:
                return
            self._running = True
        if not self._jobs.start(self._title, self._follow, quiet=True):
            with self._lock:
                self._running = False

    def _follow(self, control: Control) -> None:
        step_back()  # nobody waits for it as for a click
        try:
            while self._taken():
                while (rest := self._began + self._seconds - time.monotonic()) > 0 and not control.cancelled():
                    time.sleep(min(rest, LOOK_SECONDS))
                if control.cancelled():
                    return
                self._began = time.monotonic()
                self._work(control)
        finally:
            with self._lock:
                again, self._running = self._asked and not control.cancelled(), False
        if again:  # asked just when the last look found nothing, or after a work that failed
            self.ask()

    def _taken(self) -> bool:
        with self._lock:
            asked, self._asked = self._asked, False
            return asked
