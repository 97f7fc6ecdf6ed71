"""Data that have changed since a run was trained on them: what of them was held out, by the ids of the items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import IntArray, Split, frozen
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.engine.run.run_files import split_of
from explorer.engine.run.same_inputs import check_same_inputs
from explorer.runs.folder import RunFolder


def split_on(folder: RunFolder, dataset: Dataset, own: bool, tell: Callable[[str], None]) -> Split | None:
    """Return the split of a run on data as they are now; None where these are other data.

    They are its own if they lie where its data lay (``own``), or half of either are in both, by their ids. Of other
    data ``tell`` is told in a sentence that the run may have been trained on some, which are called alike.

    Raises
    ------
    UserError: if nothing that was held out is there any more.
    """
    if dataset.ids == folder.items.ids:
        return _with_changes(split_of(folder), folder, dataset)
    before = {name: row for row, name in enumerate(folder.items.ids)}
    rows = np.array([before.get(name, -1) for name in dataset.ids], dtype=np.int64)
    if own or 2 * int((rows >= 0).sum()) >= max(len(before), len(rows)):
        return _with_changes(_still_held_out(folder, rows, dataset.uri), folder, dataset)
    if count := int(np.isin(rows, folder.items.indices("train")).sum()):
        tell(f"{printable(folder.path.name)} was trained on what is called as {several(count, 'item')} of these data")
    return None


def _still_held_out(folder: RunFolder, rows: IntArray, place: str) -> Split:
    """Return the split by the row (N,) in the run of each item that is there now, -1: the run does not have it.

    What is new is in neither part: nobody knows where it belongs.
    """
    split, known = split_of(folder), int((rows >= 0).sum())
    train, held_out = (np.flatnonzero(np.isin(rows, part)) for part in (split.train, split.held_out))
    if len(split.held_out) and not len(held_out):
        raise UserError(
            f"Nothing that {printable(folder.path.name)} held out is at {printable(place)} any more",
            remedy="Bring its data back, or name where they are now: --data PLACE",
        )
    notes = []
    if known < len(rows):
        notes.append(f"{several(len(rows) - known, 'item')} new since the run was trained: not measured")
    if gone := len(split.held_out) - len(held_out):
        notes.append(f"{several(gone, 'held-out item')} of the run not there any more")
    return replace(split, train=frozen(train, np.int64), held_out=frozen(held_out, np.int64), notes=tuple(notes))


def _with_changes(split: Split, folder: RunFolder, dataset: Dataset) -> Split:
    """Return a split that notes which of its items are others by now under the names they had."""
    try:
        check_same_inputs(folder, dataset)
    except UserError as error:
        return replace(split, notes=(*split.notes, error.message))
    return split
