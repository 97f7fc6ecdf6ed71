"""The training loop: a plain generator of events that can be told things while it runs."""

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
from explorer.core.types import IntArray, frozen
from explorer.learn.evaluation_passes import CHUNK
from explorer.learn.failures import diverged, explained
from explorer.learn.fit_trainer import fit
from explorer.learn.live_commands import Commanded
from explorer.learn.optimiser_step import NotFiniteError
from explorer.learn.parts import by_steps
from explorer.learn.run_state import RunState, elapsed
from explorer.learn.shown_triplets import shown_triplets
from explorer.learn.task import Task as Task

SETTLE_SECONDS = 0.05
"""How often the metrics of the steps are read from the device and published."""

PROGRESS_SECONDS = 0.25

TRIPLETS_SECONDS = 0.25
"""Least time between two batches whose triplets are published."""

BETWEEN_SECONDS = 10.0
"""How long after an evaluation pass the held-out items may be evaluated within an epoch."""

FIRST_LOOK_SECONDS = 2.0
"""How long a watched run may embed items before its first step."""


def train(task: Task, commands: queue.SimpleQueue[Command]) -> Iterator[Event]:
    """Train a recipe on pictures; the only thing a caller has to do is to iterate.

    Yields ``RunStarted``, then ``StepMetrics`` of every step, ``Progress``, ``Snapshot`` and ``Checkpoint`` values and
    the answers to commands, and at the end ``RunFinished`` or ``RunFailed``. Commands are looked at before every step
    and every chunk of an evaluation pass; paused, it waits for the next one. A command that cannot be followed is
    answered by a ``ParameterChanged`` to the old value.

    Never raises: an error that the user can mend is a ``RunFailed`` without a traceback.
    """
    if not by_steps(task.recipe):
        yield from fit(task, commands)
        return
    step = task.resume.step if task.resume else 0
    trainer: Trainer | None = None
    try:
        trainer = Trainer(task, commands)
        yield from trainer.events()
    except Exception as error:  # noqa: BLE001  (whatever it is, the run has failed and says so)
        step = trainer.step if trainer else step
        batch = trainer.learner.sampler.batch if trainer else 0
        message, trace = explained(error, step, batch)
        yield RunFailed(task.run, step, message, trace)


