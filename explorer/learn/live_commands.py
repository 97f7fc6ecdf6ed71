"""How a run follows what it is told: Pause, Resume, Stop and changes of live values, between two steps."""

from __future__ import annotations

import queue
from collections.abc import Iterator

from explorer.core.events import Command, Event, ParameterChanged, Pause, Resume, RunPaused, RunResumed, Set, Stop
from explorer.learn.meter import Clock
from explorer.learn.task import Task


class Commanded:
    """A run that looks at its ``commands``; ``stop`` is the Stop that ended it, if one did."""

    task: Task
    clock: Clock
    step: int
    commands: queue.SimpleQueue[Command]
    stop: Stop | None = None

    def change(self, command: Set) -> ParameterChanged:
        """Change a live value and say so."""
        raise NotImplementedError

    def _before_pause(self) -> Iterator[Event]:
        """Publish what a pause shall leave behind: a checkpoint at least."""
        raise NotImplementedError

    def _obey(self) -> Iterator[Event]:
        """Follow all commands that wait; while paused, wait for more."""
        paused = False
        while True:
            try:
                command = self.commands.get(block=paused)
            except queue.Empty:
                return
            if isinstance(command, Stop):
                self.stop = command
                break
            if isinstance(command, Pause) and not paused:
                paused = True
                yield from self._before_pause()
                yield RunPaused(self.task.run, self.step)
            elif isinstance(command, Resume) and paused:
                break
            elif isinstance(command, Set):
                yield self.change(command)
        if paused:
            self.clock.lap("paused")
            if self.stop is None:
                yield RunResumed(self.task.run, self.step)
