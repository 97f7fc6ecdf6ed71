"""A run that a script of its own trains: what it shows is measured, embedded and written in a thread beside it."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from explorer.core.events import RunFailed, RunFinished, RunStarted
from explorer.core.item_rows import rows_of
from explorer.core.types import (
    RETRIEVAL,
    EvaluatedPart,
    Evaluation,
    FloatArray,
    IntArray,
    Projection,
    Snapshot,
    Split,
    StepMetrics,
    frozen,
)
from explorer.engine.run.recorder import Recorder
from explorer.runs.folder import RunFolder

if TYPE_CHECKING:
    from torch import Tensor

    from explorer.learn.watched import WatchedNetwork, Weights

SHARE = 0.015
"""How much of the time of one core may go into embedding and measuring all items,"""
BATCH_SHARE = 0.005
"""and how much into measuring batches."""
LOOK_SECONDS = 0.25
"""How often it is looked what the steps brought."""
BATCH_SECONDS = 0.1
"""Least time between two batches that are measured."""
MOST_EVALUATED = 2_000
"""Items of a part that are evaluated while it trains; at the end all are."""
MEASURING_SECONDS = 600.0
"""How long the end waits for the last look at all items."""
SAVING_SECONDS = 120.0
"""How long the end waits for a slow disk."""

Ending = Literal["done", "stopped"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A step: its ``loss``, and of those that are measured the batch and the length of the gradient."""

    step: int
    items: int
    loss: object
    batch: tuple[Tensor, Tensor] | None = None
    gradient: Tensor | None = None


