"""Evaluate what is shown by any protocol, thoroughly, beside simpler things: in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from explorer.core.errors import UserError
from explorer.core.item_rows import rows_of
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import validated
from explorer.core.result_kinds import result
from explorer.core.types import PIXELS_RUN, BoolArray, IntArray, frozen
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE
from explorer.engine.datasets.baselines import (
    LINEAR_METRIC,
    Baseline,
    FirstFeatures,
    as_it_begins,
    linear_sample,
    raw_baselines,
)
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.samples import check_protocol, raw_sample_of, sample_of, trained_classes
from explorer.engine.jobs import AlreadyReported, Control, Jobs
from explorer.engine.run.label_watch import decided_dataset
from explorer.engine.session.state import SessionState
from explorer.evaluation.protocol import Measured, Sample
from explorer.measure.lifts import lift
from explorer.runs.folder import RunFolder

Key = tuple[int, str, bytes, str]

EVALUATE = "evaluate"
"""Who asks unless another one says so: the panel *Evaluate*, which alone shows baselines."""

ItemsAsked = Literal["held-out", "train", "test"]
"""Which items are measured; where nothing is held out, ``held-out`` stands for all that have a class. ``test``: those
that the column ``split`` calls so and that are neither trained on nor held out, such as a test set that was added
beside a run; where all of them are in one of these, those that are held out."""


@result("latest", "run", raw=True, by="asker")
@dataclass(frozen=True, slots=True)
class ProtocolResult:
    """What a protocol has found of the embeddings of one step, ``found``, and of the raw data by cosine, ``raw``.

    ``raw`` None: that is still being measured and comes with a later result.
    ``beside``: further baselines: the raw data by Euclidean distance and, in later results, the encoder of the run
    before training and, where that is pretrained, one linear metric on its features. ``exact``: every embedding is of
    that step's weights. ``items``: which were measured. ``unseen``: their classes were never trained on. Before any
    training ``run`` is ``PIXELS_RUN``, and ``found`` is that of the raw data. ``sample`` (M,): the items of the dataset
    that the rows in the details of ``found`` mean; ``asker``: the key of the panel that asked. ``distance``: by which
    ``found`` compares, the name of a lift: that of the run, whatever the recipe of the next one says.
    """

    run: str
    step: int
    exact: bool
    protocol: Part
    items: ItemsAsked
    unseen: bool
    found: Measured
    raw: Measured | None
    beside: tuple[Baseline, ...] = ()
    sample: IntArray = field(default_factory=lambda: frozen([], np.int64))
    asker: str = EVALUATE
    distance: str = RAW_DISTANCE


@result("latest", "run", raw=True, by="asker")
@dataclass(frozen=True, slots=True)
class ProtocolRefused:
    """Why a protocol found nothing, in words: what it lacks, and the remedy; ``asker`` as in ``ProtocolResult``."""

    run: str
    protocol: Part
    problem: str
    asker: str = EVALUATE


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be measured by what, and by whom; ``key``: stands for data, items and protocol."""

    opened: Opened
    generation: int
    items: ItemsAsked
    chosen: IntArray
    seen: BoolArray | None
    measure: Callable[..., Measured]
    key: Key


