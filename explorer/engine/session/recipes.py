"""Recipes for a window: those that there are, that of the run that is shown, and the lines that train by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from explorer.core.errors import UserError
from explorer.core.examples import examples
from explorer.core.recipe import Recipe
from explorer.core.result_kinds import result
from explorer.engine.datasets.requirements import suited
from explorer.engine.jobs import Control, Jobs
from explorer.engine.paths import new_run_path
from explorer.engine.recipes.command_line import command_lines
from explorer.engine.recipes.found_recipe import DEFAULT, saved_recipes
from explorer.engine.recipes.how_trained import HowTrained, how_trained
from explorer.engine.recipes.plan import Plan, plan_of_recipe, plan_of_run
from explorer.engine.recipes.python_lines import python_lines
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder
from explorer.runs.notes import read_notes

GROUP = "recipes"
SET, RUN, SAVED = "As it is set", "Run", "Saved by you"
"""Groups of recipes beside the tasks of those that come along."""

Style = Literal["command", "python"]


@dataclass(frozen=True, slots=True)
class KnownRecipe:
    """A recipe by name: its group, what it is for, and the folder of the run that was trained by it, if it is one's.

    ``recipe``: None where it cannot be read, which ``words`` say then.
    """

    name: str
    group: str
    recipe: Recipe | None
    words: str = ""
    run: Path | None = None


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class RecipesFound:
    """The recipes that there are: of a run first, then the default one, those that were saved, those by task."""

    recipes: tuple[KnownRecipe, ...]


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class TrainingLines:
    """The lines that train by a recipe; ``lacking``: what they do otherwise than the ``run`` they repeat, if any."""

    style: Style
    text: str
    run: str
    lacking: tuple[str, ...]


class SessionRecipes:
    """Every method returns at once; ``RecipesFound`` and ``TrainingLines`` arrive on the lanes."""

    def __init__(self, session: SessionState, jobs: Jobs, runs_folder: Path) -> None:
        self._session = session
        self._jobs = jobs
        self._runs_folder = runs_folder

    def look(self, run: Path | None = None) -> None:
        """Look which recipes there are; with that of a run, if one is asked for, and that of the run that is shown."""
        runs = [path for path in dict.fromkeys((run, self._session.run_path)) if path is not None]
        self._jobs.start("Look for recipes", partial(self._look, runs), group=GROUP, quiet=True)

    def lines(self, style: Style, recipe: Recipe | None = None, run: Path | None = None) -> None:
        """Make the lines that train a ``run`` again, else by a ``recipe``, else by that which is set.

        By that which is set they repeat the run that is shown, where it was trained by it.
        """
        self._jobs.start("Write the lines", partial(self._lines, style, recipe, run), quiet=True)

    def _look(self, runs: list[Path], _job: Control) -> None:
        opened = self._session.opened
        usual = Recipe() if opened is None else suited(Recipe(), opened.dataset.modality)
        found = [*self._of_runs(runs), KnownRecipe(DEFAULT.capitalize(), SET, usual, "What everybody begins with.")]
        for path in saved_recipes():
            try:
                found.append(KnownRecipe(path.stem, SAVED, Recipe.load(path), str(path)))
            except UserError as error:
                found.append(KnownRecipe(path.stem, SAVED, None, str(error)))
        for each in examples():
            words = f"{each.summary} {each.when}"
            found.append(KnownRecipe(each.short_title, each.task, Recipe.load(each.path), words))
        self._session.lanes.post(RecipesFound(tuple(found)))

    def _of_runs(self, runs: list[Path]) -> Iterator[KnownRecipe]:
        for path in runs:
            name = path.name
            with suppress(UserError):
                name = read_notes(path).name or name
            try:
                how = how_trained(RunFolder.open(path))
            except UserError as error:
                yield KnownRecipe(name, RUN, None, str(error), path)
                continue
            yield KnownRecipe(name, RUN, how.ended_by, _words(how), path)

    def _lines(self, style: Style, recipe: Recipe | None, run: Path | None, _job: Control) -> None:
        how = self._how(recipe, run)
        plan = plan_of_run(how) if how is not None else self._plan(recipe or self._session.recipe)
        out = self._out() if how is None else how.path.with_name(f"{how.path.name}-again")
        text = python_lines(plan, out) if style == "python" else command_lines(plan, out)
        self._session.lanes.post(TrainingLines(style, text, how.path.name if how else "", plan.lacking))

    def _how(self, recipe: Recipe | None, run: Path | None) -> HowTrained | None:
        """Return how a run was trained, or the one that is shown where that was by the recipe that is set."""
        if run is not None:
            return how_trained(RunFolder.open(run))
        shown = self._session.run_path
        if recipe is not None or shown is None:
            return None
        with suppress(UserError):
            how = how_trained(RunFolder.open(shown))
            came_to: dict[str, object] = {"data": how.recipe.data}
            set_now = self._session.recipe.resolved()
            if set_now.precision == "auto":  # it came to what the run says
                came_to |= {"precision": how.recipe.precision}
            if how.ended_by.resolved() == set_now.model_copy(update=came_to):
                return how
        return None

    def _plan(self, recipe: Recipe) -> Plan:
        opened = self._session.opened
        if opened is None:
            raise UserError("There are no data to train on", remedy="Open some first")
        return plan_of_recipe(recipe, opened.sources, opened.dataset.modality)

    def _out(self) -> Path:
        opened = self._session.opened
        return new_run_path(self._runs_folder, opened.dataset.name if opened is not None else "run")


def _words(how: HowTrained) -> str:
    """Return what changed while a run trained, and what its lines would not repeat, in sentences."""
    steps = f"Changed while it trained, last at step {how.changes[-1].step:,}" if how.changes else ""
    return ". ".join(sentence for sentence in (steps, *how.lacking) if sentence)
