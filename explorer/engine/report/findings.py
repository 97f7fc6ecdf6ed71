"""What a report says of a saved run: what every protocol finds, beside the raw data, and the worst queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.core.types import UNLABELLED, FloatArray, IntArray, Projection
from explorer.data.dataset import Dataset
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.datasets.baselines import RAW, Baseline, FirstFeatures, raw_name
from explorer.engine.datasets.samples import raw_sample_of, sample_of
from explorer.engine.offline import OfflineRun, ProgressCall, analysis, nothing_to_measure
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
    items where none was; ``lost``: in a sentence what the history lacks, empty where it is whole.
    """

    folder: RunFolder
    dataset: Dataset
    history: History
    held_out: IntArray
    unseen: bool
    step: int
    protocols: tuple[ProtocolFindings, ...]
    worst: tuple[WorstQuery, ...]
    projection: Projection
    lost: str = ""

    @property
    def map_classes(self) -> tuple[IntArray, int]:
        """The classes of all items by their place, (N,), and how many classes there are, as the map takes them."""
        kept = self.projection.step > 0
        labels = self.folder.items.labels if kept else self.dataset.labels
        return np.asarray(labels), len(self.folder.data.class_names if kept else self.dataset.class_names)

    @property
    def numbers(self) -> dict[str, Any]:
        """The figures as JSON takes them: by protocol, of the embedding and of the raw data."""
        return {
            findings.name: {
                "metrics": None if findings.found is None else finite(findings.found.figures),
                "raw": None if findings.raw is None else finite(findings.raw.figures),
                "baselines": {one.name: finite(one.found.figures) for one in findings.baselines if one.found},
                **({"problem": findings.problem} if findings.problem else {}),
            }
            for findings in self.protocols
        }


def finite(figures: Figures) -> dict[str, Any]:
    """Return figures as JSON takes them: None where a number is not finite."""
    return {
        name: finite(value) if isinstance(value, Mapping) else value if np.isfinite(value) else None
        for name, value in figures.items()
    }


def gather(
    path: Path, progress: ProgressCall, cancelled: Callable[[], bool] = lambda: False, *, data: str = ""
) -> Findings:
    """Measure a saved run by every protocol, with their defaults, on its held-out items, or on other ``data``.

    Raises
    ------
    UserError: if the run cannot be opened, its data are gone, or nothing with a class is held out.
    Cancelled: if ``cancelled()`` turned true. RuntimeError: if the analysis failed.
    """
    asked = OfflineRun(path, progress)
    folder = asked.saved.folder
    dataset = asked.data(data)
    split = asked.split(dataset)
    labels = np.asarray(dataset.labels)
    held = split.held_out[labels[split.held_out] != UNLABELLED]
    if not len(held):
        raise nothing_to_measure(dataset)
    x, seen = asked.embed(dataset, held), asked.seen(dataset)
    of = lift(asked.compared_by)
    samples = {"": sample_of(dataset, held, x, of, seen)}
    samples |= {raw_name(dataset, distance): raw_sample_of(dataset, held, seen, distance) for distance in RAW}
    with suppress(UserError):  # a pretrained encoder whose files are gone
        first = FirstFeatures(dataset, split.train, asked.saved.recipe)
        samples[first.name] = first.sample(held, seen, progress, cancelled)
    with analysis() as client:
        known = _in_order(dataset)
        protocols = tuple(
            _by_protocol(name, samples, client, _told(progress, name, done, len(known)), cancelled)
            for done, name in enumerate(known)
        )
    checkpoint, until = folder.latest_checkpoint(), kept_until(folder)
    history = folder.history()
    return Findings(
        folder=folder,
        dataset=dataset,
        history=history,
        held_out=held,
        unseen=split.unseen,
        step=0 if checkpoint is None else checkpoint.step,
        protocols=protocols,
        worst=worst_queries(x, labels[held], of, held),
        projection=(None if data else folder.last_projection()) or _flat(folder.run, held, laid_out(of, x)),
        lost=lost(folder, history, until),
    )


def _in_order(dataset: Dataset) -> list[str]:
    """Return the protocols, that of the data first: what one looks for stands at the top."""
    known = [name for name, entry in catalogue("protocol").items() if entry.available]
    return sorted(known, key=lambda name: name != dataset.protocol)


def _flat(run: str, items: IntArray, x: FloatArray) -> Projection:
    """Return a map of the held-out items by their principal components: a run without a window keeps no map."""
    return Projection(run, 0, items, principal_components(x), 0, "pca", True)


def _told(progress: ProgressCall, name: str, done: int, total: int) -> str:
    """Say which protocol comes now, and return its title."""
    title = catalogue("protocol")[name].title
    progress(f"Measure {title}", done, total)
    return title


def _by_protocol(
    name: str, samples: Mapping[str, Sample], client: AnalysisClient, title: str, cancelled: Callable[[], bool]
) -> ProtocolFindings:
    """Measure ``samples``, that of the embedding by an empty name and those of baselines by theirs."""
    try:
        found = {of: client.measure(Part(name=name), sample, cancelled=cancelled) for of, sample in samples.items()}
    except UserError as error:
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
