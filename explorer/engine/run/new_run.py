"""Whether a new run can begin, asked before its folder is made, since one that cannot leaves none; and how long."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, RunFinished, RunStarted
from explorer.core.label_decisions import DecidedLabels, Decisions
from explorer.core.recipe import Recipe
from explorer.core.types import Split
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.requirements import needs_of, reason_against_encoder
from explorer.engine.run.alarms import Remedy
from explorer.runs.creation import check_free
from explorer.runs.journal import METRICS_NAME, History, read_history
from explorer.runs.label_file import read_decisions
from explorer.runs.parent import seconds_before

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def check_new_run(path: Path, opened: Opened, recipe: Recipe, before: Path | None) -> None:
    """Check that a run by a resolved ``recipe`` can begin in ``path``; ``before``: the run whose decisions go on.

    Raises
    ------
    UserError: if the recipe does not suit the data, what was decided about labels leaves too little to learn from, or
    something is in the way of the folder.
    """
    if unread := reason_against_encoder(opened, recipe):
        raise UserError(unread)
    _check_decided(opened, recipe, before)
    check_free(path.expanduser().absolute())


def task_data(dataset: Dataset, recipe: Recipe) -> dict[str, Any]:
    """Return what a ``Task`` by a recipe is told of its data, by the names that it has there; loads torch."""
    from explorer.data.labels.labelling import label_sets_of
    from explorer.learn.parts import needs_of

    return {
        "pixels": dataset.inputs,
        "labels": dataset.labels,
        "modality": dataset.modality.name,
        "columns": dataset.columns,
        "label_sets": label_sets_of(dataset) if "label_sets" in needs_of(recipe) else None,
        "target": dataset.target,
    }


def epochs_of(
    path: Path, recipe: Recipe, split: Split, checkpoint: Checkpoint | None, asked: int, *, back: Remedy | None
) -> int:
    """Return the epochs of a whole run, 0 for those of its recipe; one that has had them gets as many more.

    ``path``: its folder, which says how many it was to have at last; ``checkpoint``: from which it goes on; ``asked``:
    how many somebody wishes, 0: nobody; ``back``: what it mends.
    """
    from explorer.learn.task import planned_epochs

    if recipe.fitter.name != "none":
        return 0
    if checkpoint is None or asked:  # without one it is begun anew, for as many as are asked for now
        return asked
    last = last_plan(read_history(path / METRICS_NAME, steps=False))
    if last > checkpoint.epoch:
        return last
    if back is not None and back.changes:
        return 0
    planned = planned_epochs(recipe, len(split.train))
    return checkpoint.epoch + planned if checkpoint.epoch >= planned else 0


def planned_for(recipe: Recipe, epochs: int, items: int) -> Recipe:
    """Return a recipe that says for how many ``epochs`` a run goes on, unless it comes to them on so many items.

    ``epochs``: 0: for those of the recipe.
    """
    from explorer.learn.task import planned_epochs

    if not epochs or epochs == planned_epochs(recipe, items):
        return recipe
    return recipe.model_copy(update={"epochs": epochs})


def trained_before(path: Path) -> float:
    """Return for how many seconds the run in a folder was trained, as it says; 0 where there is none yet.

    Of a branch those of its parent up to where it begins are among them, as far as they are known.
    """
    history = read_history(path / METRICS_NAME, steps=False)
    before = seconds_before(path) or 0.0
    return max((event.seconds for event in history.lifecycle if isinstance(event, RunFinished)), default=before)


def last_plan(history: History, before: int | None = None) -> int:
    """Return how many epochs a run was to have at last, or when it trained up to a step; 0 where it does not say."""
    began = [event for event in history.lifecycle if isinstance(event, RunStarted)]
    return next((event.epochs for event in reversed(began) if before is None or event.step < before), 0)


def _check_decided(opened: Opened, recipe: Recipe, before: Path | None) -> None:
    """Check that what was decided in the run ``before``, which goes on holding, leaves something to train on.

    Raises
    ------
    UserError: it does not.
    """
    dataset, split = opened.dataset, opened.split
    decided: Decisions = {}
    with suppress(UserError):  # a file that is damaged holds up no training, and is not carried on
        decided = read_decisions(before, dataset.ids, dataset.class_names) if before is not None else {}
    if decided and split is not None:
        by_class = "labels" in (needs_of(recipe) or ())
        now = DecidedLabels.of(dataset.labels, decided)
        now.check_left(np.asarray(dataset.labels)[split.train], split.train, by_class=by_class)
