"""Items of a dataset as an evaluation protocol takes them: one way for the window, reports and the command line."""

from __future__ import annotations

import numpy as np

from explorer.core.recipe import Part
from explorer.core.registry import create
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.data.dataset import Dataset
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE, plain_rows, unit_rows
from explorer.engine.datasets.loading import raw_rows
from explorer.evaluation.protocol import Sample
from explorer.measure.lifts import Lift, lift


def sample_of(dataset: Dataset, items: IntArray, x: FloatArray, of: Lift, seen: BoolArray | None) -> Sample:
    """Return some ``items`` of a dataset and their embeddings ``x`` (M, D), compared by the lift ``of``.

    ``seen``: (N,) for all items of the dataset, whether their class was trained on; None where that is not known.
    """
    return Sample(
        x,
        np.asarray(dataset.labels)[items],
        of,
        {name: list(texts.take(items)) for name, texts in dataset.columns.items()},
        None if dataset.label_sets is None else dataset.label_sets[items],
        None if seen is None else seen[items],
        list(dataset.ids.take(items)),
        dataset.class_names,
        [one.among(items, len(dataset)) for one in dataset.pairs],
        None if dataset.target is None else dataset.target.of(items),
    )


def check_protocol(protocol: Part, dataset: Dataset, items: IntArray) -> None:
    """Check that items of a dataset have what the parameters of a protocol name, before they are embedded.

    Raises
    ------
    UserError: what they lack, or which parameter is not allowed.
    """
    nothing = np.empty((len(items), 0), np.float32)
    create("protocol", protocol.name, dict(protocol.params)).check(
        sample_of(dataset, items, nothing, lift(RAW_DISTANCE), None)
    )


def raw_sample_of(dataset: Dataset, items: IntArray, seen: BoolArray | None, distance: str = RAW_DISTANCE) -> Sample:
    """Return some items of a dataset as they are before any training, for what is measured beside an embedding.

    ``distance``: by which they are compared, ``cosine`` or ``euclidean``.
    """
    rows = raw_rows(dataset, items)
    x = unit_rows(rows) if distance == RAW_DISTANCE else plain_rows(rows)
    return sample_of(dataset, items, x, lift(distance), seen)


def trained_classes(dataset: Dataset, train: IntArray) -> BoolArray:
    """Return whether the class of each item (N,) is one that some item of ``train`` has."""
    labels = np.asarray(dataset.labels)
    seen: BoolArray = np.isin(labels, np.unique(labels[train])) & (labels != UNLABELLED)
    return seen
