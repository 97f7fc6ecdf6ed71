"""The run that is shown against another saved one: what is better, by how much, and whether that may be chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.recipe import Part, Recipe
from explorer.core.result_kinds import result
from explorer.core.types import IntArray, frozen
from explorer.data.dataset import Dataset
from explorer.engine.compared_runs import ComparedRuns, compared_runs
from explorer.engine.jobs import Control, progress_of
from explorer.engine.offline import OfflineRun
from explorer.engine.recipes.as_trained import as_trained
from explorer.engine.session.shown_run import needed_run
from explorer.engine.session.state import SessionState


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunsCompared:
    """What a ``protocol`` found of two runs, by their names; a difference is that of ``second``, which is shown.

    ``recipes``: what either was trained by, as it ended, with every value named.
    ``fixed``, ``broken``: the queries of ``found`` that only the second, or only the first, has right, as items (Q,) of
    the data that are shown; ``verdict``: what that lets anybody say.
    """

    protocol: Part
    first: str
    second: str
    recipes: tuple[Recipe, Recipe]
    found: ComparedRuns
    fixed: IntArray
    broken: IntArray
    verdict: str


def post_comparison(session: SessionState, other: Path, protocol: Part, control: Control) -> None:
    """Measure another run and the one that is shown on what both held out, and post it: the work of a job.

    Each by its newest checkpoint.

    Raises
    ------
    UserError: if there is no run, one of them cannot be read, or the protocol compares nothing.
    Cancelled: if the job was cancelled.
    """
    from explorer.engine.comparison_words import verdict  # scipy

    shown, progress = needed_run(session, "What is compared is"), progress_of(control)
    first, second = OfflineRun(other, progress), OfflineRun(shown.folder, progress)
    found = compared_runs(first, second, protocol.name, dict(protocol.params), cancelled=control.cancelled)
    rows = () if found.queries is None else (found.queries.fixed, found.queries.broken)
    changed = [items_called(shown.dataset, {found.ids[row] for row in some}) for some in rows]
    fixed, broken = changed or [items_called(shown.dataset, set())] * 2
    recipes = as_trained(first.saved, first.step).resolved(), as_trained(second.saved, second.step).resolved()
    told = RunsCompared(protocol, other.name, shown.folder.name, recipes, found, fixed, broken, verdict(found))
    session.results.post(told, shown.generation)


def items_called(dataset: Dataset, names: set[str]) -> IntArray:
    """Return the items (N,) that have one of these ids, in their order."""
    return frozen([item for item, name in enumerate(dataset.ids) if name in names] if names else [], np.int64)
