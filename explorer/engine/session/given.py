"""Given pairs, triplets and must-link lists of the open data: what the next run is trained on in place of classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.given_tuples import GivenKind, GivenTuples, read_given
from explorer.core.part_titles import part_title
from explorer.core.recipe import Part, Recipe
from explorer.data.dataset import Dataset
from explorer.engine.datasets.loading import scene_of
from explorer.engine.events import GivenChanged, Notice, RecipeChanged
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.state import SessionState

OF_PAIRS = Part(name="contrastive")


def suited_to_given(recipe: Recipe, kind: GivenKind) -> Recipe:
    """Return a recipe for what is given: with a loss that learns from pairs, where nobody chose one; else the same."""
    if kind == "pairs" and recipe.loss == Recipe().loss and recipe.fitter.name == "none":
        return recipe.model_copy(update={"loss": OF_PAIRS})
    return recipe


class SessionGiven:
    """What is given beside the open data of a session."""

    def __init__(self, state: SessionState, jobs: Jobs) -> None:
        self._state, self._jobs = state, jobs

    @property
    def tuples(self) -> GivenTuples | None:
        """What is given; None: nothing."""
        opened = self._state.opened
        return opened.given if opened is not None else None

    def give(self, path: Path, kind: GivenKind | None = None) -> int:
        """Read a file of pairs, triplets or must-link lists; return the id of the job, which ends in ``GivenChanged``.

        ``kind`` None: it is guessed from its lines.
        """

        def work(_job: Control) -> None:
            opened = self._state.opened
            if opened is None:
                raise UserError("Pairs and triplets are of items", remedy="Open data first")
            self.take(read_given(path, kind, opened.dataset.ids), of=opened.dataset)

        return self._jobs.start(f"Read {path.name}", work, group="given", quiet=True)

    def take(self, given: GivenTuples | None, of: Dataset | None = None) -> None:
        """Train the next run on this; None: on the classes again. ``of``: which data it names items of.

        Raises
        ------
        UserError: while a run trains, or where other data are open by now.
        """
        state = self._state
        with state.lock:
            if state.opened is None or state.busy() or state.state == "loading":
                raise UserError(
                    "What is given cannot change while a run trains", remedy="Stop it first, or wait for its end"
                )
            if given is not None and of is not None and state.opened.dataset is not of:
                raise UserError(
                    f"{printable(given.name)} is of data that are not open any more", remedy="Open them again first"
                )
            state.opened = replace(state.opened, given=given)
            self._suit(given)
            state.lanes.post(GivenChanged(given))
            state.analysis.begin(scene_of(state.opened, state.generation, state.run))
            state.tell()

    def _suit(self, given: GivenTuples | None) -> None:
        """Choose a loss that learns from pairs where nobody chose one, and go back to that one."""
        state = self._state
        recipe = state.recipe
        if given is not None:
            state.recipe = suited_to_given(recipe, given.kind)
            if state.recipe is not recipe:
                state.lanes.post(Notice(f"Pairs are given: the loss is now {part_title('loss', OF_PAIRS.name)}"))
        elif recipe.loss == OF_PAIRS:
            state.recipe = recipe.model_copy(update={"loss": Recipe().loss})
        if state.recipe is not recipe:
            state.lanes.post(RecipeChanged(state.recipe))
