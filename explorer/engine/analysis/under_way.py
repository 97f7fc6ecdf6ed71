"""What the workers of the analysis process are at: told to the window where it takes longer than a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from explorer.engine.analysis.messages import Reply, Result
from explorer.engine.events import AnalysisPiece, AnalysisUnderWay, AnalysisWork

MOMENT_SECONDS = 1.0
"""Work that ends sooner is not told of: a list of it would only flicker."""


class UnderWay:
    """Pieces of work of any threads; ``run`` is the body of the thread that tells of them. Each kind is done by one."""

    def __init__(self, reply: Callable[[Reply], None]) -> None:
        self._reply = reply
        self._changed = threading.Condition()
        self._began: dict[AnalysisWork, float] = {}
        self._told: tuple[AnalysisPiece, ...] | None = None
        self._ended = False

    @contextmanager
    def doing(self, work: AnalysisWork) -> Iterator[None]:
        """Note that this is being done inside the block."""
        with self._changed:
            self._began[work] = time.monotonic()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                del self._began[work]
                self._changed.notify()

    def run(self) -> None:
        """Tell until the end what is being done, at first that nothing is: a process before this one may have died."""
        while True:
            with self._changed:
                while (news := self._news()) == self._told and not self._ended:
                    self._changed.wait(self._patience())
                if self._ended:
                    return
                self._told = news
            self._reply(Result(-1, AnalysisUnderWay(news)))

    def end(self) -> None:
        """Let ``run`` return."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _news(self) -> tuple[AnalysisPiece, ...]:
        late = time.monotonic() - MOMENT_SECONDS
        return tuple(AnalysisPiece(work, began) for work, began in self._began.items() if began <= late)

    def _patience(self) -> float | None:
        """Return the seconds until a piece takes longer than a moment; None where there is none that will."""
        now = time.monotonic()
        waits = [began + MOMENT_SECONDS - now for began in self._began.values()]
        return min((wait for wait in waits if wait > 0.0), default=None)
