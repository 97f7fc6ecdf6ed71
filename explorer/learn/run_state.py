"""Where a run is, and how that is told: its checkpoint, its progress and its snapshots."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.events import LIVE, Checkpoint, ItemsReady, ParameterChanged, Scalar, Set
from explorer.core.label_decisions import DecidedLabels
from explorer.core.types import FloatArray, IntArray, LearnedMetric, Progress, Snapshot
from explorer.learn.checkpoints import capture, restore
from explorer.learn.device import choose_device
from explorer.learn.device_data import DeviceData
from explorer.learn.evaluation_passes import Passes
from explorer.learn.learned_metric import learned_metric
from explorer.learn.learner import Learner
from explorer.learn.meter import Clock, Meter
from explorer.learn.part_ready import PartReady
from explorer.learn.rolling import Rolling
from explorer.learn.smaller_batches import half_as_large
from explorer.learn.task import Task, planned_epochs

METRIC_SECONDS = 2.0
"""Least time between two learned matrices while a run trains; more where one takes long."""


@dataclass(slots=True)
class Due:
    """When things were last published, and from when on the metric is due, in seconds of ``time.perf_counter``.

    What is counted from the start begins at now, what is due at once at never; 0 is when the machine started.
    """

    publication: float = field(default_factory=time.perf_counter)
    progress: float = float("-inf")
    snapshot: float = field(default_factory=time.perf_counter)
    evaluation: float = field(default_factory=time.perf_counter)
    checkpoint: float = field(default_factory=time.perf_counter)
    metric: float = float("-inf")
    triplets: float = float("-inf")


def elapsed(since: float) -> float:
    """Return the seconds since a moment of ``time.perf_counter``."""
    return time.perf_counter() - since


class RunState:
    """One run: its parts and where it is.

    ``step`` and ``epoch`` are those done; ``position`` counts the batches taken of the current epoch. ``part``: the
    items that are there, where a run begins before all are: its first epoch ends when they are, and not before it has
    had as many batches as every epoch.
    """

    def __init__(self, task: Task) -> None:
        if torch.get_num_threads() != task.threads:
            torch.set_num_threads(max(1, task.threads))
        self.task = task
        self.part = PartReady(task.ready)
        pictures = DeviceData(task.pixels, choose_device(task.recipe.device), whole=not self.part.growing)
        self.learner = Learner(
            task.recipe,
            pictures,
            task.labels,
            task.split.train,
            modality=task.modality,
            columns=task.columns,
            label_sets=task.label_sets,
            target=task.target,
            given=task.given if task.given is not None and task.given.tuples else None,
            saved=task.resume,
            observed=self.part.there(task.split.train),
            precision=task.precision,
        )
        self.epochs = planned_epochs(task.recipe, len(task.split.train))
        self.step = self.epoch = self.position = self.per_epoch = 0
        self.changed: dict[str, Scalar] = {}
        self._decided: DecidedLabels | None = None
        self.epoch_random = self.learner.host_random.get_state()
        if task.resume is not None:
            self._restore(task.resume)
        self._plan()
        self.clock = Clock()
        self.meter = Meter(task.run)
        self.passes = Passes(len(task.pixels), task.measured, task.evaluate_share, task.recipe.seed)
        self.due = Due()
        self.session_steps = 0
        self.unseen_at_end = len(task.pixels)
        self.last_pass = 0  # items of the pass at the end of the run, once it is there
        self._random = self.learner.random.get_state()
        if task.given is not None and task.ranks.size > 1:  # the others have no file of them
            raise UserError("Several processes cannot share given pairs or triplets", remedy="Train in one process")
        self.learner.share(task.ranks)
        self._rolling = [module for module in self._modules() if isinstance(module, Rolling)]
        for rolling in self._rolling:
            rolling.keep()
        self._buffered = self._with_buffers()
        self.buffers = [buffer.clone() for buffer in self._buffers()]

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.epoch_random = restore(self.learner, checkpoint)
        self.step, self.epoch = checkpoint.step, checkpoint.epoch
        self.position = int(checkpoint.scalars["position"])
        prefix = len(LIVE)
        self.changed = {path[prefix:]: v for path, v in checkpoint.scalars.items() if path.startswith(LIVE)}

    def _plan(self) -> None:
        """Count the steps of the run, as its sampler draws them from here on.

        While items are still to come an epoch is as long as it will be, and the one under way longer if it waits.
        """
        if not self.per_epoch or not self.part.growing:
            self.per_epoch = self.learner.sampler.length
        done = self.step - min(self.position, self.per_epoch)
        self.steps = done + (self.epochs - self.epoch) * self.per_epoch

    def halve(self) -> ParameterChanged:
        """Draw batches half as large and say so; the epoch that is under way begins anew.

        Raises
        ------
        torch.OutOfMemoryError: if they cannot be smaller.
        """
        learner = self.learner
        learner.free_memory()
        before, old = learner.sampler.batch, dict[str, int]()
        while True:  # where there are few items, their number decides, and not what the recipe asks for
            half = half_as_large(learner.recipe)
            if half is None:
                raise torch.OutOfMemoryError
            path, was, new = half
            old.setdefault(path, was)
            learner.draw_smaller(path, new)
            self.changed[path] = new
            if learner.sampler.batch < before:
                break
        self.position = 0
        self._plan()
        return ParameterChanged(self.task.run, self.step + 1, path, old[path], new, learner.recipe)

    def change(self, command: Set) -> ParameterChanged:
        """Change a live parameter and say so; one that was refused is shown as it still is."""
        path = command.path
        try:
            old, new = self.learner.change(path, command.value)
        except UserError:  # the session checks values before it sends them, so that there is nobody to tell why
            old = new = self.learner.current(path)
        if new != old:
            if path == "miner":  # a new one starts with its own parameters
                self.changed = {key: v for key, v in self.changed.items() if not key.startswith("miner.")}
            self.changed[path] = new
            if path == "miner":
                chosen = self.learner.recipe.params("miner").model_dump()
                self.changed.update({f"miner.{name}": value for name, value in chosen.items()})
        return ParameterChanged(self.task.run, self.step + 1, path, old, new, self.learner.recipe)

    def take_decisions(self) -> None:
        """Go on by what was decided about the labels since the last epoch; the run keeps its number of epochs.

        Raises
        ------
        UserError: as ``Learner.relabel``.
        """
        decided = self.task.decided()
        if decided is not None:
            state = self.learner.sampler.state() if self.position else {}
            self._decided = decided
            self.learner.relabel(decided)
            self.learner.sampler.load_state(state)
            self._plan()

    def take_up(self) -> bool:
        """Draw from the items that are there from now on; return whether there are enough of them to draw from."""
        self._decided = self.task.decided() or self._decided
        now = self._decided or DecidedLabels.of(self.task.labels, {})
        mask = self.part.mask
        try:
            self.learner.relabel(now if mask is None else DecidedLabels(now.labels, now.excluded | ~mask))
        except UserError:
            if mask is not None:
                return False  # the sampler asks for more than there is as yet
            raise
        if mask is None:
            self.learner.pictures.settle()
            self._plan()
        return True

    def keep_random(self) -> None:
        """Keep where the random numbers of this epoch begin, from which a checkpoint goes through it again."""
        self.epoch_random = self.learner.host_random.get_state()

    def fits(self, positions: IntArray, *, watched: bool) -> bool:
        """Advance, unless the batch does not fit into the memory of the device; return whether it did."""
        try:
            self.advance(positions, watched=watched)
        except torch.OutOfMemoryError:
            if self.task.ranks.size > 1:  # the others wait for this step, of which they have done a part
                raise
            return False
        return True

    def advance(self, positions: IntArray, *, watched: bool) -> None:
        """Train one step on the training items at ``positions``; ``watched``: keep its batch, so that it can be shown.

        Raises
        ------
        NotFiniteError: as ``Learner.advance``; the step does not count then.
        """
        learner = self.learner
        learner.watched = watched
        if self.task.ranks.size > 1:  # what a step that the others do not finish has begun is thrown away
            self.keep_buffers()
        factor = learner.schedule.factor(self.step, self.steps)
        values = learner.advance(positions, factor)
        self.step, self.position, self.session_steps = self.step + 1, self.position + 1, self.session_steps + 1
        if self.part.growing:
            self._plan()
        margin = learner.loss.census_margin
        self.meter.add(self.step, self.epoch, learner.optimiser.rate * factor, margin, len(positions), values)

    def rewind(self, step: int, skipped: int) -> None:
        """Go back to ``step``: the device has skipped so many steps after it."""
        self.step, self.position = step, max(self.position - skipped, 0)

    def end_epoch(self) -> None:
        """Count an epoch."""
        self.epoch, self.position = self.epoch + 1, 0
        self.keep_random()

    def _with_buffers(self) -> list[nn.Module]:
        """Return the modules with buffers of their own but those that keep them without a copy."""
        return [
            m for m in self._modules() if any(True for _ in m.buffers(recurse=False)) and not isinstance(m, Rolling)
        ]

    def _modules(self) -> Iterator[nn.Module]:
        return (module for part in self.learner.modules.values() for module in part.modules())

    def _buffers(self) -> list[Tensor]:
        return [buffer for module in self._buffered for buffer in module.buffers(recurse=False)]

    def keep_buffers(self) -> None:
        """Keep running statistics, centres and memories: those of a step that went wrong are thrown away."""
        for kept, now in zip(self.buffers, self._buffers(), strict=True):
            kept.copy_(now)
        for rolling in self._rolling:
            rolling.keep()
        if self.task.ranks.size > 1:
            self._random = self.learner.random.get_state()

    def restore_buffers(self) -> None:
        """Put what was kept back."""
        for kept, now in zip(self.buffers, self._buffers(), strict=True):
            now.copy_(kept)
        for rolling in self._rolling:
            rolling.put_back()
        if self.task.ranks.size > 1:
            self.learner.random.set_state(self._random)

    def items_ready(self) -> ItemsReady:
        """Return from how many items the run draws from now on."""
        items = len(self.task.pixels)
        return ItemsReady(self.task.run, self.step, self.part.count if self.part.growing else items, items)

    def progress(self) -> Progress:
        """Return how far the run is."""
        clock, left = self.clock, None
        if self.session_steps:
            training = self.training_left()
            share = min(clock.evaluating_share, self.task.evaluate_share)
            left = training / (1 - share) + self.passes.seconds(self.unseen_at_end, self.meter.rate)
        if self.last_pass:  # a stopped run has no steps left
            left = self.passes.seconds(self.unseen_at_end, self.meter.rate)
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
            (self.last_pass - self.unseen_at_end, self.last_pass) if self.last_pass else None,
            self._next_evaluation(),
        )

    def training_left(self) -> float:
        """Return for how many seconds the run still trains at its pace so far; 0 before its first step."""
        return (self.steps - self.step) * self.clock.training / self.session_steps if self.session_steps else 0.0

    def _next_evaluation(self) -> int | None:
        """Return about which step the held-out items are evaluated next; None where nobody can tell yet."""
        if not (self.session_steps and self.task.live and len(self.passes.held_out)) or self.last_pass:
            return None
        end = self.step - self.position + self.per_epoch
        pace, left = self.clock.training / self.session_steps, self.training_left()
        if self.passes.waited_for and self.passes.affordable(self.clock, self.meter.rate, left) is not None:
            return min(end, self.steps)
        wait = self.passes.wait(self.clock, self.meter.rate)
        return min(self.step + math.ceil(wait / pace), self.steps) if pace and math.isfinite(wait) else self.steps

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

    def banked(self, *, exact: bool = False) -> Snapshot:
        """Return the last known embeddings of all items that have any."""
        self.due.snapshot = time.perf_counter()
        indices, embeddings, written = self.learner.bank.snapshot(copied=exact)
        return self.snapshot(indices, embeddings, exact=exact, written=written)

    def learned(self) -> LearnedMetric | None:
        """Return the matrix that was learned so far; None where nothing is linear, and where nobody watches."""
        if not self.task.live:
            return None
        started = time.perf_counter()
        found = learned_metric(self.learner.encoder, self.learner.distance, self.task.run, self.step)
        # at most 2 % of the time; where there is none, there never will be
        self.due.metric = started + max(METRIC_SECONDS, 50 * elapsed(started)) if found else float("inf")
        return found

    def snapshot(
        self,
        indices: IntArray,
        embeddings: FloatArray,
        *,
        exact: bool,
        written: npt.NDArray[np.uint32] | None = None,
    ) -> Snapshot:
        """Return embeddings of some items as those of this step."""
        return Snapshot(self.task.run, self.step, indices, embeddings, exact, self.learner.distance.lift, written)
