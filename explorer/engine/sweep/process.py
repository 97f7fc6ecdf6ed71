"""The process that trains a sweep for a window: it tells how far it is, and saves and ends when it is told to.

It ends as well when the pipe closes, which it does when the window's process dies.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from explorer.engine.sweep.kept_plan import SweepPlan, write_plan

NICENESS = 5
"""How much the window goes before the sweep where both want the processor."""
PARTS = 1000
"""Into how many parts the progress of a run is told."""

_TITLE = re.compile(r"([\d,]+) of ([\d,]+) runs?(?: in round \d+ of \d+)?(?: on (\w+(?::\d+)?))?")


@dataclass(frozen=True, slots=True)
class Went:
    """How far a sweep is: the ``run`` of so many ``runs`` of the round, and ``done`` of the ``PARTS`` of that.

    ``device``: on which of several it trains; empty where there is one.
    """

    run: int
    runs: int
    done: int
    device: str = ""


@dataclass(frozen=True, slots=True)
class OneMore:
    """Another run was trained, or failed, the ``run``-th of the round."""

    run: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The sweep is over. ``refused``: why nothing was trained; ``stopped``: it was told to; else all was trained."""

    refused: str = ""
    stopped: bool = False


class _PipeTeller:
    """Tells the window's process through the pipe; a pipe that is closed is told nothing."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, told: Went | OneMore | Ended) -> None:
        """Tell something."""
        with self._lock, suppress(OSError):
            self._pipe.send(told)

    def say(self, text: str) -> None:
        """Hear of something in one sentence: of what ends a run the words begin with its number."""
        if (found := _TITLE.match(text)) is not None:
            self.send(OneMore(int(found[1].replace(",", ""))))

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Hear how far the run is that ``title`` begins with the number of."""
        found = _TITLE.match(title)
        if found is not None and total:
            run, runs = (int(text.replace(",", "")) for text in found.groups()[:2])
            self.send(Went(run, runs, PARTS * done // total, found[3] or ""))


def main(pipe: Connection, folder: str, plan: str, threads: int) -> None:
    """Train the sweep in a folder by its plan, as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the window decides what it means
    if hasattr(os, "nice"):
        os.nice(NICENESS)

    from explorer.core.errors import Cancelled, UserError
    from explorer.engine.sweep.run_sweep import Sweep

    teller = _PipeTeller(pipe)
    try:
        made = SweepPlan.model_validate_json(plan)
        sweep = Sweep(Path(folder), made, teller, threads=threads)
        threading.Thread(target=_listen, args=(pipe, sweep), name="sweep-stop", daemon=True).start()
        sweep.train()
        write_plan(Path(folder), made.model_copy(update={"ended": True}))
        teller.send(Ended())
    except UserError as error:
        teller.send(Ended(refused=str(error)))
    except Cancelled:
        teller.send(Ended(stopped=True))


def _listen(pipe: Connection, sweep: object) -> None:
    """Stop the sweep when anything is said, or nothing can be said any more."""
    from explorer.engine.sweep.run_sweep import Sweep

    assert isinstance(sweep, Sweep)
    with suppress(EOFError, OSError):
        pipe.recv()
    sweep.interrupt()
