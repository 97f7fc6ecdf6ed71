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
from explorer.learn.learned_metric import learned_metric
from explorer.learn.linear.base import Iterate
from explorer.learn.live_commands import Commanded
from explorer.learn.run_state import METRIC_SECONDS, elapsed
from explorer.learn.task import Task

PROGRESS_SECONDS = 0.25


def fit(task: Task, commands: queue.SimpleQueue[Command]) -> Iterator[Event]:
    """Fit the linear map of a recipe with a fitter; the same contract as ``train``."""
    step = task.resume.step if task.resume else 0
    trainer: FitTrainer | None = None
    try:
        trainer = FitTrainer(task, commands)
        yield from trainer.events()
    except Exception as error:  # noqa: BLE001  (whatever it is, the run has failed and says so)
        message, trace = explained(error, trainer.step if trainer else step, 0)
        yield RunFailed(task.run, trainer.step if trainer else step, message, trace)


class FitTrainer(FitState, Commanded):
    """The flow of one run of a fitter: features once, then iterations."""

    def __init__(self, task: Task, commands: queue.SimpleQueue[Command]) -> None:
        super().__init__(task)
        self.commands = commands

    def events(self) -> Iterator[Event]:
        """Run from here to the end."""
        map = self.encoder.map
        weights = 0 if map is None else map.weight.numel()
        threads, device = torch.get_num_threads(), str(self.device)
        yield RunStarted(self.task.run, self.step, self.steps, self.steps, device, threads, weights)
        yield from self._embed()
        if self.stop is None:
            self.begin()
            if self.task.live:
                yield from self._show()
            yield from self._iterate()
        yield from self._finish()

    def _embed(self) -> Iterator[Event]:
        """Compute the features of all items, chunk by chunk; any Stop ends it."""
        every = np.arange(len(self.pictures))
        for first in range(0, len(every), CHUNK):
            self.embed(every[first : first + CHUNK])
            self.embedded = min(first + CHUNK, len(every))
            self.free += self.clock.lap("evaluating")
            yield from self._obey()
            if self.stop is not None:
                return
            yield from self._progress()

    def _iterate(self) -> Iterator[Event]:
        """Go through the iterations that are left."""
        if self.step >= self.steps:
            return
        iterates = self.fitter.fit(self.problem(), self.state)
        while True:
            with torch.inference_mode():
                found = next(iterates, self)
            if found is self:
                break
            if isinstance(found, Iterate):
                yield from self._advance(found)
            yield from self._obey()
            if self.stop is not None:
                return
            yield from self._progress()
        self.steps = self.step  # nothing is left to gain

    def _advance(self, found: Iterate) -> Iterator[Event]:
        """Take over the map of an iteration and publish what it came to."""
        self.take(found)
        self.clock.lap("training")
        yield from self.meter.settle(self.clock.training)
        if self.step < self.steps and elapsed(self.due.checkpoint) >= self.task.checkpoint_seconds:
            self.due.checkpoint = time.perf_counter()
            yield self.checkpoint()
        if self.task.live and elapsed(self.due.snapshot) >= self.task.snapshot_seconds / 2:
            evaluating, total = self.clock.evaluating - self.free, self.clock.total - self.free
            if evaluating <= self.task.evaluate_share * total:
                yield from self._show()

    def _show(self, *, last: bool = False) -> Iterator[Event]:
        """Publish all embeddings, and to those who watch the matrix that made them."""
        yield self.snapshot()
        started = time.perf_counter()
        if not self.task.live or not (last or started >= self.due.metric):
            return
        metric = learned_metric(self.encoder, self.distance, self.task.run, self.step)
        self.due.metric = started + max(METRIC_SECONDS, 50 * elapsed(started))
        if metric is not None:
            yield metric

    def _before_pause(self) -> Iterator[Event]:
        self.clock.lap("training")
        yield self.checkpoint()

    def _progress(self) -> Iterator[Event]:
        if elapsed(self.due.progress) >= PROGRESS_SECONDS:
            self.due.progress = time.perf_counter()
            yield self.progress()

    def _finish(self) -> Iterator[Event]:
        self.clock.lap("training")
        yield self.checkpoint()
        reason: Literal["done", "stopped"] = "done" if self.stop is None else "stopped"
        if self.embedded == len(self.pictures) and not (self.stop is not None and self.stop.quick):
            yield from self._show(last=True)
        yield self.progress()
        rate = self.meter.images / self.clock.training if self.clock.training else 0.0
        yield RunFinished(self.task.run, self.step, self.step, reason, self.clock.total, rate)
