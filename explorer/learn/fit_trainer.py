"""The loop of a run that fits a linear map to features: the events of the step trainer, an iteration a step."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch

from explorer.core.events import (
    Command,
    Event,
    RunFailed,
    RunFinished,
    RunStarted,
)
from explorer.learn.evaluation_passes import CHUNK
from explorer.learn.failures import explained
from explorer.learn.fit_state import FitState
from explorer.learn.linear.base import Iterate
from explorer.learn.live_commands import LiveCommands
from explorer.learn.outside import with_outside
from explorer.learn.run_state import elapsed
from explorer.learn.task import Task

PROGRESS_SECONDS = 0.25


def fit(task: Task, commands: queue.SimpleQueue[Command]) -> Iterator[Event]:
    """Fit the linear map of a recipe with a fitter; the same contract as ``train``."""
    step = task.resume.step if task.resume else 0
    trainer: FitTrainer | None = None
    try:
        trainer = FitTrainer(task, commands)
        yield from with_outside(trainer.events(), task, trainer.state)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it is, the run has failed and says so)
        message, trace = explained(error, trainer.state.step if trainer else step, 0)
        yield RunFailed(task.run, trainer.state.step if trainer else step, message, trace)


class FitTrainer:
    """The flow of one run of a fitter: features once, then iterations. Where it is, is the ``state``."""

    def __init__(self, task: Task, commands: queue.SimpleQueue[Command]) -> None:
        self.state = FitState(task)
        self.commands = LiveCommands(commands, self.state, self._save_now)

    def events(self) -> Iterator[Event]:
        """Run from here to the end."""
        state = self.state
        map = state.encoder.map
        weights = 0 if map is None else map.weight.numel()
        threads, device = torch.get_num_threads(), str(state.device)
        run, recipe = state.task.run, state.task.recipe
        yield RunStarted(run, state.step, state.steps, state.steps, device, threads, weights, recipe)
        yield from self._embed()
        if self.commands.stop is None:
            state.begin()
            if state.task.live:
                yield from self._show()
            yield from self._iterate()
        yield from self._finish()

    def _embed(self) -> Iterator[Event]:
        """Compute the features of all items, chunk by chunk; any Stop ends it."""
        if self.state.recall():
            return
        every = np.arange(len(self.state.pictures))
        for first in range(0, len(every), CHUNK):
            self.state.embed(every[first : first + CHUNK])
            yield from self.commands.obey()
            if self.commands.stop is not None:
                return
            yield from self._progress()
        self.state.keep_features()

    def _iterate(self) -> Iterator[Event]:
        """Go through the iterations that are left."""
        state = self.state
        if state.step >= state.steps:
            return
        iterates = state.fitter.fit(state.problem(), state.fitter_state)
        while True:
            with torch.inference_mode():
                found = next(iterates, self)
            if found is self:
                break
            if isinstance(found, Iterate):
                yield from self._advance(found)
            yield from self.commands.obey()
            if self.commands.stop is not None:
                return
            yield from self._progress()
        state.converged()

    def _advance(self, found: Iterate) -> Iterator[Event]:
        """Take over the map of an iteration and publish what it came to."""
        state = self.state
        state.take(found)
        state.clock.lap("training")
        yield from state.meter.settle(state.clock.training)
        if state.step < state.steps and elapsed(state.due.checkpoint) >= state.task.checkpoint_seconds:
            state.due.checkpoint = time.perf_counter()
            yield state.checkpoint()
        due = state.task.live and elapsed(state.due.snapshot) >= state.task.snapshot_seconds / 2
        if due and state.affordable:
            yield from self._show()

    def _show(self, *, last: bool = False) -> Iterator[Event]:
        """Publish all embeddings, and to those who watch the matrix that made them."""
        state = self.state
        yield state.snapshot()
        wanted = last or time.perf_counter() >= state.due.metric
        if state.task.live and wanted and (metric := state.learned()):
            yield metric

    def _save_now(self) -> Iterator[Event]:
        self.state.clock.lap("training")
        yield self.state.checkpoint()

    def _progress(self) -> Iterator[Event]:
        state = self.state
        if elapsed(state.due.progress) >= PROGRESS_SECONDS:
            state.due.progress = time.perf_counter()
            yield state.progress()

    def _finish(self) -> Iterator[Event]:
        state = self.state
        state.clock.lap("training")
        yield state.checkpoint()
        reason: Literal["done", "stopped"] = "done" if self.commands.stop is None else "stopped"
        if state.complete and not (self.commands.stop is not None and self.commands.stop.quick):
            yield from self._show(last=True)
        yield state.progress()
        rate = state.meter.images / state.clock.training if state.clock.training else 0.0
        seconds = state.task.seconds + state.clock.total
        yield RunFinished(state.task.run, state.step, state.step, reason, seconds, rate)
