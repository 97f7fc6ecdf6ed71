"""How a run follows what it is told: Pause, Resume, Stop, Save and changes of live values, between two steps."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Protocol

from explorer.core.events import (
    Checkpoint,
    Command,
    Event,
    ParameterChanged,
    Pause,
    Resume,
    RunPaused,
    RunResumed,
    Save,
    Set,
    Stop,
)
from explorer.learn.meter import Clock
from explorer.learn.task import Task


class Commanded(Protocol):
    """The state of a run that can be told things."""

    task: Task
    clock: Clock
    epoch: int
    step: int
    steps: int

    def change(self, command: Set) -> ParameterChanged:
        """Change a live value and say so."""
        ...


def nothing_more() -> Generator[Event, None, bool]:
    """Do nothing in a pause."""
    yield from ()
    return False


class LiveCommands:
    """The commands that wait for a run; ``stop`` is the Stop that ended it, if one did.

    Parameters
    ----------
    commands: what the run is told. state: the run.
    save: publishes what a pause shall leave behind, a checkpoint at least.
    rest: does a piece of what a pause is good for and returns whether there is more of it.
    """

    def __init__(
        self,
        commands: queue.SimpleQueue[Command],
        state: Commanded,
        save: Callable[[], Iterator[Event]],
        rest: Callable[[], Generator[Event, None, bool]] = nothing_more,
    ) -> None:
        self.stop: Stop | None = None
        self._commands = commands
        self._later: list[Set] = []
        self._state = state
        self._save, self._rest = save, rest
        self._pause_at: int | None = None
        self._stop_at: int | None = None

    def obey(self) -> Iterator[Event]:
        """Follow all commands that wait; while paused, wait for more."""
        state, paused, at_work = self._state, False, True
        if self._stop_at is not None and self._stop_at <= state.epoch:
            self.stop = Stop()
            return
        if self._pause_at is not None and self._pause_at <= state.step < state.steps:  # at its end it is not held
            paused = True
            yield from self._begin_pause()
        while True:
            try:
                command = self._commands.get(block=paused and not at_work)
            except queue.Empty:
                if not paused:
                    break
                at_work = yield from self._rest()
                continue
            if isinstance(command, Stop) and command.epochs > state.epoch:
                self._stop_at = command.epochs
            elif isinstance(command, Stop):
                self.stop = command
                break
            elif isinstance(command, Pause) and command.after:
                self._pause_at = state.step + command.after
                if paused:
                    break
            elif isinstance(command, Pause) and not paused:
                paused = True
                yield from self._begin_pause()
            elif isinstance(command, Resume) and paused:
                break
            elif isinstance(command, Save):
                yield from self._asked()
            elif isinstance(command, Set) and command.step:
                self._later.append(command)
            elif isinstance(command, Set):
                yield state.change(command)
        if self.stop is None:
            yield from self._due()
        if paused:
            state.clock.lap("paused")
            if self.stop is None:
                yield RunResumed(state.task.run, state.step)

    def _begin_pause(self) -> Iterator[Event]:
        self._pause_at = None
        yield from self._save()
        yield RunPaused(self._state.task.run, self._state.step)

    def _asked(self) -> Iterator[Event]:
        for event in self._save():
            yield replace(event, asked=True) if isinstance(event, Checkpoint) else event

    def _due(self) -> Iterator[Event]:
        """Follow what was to change at the coming step; a run that goes on from a later one has changed it already."""
        coming = self._state.step + 1
        for command in [command for command in self._later if command.step <= coming]:
            self._later.remove(command)
            if command.step == coming:
                yield self._state.change(command)
