"""The slow thread of the analysis process: pixels, evaluations and histograms; it makes way for clicks."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.types import PIXELS_RUN, EvaluatedPart, Evaluation, FloatArray, IntArray, Snapshot
from explorer.engine.analysis.messages import Result, Scene
from explorer.engine.analysis.raw_baseline import embed_pixels, unit_rows
from explorer.engine.analysis.shared_state import Held, SharedState
from explorer.engine.analysis.workers.true_neighbours import rows_of
from explorer.evaluation.retrieval import evaluate
from explorer.measure.histograms import distance_histogram
from explorer.measure.lifts import lift

NICE = 5
"""How far this thread steps back for the others, as the nice of Linux; elsewhere it does not."""

PIXEL_DISTANCE = "cosine"
TRAIN_ITEMS = 10_000
"""Of the training part so many items are evaluated (or as many as are held out, if that is more)."""

MOST_QUERIES, MOST_PAIRS = 20_000, 1_500_000_000
"""While a window is open at most so many items ask all the others, and fewer where that would be more pairs than this:
200,000 would ask for minutes, and everybody else would wait for the memory that they read."""


class EvaluationWorker:
    """Embeds the pixels, sorts the distances of what is shown, and evaluates the exact snapshots it has time for."""

    def __init__(self, shared: SharedState, *, live: bool, threads: int) -> None:
        self.busy = False
        self._shared = shared
        self._live = live
        self._threads = threads
        self._embedded = -1
        self._baseline: tuple[int, int] = (-1, 0)
        self._studied: tuple[int, bool] = (0, False)
        self._sorted = 0
        shared.workers.append(self)

    def due(self) -> bool:
        """Return whether anything waits."""
        return self._pixels_due() or self._histogram_due() or self._study_due() or self._baseline_due()

    def run(self) -> None:
        """Work for ever: points on the map first, then the newest snapshot, then the baseline."""
        shared = self._shared
        with suppress(AttributeError, OSError):  # numbers can wait a little, the map and the window should not
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            with shared.changed:
                shared.next_work(self)
                scene, exact = shared.scene, shared.snapshots.exact
                measured, pixels = shared.measured, shared.pixels
                pixels_due, histogram_due, study_due = self._pixels_due(), self._histogram_due(), self._study_due()
            assert scene is not None
            try:
                if pixels_due and pixels is not None:
                    self._embedded = scene.generation
                    self._embed(scene, embed_pixels(pixels))
                elif histogram_due and measured is not None:
                    self._sorted = measured.serial
                    self._histogram(scene, measured)
                elif study_due and exact is not None:
                    self._studied = (exact.serial, shared.thorough)
                    self._study(scene, exact)
                elif pixels is not None:
                    self._baseline = (scene.generation, _key(scene))
                    x = unit_rows(pixels[scene.held_out])
                    self._evaluate(scene, "held-out", scene.held_out, x, PIXELS_RUN, 0, PIXEL_DISTANCE)
            except Cancelled:
                continue

    def _pixels_due(self) -> bool:
        shared, scene = self._shared, self._shared.scene
        if shared.pixels is None or scene is None or scene.run != PIXELS_RUN:
            return False
        return self._embedded != scene.generation

    def _histogram_due(self) -> bool:
        measured = self._shared.measured
        return self._live and measured is not None and self._sorted != measured.serial

    def _study_due(self) -> bool:
        exact = self._shared.snapshots.exact
        if exact is None or (exact.run == PIXELS_RUN and not self._live):
            return False
        return self._studied != (exact.serial, self._shared.thorough)

    def _baseline_due(self) -> bool:
        shared = self._shared
        if shared.pixels is None or shared.scene is None or not len(shared.scene.held_out):
            return False
        return self._baseline != (shared.scene.generation, _key(shared.scene))

    def _embed(self, scene: Scene, x: FloatArray) -> None:
        """Show the pixels as a snapshot, unless a run is shown already."""
        everything = np.arange(len(x), dtype=np.int64)
        held = self._shared.hold(scene.generation, PIXELS_RUN, 0, everything, x, True, lift(PIXEL_DISTANCE))
        if held is not None:
            self._shared.reply(Result(scene.generation, Snapshot(PIXELS_RUN, 0, everything, x, True, PIXEL_DISTANCE)))

    def _histogram(self, scene: Scene, held: Held) -> None:
        """Sort the distances of the held-out items, or of all where none is; the sample is drawn in there."""
        rows = rows_of(held.indices, scene.held_out)
        rows = rows[rows >= 0]
        shown = rows if len(rows) else np.arange(len(held.indices))
        labels = scene.labels[held.indices[shown]]
        found = distance_histogram(held.embeddings[shown], labels, held.lift, held.run, held.step)
        if found is not None and len(shown):
            self._shared.reply(Result(held.generation, found))

    def _study(self, scene: Scene, held: Held) -> None:
        """Evaluate an exact snapshot: held-out items, then a sample of the training items."""
        rows = rows_of(held.indices, scene.held_out)
        rows = rows[rows >= 0]
        if held.run != PIXELS_RUN and len(rows):
            part = held.embeddings[rows]
            self._evaluate(scene, "held-out", held.indices[rows], part, held.run, held.step, held.lift.name)
        if self._live and held.run != PIXELS_RUN:
            rows = rows_of(held.indices, train_sample(scene))
            rows = rows[rows >= 0]
            part = held.embeddings[rows]
            self._evaluate(scene, "train", held.indices[rows], part, held.run, held.step, held.lift.name)

    def _evaluate(
        self, scene: Scene, part: EvaluatedPart, items: IntArray, x: FloatArray, run: str, step: int, distance: str
    ) -> None:
        if not len(items):
            return
        found = evaluate(
            x,
            scene.labels[items],
            lift(distance),
            nmi=self._shared.thorough and run != PIXELS_RUN,
            most=min(MOST_QUERIES, max(1000, MOST_PAIRS // len(items))) if self._live else None,
            threads=self._threads,
            cancelled=lambda: self._cancelled(scene),
        )
        unseen = scene.unseen and part == "held-out"
        answer = Evaluation(run, step, part, found.metrics, found.items, found.classes, unseen, found.lone)
        self._shared.reply(Result(scene.generation, answer))

    def _cancelled(self, scene: Scene) -> bool:
        self._shared.make_way()
        return self._shared.stale(scene.generation)


def train_sample(scene: Scene) -> IntArray:
    """Return the training items that are evaluated, sorted: all, or a sample as large as the held-out part.

    Where the held-out classes are unseen, whole classes are drawn, so that each has as many items as it has there.
    """
    most = max(TRAIN_ITEMS, len(scene.held_out))
    train = scene.train
    if len(train) <= most:
        return train
    generator = np.random.default_rng(0)
    if not scene.unseen:
        return np.sort(generator.choice(train, most, replace=False))
    labels = scene.labels[train]
    names, counts = np.unique(labels, return_counts=True)
    order = generator.permutation(len(names))
    chosen = names[order[: max(1, int(np.searchsorted(np.cumsum(counts[order]), most, side="right")))]]
    return train[np.isin(labels, chosen)]


def _key(scene: Scene) -> int:
    """Return a number that changes with the held-out items."""
    return hash(scene.held_out.tobytes())
