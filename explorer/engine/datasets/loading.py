"""From a spec to a dataset with its split, and what the rest of the engine wants to know of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError
from explorer.core.given_tuples import GivenTuples, checks_of, mapped_triplets
from explorer.core.recipe import DataOptions, Part, Recipe
from explorer.core.sides import sides_of
from explorer.core.types import ByteArray, FloatArray, IntArray, Split
from explorer.engine.analysis.messages import Scene
from explorer.engine.analysis.raw_baseline import embed_pixels
from explorer.engine.datasets.trained_counts import trained_counts
from explorer.engine.events import Role
from explorer.engine.jobs import Control

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

LARGEST_ROWS, REDUCED = 1 << 30, 256
"""Bytes of raw numbers above which so many of their strongest directions stand for them in the baseline."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open dataset.

    ``sources``: the specs and roles it was put together from; ``problem``: why it has no split; ``options``: how it was
    read; ``given``: pairs, triplets or must-link lists of the items, which are trained on in place of classes;
    ``split_by``: how a recipe said that it should be split, and with which seed; None where a run did.
    """

    dataset: Dataset
    split: Split | None
    problem: str
    sources: tuple[tuple[str, Role], ...]
    options: DataOptions | None = None
    given: GivenTuples | None = None
    split_by: tuple[Part, int] | None = None

    def is_by(self, recipe: Recipe) -> bool:
        """Return whether a recipe would have it read and split as it is; what a run brought with it is left so."""
        read, split = self.options, self.split_by
        return read in (None, recipe.data) and split in (None, (recipe.split, recipe.seed))


def load(
    spec: str,
    role: Role,
    base: Opened | None,
    recipe: Recipe,
    control: Control,
    cache_folder: Path | None,
) -> Opened:
    """Open ``spec`` and, unless it is the main dataset, append it to ``base``.

    Raises
    ------
    UserError: if it cannot be opened or does not fit; Cancelled: if the job was cancelled.
    """
    from explorer.data.opening import open_beside

    if role == "main":
        return load_main(spec, recipe, control, cache_folder)
    if base is None:
        raise UserError(f"{spec} cannot be added as {role} data", remedy="Open the main data first")
    dataset = open_beside(
        base.dataset,
        spec,
        role,
        recipe.data,
        progress=control.progress,
        cancelled=control.cancelled,
        cache_folder=cache_folder,
    )
    where = os.path.abspath(spec) if os.path.exists(spec) else spec  # a run is asked from elsewhere as well
    return resplit(Opened(dataset, None, "", (*base.sources, (where, role)), recipe.data, base.given), recipe)


def load_main(
    spec: str,
    recipe: Recipe,
    control: Control,
    cache_folder: Path | None,
    begun: Callable[[Opened], None] | None = None,
    *,
    soon: bool = False,
    occupied: Callable[[], bool] = lambda: False,
) -> Opened:
    """Open main data; ``begun``: called with large ones of which some items are there, see ``open_dataset``.

    ``soon``, ``occupied``: see ``Watch``.

    Raises
    ------
    UserError: if they cannot be opened; Cancelled: if the job was cancelled.
    """
    from explorer.data.opening import open_dataset

    def opened(dataset: Dataset) -> Opened:
        return resplit(Opened(dataset, None, "", ((dataset.uri, "main"),), recipe.data), recipe)

    dataset = open_dataset(
        spec,
        recipe.data,
        progress=control.progress,
        cancelled=control.cancelled,
        cache_folder=cache_folder,
        begun=None if begun is None else lambda some: begun(opened(some)),
        soon=soon,
        occupied=occupied,
    )
    return opened(dataset)


def resplit(opened: Opened, recipe: Recipe) -> Opened:
    """Return ``opened`` with the split that the recipe asks for; where it cannot be made, ``problem`` says why."""
    from explorer.data.split import make_split

    split_by = (recipe.split, recipe.seed)
    try:
        split = make_split(recipe.split.name, recipe.split.params, opened.dataset, recipe.seed)
    except UserError as error:
        return replace(opened, split=None, problem=str(error), split_by=split_by)
    trained_counts(opened.dataset.labels, split.train)  # of many millions, before the window asks
    return replace(opened, split=split, problem="", split_by=split_by)


def scene_of(opened: Opened, generation: int, run: str) -> Scene:
    """Return what the analysis process is told of a dataset."""
    from explorer.data.split import distractors, query_and_gallery

    none: IntArray = np.empty(0, np.int64)
    split = opened.split
    queries, gallery = query_and_gallery(opened.dataset.columns)
    return Scene(
        generation,
        run,
        np.asarray(opened.dataset.labels, np.int64),
        split.train if split else none,
        split.held_out if split else none,
        bool(split and split.unseen),
        queries,
        gallery,
        distractors(opened.dataset.columns),
        sides_of(opened.dataset.columns),
        opened.dataset.target,
        checks_of(opened.given, split.train, len(opened.dataset)) if opened.given and split else None,
        mapped_triplets(opened.given),
    )


def raw_rows(dataset: Dataset, items: IntArray | None = None) -> ByteArray | FloatArray:
    """Return what stands for every item before any training, as rows (N, P): see ``Modality.rows``.

    Numbers that take more than ``LARGEST_ROWS`` bytes are reduced to their strongest directions. ``items``: of these
    alone, and never reduced.

    Raises
    ------
    UserError: if all are asked for and not all are decoded.
    """
    if items is None:
        dataset.check_all_there()
    rows = dataset.modality.rows(dataset.inputs, items)
    large = items is None and rows.dtype != np.uint8 and rows.nbytes > LARGEST_ROWS
    return embed_pixels(rows, dimension=REDUCED) if large else rows