class WatchedRun:
    """Takes what a script shows of its training, and writes it as a run; methods return at once, but for ``close``.

    Parameters
    ----------
    folder: of the run, open for writing; it is closed at the end.
    labels: (N,) of all items. margin: at which triplets are counted. every: least seconds between two snapshots.
    """

    def __init__(
        self, folder: RunFolder, network: WatchedNetwork, split: Split, labels: IntArray, *, margin: float, every: float
    ) -> None:
        self.folder = folder
        self.problem = ""
        """Why something cannot be recorded, empty while all can."""
        self.due = -math.inf
        """From when on, by ``time.perf_counter``, weights are wanted, and"""
        self.batch_due = -math.inf
        """the same of a batch."""
        self._network, self._split, self._labels = network, split, labels
        self._margin, self._every = margin, every
        self._recorder = Recorder(folder, self._on_trouble)
        self._seen: deque[Seen] = deque()
        self._weights: deque[tuple[int, Weights]] = deque()
        self._ending = threading.Event()
        self._map: FloatArray | None = None
        self._began = self._counted_at = time.perf_counter()
        self._items, self._rate, self._step = 0, 0.0, 0
        self._thread = threading.Thread(target=self._main, name="watch", daemon=True)

    def start(self, threads: int) -> None:
        """Begin; ``threads``: of torch."""
        network = self._network
        device = str(network.device)
        self._recorder.put(RunStarted(self.folder.run, 0, 0, 0, device, threads, network.parameters))
        self.take_weights(0)
        self._thread.start()

    def see(self, seen: Seen) -> None:
        """Take note of a step."""
        self._seen.append(seen)

    def gradient(self) -> Tensor | None:
        """Return the length of the gradient of the step that was just taken, None where it was cleared."""
        return self._network.gradient()

    def take_weights(self, step: int) -> None:
        """Copy the weights of a step, by which all items are embedded then."""
        self.due = math.inf
        self._weights.append((step, self._network.weights()))  # a loop may end before those of its start are shown

    def close(self, step: int, ending: Ending | BaseException) -> None:
        """Embed all items by the weights of the last step, write how it ended, and wait until it is on the disk."""
        if not isinstance(ending, BaseException):
            self.take_weights(step)
        self._ending.set()
        self._thread.join(MEASURING_SECONDS)
        if self._thread.is_alive():
            self.problem = self.problem or "what is embedded at the end takes longer than ten minutes"
        self._end(step, ending)
        self._recorder.close(SAVING_SECONDS)

    # --- in the thread ----------------------------------------------------------------------------------------------

    def _main(self) -> None:
        from explorer.learn.watched import compute_alone

        compute_alone()
        over = False
        while not over:
            over = self._ending.wait(LOOK_SECONDS)
            self._guarded(self._tell_steps)
            self._guarded(self._show)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something that must never stop the training: what fails is told, and not tried again."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the script of somebody else goes on, whatever it is
            self.problem = self.problem or f"{type(error).__name__}: {error}"
            self.due = math.inf

    def _tell_steps(self) -> None:
        """Write what the steps since the last time brought."""
        seen = [self._seen.popleft() for _ in range(len(self._seen))]
        if not seen:
            return
        now = time.perf_counter()
        lately = sum(step.items for step in seen) / max(now - self._counted_at, 1e-9)
        self._rate, self._counted_at = (0.8 * self._rate + 0.2 * lately if self._rate else lately), now
        for step in seen:
            self._recorder.put(self._metrics(step))

    def _metrics(self, seen: Seen) -> StepMetrics:
        from explorer.learn.watched import number

        self._items += seen.items
        epoch = self._items // max(1, len(self._split.train))
        run, loss, norm = self.folder.run, number(seen.loss), number(seen.gradient)
        if seen.batch is None:
            return StepMetrics(run, seen.step, epoch, loss, math.nan, norm, math.nan, self._rate)
        began = time.thread_time()
        found = self._network.measure(*seen.batch, self._margin)
        self.batch_due = time.perf_counter() + max(BATCH_SECONDS, (time.thread_time() - began) / BATCH_SHARE)
        census = found.census
        active = census.violated / census.total if census.total else math.nan
        health = (None if math.isnan(value) else value for value in found[1:])
        return StepMetrics(run, seen.step, epoch, loss, active, norm, math.nan, self._rate, census, *health)

    def _show(self) -> None:
        """Embed all items by the weights that wait, and write them with their map and their figures."""
        while self._weights:
            self._show_step(*self._weights.popleft())

    def _show_step(self, step: int, weights: Weights) -> None:
        began, first = time.thread_time(), self._map is None
        last = self._ending.is_set() and not self._weights
        embeddings = self._network.embed(weights)
        items = frozen(np.arange(len(embeddings)), np.int64)
        lift_name = self._network.distance.lift
        snapshot = Snapshot(self.folder.run, step, items, frozen(embeddings), True, lift_name)
        self._recorder.put(snapshot, key=last or first)
        self._recorder.put(self._drawn(snapshot))
        for part, chosen in (("held-out", self._split.held_out), ("train", self._split.train)):
            self._evaluate(part, chosen, snapshot, thorough=last)  # type: ignore[arg-type]
        spent = 0.0 if first else time.thread_time() - began  # the first loads what the others use
        self.due = time.perf_counter() + max(self._every, spent / SHARE)

    def _drawn(self, snapshot: Snapshot) -> Projection:
        """Return the two directions in which the embeddings vary most, as near as can be to the map before."""
        from explorer.projection.align import registration
        from explorer.projection.pca import principal_components

        xy = principal_components(snapshot.embeddings)
        self._map = xy if self._map is None else registration(xy, self._map)(xy)
        return Projection(snapshot.run, snapshot.step, snapshot.indices, frozen(self._map), 0, "pca", True)

    def _evaluate(self, part: EvaluatedPart, items: IntArray, snapshot: Snapshot, *, thorough: bool) -> None:
        from explorer.evaluation.retrieval import evaluate
        from explorer.measure.lifts import lift

        if not len(items):
            return
        if not thorough or part == "train":
            items = _some(items, MOST_EVALUATED)
        x, labels = snapshot.embeddings[rows_of(snapshot.indices, items)], self._labels[items]
        if not np.isfinite(x).all():
            return
        found = evaluate(x, labels, lift(snapshot.distance))
        unseen = self._split.unseen and part == "held-out"
        self._recorder.put(
            Evaluation(
                self.folder.run, snapshot.step, part, found.metrics, found.items, found.classes, unseen, found.lone,
                RETRIEVAL,
            )
        )  # fmt: skip

    # --- at the end -------------------------------------------------------------------------------------------------

    def _end(self, step: int, ending: Ending | BaseException) -> None:
        seconds = time.perf_counter() - self._began
        epoch = self._items // max(1, len(self._split.train))
        ended: RunFinished | RunFailed
        if isinstance(ending, BaseException):
            ended = RunFailed(self.folder.run, step, f"The script ended by {type(ending).__name__}: {ending}")
        else:
            rate = self._items / max(seconds, 1e-9)
            ended = RunFinished(self.folder.run, step, epoch, ending, seconds, rate)
        self._recorder.put(ended)
        self._recorder.finish({"ended": type(ended).__name__, **asdict(ended)})
        self._recorder.wait(SAVING_SECONDS)

    def _on_trouble(self, problem: str) -> None:
        self.problem = problem


def _some(items: IntArray, most: int) -> IntArray:
    """Return at most so many items, evenly."""
    if len(items) <= most:
        return items
    chosen: IntArray = items[np.linspace(0, len(items) - 1, most).astype(np.int64)]
    return chosen
