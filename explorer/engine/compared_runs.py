"""Two saved runs measured on the same items: what is better, by how much, and whether that may be chance."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged
from explorer.core.registry import Scalar, create, validated
from explorer.engine.offline import OfflineRun
from explorer.engine.recipes.as_trained import as_trained, changes_told, epochs_planned, with_dimension
from explorer.engine.recipes.differences import differences
from explorer.evaluation.compared_samples import compared
from explorer.evaluation.paired import Paired
from explorer.evaluation.protocol import Effort, Protocol, Sample, check_finite
from explorer.runs.parent import parent_told

if TYPE_CHECKING:
    from explorer.evaluation.query_changes import QueryChanges

DIMENSION = "encoder.dimension"


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """What the comparison of two runs has found on so many ``items`` of so many ``classes``, which both held out.

    Attributes
    ----------
    differences: what the recipes say, by key, where they differ; None where one of them lacks the key.
    queries: what became of each query, where the protocol is retrieval; its rows are those of ``ids``.
    ids, class_names: what the items, and the classes of ``queries``, are called.
    parents: from where either was branched, as ``RUN@STEP``, empty where it was not.
    changed: what was changed live while either trained, in words.
    steps: for how many either was trained.
    longer: for how many epochs either was trained at first and after each time that it was trained longer.
    """

    metrics: dict[str, Paired]
    items: int
    classes: int
    differences: dict[str, tuple[Scalar | None, Scalar | None]]
    queries: QueryChanges | None = None
    ids: Sequence[str] = ()
    class_names: Sequence[str] = ()
    parents: tuple[str, str] = ("", "")
    changed: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    steps: tuple[int, int] = (0, 0)
    longer: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


def compared_runs(
    a: OfflineRun,
    b: OfflineRun,
    protocol: str,
    values: dict[str, Scalar],
    data: str = "",
    cancelled: Callable[[], bool] = lambda: False,
) -> ComparedRuns:
    """Measure two runs by a protocol with the parameters ``values``, on items that both held out, by their ids.

    ``data``: measure on these instead of the runs' own data.

    Raises
    ------
    UserError: if they held out no common items, or the protocol compares nothing. Cancelled: if ``cancelled()`` turned
    true.
    """
    validated("protocol", protocol, values)
    first, second = common_samples(a, b, data)
    made: Protocol = create("protocol", protocol, values)
    effort = Effort(threads=os.cpu_count() or 1, seed=a.saved.recipe.seed, cancelled=cancelled)
    found = compared(protocol, made, first, second, effort)
    return ComparedRuns(
        found.metrics,
        len(first.x),
        first.classes,
        _differences(a, b),
        found.queries,
        first.ids,
        first.class_names,
        (parent_told(a.saved.folder.path), parent_told(b.saved.folder.path)),
        (changes_told(_changes_until(a)), changes_told(_changes_until(b))),
        (a.step, b.step),
        (epochs_planned(a.saved.folder), epochs_planned(b.saved.folder)),
    )


def _changes_until(run: OfflineRun) -> tuple[ParameterChanged, ...]:
    """Return what was changed live up to the step that is measured: the run may train on meanwhile."""
    return tuple(change for change in run.saved.folder.history().changes if change.step <= run.step)


def _differences(a: OfflineRun, b: OfflineRun) -> dict[str, tuple[Scalar | None, Scalar | None]]:
    """Return what the recipes say differently; a length of the embeddings that was left open is what it came to."""
    recipes = [as_trained(run.saved, run.step) for run in (a, b)]
    found = differences(*recipes)
    if 0 in found.get(DIMENSION, ()):
        for place, run in enumerate((a, b)):
            if not run.saved.folder.header.script:
                recipes[place] = with_dimension(recipes[place], run.embedder().encoder.dimension)
        found = differences(*recipes)
    return found


def common_samples(a: OfflineRun, b: OfflineRun, data: str = "") -> tuple[Sample, Sample]:
    """Return the items that both runs held out, by their ids, as either embeds them, in one order.

    ``data``: see ``compared_runs``.

    Raises
    ------
    UserError: if there are none, or the runs know them by other classes.
    """
    first, second = ((run, run.data(data)) for run in (a, b))
    held = [(dataset, run.split(dataset).held_out) for run, dataset in (first, second)]
    names = [list(dataset.ids.take(items)) for dataset, items in held]
    at = {name: row for row, name in enumerate(names[1])}
    rows = np.array([(row, at[name]) for row, name in enumerate(names[0]) if name in at], np.int64).reshape(-1, 2)
    if not len(rows):
        raise UserError(
            "The two runs held out no item that is in both",
            remedy="Compare runs on the same data, or measure both on other data",
        )
    one, other = (
        run.sample(dataset, items[chosen])
        for (run, dataset), (_, items), chosen in zip((first, second), held, rows.T, strict=True)
    )
    _check_classes([[s.class_names[k] if k >= 0 else "" for k in np.asarray(s.labels)] for s in (one, other)])
    for sample in (one, other):
        check_finite(sample.x)
    return one, other


def _check_classes(labels: list[list[str]]) -> None:
    """Check that both runs know the items by the same classes.

    Raises
    ------
    UserError: if not.
    """
    if labels[0] != labels[1]:
        raise UserError("The two runs know the same items by other classes", remedy="Measure both on one set of data")
