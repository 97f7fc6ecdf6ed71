"""Training a branch of a saved run in a session: what it can begin with, and beginning it, in the background."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError
from explorer.core.live_change import recipe_at
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar, find
from explorer.core.result_kinds import result
from explorer.engine.branching import branch_of
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.paths import new_run_path
from explorer.engine.run.alarms import Remedy
from explorer.engine.session.open_jobs import OpenJobs
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder
from explorer.runs.lost_history import lost_of

LiveValues = tuple[tuple[str, Scalar], ...]


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class BranchOffered:
    """After which ``steps`` of the run ``parent`` it can be branched, ascending, and its live ``values`` after each.

    ``values``: by key, the same keys in the same order for every step; what was moved later is not among them.
    ``recipes``: by which the run went on after each.
    """

    parent: Path
    steps: tuple[int, ...]
    values: tuple[LiveValues, ...]
    recipes: tuple[Recipe, ...]


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class BranchBegun:
    """The branch of the run ``parent`` after ``step`` that was asked for is written, and trains."""

    parent: Path
    step: int


class SessionBranches:
    """Begins branches in a session; ``configure`` and ``train`` are those of it."""

    def __init__(
        self,
        session: SessionState,
        jobs: Jobs,
        runs_folder: Path,
        configure: Callable[[Recipe], None],
        train: Callable[..., Any],
        data: OpenJobs,
    ) -> None:
        self._data = data
        self._session, self._jobs, self._runs_folder = session, jobs, runs_folder
        self._configure, self._train = configure, train

    @property
    def without_added(self) -> bool:
        """Whether a branch of the run that is shown would be shown without data that were added beside it."""
        return self._data.shows_more

    def look(self, parent: Path) -> None:
        """Tell what a branch of a run can begin with: ``BranchOffered``."""
        self._jobs.start("Look at a run", partial(self._look, parent), quiet=True)

    def begin(self, parent: Path, step: int, asked: Sequence[str]) -> int:
        """Train a new run that is as the ``parent`` was after a step: ``BranchBegun``; return the id of the job.

        ``asked``: ``KEY=VALUE`` of the live values that are others from there on.
        """
        return self._jobs.start("Branch a run", partial(self._begin, parent, step, tuple(asked)))

    def _look(self, parent: Path, _control: Control) -> None:
        folder = RunFolder.open(parent)
        steps = folder.checkpoint_steps() if folder.recipe.fitter.name == "none" else ()
        changes = folder.history().changes
        recipes = tuple(recipe_at(folder.recipe, changes, step) for step in steps)
        values = tuple(live_values(recipe) for recipe in recipes)
        self._session.lanes.post(BranchOffered(parent, steps, values, recipes))

    def _begin(self, parent: Path, step: int, asked: tuple[str, ...], control: Control) -> None:
        session = self._session
        branch = branch_of(parent, step, asked)
        with session.lock:
            shown, busy, recipe = session.opened, session.busy(), session.recipe
        opened = None if busy else self._data.data_of_run(parent, control)
        if opened is None:
            raise UserError("A run is training", remedy="Stop it first")
        out = new_run_path(self._runs_folder, opened.dataset.name)
        branch.write(out, opened.dataset)
        try:
            if opened is not shown:
                self._data.show_alone(opened, control)
            read = branch.recipe.model_copy(update={"data": recipe.data})  # they are the same, as was checked
            self._configure(read)  # held out is what the parent has held out
            back = Remedy("Go back", "rewind", branch.values, step)
            self._train(out, resume=True, epochs=branch.epochs, back=back)
        except UserError:  # something else began meanwhile
            shutil.rmtree(out, ignore_errors=True)
            raise
        session.lanes.post(BranchBegun(parent, step))
        if told := lost_of(RunFolder.open(parent)):
            session.lanes.post(Notice(told, "warning"))


def live_values(recipe: Recipe) -> LiveValues:
    """Return the values of a recipe that can change while a run trains, by key: the miner, those of loss and optimiser.

    Imports the losses and optimisers.
    """
    found: list[tuple[str, Scalar]] = [("miner", recipe.miner.name)]
    for kind in ("loss", "optimiser"):
        values = recipe.params(kind).model_dump()
        live = [info.name for info in find(kind, recipe.part(kind).name).parameters if info.live]
        found += [(f"{kind}.{name}", values[name]) for name in live]
    return tuple(found)
