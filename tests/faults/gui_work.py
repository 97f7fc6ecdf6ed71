"""How long the GUI thread of a window is busy, and keeps everything else waiting, between two turns of its loop."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QTimer

BEAT_MS = 10
LONG_PIECE = 0.15
"""Seconds of work without a beat after which it is noted where the thread is."""
BOUNDS_MS = (16, 100, 300, 500)

Piece = tuple[float, str]
"""Milliseconds, and during which action."""


class Work:
    """How long the GUI thread works between two beats of a timer: of its processor's time, and on the clock.

    Time on the clock has what the other processes of the machine take in it; the processor's time of one thread has
    not, and neither has it the waiting for another thread. ``stacks`` has where the thread was in each long piece.
    """

    def __init__(self) -> None:
        self.spent: list[Piece] = []
        self.waited: list[Piece] = []
        self.stacks: list[str] = []
        self.doing = "start"
        self._before, self._clocked = time.thread_time(), time.monotonic()
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._gui = threading.get_ident()
        self._ended = threading.Event()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)
        self._watch = threading.Thread(target=self._look, name="watch", daemon=True)
        self._watch.start()

    def _beat(self) -> None:
        self.spent.append(((time.thread_time() - self._before) * 1000, self.doing))
        self.waited.append((max(0.0, (time.monotonic() - self._clocked) * 1000 - BEAT_MS), self.doing))
        self.skip()

    def _look(self) -> None:
        noted = 0.0
        while not self._ended.wait(0.05):
            before = self._before
            if time.clock_gettime(self._clock) - before > LONG_PIECE and before != noted:
                noted = before
                stack = traceback.format_stack(sys._current_frames()[self._gui])
                self.stacks.append(f"{self.doing}:\n{''.join(stack[-8:])}")

    def skip(self) -> None:
        """Begin anew, after what nobody has to wait for."""
        self._before, self._clocked = time.thread_time(), time.monotonic()

    def end(self) -> None:
        """Measure no more."""
        self._timer.stop()
        self._ended.set()
        self._watch.join()


def figures(pieces: Sequence[Piece]) -> dict[str, object]:
    """Return percentiles in milliseconds, how many pieces are above each bound, and the longest."""
    values = np.array([milliseconds for milliseconds, _ in pieces])
    return {
        "pieces": len(values),
        "p50, p95, p99, p99.9": [round(float(np.percentile(values, share)), 1) for share in (50, 95, 99, 99.9)],
        "above": {bound: int((values > bound).sum()) for bound in BOUNDS_MS},
        "longest": [(round(spent), doing) for spent, doing in sorted(pieces, reverse=True)[:8]],
    }
