"""What a report says of a saved run: what every protocol finds, beside the raw data, and the worst queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import catalogue
from explorer.core.types import UNLABELLED, FloatArray, IntArray, Projection, Split
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.datasets.baselines import RAW, Baseline, FirstFeatures, raw_name
from explorer.engine.datasets.samples import raw_sample_of, sample_of
from explorer.engine.offline import OfflineRun, ProgressCall, analysis, nothing_to_measure
from explorer.engine.recipes.as_trained import as_trained, with_dimension
from explorer.evaluation.protocol import Figures, Measured, Sample
from explorer.measure.index import build_index
from explorer.measure.lifts import Lift, laid_out, lift
from explorer.projection.pca import principal_components
from explorer.runs.folder import RunFolder
from explorer.runs.journal import History
from explorer.runs.lost_history import kept_until, lost

WORST = 12
"""Queries that are shown with what was found for them."""

NEIGHBOURS = 6

COMPARED = 2000
"""Of the queries that find none of their class so many, those with the nearest neighbours, are put in order."""


@dataclass(frozen=True, slots=True)
class ProtocolFindings:
    """What one protocol found of the held-out items, and of baselines; or ``problem``, why it found nothing."""

    name: str
    title: str
    found: Measured | None
    baselines: tuple[Baseline, ...] = ()
    problem: str = ""

    @property
    def raw(self) -> Measured | None:
        """What it found of the raw data by the cosine."""
        return self.baselines[0].found if self.baselines else None


@dataclass(frozen=True, slots=True)
class WorstQuery:
    """A query (an item of the dataset) whose nearest items are of other classes, and how far these are."""

    item: int
    neighbours: IntArray
    distances: FloatArray


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report shows.

    ``step``: of the weights; ``projection``: the last map that was kept, or the principal components of the held-out
    items where none was; ``test``: items that are neither trained on nor held out but called test, such as those that
    were added beside the run, and ``test_protocols`` what was found of them; ``lost``: in a sentence what the history
    lacks, empty where it is whole. ``unlabelled``: in a sentence how many of either have no class and are left out,
    empty where none; ``gone``: a sentence for each of the added data that cannot be read and are left out.
    ``recipe``: as it ended, and what was left to be chosen as it was chosen, as far as that is known.
    """

    folder: RunFolder
    recipe: Recipe
    dataset: Dataset
    history: History
    held_out: IntArray
    test: IntArray
    unseen: bool
    step: int
    protocols: tuple[ProtocolFindings, ...]
    test_protocols: tuple[ProtocolFindings, ...]
    worst: tuple[WorstQuery, ...]
    projection: Projection
    lost: str = ""
    unlabelled: str = ""
    gone: tuple[str, ...] = ()

    @property
    def map_classes(self) -> tuple[IntArray, int]:
        """The classes of all items by their place, (N,), and how many classes there are, as the map takes them."""
        kept = self.projection.step > 0
        labels = self.folder.items.labels if kept else self.dataset.labels
        return np.asarray(labels), len(self.folder.data.class_names if kept else self.dataset.class_names)

    @property
    def numbers(self) -> dict[str, Any]:
        """The figures as JSON takes them: by protocol, of the embedding and of the raw data.

        Where there are test items theirs are under ``test_items``.
        """
        test = {"test_items": _numbers(self.test_protocols)} if self.test_protocols else {}
        return {**_numbers(self.protocols), **test}


def _numbers(protocols: Sequence[ProtocolFindings]) -> dict[str, Any]:
    return {
        findings.name: {
            "metrics": None if findings.found is None else finite(findings.found.figures),
            "raw": None if findings.raw is None else finite(findings.raw.figures),
            "baselines": {one.name: finite(one.found.figures) for one in findings.baselines if one.found},
            **({"problem": findings.problem} if findings.problem else {}),
        }
        for findings in protocols
    }


def finite(figures: Figures) -> dict[str, Any]:
    """Return figures as JSON takes them: None where a number is not finite."""
    return {
        name: finite(value) if isinstance(value, Mapping) else value if np.isfinite(value) else None
        for name, value in figures.items()
    }


