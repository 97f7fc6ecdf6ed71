"""How a run follows what it is told: Pause, Resume, Stop and changes of live values, between two steps."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Protocol

from explorer.core.events import Command, Event, ParameterChanged, Pause, Resume, RunPaused, RunResumed, Set, Stop
from explorer.learn.meter import Clock
from explorer.learn.task import Task


class Commanded(Protocol):
    """The state of a run that can be told things."""

    task: Task
    clock: Clock
    step: int

    def change(self, command: Set) -> ParameterChanged:
        """Change a live value and say so."""
        ...


class LiveCommands:
    """The commands that wait for a run; ``stop`` is the Stop that ended it, if one did.

    Parameters
    ----------
    commands: what the run is told. state: the run.
    before_pause: publishes what a pause shall leave behind, a checkpoint at least.
    """

    def __init__(
        self, commands: queue.SimpleQueue[Command], state: Commanded, before_pause: Callable[[], Iterator[Event]]
    ) -> None:
        self.stop: Stop | None = None
        self._commands = commands
        self._state = state
        self._before_pause = before_pause

    def obey(self) -> Iterator[Event]:
        """Follow all commands that wait; while paused, wait for more."""
        state, paused = self._state, False
        while True:
            try:
                command = self._commands.get(block=paused)
            except queue.Empty:
                return
            if isinstance(command, Stop):
                self.stop = command
                break
            if isinstance(command, Pause) and not paused:
                paused = True
                yield from self._before_pause()
                yield RunPaused(state.task.run, state.step)
            elif isinstance(command, Resume) and paused:
                break
            elif isinstance(command, Set):
                yield state.change(command)
        if paused:
            state.clock.lap("paused")
            if self.stop is None:
                yield RunResumed(state.task.run, state.step)