class Trainer(RunState, Commanded):
    """The flow of one run."""

    def __init__(self, task: Task, commands: queue.SimpleQueue[Command]) -> None:
        super().__init__(task)
        self.commands = commands

    def events(self) -> Iterator[Event]:
        """Run from here to the end."""
        learner = self.learner
        yield RunStarted(
            self.task.run,
            self.step,
            self.steps,
            self.epochs,
            str(learner.device),
            torch.get_num_threads(),
            learner.weights,
        )
        if self.task.live:
            yield from self._first_look()
        try:
            while self.epoch < self.epochs and self.stop is None:
                yield from self._train_epoch()
            yield from self._finish()
        except NotFiniteError:
            yield from self._diverged()

    def _train_epoch(self) -> Iterator[Event]:
        learner = self.learner
        self.epoch_random = learner.host_random.get_state()
        if self.position == 0:
            yield from self._recall()
            if self.stop is not None:
                return
            learner.begin_epoch()
        batches = learner.sampler.epoch()
        for _ in range(self.position):
            next(batches)
        for positions in batches:
            yield from self._obey()
            if self.stop is not None:
                return
            self._advance(positions)
            yield from self._publish()
        self.epoch, self.position = self.epoch + 1, 0
        self.epoch_random = learner.host_random.get_state()
        yield from self._settle()
        if self.epoch < self.epochs:
            if elapsed(self.due.checkpoint) >= self.task.checkpoint_seconds:
                self.due.checkpoint = time.perf_counter()
                yield self.checkpoint()
            affordable = self.passes.affordable(self.clock, self.meter.rate)
            if affordable is not None and elapsed(self.due.evaluation) >= self.task.snapshot_seconds:
                yield from self._evaluate(affordable)

    def _recall(self) -> Iterator[Event]:
        """Embed the training items that are not in the memory yet, where loss or sampler begin by looking at it."""
        memory = self.learner.memory
        if memory is None or not ("memory" in self.learner.needs or self.learner.sampler.uses_memory):
            return
        train = self.learner.train
        missing = train[~memory.seen.cpu().numpy()[train]]
        if len(missing):
            yield from self._embed(missing, remember=True)

    def _advance(self, positions: IntArray) -> None:
        learner = self.learner
        learner.watched = self.task.triplets_wanted() and elapsed(self.due.triplets) >= TRIPLETS_SECONDS
        factor = learner.schedule.factor(self.step, self.steps)
        values = learner.advance(positions, factor)
        self.step, self.position, self.session_steps = self.step + 1, self.position + 1, self.session_steps + 1
        margin = learner.loss.census_margin
        self.meter.add(self.step, self.epoch, learner.descent.rate * factor, margin, len(positions), values)

    def _before_pause(self) -> Iterator[Event]:
        yield from self._settle()
        self.clock.lap("training")
        yield self.checkpoint()
        if self.task.live:
            yield self.banked()

    def _settle(self) -> Iterator[Event]:
        """Publish the metrics of all steps done.

        Raises
        ------
        NotFiniteError: if the device skipped steps because the loss was not finite.
        """
        self.clock.lap("training")
        metrics = self.meter.settle(self.clock.training)
        bad = [m for m in metrics if not np.isfinite(m.loss + m.grad_norm)]
        if bad:
            skipped = metrics[-1].step - bad[0].step + 1
            self.step, self.position = bad[0].step - 1, max(self.position - skipped, 0)
            yield from metrics[: metrics.index(bad[0])]
            raise NotFiniteError
        yield from metrics
        self.keep_buffers()

    def _publish(self) -> Iterator[Event]:
        now = time.perf_counter()
        if now - self.due.publication < SETTLE_SECONDS:
            return
        self.due.publication = now
        yield from self._settle()
        if now - self.due.progress >= PROGRESS_SECONDS:
            self.due.progress = now
            yield self.progress()
        if self.learner.last is not None:
            self.due.triplets = now
            yield shown_triplets(self.learner.last, self.task.run, self.step)
        if self.task.live and now - self.due.snapshot >= self.task.snapshot_seconds:
            yield from self._refresh()
            yield self.banked()
        if self.task.live and now >= self.due.metric and (metric := self.learned()):
            yield metric
        if elapsed(self.due.evaluation) > BETWEEN_SECONDS and self.step % self.per_epoch:
            yield from self._look_between()

    def _look_between(self) -> Iterator[Event]:
        """Evaluate the held-out items within a long epoch, where little time went into evaluating so far."""
        held_out = self.passes.held_out
        seconds = self.passes.seconds(len(held_out), self.meter.rate)
        share = self.passes.share if self.task.live else self.passes.share / 2  # somebody waits for the first figure
        if len(held_out) and self.passes.fits(seconds, self.clock, share):
            yield from self._evaluate(held_out)

    def _embed(
        self, items: IntArray, *, until: float = float("inf"), last: bool = False, remember: bool = False
    ) -> Iterator[Event]:
        """Bank the embeddings of some items, chunk by chunk; a Stop ends it, at the end of a run only a quick one."""
        self.clock.lap("training")
        started = time.perf_counter()
        for first in range(0, len(items), CHUNK):
            chunk = items[first : first + CHUNK]
            self.learner.embed(chunk, remember=remember)
            self.passes.measured(len(chunk), self.clock.lap("evaluating"))
            if last:
                self.unseen_at_end -= len(chunk)
            yield from self._obey()
            now = time.perf_counter()
            if self._abandoned(last) or now - started > until:
                return
            if now - self.due.progress >= PROGRESS_SECONDS:
                self.due.progress = now
                yield self.progress()
                self.clock.lap("evaluating")

    def _abandoned(self, last: bool) -> bool:
        return self.stop is not None and (self.stop.quick or not last)

    def _evaluate(self, items: IntArray, *, last: bool = False) -> Iterator[Event]:
        """Embed some items with the present weights and publish them as exact."""
        yield from self._embed(items, last=last)
        if self._abandoned(last):
            return
        rows = np.sort(items)
        embeddings = self.learner.bank.embeddings[torch.from_numpy(rows).to(self.learner.device)].cpu().numpy()
        yield self.snapshot(frozen(rows), frozen(embeddings), exact=True)
        if (last or time.perf_counter() >= self.due.metric) and (metric := self.learned()):
            yield metric
        self.due.evaluation = time.perf_counter()
        if len(rows) == len(self.task.pixels):
            self.due.snapshot = self.due.evaluation
        self.clock.lap("evaluating")

    def _first_look(self) -> Iterator[Event]:
        """Embed items for a moment before the first step, so that a watched map does not begin empty."""
        if not self.learner.bank.seen.all():
            yield from self._embed(self.passes.shuffled, until=FIRST_LOOK_SECONDS)
        self.passes.free = self.clock.evaluating
        if self.stop is None:
            complete = bool(self.learner.bank.seen.all())
            yield self.banked(exact=complete)

    def _refresh(self) -> Iterator[Event]:
        if self.passes.fits(0.0, self.clock, self.passes.share):
            yield from self._embed(self.passes.slice(self.learner.bank.seen, self.meter.rate))

    def _diverged(self) -> Iterator[Event]:
        """End a run whose loss is no number any more: keep the last weights that are, and say when it happened."""
        self.restore_buffers()
        yield from self._settle()
        yield self.checkpoint()
        rate = self.learner.descent.rate * self.learner.schedule.factor(self.step, self.steps)
        yield RunFailed(self.task.run, self.step, str(diverged(self.step, rate)))

    def _finish(self) -> Iterator[Event]:
        yield from self._settle()
        yield self.checkpoint()
        reason: Literal["done", "stopped"] = "done" if self.stop is None else "stopped"
        if self.stop is None or not self.stop.quick:
            yield from self._evaluate(self.passes.everything, last=True)
        yield self.progress()
        rate = self.meter.images / self.clock.training if self.clock.training else 0.0
        yield RunFinished(self.task.run, self.step, self.epoch, reason, self.clock.total, rate)
