"""The training loop: a plain generator of events that can be told things while it runs."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from explorer.core.errors import UserError
from explorer.core.events import (
    Checkpoint,
    Command,
    Event,
    ParameterChanged,
    Pause,
    Resume,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Scalar,
    Set,
    Stop,
)
from explorer.core.types import FloatArray, IntArray, Progress, Snapshot, frozen
from explorer.learn.checkpoints import LIVE, capture, restore
from explorer.learn.device import choose_device
from explorer.learn.failures import diverged, explained
from explorer.learn.learner import Learner, NotFiniteError
from explorer.learn.meter import Clock, Meter
from explorer.learn.passes import CHUNK, Passes
from explorer.learn.pictures import Pictures
from explorer.learn.task import Task as Task
from explorer.learn.task import planned_epochs

SETTLE_SECONDS = 0.05
"""How often the metrics of the steps are read from the device and published."""

PROGRESS_SECONDS = 0.25

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


@dataclass(slots=True)
class _Due:
    """When things were last published, in seconds of ``time.perf_counter``."""

    metrics: float = field(default_factory=time.perf_counter)
    progress: float = 0.0
    snapshot: float = field(default_factory=time.perf_counter)
    evaluation: float = field(default_factory=time.perf_counter)
    checkpoint: float = field(default_factory=time.perf_counter)


class Trainer:
    """One run. ``step`` and ``epoch`` are those done; ``position`` counts the batches taken of the current epoch."""

    def __init__(self, task: Task, commands: queue.SimpleQueue[Command]) -> None:
        torch.set_num_threads(max(1, task.threads))
        self.task = task
        self.commands = commands
        pictures = Pictures(task.pixels, choose_device(task.recipe.device))
        self.learner = Learner(task.recipe, pictures, task.labels, task.split.train)
        self.per_epoch = self.learner.sampler.length
        self.epochs = planned_epochs(task.recipe, len(task.split.train))
        self.steps = self.epochs * self.per_epoch
        self.step = self.epoch = self.position = 0
        self.changed: dict[str, Scalar] = {}
        self.epoch_random = self.learner.host_random.get_state()
        if task.resume is not None:
            self._restore(task.resume)
        self.clock = Clock()
        self.meter = Meter(task.run)
        self.passes = Passes(len(task.pixels), task.split.held_out, task.evaluate_share, task.recipe.seed)
        self.due = _Due()
        self.stop: Stop | None = None
        self.session_steps = 0
        self.unseen_at_end = len(task.pixels)
        self.buffers = self._buffers()

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.epoch_random = restore(self.learner, checkpoint)
        self.step, self.epoch = checkpoint.step, checkpoint.epoch
        self.position = int(checkpoint.scalars["position"])
        prefix = len(LIVE)
        self.changed = {path[prefix:]: v for path, v in checkpoint.scalars.items() if path.startswith(LIVE)}

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
        batches = learner.sampler.epoch()
        for _ in range(self.position):
            next(batches)
        if self.position == 0:
            learner.loss.on_epoch(learner.bank)
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
            if self._elapsed(self.due.checkpoint) >= self.task.checkpoint_seconds:
                self.due.checkpoint = time.perf_counter()
                yield self.checkpoint()
            affordable = self.passes.affordable(self.clock, self.meter.rate)
            if affordable is not None and self._elapsed(self.due.evaluation) >= self.task.snapshot_seconds:
                yield from self._evaluate(affordable)

    def _advance(self, positions: IntArray) -> None:
        learner = self.learner
        factor = learner.schedule.factor(self.step, self.steps)
        values = learner.advance(positions, factor)
        self.step, self.position, self.session_steps = self.step + 1, self.position + 1, self.session_steps + 1
        margin = learner.loss.census_margin
        self.meter.add(self.step, self.epoch, learner.rate * factor, margin, len(positions), values)

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
                yield from self._settle()
                self.clock.lap("training")
                yield self.checkpoint()
                if self.task.live:
                    yield self._banked()
                yield RunPaused(self.task.run, self.step)
            elif isinstance(command, Resume) and paused:
                break
            elif isinstance(command, Set):
                yield self._changed(command)
        if paused:
            self.clock.lap("paused")
            if self.stop is None:
                yield RunResumed(self.task.run, self.step)

    def _changed(self, command: Set) -> ParameterChanged:
        path = command.path
        try:
            old, new = self.learner.change(path, command.value)
        except UserError:  # the session checks values before it sends them; what was refused is shown as it still is
            old = new = self.learner.current(path)
        if new != old:
            if path == "miner":  # a new one starts with its own parameters
                self.changed = {key: v for key, v in self.changed.items() if not key.startswith("miner.")}
            self.changed[path] = new
            if path == "miner":
                chosen = self.learner.recipe.params("miner").model_dump()
                self.changed.update({f"miner.{name}": value for name, value in chosen.items()})
        return ParameterChanged(self.task.run, self.step + 1, path, old, new)

    def _settle(self) -> Iterator[Event]:
        """Publish the metrics of all steps done.

        Raises
        ------
        NotFiniteError: if the device skipped steps because the loss was not finite.
        """
        self.clock.lap("training")
        self.due.metrics = time.perf_counter()
        metrics = self.meter.settle(self.clock.training)
        bad = [m for m in metrics if not np.isfinite(m.loss + m.grad_norm)]
        if bad:
            skipped = metrics[-1].step - bad[0].step + 1
            self.step, self.position = bad[0].step - 1, max(self.position - skipped, 0)
            yield from metrics[: metrics.index(bad[0])]
            raise NotFiniteError
        yield from metrics
        for kept, now in zip(self.buffers, self.learner.encoder.buffers(), strict=True):
            kept.copy_(now)

    @staticmethod
    def _elapsed(since: float) -> float:
        return time.perf_counter() - since

    def _buffers(self) -> list[torch.Tensor]:
        return [buffer.clone() for buffer in self.learner.encoder.buffers()]

    def _publish(self) -> Iterator[Event]:
        now = time.perf_counter()
        if now - self.due.metrics < SETTLE_SECONDS:
            return
        yield from self._settle()
        if now - self.due.progress >= PROGRESS_SECONDS:
            self.due.progress = now
            yield self._progress()
        if self.task.live and now - self.due.snapshot >= self.task.snapshot_seconds:
            yield from self._refresh()
            yield self._banked()
        if self._elapsed(self.due.evaluation) > BETWEEN_SECONDS and self.step % self.per_epoch:
            yield from self._look_between()

    def _look_between(self) -> Iterator[Event]:
        """Evaluate the held-out items within a long epoch, where little time went into evaluating so far."""
        held_out = self.passes.held_out
        seconds = self.passes.seconds(len(held_out), self.meter.rate)
        if len(held_out) and self.passes.fits(seconds, self.clock, self.passes.share / 2):
            yield from self._evaluate(held_out)

    def _progress(self) -> Progress:
        clock, left = self.clock, None
        if self.session_steps:
            training = (self.steps - self.step) * clock.training / self.session_steps
            share = min(clock.evaluating_share, self.task.evaluate_share)
            left = training / (1 - share) + self.passes.seconds(self.unseen_at_end, self.meter.rate)
        return Progress(
            self.task.run,
            self.step,
            self.steps,
            self.epoch,
            self.epochs,
            clock.total,
            left,
            self.meter.rate,
            clock.evaluating_share,
        )

    def checkpoint(self) -> Checkpoint:
        """Return the state of the run."""
        return capture(
            self.learner,
            run=self.task.run,
            step=self.step,
            epoch=self.epoch,
            position=self.position,
            epoch_random=self.epoch_random,
            changed=self.changed,
        )

    def _embed(self, items: IntArray, *, until: float = float("inf"), last: bool = False) -> Iterator[Event]:
        """Bank the embeddings of some items, chunk by chunk; a Stop ends it, at the end of a run only a quick one."""
        self.clock.lap("training")
        started = time.perf_counter()
        for first in range(0, len(items), CHUNK):
            chunk = items[first : first + CHUNK]
            self.learner.embed(chunk)
            self.passes.measured(len(chunk), self.clock.lap("evaluating"))
            if last:
                self.unseen_at_end -= len(chunk)
            yield from self._obey()
            now = time.perf_counter()
            if self._abandoned(last) or now - started > until:
                return
            if now - self.due.progress >= PROGRESS_SECONDS:
                self.due.progress = now
                yield self._progress()
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
        yield self._snapshot(frozen(rows), frozen(embeddings), exact=True)
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
            yield self._banked(exact=complete)

    def _refresh(self) -> Iterator[Event]:
        if self.passes.fits(0.0, self.clock, self.passes.share):
            yield from self._embed(self.passes.slice(self.learner.bank.seen, self.meter.rate))

    def _banked(self, *, exact: bool = False) -> Snapshot:
        self.due.snapshot = time.perf_counter()
        return self._snapshot(*self.learner.bank.snapshot(), exact=exact)

    def _snapshot(self, indices: IntArray, embeddings: FloatArray, *, exact: bool) -> Snapshot:
        return Snapshot(self.task.run, self.step, indices, embeddings, exact, self.learner.distance.lift)

    def _diverged(self) -> Iterator[Event]:
        """End a run whose loss is no number any more: keep the last weights that are, and say when it happened."""
        for kept, buffer in zip(self.buffers, self.learner.encoder.buffers(), strict=True):
            buffer.copy_(kept)
        yield from self._settle()
        yield self.checkpoint()
        rate = self.learner.rate * self.learner.schedule.factor(self.step, self.steps)
        yield RunFailed(self.task.run, self.step, str(diverged(self.step, rate)))

    def _finish(self) -> Iterator[Event]:
        yield from self._settle()
        yield self.checkpoint()
        reason: Literal["done", "stopped"] = "done" if self.stop is None else "stopped"
        if self.stop is None or not self.stop.quick:
            yield from self._evaluate(self.passes.everything, last=True)
        yield self._progress()
        rate = self.meter.images / self.clock.training if self.clock.training else 0.0
        yield RunFinished(self.task.run, self.step, self.epoch, reason, self.clock.total, rate)
