"""The selected items as a table: to be pasted, or in a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from explorer.core.types import IntArray, Split
from explorer.engine.export.base import written_whole
from explorer.runs.items import safe_cell

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

OWN = ("id", "path", "class", "part")


def selected_table(
    dataset: Dataset,
    split: Split | None,
    items: IntArray,
    delimiter: str = ",",
    known: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """Return a row for each of the ``items``: id, path, class, part, and the further columns of the data; a header.

    ``known``: what else there is to say of these items, a text each, in columns that come before those of the data.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    first = (*OWN, *known)
    writer.writerow([*first, *_further(dataset.columns, first)])
    train: set[int] = set() if split is None else set(split.train.tolist())
    held: set[int] = set() if split is None else set(split.held_out.tolist())
    for row, item in enumerate(items.tolist()):
        part = "train" if item in train else "held-out" if item in held else ""
        own = (dataset.ids[item], dataset.path(item), dataset.class_name(item), part)
        told = (texts[row] for texts in known.values())
        writer.writerow(_safe([*own, *told, *(column[item] for column in dataset.columns.values())]))
    return text.getvalue()


def _further(names: Iterable[str], taken: Sequence[str]) -> list[str]:
    """Return names of columns of the data, no two alike: what the table says itself they say as ``data.id``."""
    found = list(taken)
    for name in names:
        while name in found:
            name = f"data.{name}"
        found.append(name)
    return found[len(taken) :]


def _safe(cells: Iterable[str]) -> list[str]:
    return [safe_cell(cell) for cell in cells]


def write_selected(
    path: Path,
    dataset: Dataset,
    split: Split | None,
    items: IntArray,
    known: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> None:
    """Write the table of the ``items`` as CSV, or, to a .txt, a line with the path of each; whole or not at all.

    Raises
    ------
    UserError: if it cannot be written.
    """
    if path.suffix.lower() == ".txt":
        text = "".join(f"{dataset.path(item)}\n" for item in items.tolist())
    else:
        text = selected_table(dataset, split, items, known=known)
    written_whole(path, lambda beside: beside.write_text(text, encoding="utf-8", errors="surrogateescape"))