class _Steps:
    """Says which measurement comes now, of how many: each protocol measures every sample."""

    def __init__(self, progress: ProgressCall, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def say(self, words: str) -> None:
        """Say that the next one begins."""
        self._progress(f"Measure {words}", self._done, self._total)
        self._done += 1

    def leave_out(self, count: int) -> None:
        """Pass over so many that are not made."""
        self._done += count


def gather(
    path: Path,
    progress: ProgressCall,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    data: str = "",
    tests: Sequence[str] = (),
) -> Findings:
    """Measure a saved run by every protocol, with their defaults, on its held-out items, or on other ``data``.

    ``tests``: what was added as test data beside the run; test items that the run neither trained on nor held out are
    measured apart.

    Raises
    ------
    UserError: if the run cannot be opened, its data are gone, or nothing with a class is held out.
    Cancelled: if ``cancelled()`` turned true. RuntimeError: if the analysis failed.
    """
    asked = OfflineRun(path, progress)
    folder, gone = asked.saved.folder, _Gone()
    alone = asked.data(data, gone=gone)
    split = gone.checked(partial(asked.split, alone))
    dataset = _with_tests(asked, alone, tests, progress, gone)
    called = _test_items(dataset, split)
    held, test = (_of_a_class(dataset, items) for items in (split.held_out, called))
    labels = np.asarray(dataset.labels)
    if not len(held):
        raise nothing_to_measure(alone)
    written = _Written.of(asked)
    x = asked.embed(dataset, np.concatenate((held, test)))
    samples = _Samples(asked, dataset, split, progress, cancelled)
    parts = [("", samples.of(held, x[: len(held)]))]
    if len(test):
        parts.append((" of test items", samples.of(test, x[len(held) :])))
    protocols = _measured(parts, _in_order(dataset), progress, cancelled)
    of, x = lift(asked.compared_by), x[: len(held)]
    return Findings(
        folder=folder,
        recipe=written.recipe,
        dataset=dataset,
        history=written.history,
        held_out=held,
        test=test,
        unseen=split.unseen,
        step=asked.step,
        protocols=protocols[0],
        test_protocols=protocols[1] if len(test) else (),
        worst=worst_queries(x, labels[held], of, held),
        projection=(None if data else written.projection) or _flat(folder.run, held, laid_out(of, x)),
        lost=written.lost,
        unlabelled=_left_out(len(split.held_out) - len(held), len(called) - len(test)),
        gone=tuple(gone.told),
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """What the folder of a run says at the step that is measured: it may train on meanwhile, or be moved."""

    recipe: Recipe
    history: History
    projection: Projection | None
    lost: str

    @classmethod
    def of(cls, asked: OfflineRun) -> _Written:
        """Read it, with the network that is measured."""
        folder, until = asked.saved.folder, kept_until(asked.saved.folder)
        recipe, history = _recipe_of(asked), folder.history()
        return cls(recipe, history, folder.last_projection(), lost(folder, history, until))


def _recipe_of(asked: OfflineRun) -> Recipe:
    """Return the recipe of a run as it ended, with the length of the embeddings that its network has."""
    recipe = as_trained(asked.saved)
    return recipe if asked.saved.folder.header.script else with_dimension(recipe, asked.embedder().encoder.dimension)


class _Gone:
    """Notes in a sentence each which added data cannot be read."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __call__(self, spec: str, error: UserError) -> None:
        self.told.append(f"What was added from {printable(spec)} is left out: {error.message}")

    def checked(self, split_of: Callable[[], Split]) -> Split:
        """Return the split of what is left of the data of a run.

        Raises
        ------
        UserError: if so little is left that nothing of it was held out.
        """
        try:
            split = split_of()
        except UserError as error:
            if not self.told:
                raise
            raise self._nothing_left() from error
        if self.told and (split.kind == "all" or not len(split.held_out)):
            raise self._nothing_left()
        return split

    def _nothing_left(self) -> UserError:
        return UserError(f"{self.told[0]}. Nothing that the run held out is left", remedy="Put it back")


def _with_tests(
    asked: OfflineRun, dataset: Dataset, tests: Sequence[str], progress: ProgressCall, gone: _Gone
) -> Dataset:
    """Return a dataset with those test data behind it that were not there when the run was trained."""
    from explorer.data.opening import open_beside

    known = {one.uri for one in asked.saved.folder.data.added}
    for spec in tests:
        if spec not in known and not asked.saved.folder.header.script:  # whose network cannot embed them
            try:
                dataset = open_beside(dataset, spec, "test", asked.saved.recipe.data, progress=progress)
            except UserError as error:
                gone(spec, error)
    return dataset


def _test_items(dataset: Dataset, split: Split) -> IntArray:
    """Return the items that are called test and are in neither part, ascending."""
    said = dataset.columns.get(SPLIT_COLUMN)
    test = np.empty(0, np.int64) if said is None else said.rows_of("test")
    found: IntArray = np.setdiff1d(test, np.concatenate((split.train, split.held_out)))
    return found


def _of_a_class(dataset: Dataset, items: IntArray) -> IntArray:
    found: IntArray = items[np.asarray(dataset.labels)[items] != UNLABELLED]
    return found


def _left_out(held: int, test: int) -> str:
    """Return in a sentence how many items have no class, so that nothing can be measured of them; empty where none."""
    parts = [several(count, f"{which} item") for which, count in (("held-out", held), ("test", test)) if count]
    return f"{' and '.join(parts)} without a class: nothing can be measured of these" if parts else ""


class _Samples:
    """Makes samples of items: as the run embeds them, by an empty name, and as baselines do, by theirs."""

    def __init__(
        self,
        asked: OfflineRun,
        dataset: Dataset,
        split: Split,
        progress: ProgressCall,
        cancelled: Callable[[], bool],
    ) -> None:
        self._dataset, self._progress, self._cancelled = dataset, progress, cancelled
        self._lift, self._seen = lift(asked.compared_by), asked.seen(dataset)
        self._first: FirstFeatures | None = None
        with suppress(UserError):  # a pretrained encoder whose files are gone
            self._first = FirstFeatures(dataset, split.train, asked.saved.recipe)

    def of(self, items: IntArray, x: FloatArray) -> dict[str, Sample]:
        """Return the samples of some items, whose embeddings are ``x`` (M, D)."""
        dataset, seen = self._dataset, self._seen
        samples = {"": sample_of(dataset, items, x, self._lift, seen)}
        samples |= {raw_name(dataset, distance): raw_sample_of(dataset, items, seen, distance) for distance in RAW}
        if self._first is not None:
            with suppress(UserError):
                samples[self._first.name] = self._first.sample(items, seen, self._progress, self._cancelled)
        return samples


def _measured(
    parts: Sequence[tuple[str, Mapping[str, Sample]]],
    known: Sequence[str],
    progress: ProgressCall,
    cancelled: Callable[[], bool],
) -> list[tuple[ProtocolFindings, ...]]:
    """Measure every part, which says in words of what it is, by every protocol."""
    steps = _Steps(progress, len(known) * sum(len(samples) for _, samples in parts))
    with analysis() as client:
        return [
            tuple(_by_protocol(name, samples, client, words, steps, cancelled) for name in known)
            for words, samples in parts
        ]


def _in_order(dataset: Dataset) -> list[str]:
    """Return the protocols, that of the data first: what one looks for stands at the top."""
    known = [name for name, entry in catalogue("protocol").items() if entry.available]
    return sorted(known, key=lambda name: name != dataset.protocol)


def _flat(run: str, items: IntArray, x: FloatArray) -> Projection:
    """Return a map of the held-out items by their principal components: a run without a window keeps no map."""
    return Projection(run, 0, items, principal_components(x), 0, "pca", True)


def _by_protocol(
    name: str,
    samples: Mapping[str, Sample],
    client: AnalysisClient,
    words: str,
    steps: _Steps,
    cancelled: Callable[[], bool],
) -> ProtocolFindings:
    """Measure ``samples``, that of the embedding by an empty name and those of baselines by theirs."""
    title = catalogue("protocol")[name].title
    found: dict[str, Measured] = {}
    try:
        for of, sample in samples.items():
            steps.say(f"{title}{words}{of and f': {of}'}")
            found[of] = client.measure(Part(name=name), sample, cancelled=cancelled)
    except UserError as error:
        steps.leave_out(len(samples) - len(found) - 1)
        return ProtocolFindings(name, title, None, problem=error.message)  # who reads it can choose no other protocol
    return ProtocolFindings(name, title, found.pop(""), tuple(Baseline(of, one) for of, one in found.items()))


def worst_queries(
    x: FloatArray, labels: IntArray, of: Lift, items: IntArray, most: int = WORST
) -> tuple[WorstQuery, ...]:
    """Return the queries whose nearest items are all of other classes, those first that are surest of it.

    Parameters
    ----------
    x, labels, items: embeddings (M, D), classes (M,) and the places in the dataset (M,) of what is compared, each with
        all others. How sure: how much nearer the nearest item is than the nearest of the own class among them all.
    """
    index = build_index(x, of, exact=True)
    depth = min(NEIGHBOURS, len(x) - 1)
    rows, distances = index.search(x, depth, exclude=np.arange(len(x)))
    shared = np.bincount(labels)[labels] > 1
    wrong = np.flatnonzero((labels[rows] != labels[:, None]).all(axis=1) & shared)
    if not len(wrong) or depth < 1:
        return ()
    wrong = wrong[np.argsort(distances[wrong, 0], kind="stable")[:COMPARED]]
    gaps = np.empty(len(wrong), np.float32)
    for place, row in enumerate(wrong.tolist()):
        own = np.flatnonzero(labels == labels[row])
        _, nearest = index.search(x[row : row + 1], 1, exclude=np.array([row]), among=own)
        gaps[place] = nearest[0, 0] - distances[row, 0]
    chosen = wrong[np.argsort(-gaps, kind="stable")[:most]]
    return tuple(WorstQuery(int(items[row]), items[rows[row]], distances[row]) for row in chosen.tolist())
