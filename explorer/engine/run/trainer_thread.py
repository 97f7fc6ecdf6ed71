"""The thread that drives the trainer. As all over the engine, torch is imported only by what uses it, when it does."""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from explorer.core.errors import UserError, printable
from explorer.core.events import Command, Event, RunFailed
from explorer.core.priority import step_back
from explorer.core.threads import begin
from explorer.core.types import Progress

if TYPE_CHECKING:
    from explorer.learn.trainer import Task


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def torch_threads(*, live: bool) -> int:
    """Return how many threads torch gets on the CPU: all cores, or all but one where a map has to move as well."""
    return max(1, available_cores() - 1) if live else available_cores()


class TrainerThread:
    """One run of the trainer in a thread.

    Parameters
    ----------
    prepare: makes the task, in the thread, given the number of torch threads; may raise ``UserError``.
    deliver: called in the thread with every event, in order.
    ended: called in the thread, last of all, however the run ended.
    threads: of torch on the CPU; 0: see ``torch_threads``.

    ``run`` is the id that a failure carries; ``prepare`` sets it once there is one. ``step``: the newest that was told;
    ``seconds``: for how long the run was trained in all, as it told last.
    """

    def __init__(
        self,
        prepare: Callable[[int], Task],
        deliver: Callable[[Event], None],
        ended: Callable[[], None],
        *,
        live: bool,
        threads: int = 0,
    ) -> None:
        self.run = ""
        self._prepare = prepare
        self._deliver = deliver
        self._ended = ended
        self._live = live
        self._threads = threads
        self.step, self.seconds = 0, 0.0
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._main, name="trainer", daemon=True)

    def start(self) -> None:
        """Start; returns at once. Where the system has no thread left the run has failed then."""
        try:
            begin(self._thread)
        except UserError as error:
            self._deliver(RunFailed(self.run, self.step, str(error)))
            self._ended()

    def command(self, command: Command) -> None:
        """Hand a command over; the trainer looks at it before its next step."""
        self._commands.put(command)

    def at(self, state: str) -> tuple[int, str, float]:
        """Return where a run is that is in such a state: its step, the state, and the seconds of its training."""
        return self.step, state, self.seconds

    def alive(self) -> bool:
        """Return whether the run has not ended."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> bool:
        """Wait for the end, at most ``timeout`` seconds; return whether it came."""
        if self._thread is not threading.current_thread() and self._thread.ident is not None:
            self._thread.join(max(0.0, timeout))
        return not self._thread.is_alive()

    def _main(self) -> None:
        try:
            if self._live:
                step_back()
            self._train()
        except UserError as error:
            self._deliver(RunFailed(self.run, self.step, str(error)))
        except Exception as error:  # noqa: BLE001 - the thread's last frame: the fault is told, never swallowed
            reason = printable(f"training stopped at step {self.step}: {type(error).__name__}: {error}")
            self._deliver(RunFailed(self.run, self.step, reason, traceback.format_exc()))
        finally:
            self._ended()

    def _train(self) -> None:
        import torch

        threads = self._threads or torch_threads(live=self._live)
        torch.set_num_threads(threads)  # before any tensor work: later calls leave spinning OpenMP threads behind
        from explorer.learn.trainer import train

        task = self._prepare(threads)
        self.seconds = task.seconds
        for event in train(task, self._commands):
            self.step = getattr(event, "step", self.step)
            if isinstance(event, Progress):
                self.seconds = task.seconds + event.seconds
            self._deliver(event)
