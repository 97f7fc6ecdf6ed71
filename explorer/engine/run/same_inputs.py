"""Whether the items of some data look as they did when a run began, where their names and labels are the same."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.runs.folder import RunFolder
from explorer.runs.seen_inputs import INPUTS_NAME, read_inputs, write_inputs

MOST_ITEMS = 1024
MOST_BYTES = 64 << 20
"""How much is looked at: of more than these, items that lie evenly among all."""
LEAST_ITEMS = 16
DIGEST_BYTES = 12


def keep_inputs(folder: RunFolder, dataset: Dataset) -> None:
    """Note in the folder of a new run what its encoder reads of some items; it can do without."""
    with suppress(UserError):  # a full disk is told by what the run cannot do without
        write_inputs(folder.path, {dataset.ids[row]: _digest(dataset, row) for row in _looked_at(dataset).tolist()})


def as_called_in(folder: RunFolder, dataset: Dataset) -> Dataset:
    """Return data with the ids of a run where only the file is called otherwise now, and with it its rows.

    That they are those of the run is told by what is in them: row 5 of another file is another item.
    """
    before, now = f"{folder.data.name}[", f"{dataset.name}["
    if before == now or len(dataset) != folder.data.items or not all(name.startswith(now) for name in dataset.ids):
        return dataset
    ids = TextColumn.of(before + name.removeprefix(now) for name in dataset.ids)
    named = replace(dataset, ids=ids)
    try:
        check_same_inputs(folder, named)
        told = bool(read_inputs(folder.path))
    except UserError:
        return dataset
    return named if told and ids == folder.items.ids else dataset


def check_same_inputs(folder: RunFolder, dataset: Dataset) -> None:
    """Refuse data whose items have the names that those of the run had, and other contents.

    Of many items some are looked at. A run that kept nothing to tell by, as those of older versions, is passed.

    Raises
    ------
    UserError: if an item is another one than when the run began; one is named.
    """
    kept = read_inputs(folder.path)
    if not kept or folder.data.shape != dataset.shape:
        return
    there = None if dataset.growth is None else dataset.growth.mask()
    rows = [row for row, name in enumerate(dataset.ids) if name in kept and (there is None or there[row])]
    changed = [row for row in rows if _digest(dataset, row) != kept[dataset.ids[row]]]
    if changed:
        kind = dataset.modality
        raise UserError(
            f"{several(len(changed), kind.noun, kind.plural)} of {len(rows):,} of {printable(dataset.uri)} that were "
            f"looked at changed since {printable(folder.path.name)} was trained, the first is "
            f"{printable(dataset.ids[changed[0]])}",
            remedy=f"Restore them, or train a new run; who changed them on purpose deletes {INPUTS_NAME} of the run",
        )


def _looked_at(dataset: Dataset) -> IntArray:
    """Return the numbers (M,) of the items that are looked at, of those that are there."""
    there = None if dataset.growth is None else dataset.growth.mask()
    rows = np.arange(len(dataset)) if there is None else np.flatnonzero(there)
    size = int(np.prod(dataset.shape)) * np.dtype(dataset.inputs.dtype).itemsize
    count = min(len(rows), MOST_ITEMS, max(LEAST_ITEMS, MOST_BYTES // max(1, size)))
    chosen: IntArray = rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)] if count else rows
    return chosen


def _digest(dataset: Dataset, row: int) -> str:
    read: npt.NDArray[Any] = np.ascontiguousarray(dataset.inputs[np.array([row])])
    return blake2b(read.tobytes(), digest_size=DIGEST_BYTES).hexdigest()