class Evaluator:
    """Measures what is shown by a protocol. Figures of baselines are kept: they do not change while a run trains."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session = session
        self._jobs = jobs
        self._raw: dict[Key, tuple[Baseline, ...]] = {}
        self._features: tuple[tuple[object, ...], Sample | None] = ((), None)
        self._metric: tuple[tuple[object, ...], Sample | None] = ((), None)
        self._last: ProtocolResult | None = None

    def evaluate(self, protocol: Part, items: ItemsAsked, asker: str, control: Control) -> None:
        """Measure and post a ``ProtocolResult`` or why there is none, ``ProtocolRefused``; one job at a time.

        What is shown comes first. The result is posted again once the raw data are measured, where they were not
        before, and once the encoder before training is, in a job of its own.

        Raises
        ------
        UserError: if there are no data. AlreadyReported: if it was refused. Cancelled: if the job was cancelled.
        RuntimeError: if the analysis has ended.
        """
        session = self._session
        with session.lock:
            opened, generation, run, folder = session.opened, session.generation, session.run, session.run_path
        if opened is None:
            raise UserError("There are no data", remedy="Open pictures or vectors first")
        try:
            opened = replace(opened, dataset=decided_dataset(opened.dataset, folder))
            validated("protocol", protocol.name, dict(protocol.params))
            asked = self._asked(opened, generation, protocol, items, control)
            measured = self._measured if asker == EVALUATE else self._alone
            found = replace(measured(asked, protocol, control), asker=asker)
        except UserError as error:
            session.results.post(ProtocolRefused(run, protocol, str(error), asker), generation)
            raise AlreadyReported from error
        if asker != EVALUATE:
            session.results.post(found, generation)
            return
        with session.lock:
            self._last = found
            session.results.post(found, generation)
            path = session.run_path if session.generation == generation else None  # else a run of other data
            trains = session.busy()
        if path is not None and not trains:  # which has need of all cores
            work = partial(self._before_training, asked, found, path)
            self._jobs.start("Encoder before training", work, group="encoder before training")

    def _asked(self, opened: Opened, generation: int, protocol: Part, items: ItemsAsked, control: Control) -> _Asked:
        session, chosen = self._session, items_of(opened, items)
        if not len(chosen):
            raise nothing_among(opened, items)
        check_protocol(protocol, opened.dataset, chosen)
        seen = None if opened.split is None else trained_classes(opened.dataset, opened.split.train)
        measure = partial(session.analysis.measure, protocol, seed=session.recipe.seed, cancelled=control.cancelled)
        labels = np.asarray(opened.dataset.labels)[chosen]  # which decisions of the user may change
        key = (generation, items, chosen.tobytes() + labels.tobytes(), protocol.model_dump_json())
        return _Asked(opened, generation, items, chosen, seen, measure, key)

    def _measured(self, asked: _Asked, protocol: Part, control: Control) -> ProtocolResult:
        opened, chosen, found = asked.opened, asked.chosen, None
        shown = shown_sample(self._session, opened, chosen, asked.seen)
        if shown is not None:
            control.progress("embeddings", 0, 0)
            found = asked.measure(shown.sample)
        if asked.key not in self._raw:
            if found is not None:
                self._session.results.post(_told(asked, protocol, shown, found, None, ()), asked.generation)
            control.progress("raw data", 0, 0)
            self._raw = {known: raw for known, raw in self._raw.items() if known[:3] == asked.key[:3]}
            self._raw[asked.key] = tuple(raw_baselines(opened.dataset, chosen, asked.seen, asked.measure))
        by_cosine, *beside = self._raw[asked.key]
        assert by_cosine.found is not None
        return _told(asked, protocol, shown, found or by_cosine.found, by_cosine.found, tuple(beside))

    def _alone(self, asked: _Asked, protocol: Part, control: Control) -> ProtocolResult:
        """Measure what is shown beside no baseline."""
        control.progress("embeddings", 0, 0)
        shown = shown_sample(self._session, asked.opened, asked.chosen, asked.seen)
        raw = raw_sample_of(asked.opened.dataset, asked.chosen, asked.seen) if shown is None else None
        found = asked.measure(raw if shown is None else shown.sample)
        return _told(asked, protocol, shown, found, found, ())

    def _before_training(self, asked: _Asked, result: ProtocolResult, path: Path, control: Control) -> None:
        """Measure the encoder of a run before it was trained, and post a result again, unless there is a newer one."""
        if self._last is not result:
            return
        folder, dataset = RunFolder.open(path), asked.opened.dataset
        recipe = folder.recipe
        if folder.header.script:  # of whose network nothing is known
            return
        key, name = (*asked.key[:3], recipe.model_dump_json()), as_it_begins(recipe)[0]
        measure = partial(asked.measure, cancelled=control.cancelled)
        try:
            if self._features[0] != key:
                train = asked.chosen[:0] if asked.opened.split is None else asked.opened.split.train
                features = FirstFeatures(dataset, train, recipe)
                self._features = (key, features.sample(asked.chosen, asked.seen, control.progress, control.cancelled))
            sample = self._features[1]
            assert sample is not None
            first = Baseline(name, measure(sample))
        except UserError as error:
            first = Baseline(name, None, str(error))
        with self._session.lock:
            if self._last is not result:
                return
            self._last = result = replace(result, beside=(*result.beside, first))
            self._session.results.post(result, asked.generation)
        self._linear(asked, result, recipe, control)

    def _linear(self, asked: _Asked, result: ProtocolResult, recipe: Recipe, control: Control) -> None:
        """Measure one linear metric on the features of a pretrained encoder, and post a result again likewise."""
        split = asked.opened.split
        key = (*asked.key[:3], recipe.model_dump_json(), "linear")
        try:
            if self._metric[0] != key:
                train = asked.chosen[:0] if split is None else split.train
                found = linear_sample(
                    asked.opened.dataset, asked.chosen, train, recipe, asked.seen, control.progress, control.cancelled
                )
                self._metric = (key, found)
            sample = self._metric[1]
            if sample is None:
                return
            linear = Baseline(LINEAR_METRIC, asked.measure(sample, cancelled=control.cancelled))
        except UserError as error:
            linear = Baseline(LINEAR_METRIC, None, str(error))
        with self._session.lock:
            if self._last is result:
                self._session.results.post(replace(result, beside=(*result.beside, linear)), asked.generation)


class ShownSample(NamedTuple):
    """Items of the dataset (M,) as they are embedded by what is shown: a sample, and of which run and step it is."""

    items: IntArray
    sample: Sample
    run: str
    step: int
    exact: bool


def shown_sample(session: SessionState, opened: Opened, items: IntArray, seen: BoolArray | None) -> ShownSample | None:
    """Return those of some items that are embedded, as they are measured; None before any training."""
    snapshot = session.measured(items)
    if snapshot is None:
        return None
    rows = rows_of(snapshot.indices, items)
    there = items[rows >= 0]
    x = snapshot.embeddings[rows[rows >= 0]]
    sample = sample_of(opened.dataset, there, x, lift(snapshot.distance), seen)
    return ShownSample(there, sample, snapshot.run, snapshot.step, snapshot.exact)


def _told(
    asked: _Asked,
    protocol: Part,
    shown: ShownSample | None,
    found: Measured,
    raw: Measured | None,
    beside: tuple[Baseline, ...],
) -> ProtocolResult:
    split = asked.opened.split
    unseen = bool(split is not None and split.unseen and asked.items == "held-out")
    run, step, exact = (PIXELS_RUN, 0, True) if shown is None else (shown.run, shown.step, shown.exact)
    sample = frozen(asked.chosen if shown is None else shown.items)
    by = RAW_DISTANCE if shown is None else shown.sample.lift.name
    return ProtocolResult(run, step, exact, protocol, asked.items, unseen, found, raw, beside, sample, distance=by)


def nothing_among(opened: Opened, items: ItemsAsked) -> UserError:
    """Return why there is nothing to measure: no item has a class, or none of those that were asked for."""
    if not opened.dataset.measurable:
        return UserError("No item has a class", remedy="Put each class in a folder of its own, or name a label column")
    if items == "train":
        return UserError("No item with a class is trained on", remedy="Measure the held-out items")
    if items == "test":
        return UserError("There are no test items with a class", remedy="Add them by File → Add a test folder…")
    return UserError("No item with a class is held out", remedy="Hold out more, or measure the training items")


def items_of(opened: Opened, items: ItemsAsked) -> IntArray:
    """Return the items that take part: held out, or trained on; all of them where there is no split; or test.

    Distractors are among those that are held out. Test items are those beside both parts, where there are any: what is
    held out is measured as such, and would hide what was added to it.
    """
    from explorer.data.split import taking_part

    split, taking = opened.split, taking_part(opened.dataset)
    part: IntArray = np.arange(len(taking))
    if items == "test":
        said = opened.dataset.columns.get("split")
        part = np.empty(0, np.int64) if said is None else said.rows_of("test")
        if split is not None:
            beside = np.setdiff1d(part, np.concatenate((split.train, split.held_out)))
            part = beside if len(beside) else np.intersect1d(part, split.held_out)
    elif split is not None:
        part = split.train if items == "train" else split.held_out
    known: IntArray = part[taking[part]]
    return known
