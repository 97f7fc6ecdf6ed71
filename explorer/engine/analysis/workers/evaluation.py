"""The slow thread of the analysis process: pixels, evaluations and histograms; it makes way for clicks.

Every exact snapshot is measured by the protocols that are registered as live, and any sample that is sent by any one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np

from explorer.core.errors import Cancelled, UserError
from explorer.core.given_tuples import HELD
from explorer.core.item_rows import rows_of
from explorer.core.map_values import ShortFigures
from explorer.core.priority import step_back
from explorer.core.registry import catalogue, create
from explorer.core.types import (
    COMPARED_PAIRS,
    PIXELS_RUN,
    BoolArray,
    ByteArray,
    EvaluatedPart,
    Evaluation,
    FloatArray,
    IntArray,
    Snapshot,
)
from explorer.engine.analysis.messages import Measure, MeasureAnswer, Result, Scene
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE, embed_pixels, unit_rows
from explorer.engine.analysis.shared_state import Held, SharedState
from explorer.evaluation.compared_samples import compared
from explorer.evaluation.given_tuples import share_held
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample, check_finite
from explorer.measure.histograms import distance_histogram
from explorer.measure.lifts import lift

NICE = 5
"""How far this thread steps back for the others, as the nice of Linux; elsewhere it does not."""

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
        self._studied = self._shortened = 0
        self._of_whole: tuple[int, Mapping[str, float]] = (0, {})
        self._sorted = (0, 0)
        self._protocols: dict[str, Protocol] | None = None
        shared.workers.append(self)

    def due(self) -> bool:
        """Return whether anything waits."""
        if self._shared.measures or self._shared.pixels is not None:
            return True
        short = self._short_due()
        return short or self._pixels_due() or self._histogram_due() or self._study_due() or self._baseline_due()

    def run(self) -> None:
        """Work for ever: points on the map first, then the newest snapshot, then the baseline."""
        step_back(NICE)  # numbers can wait a little, the map and the window should not
        while True:
            self._do_one()

    def _do_one(self) -> None:
        """Wait for something to do and do it; what it needed is let go of before the next is waited for."""
        with self._shared.changed:
            self._shared.next_work(self)
            work = self._most_urgent()
        with suppress(Cancelled):
            work()

    def _most_urgent(self) -> Callable[[], None]:
        """Take what is to be done first of what is due. With ``changed`` held."""
        shared = self._shared
        scene, exact, measured, pixels = shared.scene, shared.snapshots.exact, shared.measured, shared.pixels
        if scene is not None and pixels is not None and self._pixels_due():
            self._embedded = scene.generation
            return partial(self._embed, scene, pixels)
        histogram = scene is not None and measured is not None and self._histogram_due()
        if histogram and shared.compared_pairs <= COMPARED_PAIRS:
            return self._next_histogram()
        if shared.measures:
            return partial(self._measure, shared.measures.popleft())
        assert scene is not None
        if exact is not None and self._study_due():
            self._studied = exact.arrived
            return partial(self._study, scene, exact)
        if measured is not None and self._short_due():
            self._shortened = measured.serial
            return partial(self._measure_short, scene, measured)
        if histogram:  # of millions of pairs: it takes long, and figures do not wait for it
            return self._next_histogram()
        assert pixels is not None
        due, shared.pixels = self._baseline_due(), None  # as large as the data; they come anew when asked for again
        if not due:
            return lambda: None
        self._baseline = (scene.generation, _key(scene))
        return partial(self._evaluate_pixels, scene, pixels)

    def _next_histogram(self) -> Callable[[], None]:
        scene, measured = self._shared.scene, self._shared.measured
        assert scene is not None
        assert measured is not None
        self._sorted = (measured.serial, self._shared.compared_pairs)
        return partial(self._histogram, scene, measured)

    def _pixels_due(self) -> bool:
        shared, scene = self._shared, self._shared.scene
        if shared.pixels is None or scene is None or scene.run != PIXELS_RUN:
            return False
        return self._embedded != scene.generation

    def _histogram_due(self) -> bool:
        measured = self._shared.measured
        if not self._live or measured is None:
            return False
        return self._sorted != (measured.serial, self._shared.compared_pairs)

    def _study_due(self) -> bool:
        exact = self._shared.snapshots.exact
        if exact is None or (exact.run == PIXELS_RUN and not self._live):
            return False
        return self._studied != exact.arrived

    def _short_due(self) -> bool:
        held = self._shared.measured
        return held is not None and held.embeddings is not held.whole and self._shortened != held.serial

    def _baseline_due(self) -> bool:
        shared = self._shared
        if shared.pixels is None or shared.scene is None or not len(shared.scene.held_out):
            return False
        return self._baseline != (shared.scene.generation, _key(shared.scene))

    def _embed(self, scene: Scene, pixels: ByteArray | FloatArray) -> None:
        """Show the pixels as a snapshot, unless a run is shown already."""
        x = embed_pixels(pixels)
        everything = np.arange(len(x), dtype=np.int64)
        held = self._shared.hold(scene.generation, PIXELS_RUN, 0, everything, x, True, lift(RAW_DISTANCE))
        if held is not None:
            self._shared.reply(Result(scene.generation, Snapshot(PIXELS_RUN, 0, everything, x, True, RAW_DISTANCE)))

    def _histogram(self, scene: Scene, held: Held) -> None:
        """Sort the distances of the held-out items, or of all where none is; the sample is drawn in there.

        Where the data name queries and a gallery, those of queries to the gallery: no others are ever asked for.
        """
        rows = rows_of(held.indices, scene.held_out)
        rows = rows[rows >= 0]
        shown = rows if len(rows) else np.arange(len(held.indices))
        items = held.indices[shown]
        with self._shared.under_way.doing("histogram"):
            found = distance_histogram(
                held.embeddings[shown],
                scene.labels[items],
                held.lift,
                held.run,
                held.step,
                self._sorted[1],
                items=items,
                parts=_parts(scene, items),
            )
        if found is not None and len(shown):
            self._shared.reply(Result(held.generation, found))

    def _study(self, scene: Scene, held: Held) -> None:
        """Evaluate an exact snapshot, whole: given tuples, held-out items, then a sample of the training items."""
        self._check_given(scene, held)
        rows = rows_of(held.indices, scene.held_out)
        rows = rows[rows >= 0]
        if held.run != PIXELS_RUN and len(rows):
            part = held.whole[rows]
            self._evaluate(scene, "held-out", held.indices[rows], part, held.run, held.step, held.lift.name)
        if self._live and held.run != PIXELS_RUN:
            rows = rows_of(held.indices, train_sample(scene))
            rows = rows[rows >= 0]
            part = held.whole[rows]
            self._evaluate(scene, "train", held.indices[rows], part, held.run, held.step, held.lift.name)

    def _measure_short(self, scene: Scene, held: Held) -> None:
        """Say how good the beginnings of the embeddings of the held-out items are, and the whole ones."""
        rows = rows_of(held.indices, scene.held_out)
        rows = rows[rows >= 0]
        if not len(rows):
            return
        items = held.indices[rows]
        found = self._live_figures(scene, self._sample(scene, items, held.embeddings[rows], held.lift.name))
        if self._of_whole[0] != held.arrived:
            whole = self._sample(scene, items, held.whole[rows], held.lift.name)
            self._of_whole = held.arrived, self._live_figures(scene, whole)
        dimensions = held.embeddings.shape[1], held.whole.shape[1]
        told = ShortFigures(held.run, held.step, *dimensions, found, self._of_whole[1])
        self._shared.reply(Result(held.generation, told))

    def _live_figures(self, scene: Scene, sample: Sample) -> Mapping[str, float]:
        """Return what the first live protocol finds that the items allow."""
        for protocol in self._live_protocols(scene).values():
            with suppress(UserError):
                check_finite(sample.x)
                return protocol.measure(sample, self._effort(scene, len(sample.x))).figures
        return {}

    def _check_given(self, scene: Scene, held: Held) -> None:
        """Answer with the share of the kept-out given tuples that hold, where all of their items are there."""
        if scene.checks is None or held.run == PIXELS_RUN:
            return
        found = share_held(scene.checks, held.whole, held.indices, held.lift)
        if found is not None:
            figures, items = {HELD: found[0]}, found[1]
            answer = Evaluation(held.run, held.step, "held-out", figures, items, 0, unseen=False, protocol=HELD)
            self._shared.reply(Result(scene.generation, answer))

    def _evaluate_pixels(self, scene: Scene, pixels: ByteArray | FloatArray) -> None:
        """Evaluate the held-out items as they are, before anything was learned."""
        x = unit_rows(pixels[scene.held_out])
        self._evaluate(scene, "held-out", scene.held_out, x, PIXELS_RUN, 0, RAW_DISTANCE)

    def _evaluate(
        self, scene: Scene, part: EvaluatedPart, items: IntArray, x: FloatArray, run: str, step: int, distance: str
    ) -> None:
        """Answer with what every live protocol finds; one that the items do not allow finds nothing."""
        if not len(items):
            return
        sample, effort = self._sample(scene, items, x, distance), self._effort(scene, len(items))
        unseen = scene.unseen and part == "held-out"
        with self._shared.under_way.doing("raw evaluation" if run == PIXELS_RUN else "evaluation"):
            self._answer_all(scene, sample, effort, (run, step, part), unseen=unseen)

    def _sample(self, scene: Scene, items: IntArray, x: FloatArray, distance: str) -> Sample:
        """Return some items of the scene as live protocols take them."""
        target = None if scene.target is None else scene.target.of(items)
        return Sample(x, scene.labels[items], lift(distance), _columns(scene, items), target=target)

    def _effort(self, scene: Scene, items: int) -> Effort:
        return Effort(
            queries=min(MOST_QUERIES, max(1000, MOST_PAIRS // items)) if self._live else None,
            thorough=False,
            threads=self._threads,
            cancelled=lambda: self._cancelled(scene),
        )

    def _answer_all(
        self, scene: Scene, sample: Sample, effort: Effort, of: tuple[str, int, EvaluatedPart], *, unseen: bool
    ) -> None:
        for name, protocol in self._live_protocols(scene).items():
            with suppress(UserError):
                check_finite(sample.x)
                found = protocol.measure(sample, effort)
                answer = Evaluation(*of, found.figures, found.items, found.classes, unseen, found.lone, name)
                self._shared.reply(Result(scene.generation, answer))

    def _live_protocols(self, scene: Scene) -> dict[str, Protocol]:
        """Return the live protocols: those of a number where one is learned, of two sides, or all others."""
        if self._protocols is None:
            entries = catalogue("protocol").values()
            live = [entry.name for entry in entries if entry.available and getattr(entry.part, "live", False)]
            self._protocols = {name: create("protocol", name, {}) for name in live}
        number, across = scene.target is not None, scene.sides is not None and scene.target is None
        fitting = {name: one for name, one in self._protocols.items() if one.by_target == number}
        return {name: one for name, one in fitting.items() if one.across == across}

    def _measure(self, request: Measure) -> None:
        """Measure a sample that was sent, or compare it with another one."""
        found: Measured | UserError
        try:
            protocol: Protocol = create("protocol", request.protocol.name, request.protocol.params)
            check_finite(request.x)
            sample = Sample(
                request.x,
                request.labels,
                lift(request.distance),
                request.columns,
                request.label_sets,
                request.seen,
                request.ids,
                request.class_names,
                request.pairs,
                request.target,
            )
            effort = Effort(threads=self._threads, seed=request.seed, cancelled=self._make_way)
            if request.other is None:
                found = protocol.measure(sample, effort)
            else:
                check_finite(request.other)
                other = replace(sample, x=request.other, lift=lift(request.other_distance))
                details = compared(request.protocol.name, protocol, sample, other, effort)
                found = Measured({}, len(sample.x), sample.classes, details=details)
        except UserError as error:
            found = error
        self._shared.reply(MeasureAnswer(request.number, found))

    def _make_way(self) -> bool:
        self._shared.make_way()
        return False

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


def _columns(scene: Scene, items: IntArray) -> dict[str, list[str]]:
    """Return the columns by which protocols keep queries and gallery, or pictures and captions, apart, if there are."""
    if scene.sides is not None:
        return scene.sides.of(items).columns
    if not len(scene.queries):
        return {}
    said = np.full(len(scene.labels), "", dtype="U10")
    said[scene.queries], said[scene.gallery], said[scene.distractors] = "query", "gallery", "distractor"
    return {"split": said[items].tolist()}


def _parts(scene: Scene, items: IntArray) -> tuple[BoolArray, BoolArray] | None:
    """Return which of some items are queries, and which the gallery; None where there is neither among them."""
    parts = np.isin(items, scene.queries), np.isin(items, scene.gallery)
    return parts if parts[0].any() and parts[1].any() else None


def _key(scene: Scene) -> int:
    """Return a number that changes with the held-out items."""
    return hash(scene.held_out.tobytes())
