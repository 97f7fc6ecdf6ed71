"""How long a worker is waited for: by what it uses of the processor, of which it gets little on a busy machine."""

from __future__ import annotations

import os
import time

BUSY = 4.0
"""So many times as long as it may work, a worker may wait for its turn or for the disk."""


class Patience:
    """From now on the process ``pid`` may use ``seconds`` of the processor, and take ``BUSY`` times as long at most.

    Where the system does not say what it uses, ``seconds`` are those of the clock.
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid, self._seconds = pid, seconds
        self._began, self._used = time.monotonic(), processor_seconds(pid)

    @property
    def took(self) -> float:
        """How many seconds have gone by."""
        return time.monotonic() - self._began

    def over(self) -> bool:
        """Return whether it has had its time."""
        took = self.took
        if took < self._seconds:
            return False
        used = self._worked()
        return used is None or used >= self._seconds or took >= BUSY * self._seconds

    def starved(self) -> bool:
        """Return whether it waited more than it worked, which says nothing of what it was given to do."""
        used = self._worked()
        return used is not None and 2 * used < self.took

    def _worked(self) -> float | None:
        now = processor_seconds(self._pid)
        return None if now is None or self._used is None else now - self._used


def processor_seconds(pid: int) -> float | None:
    """Return how much of the processor a process has used; None where it is gone, or this is no Linux."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
