"""Branching a run: the same weights, moments and randomness up to a kept step, and other live values from there on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.live_change import recipe_at, with_live_value
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar
from explorer.core.words import several
from explorer.data.dataset import Dataset
from explorer.engine.recipes.differences import settings
from explorer.engine.run.label_watch import carry_decisions
from explorer.engine.run.run_files import check_same_data
from explorer.runs.branch import checkpoint_to_branch, planned_epochs_at, write_branch
from explorer.runs.folder import RunFolder


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that can be made of the run in ``parent`` after ``step``.

    ``recipe``: what the parent began by; ``values``: the live ones that are others from the next step on, by key;
    ``epochs``: of the whole run; 0: as many again as the parent was to have.
    """

    parent: Path
    step: int
    recipe: Recipe
    values: tuple[tuple[str, Scalar], ...]
    epochs: int

    def write(self, out: Path, dataset: Dataset) -> None:
        """Write the run that is to be gone on with; what was decided about labels of the parent holds in it.

        Raises
        ------
        UserError: if the data are not those of the parent, or the run cannot be written.
        """
        folder = RunFolder.open(self.parent)
        check_same_data(folder, dataset)
        write_branch(folder, self.step, out)
        carry_decisions(folder.path, out, dataset)


def branch_of(parent: Path, step: int, asked: Iterable[str] = (), epochs: int = 0) -> Branch:
    """Return what a branch of a run after a step goes on with.

    Parameters
    ----------
    asked: ``KEY=VALUE`` of values that are others from there on: those that can change while a run trains.
    epochs: of the whole run; 0: as many as the parent was to have.

    Raises
    ------
    UserError: if there is no checkpoint of that step, a value cannot change while a run trains, or the epochs are over.
    """
    folder = RunFolder.open(parent)
    checkpoint = checkpoint_to_branch(folder, step)
    if folder.recipe.fitter.name != "none":
        raise UserError("What was fitted in closed form has no steps to branch at", remedy="Train a new run")
    recipe = recipe_at(folder.recipe, folder.history().changes, step)
    values: dict[str, Scalar] = {}
    for setting in asked:
        key, _, text = setting.partition("=")
        key = key.strip()
        recipe = with_live_value(recipe, key, text.strip())
        values[key] = settings(recipe.resolved())[key]
    planned = epochs or planned_epochs_at(folder, step)
    if epochs and epochs <= checkpoint.epoch:
        had = several(checkpoint.epoch, "epoch")
        enough = several(2 * checkpoint.epoch, "epoch")
        raise UserError(f"The run has had {had} at step {step}", remedy=f"Ask for more than that, for example {enough}")
    more = planned if planned > checkpoint.epoch else checkpoint.epoch + max(1, planned)
    return Branch(parent, step, folder.recipe, tuple(values.items()), more)
