"""The training loop: a plain generator of events that can be told things while it runs."""

from __future__ import annotations

import queue
import time
from collections.abc import Generator, Iterator
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
from explorer.learn.follow import hand_over
from explorer.learn.guarded_optimiser import NotFiniteError
from explorer.learn.live_commands import LiveCommands
from explorer.learn.outside import with_outside
from explorer.learn.parts import by_steps
from explorer.learn.parts_of_others import batches_of
from explorer.learn.ranks import RankLostError
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

WAIT_SECONDS = 0.05
"""How often a run that waits for items looks for them."""

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
        hand_over(task)
        trainer = Trainer(task, commands)
        yield from with_outside(trainer.events(), task, trainer.state.learner)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it is, the run has failed and says so)
        step = trainer.state.step if trainer else step
        batch = trainer.state.learner.sampler.batch if trainer else 0
        message, trace = explained(error, step, batch)
        yield RunFailed(task.run, step, message, trace)
    finally:
        task.ranks.close()


class Trainer:
    """The flow of one run: what happens when. Where the run is, is the ``state``; what it is told, the ``commands``."""

    def __init__(self, task: Task, commands: queue.SimpleQueue[Command]) -> None:
        self.state = RunState(task)
        self.commands = LiveCommands(commands, self.state, self._save_now, self._use_pause)

    def events(self) -> Iterator[Event]:
        """Run from here to the end."""
        state = self.state
        learner = state.learner
        yield RunStarted(
            state.task.run,
            state.step,
            state.steps,
            state.epochs,
            str(learner.device),
            torch.get_num_threads(),
            learner.weights,
            learner.recipe,
            learner.precision,
        )
        if state.task.live:
            yield from self._first_look()
        try:
            while state.epoch < state.epochs and self.commands.stop is None:
                yield from self._train_epoch()
            yield from self._finish()
        except NotFiniteError:
            yield from self._diverged()
        except RankLostError as error:
            yield from self._kept(str(error))

    def _train_epoch(self) -> Iterator[Event]:
        state = self.state
        learner = state.learner
        state.keep_random()
        grown = yield from self._train_part()
        if self.commands.stop is not None:
            return
        state.take_decisions()
        yield from self._recall()  # within an epoch what a checkpoint did not have: of many items
        if self.commands.stop is not None:
            return
        if state.position == 0 or grown:
            learner.begin_epoch()
        batches = batches_of(learner.sampler)
        for _ in range(0 if grown else state.position):
            next(batches, None)  # there may be fewer since labels were decided on
        for positions in batches:
            if grown and state.position >= state.per_epoch:
                break
            yield from self.commands.obey()
            if self.commands.stop is not None:
                return
            if not (yield from self._train_step(positions)):
                return
        state.end_epoch()
        yield from self._settle()
        if state.epoch < state.epochs:
            if elapsed(state.due.checkpoint) >= state.task.checkpoint_seconds:
                state.due.checkpoint = time.perf_counter()
                yield state.checkpoint()
            affordable = state.passes.affordable(state.clock, state.meter.rate, state.training_left())
            if affordable is not None and elapsed(state.due.evaluation) >= state.task.snapshot_seconds:
                yield from self._evaluate(affordable)

    def _train_step(self, positions: IntArray) -> Generator[Event, None, bool]:
        """Train one step; return whether its batch fits on the device: the next ones are half as large if not."""
        if not self.state.fits(positions, watched=self._watched()):
            yield self.state.halve()
            return False
        yield from self._publish()
        return True

    def _train_part(self) -> Generator[Event, None, bool]:
        """Train on what is there until all items are; return whether they were not.

        The batches count as those of the epoch; how many come before all items are there depends on how fast they come.
        """
        state, part = self.state, self.state.part
        grown, told = part.growing, -1
        while part.growing and self.commands.stop is None:
            if not state.take_up():
                yield from self.commands.obey()
                time.sleep(WAIT_SECONDS)
                part.take()
                continue
            if part.count != told:
                told = part.count
                yield state.items_ready()
            yield from self._recall()
            if self.commands.stop is None:
                state.learner.begin_epoch()
                yield from self._pass_over_part()
        if grown and not part.growing:
            state.take_up()
            yield state.items_ready()
        return grown

    def _pass_over_part(self) -> Iterator[Event]:
        """Train on what was taken up once, or until there is much more."""
        for positions in batches_of(self.state.learner.sampler):
            yield from self.commands.obey()
            if self.commands.stop is not None or self.state.part.more():
                return
            if not (yield from self._train_step(positions)):
                return
        self.state.part.take()

    def _recall(self) -> Iterator[Event]:
        """Embed the training items that are not in the memory yet, where loss or sampler begin by looking at it."""
        state = self.state
        memory = state.learner.memory
        if memory is None or not ("memory" in state.learner.needs or state.learner.sampler.uses_memory):
            return
        train = state.learner.train
        missing = train[~memory.seen.cpu().numpy()[train]]
        if len(missing):
            yield from self._embed(missing, remember=True)

    def _watched(self) -> bool:
        """Return whether the triplets of the next batch are to be shown."""
        return self.state.task.triplets_wanted() and elapsed(self.state.due.triplets) >= TRIPLETS_SECONDS

    def _save_now(self) -> Iterator[Event]:
        state = self.state
        yield from self._settle()
        state.clock.lap("training")
        yield state.checkpoint()
        if state.task.live:
            yield state.banked()

    def _use_pause(self) -> Generator[Event, None, bool]:
        """Embed some of the items that have no embedding yet, so that who pauses to look sees all of them in the end.

        Returns whether there are more. A pause counts neither as training nor as evaluating.
        """
        state = self.state
        seen = state.learner.bank.seen[state.passes.shuffled]
        missing = state.part.there(state.passes.shuffled[~seen]) if state.task.live else state.passes.shuffled[:0]
        size = CHUNK * state.task.ranks.size
        if len(missing):
            state.learner.embed(missing[:size])
            if len(missing) <= size or elapsed(state.due.snapshot) >= state.task.snapshot_seconds:
                yield state.banked()
        return len(missing) > size

    def _settle(self) -> Iterator[Event]:
        """Publish the metrics of all steps done.

        Raises
        ------
        NotFiniteError: if the device skipped steps because the loss was not finite.
        """
        state = self.state
        state.clock.lap("training")
        metrics = state.meter.settle(state.clock.training)
        bad = [m for m in metrics if not np.isfinite(m.loss + m.grad_norm)]
        if bad:
            state.rewind(bad[0].step - 1, metrics[-1].step - bad[0].step + 1)
            yield from metrics[: metrics.index(bad[0])]
            raise NotFiniteError
        yield from metrics
        state.keep_buffers()

    def _publish(self) -> Iterator[Event]:
        state = self.state
        now = time.perf_counter()
        if now - state.due.publication < SETTLE_SECONDS:
            return
        state.due.publication = now
        yield from self._settle()
        if now - state.due.progress >= PROGRESS_SECONDS:
            state.due.progress = now
            yield state.progress()
        if now - state.due.checkpoint >= state.task.autosave_seconds:
            state.due.checkpoint = now
            yield state.checkpoint()
        if state.learner.last is not None:
            state.due.triplets = now
            yield shown_triplets(state.learner.last, state.task.run, state.step)
        if state.task.live and now - state.due.snapshot >= state.task.snapshot_seconds:
            yield from self._refresh()
            yield state.banked()
        if state.task.live and now >= state.due.metric and (metric := state.learned()):
            yield metric
        if state.part.growing:
            return  # figures are of all held-out items
        if elapsed(state.due.evaluation) > BETWEEN_SECONDS and state.step % state.per_epoch:
            yield from self._look_between()

    def _look_between(self) -> Iterator[Event]:
        """Evaluate the held-out items within a long epoch, where little time went into evaluating so far."""
        state = self.state
        held_out = state.passes.held_out
        seconds = state.passes.seconds(len(held_out), state.meter.rate)
        share = state.passes.share if state.task.live else state.passes.share / 2  # somebody waits for the first figure
        if len(held_out) and state.passes.fits(seconds, state.clock, share):
            yield from self._evaluate(held_out)

    def _embed(
        self, items: IntArray, *, until: float = float("inf"), last: bool = False, remember: bool = False
    ) -> Iterator[Event]:
        """Bank the embeddings of some items, chunk by chunk; a Stop ends it, at the end of a run only a quick one."""
        state = self.state
        state.clock.lap("training")
        started = time.perf_counter()
        if last:
            state.last_pass = state.unseen_at_end = len(items)
            yield state.progress()
        size = CHUNK * state.task.ranks.size
        for first in range(0, len(items), size):
            chunk = items[first : first + size]
            state.learner.embed(chunk, remember=remember)
            state.passes.measured(len(chunk), state.clock.lap("evaluating"))
            if last:
                state.unseen_at_end -= len(chunk)
            yield from self.commands.obey()
            now = time.perf_counter()
            if self._abandoned(last) or now - started > until:
                return
            if now - state.due.progress >= PROGRESS_SECONDS:
                state.due.progress = now
                yield state.progress()
                state.clock.lap("evaluating")

    def _abandoned(self, last: bool) -> bool:
        return self.commands.stop is not None and (self.commands.stop.quick or not last)

    def _evaluate(self, items: IntArray, *, last: bool = False) -> Iterator[Event]:
        """Embed some items with the present weights and publish them as exact."""
        state = self.state
        items = state.part.there(items)
        yield from self._embed(items, last=last)
        if self._abandoned(last):
            return
        state.passes.waited_for = False
        rows = np.sort(items)
        yield state.snapshot(frozen(rows), state.learner.bank.rows(rows), exact=True)
        if (last or time.perf_counter() >= state.due.metric) and (metric := state.learned()):
            yield metric
        state.due.evaluation = time.perf_counter()
        if len(rows) == len(state.task.pixels):
            state.due.snapshot = state.due.evaluation
        state.clock.lap("evaluating")

    def _first_look(self) -> Iterator[Event]:
        """Embed items for a moment before the first step, so that a watched map does not begin empty.

        Those that a run which goes on does not come to are shown as they were before: a map of fewer would not be.
        """
        state, bank = self.state, self.state.learner.bank
        if not bank.seen.all():
            yield from self._embed(state.part.there(state.passes.shuffled), until=FIRST_LOOK_SECONDS)
        complete = bool(bank.seen.all())
        state.passes.free = state.clock.evaluating
        state.passes.waited_for = not complete
        if self.commands.stop is None:
            if (known := state.task.known) is not None and not complete:
                bank.fill(known.indices, known.embeddings)
            yield state.banked(exact=complete)

    def _refresh(self) -> Iterator[Event]:
        state = self.state
        coming = False if state.part.mask is None else ~state.part.mask
        seen = state.learner.bank.seen | coming
        slice = state.passes.may_slice(state.clock)
        items = state.passes.slice(seen, state.meter.rate) if slice else state.passes.last_few(seen)
        if len(items):
            yield from self._embed(state.part.there(items))

    def _diverged(self) -> Iterator[Event]:
        """End a run whose loss is no number any more: keep the last weights that are, and say when it happened."""
        state = self.state
        rate = state.learner.optimiser.rate * state.learner.schedule.factor(state.step, state.steps)
        yield from self._kept(str(diverged(state.step, rate)))

    def _kept(self, reason: str) -> Iterator[Event]:
        """End a run within a step, with the state that it had before."""
        state = self.state
        state.restore_buffers()
        yield from self._settle()
        yield state.checkpoint()
        yield RunFailed(state.task.run, state.step, reason)

    def _finish(self) -> Iterator[Event]:
        state = self.state
        yield from self._settle()
        yield state.checkpoint()
        reason: Literal["done", "stopped"] = "done" if self.commands.stop is None else "stopped"
        if self.commands.stop is None or not self.commands.stop.quick:
            yield from self._evaluate(state.passes.everything, last=True)
        yield state.progress()
        rate = state.meter.images / state.clock.training if state.clock.training else 0.0
        seconds = state.task.seconds + state.clock.total
        yield RunFinished(state.task.run, state.step, state.epoch, reason, seconds, rate)
