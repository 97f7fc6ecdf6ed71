"""Rows of measurements: columns of numbers and of categories, which may be missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import FloatArray, IntArray
from explorer.core.words import several
from explorer.data.labels.measured_columns import ABSENT, FIRST_CATEGORY
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape

MOST_CATEGORIES = 64
"""Of a column, that get a column of their own in what is compared before any training: those that come most often."""


@register("modality", "table", title="Tables of measurements")
class Table(Modality):
    """Rows of F columns, (F, 1, 2) float32: the number of a cell as it is, and its code.

    Code 0: a number; 1: missing (its number is the middle one of its column); 2 and above: a category, by its text.
    """

    name = "table"
    noun = "row"
    plural = "rows"
    raw = "raw columns"
    from_files = False
    encoder = Part(name="table")
    encoder_reads = frozenset({"table"})
    augment = "cells"
    options = ("numbers", "categories", "left_out", "id_column")
    when_unlabelled = (
        "name a column with data.label_column, or train without: the loss InfoNCE / NT-Xent (nt_xent) with two views"
    )

    def described(self, shape: Shape) -> str:
        """Return what rows of this shape are."""
        return f"rows of {several(shape[0], 'measured column')}"

    def unlike(self, name: str, shape: Shape, main: str, main_shape: Shape) -> UserError:
        """Return why rows of other columns cannot be added."""
        return UserError(
            f"{name} has {several(shape[0], 'measured column')}, {main} {main_shape[0]}",
            remedy="Add a table with the same columns",
        )

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options by which other tables are read as measurements too."""
        return options.model_copy(update={"modality": self.name})

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Take the cells of a listing, which were read with it."""
        return Loaded(listing.items.reshape(len(listing), -1, 1, 2), listing.content, {})

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return numbers with mean 0 and deviation 1, a column for what is missing, and one for each category."""
        cells = np.asarray(inputs if items is None else inputs[items], np.float32)[:, :, 0]
        known = np.asarray(inputs if like is None else like, np.float32)[:, :, 0]
        parts = [part for column in range(cells.shape[1]) for part in _of_column(cells[:, column], known[:, column])]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(cells), 1), np.float32)


def _of_column(cells: FloatArray, known: FloatArray) -> list[FloatArray]:
    """Return the columns (N, K) that one becomes, by the cells of all that are ``known``."""
    parts: list[FloatArray] = []
    codes = known[:, 1]
    if (codes < FIRST_CATEGORY).all():
        values = known[:, 0].astype(np.float64)
        deviation = float(values.std())
        scaled = (cells[:, :1] - values.mean()) / (deviation if deviation > 1e-12 * abs(float(values.mean())) else 1.0)
        parts.append(scaled.astype(np.float32))
        if (codes == ABSENT).any():
            parts.append((cells[:, 1:] == ABSENT).astype(np.float32))
        return parts
    different, counts = np.unique(codes, return_counts=True)
    often = np.sort(different[np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]])
    parts.append((cells[:, 1:] == often[None]).astype(np.float32))
    return parts
