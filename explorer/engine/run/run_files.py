"""Between the values of a session and the files of a run's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer.core.errors import Cancelled, UserError, printable
from explorer.core.events import Checkpoint, ItemsReady
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Split
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.run.same_inputs import check_same_inputs, keep_inputs
from explorer.runs.folder import RunFolder
from explorer.runs.given_file import write_given
from explorer.runs.header import AddedData, DataRecord
from explorer.runs.items import RunItems


def create_run(
    path: Path, opened: Opened, recipe: Recipe, run: str = "", precision: str = "", script: str = ""
) -> RunFolder:
    """Create the folder of a new run on ``opened`` by the resolved ``recipe``, open for writing; ``run``: its id.

    ``precision``: what that of the recipe came to on this machine; empty: as it says. ``script``: see ``RunHeader``.

    Raises
    ------
    UserError: if something is in the way, or it cannot be written.
    """
    dataset, split = opened.dataset, opened.split
    assert split is not None
    (main, _), *added = opened.sources
    parts = np.full(len(dataset), "", dtype=object)
    parts[split.train], parts[split.held_out] = "train", "held-out"
    data = DataRecord(
        name=dataset.name,
        uri=main,
        fingerprint=dataset.fingerprint,
        items=len(dataset),
        modality=dataset.modality.name,
        shape=dataset.shape,
        class_names=dataset.class_names,
        split=split.kind,
        unseen=split.unseen,
        added=tuple(AddedData(uri=spec, role=role) for spec, role in added),
    )
    known = {"data": dataset.read_alike(recipe.data), "precision": precision or recipe.precision}
    recipe = recipe.model_copy(update=known)  # other data are read as these were, and it goes on as it began
    items = RunItems(dataset.ids, dataset.labels, TextColumn.of(parts.tolist()), dataset.columns)
    folder = RunFolder.create(path, recipe, data, items, run=run, script=script)
    keep_inputs(folder, dataset)
    if opened.given is not None:
        write_given(folder.path, opened.given)
    return folder


def resume_run(
    path: Path, opened: Opened, until: int | None = None, left: Callable[[], bool] = lambda: False
) -> tuple[RunFolder, Checkpoint | None, str]:
    """Open the folder of a run for writing, with the checkpoint from which it goes on: the newest up to ``until``.

    A run that ended before its first checkpoint has none, and is begun anew. The third is one sentence about newer
    checkpoints that cannot be used, empty where there are none. ``left``: whether nobody waits for it any more.

    Raises
    ------
    UserError: if none of its checkpoints is whole, they are gone, or it was trained on other items or labels than those
    of ``opened``. Cancelled: if it was left.
    """
    if script := RunFolder.open(path).header.script:
        raise UserError(f"{printable(str(path))}: {trained_by_script(script)}", remedy="Train a new run")
    folder = RunFolder.open(path, writable=True)
    try:
        check_same_data(folder, opened.dataset)
        checkpoint, passed = folder.search_checkpoint(until)
        if checkpoint is None and folder.checkpoint_steps():
            later = [] if until is None else [step for step in folder.checkpoint_steps() if step > until]
            raise UserError(
                f"{printable(str(path))} has no whole checkpoint to go on from{f'. {passed}' if passed else ''}",
                remedy=f"Go on from {', '.join(map(str, later))}" if later else "Start a new run instead",
            )
        if checkpoint is None and folder.history().finished is not None:  # beginning anew would remove what is left
            raise UserError(
                f"{printable(str(path))} has lost its checkpoints",
                remedy="Restore its folder checkpoints from a copy, or start a new run",
            )
        if left():
            raise Cancelled
        folder.rewind(checkpoint.step if checkpoint is not None else 0)
    except BaseException:
        folder.close()
        raise
    return folder, checkpoint, passed


def trained_by_script(script: str) -> str:
    """Return why a run cannot be gone on with, and embeds nothing new, whose network, ``script``, is not in it."""
    return f"A script of its own trained this run, and its network {printable(script)} is there and not in the run"


def leave_out(path: Path, dataset: Dataset) -> None:
    """Let the run in ``path``, which began before all of its data were decoded, be of those that could be.

    It keeps checkpoints, measurements and decisions; what was shown of it, which is by the numbers of the items, goes.
    Of any other run and data nothing is changed.

    Raises
    ------
    UserError: if the run cannot be read or written.
    """
    folder = RunFolder.open(path)
    rows = _left(folder, dataset)
    if rows is None:
        return
    record = folder.data.model_copy(
        update={"fingerprint": dataset.fingerprint, "items": len(rows), "class_names": dataset.class_names}
    )
    items = RunItems(dataset.ids, dataset.labels, folder.items.parts.take(rows), dataset.columns)
    with RunFolder.open(path, writable=True) as writable:
        writable.keep_items(record, items)


def _left(folder: RunFolder, dataset: Dataset) -> IntArray | None:
    """Return which items of a run could be decoded, where it began before that was known of all; else None."""
    if len(dataset) >= folder.data.items or not dataset.report.skipped:
        return None
    if not any(isinstance(event, ItemsReady) for event in folder.history().lifecycle):
        return None
    broken = {skipped.path for skipped in dataset.report.skipped}
    kept = np.array([name not in broken for name in folder.items.ids], np.bool_)
    rows: IntArray = np.flatnonzero(kept)
    return rows if folder.items.ids.take(rows) == dataset.ids else None


def checkpoints_until(path: Path, step: int) -> int:
    """Return how many checkpoints up to ``step`` the folder of a run has, 0 where it cannot be read."""
    try:
        return sum(kept <= step for kept in RunFolder.open(path).checkpoint_steps())
    except UserError:
        return 0


def check_same_data(folder: RunFolder, dataset: Dataset) -> None:
    """Refuse data that are not those of the run, by their items, their labels and what is in them.

    Raises
    ------
    UserError: if an item, a label or the content of an item is another one than when the run began.
    """
    check_same_items(folder, dataset)
    check_same_labels(folder, dataset)
    check_same_inputs(folder, dataset)


def check_same_items(folder: RunFolder, dataset: Dataset) -> None:
    """Refuse data that are not those of the run, item by item.

    Raises
    ------
    UserError: if an item was added, removed or renamed since.
    """
    record = folder.data
    read_alike = (record.modality, record.shape) == (dataset.modality.name, dataset.shape)
    if not read_alike or folder.items.ids != dataset.ids:
        raise UserError(
            f"{printable(dataset.uri)} is not what {printable(folder.path.name)} was trained on: "
            f"{_difference(folder, dataset)}",
            remedy="Restore them as they were, or train a new run",
        )


def _difference(folder: RunFolder, dataset: Dataset) -> str:
    kind, before, now = dataset.modality, folder.items.ids, dataset.ids
    if folder.data.modality != kind.name:
        return f"it holds {kind.plural}, the run was of {folder.data.modality}"
    if folder.data.shape != dataset.shape:
        return f"it holds {kind.described(dataset.shape)}, the run was of {kind.described(folder.data.shape)}"
    there = set(now)
    gone = [name for name in before if name not in there]
    new = len(there.difference(before))
    if not gone and not new:
        return f"the same {kind.plural} come in another order"
    if len(before) == len(now):
        row = before.index(gone[0])
        called = f"what was called {printable(before[row])} is {printable(now[row])} now"
        has = "has" if len(gone) == 1 else "have"
        return f"{len(gone):,} of {several(len(now), kind.noun, kind.plural)} {has} another name: {called}"
    first = f", the first {printable(gone[0])}" if gone else ""
    changed = f"{several(len(gone), kind.noun, kind.plural)} of the run gone{first}, and {new:,} new"
    return f"it has {several(len(now), kind.noun, kind.plural)} and the run {len(before):,}: {changed}"


def check_same_labels(folder: RunFolder, dataset: Dataset) -> None:
    """Refuse data that say other classes now: half of the run would have learned something else.

    Raises
    ------
    UserError: if an item has another label than when the run began; what was decided about labels in the run is apart.
    """
    names = [np.array(["", *names], object) for names in (folder.data.class_names, dataset.class_names)]
    before, now = names[0][folder.items.labels + 1], names[1][np.asarray(dataset.labels) + 1]
    changed = np.flatnonzero(before != now)
    if len(changed):
        item = changed[0]
        raise UserError(
            f"{several(len(changed), 'label')} of {printable(dataset.uri)} changed since "
            f"{printable(folder.path.name)} was trained: {printable(dataset.ids[item])} was "
            f"{printable(before[item]) or 'unlabelled'} and is {printable(now[item]) or 'unlabelled'} now",
            remedy="Restore the labels, or train a new run",
        )


def split_of(folder: RunFolder) -> Split:
    """Return the split with which a run was trained."""
    train: IntArray = folder.items.indices("train")
    held_out: IntArray = folder.items.indices("held-out")
    return Split(folder.data.split, train, held_out, folder.data.unseen)
