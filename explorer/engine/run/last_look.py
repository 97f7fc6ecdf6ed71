"""A run that is ended because something else is wanted, measured once more first where that takes a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from explorer.core.events import Command, Stop
from explorer.core.types import Snapshot

LOOK_SECONDS = 3.0
"""How long a person who closes the window or opens something else may wait for the last map and the last figures."""
POLL_SECONDS = 0.01


class Ending(Protocol):
    """A run as it is ended."""

    @property
    def ending(self) -> bool:
        """Whether it was told to stop."""

    @property
    def problem(self) -> str:
        """Why the newest of it is not on the disk, empty where it is."""

    @property
    def snapshot(self) -> Snapshot | None:
        """Its newest embeddings."""

    def command(self, command: Command) -> None:
        """Tell it something."""

    def over(self, timeout: float) -> bool:
        """Wait for the end of the training, at most ``timeout`` seconds; return whether it came."""


def look_once_more(
    run: Ending, settle: Callable[[float], bool], drawn: Callable[[], int] | None, seconds: float
) -> bool:
    """Stop a run with a last evaluation and wait until that is answered; return whether map and figures are of its end.

    What takes longer than ``seconds`` is left to whoever ends the run, who says so by a Stop that is quick. A run that
    the disk refuses is not measured: its map could not be kept. Not to be called from the trainer's own thread.

    Parameters
    ----------
    settle: waits, at most so many seconds, until all that was published is evaluated; returns whether it is.
    drawn: of which step the map is; None where none is drawn.
    """
    if run.problem:
        return False
    end = time.monotonic() + seconds
    if not run.ending:  # a second Stop would break the last evaluation off
        run.command(Stop())
    if not run.over(seconds) or not settle(max(0.0, end - time.monotonic())):
        return False
    last = run.snapshot
    while drawn is not None and last is not None and drawn() != last.step:
        if time.monotonic() >= end:
            return False
        time.sleep(POLL_SECONDS)
    return True
