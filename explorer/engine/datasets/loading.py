"""From a spec to a dataset with its split, and what the rest of the engine wants to know of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.types import ByteArray, FloatArray, IntArray, Split
from explorer.engine.analysis.messages import Scene
from explorer.engine.analysis.raw_baseline import embed_pixels
from explorer.engine.events import Role
from explorer.engine.jobs import Control

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

PIXELS_SIDE = 32
"""Longer side of the pictures that the raw-pixel baseline compares."""

LARGEST_VECTORS, REDUCED = 1 << 30, 256
"""Bytes of raw vectors above which so many of their strongest directions stand for them in the baseline."""

PAPER = 160
"""Mean of grey pictures above which they are drawings on light paper."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open dataset. ``sources``: the specs and roles it was put together from; ``problem``: why it has no split."""

    dataset: Dataset
    split: Split | None
    problem: str
    sources: tuple[tuple[str, Role], ...]


def load(
    spec: str, role: Role, base: Opened | None, recipe: Recipe, control: Control, cache_folder: Path | None
) -> Opened:
    """Open ``spec`` and, unless it is the main dataset, append it to ``base``.

    Raises
    ------
    UserError: if it cannot be opened or does not fit; Cancelled: if the job was cancelled.
    """
    from explorer.data.opening import open_beside, open_dataset

    if role == "main":
        dataset = open_dataset(
            spec, recipe.data, progress=control.progress, cancelled=control.cancelled, cache_folder=cache_folder
        )
        return resplit(Opened(dataset, None, "", ((dataset.uri, role),)), recipe)
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
    return resplit(Opened(dataset, None, "", (*base.sources, (spec, role))), recipe)


def resplit(opened: Opened, recipe: Recipe) -> Opened:
    """Return ``opened`` with the split that the recipe asks for; where it cannot be made, ``problem`` says why."""
    from explorer.data.split import make_split

    try:
        split = make_split(recipe.split.name, recipe.split.params, opened.dataset, recipe.seed)
    except UserError as error:
        return replace(opened, split=None, problem=str(error))
    return replace(opened, split=split, problem="")


def scene_of(opened: Opened, generation: int, run: str) -> Scene:
    """Return what the analysis process is told of a dataset."""
    none: IntArray = np.empty(0, np.int64)
    split = opened.split
    return Scene(
        generation,
        run,
        np.asarray(opened.dataset.labels, np.int64),
        split.train if split else none,
        split.held_out if split else none,
        bool(split and split.unseen),
    )


def pixel_vectors(dataset: Dataset, items: IntArray | None = None) -> ByteArray | FloatArray:
    """Return the pictures as rows (N, P) uint8, their longer side at most ``PIXELS_SIDE``; vectors as they are.

    Larger ones are shrunk by a whole factor, by the mean of each block. Grey drawings on light paper are turned to
    light on dark: a cosine should compare the strokes, not the paper. ``items``: of these alone.
    """
    pixels = dataset.pixels
    if pixels is None:
        assert dataset.vectors is not None
        if items is not None:
            return np.asarray(dataset.vectors[items])
        large = dataset.vectors.nbytes > LARGEST_VECTORS
        return embed_pixels(dataset.vectors, dimension=REDUCED) if large else dataset.vectors
    pixels = pixels if items is None else np.asarray(pixels[items])
    rows = _shrunk(pixels)
    if pixels.shape[3] == 1 and len(rows) and rows[:: -(-len(rows) // 1000)].mean() > PAPER:
        np.subtract(255, rows, out=rows)
    return rows


def _shrunk(pixels: ByteArray) -> ByteArray:
    count, height, width, channels = pixels.shape
    factor = -(-max(height, width) // PIXELS_SIDE)
    if factor == 1:
        return np.array(pixels.reshape(count, -1))
    rows, columns = height // factor, width // factor
    shrunk = np.empty((count, rows * columns * channels), np.uint8)
    for start in range(0, count, 1024):
        part = np.asarray(pixels[start : start + 1024, : rows * factor, : columns * factor])
        blocks = part.reshape(len(part), rows, factor, columns, factor, channels)
        total = np.zeros((len(part), rows, columns, channels), np.uint32)
        for down in range(factor):
            for right in range(factor):
                total += blocks[:, :, down, :, right]
        shrunk[start : start + len(part)] = (total // (factor * factor)).reshape(len(part), -1)
    return shrunk
