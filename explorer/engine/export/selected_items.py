"""The selected items as a table: to be pasted, or in a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.types import IntArray, Split
from explorer.engine.export.base import written_whole
from explorer.runs.items import safe_cell

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def selected_table(dataset: Dataset, split: Split | None, items: IntArray, delimiter: str = ",") -> str:
    """Return a row for each of the ``items``: id, path, class, part, and the further columns of the data; a header."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["id", "path", "class", "part", *dataset.columns])
    train: set[int] = set() if split is None else set(split.train.tolist())
    held: set[int] = set() if split is None else set(split.held_out.tolist())
    for item in items.tolist():
        part = "train" if item in train else "held-out" if item in held else ""
        own = (dataset.ids[item], dataset.path(item), dataset.class_name(item), part)
        writer.writerow(_safe([*own, *(column[item] for column in dataset.columns.values())]))
    return text.getvalue()


def _safe(cells: Iterable[str]) -> list[str]:
    return [safe_cell(cell) for cell in cells]


def write_selected(path: Path, dataset: Dataset, split: Split | None, items: IntArray) -> None:
    """Write the table of the ``items`` as CSV, whole or not at all.

    Raises
    ------
    UserError: if it cannot be written.
    """
    text = selected_table(dataset, split, items)
    written_whole(path, lambda beside: beside.write_text(text, encoding="utf-8", errors="surrogateescape"))
