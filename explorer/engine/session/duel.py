"""Two runs of one dataset as two sessions show them: how their recipes differ, and which is right where."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from explorer.core.errors import Cancelled, UserError
from explorer.core.events import ParameterChanged, RunStarted
from explorer.core.item_rows import rows_of
from explorer.core.live_change import in_one_go, last_epochs, recipe_after
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar
from explorer.core.result_kinds import result
from explorer.core.types import RETRIEVAL, IntArray, Snapshot, frozen
from explorer.engine.compared_runs import ComparedRuns
from explorer.engine.datasets.loading import Opened
from explorer.engine.datasets.samples import sample_of
from explorer.engine.jobs import AlreadyReported, Control, Jobs
from explorer.engine.recipes.as_trained import changes_told, epochs_planned
from explorer.engine.recipes.differences import differences, telling_differences
from explorer.engine.registered_maps import apart, common_rows
from explorer.engine.session.evaluate import items_of
from explorer.engine.session.state import SessionState
from explorer.evaluation.compared_samples import Compared
from explorer.measure.lifts import lift
from explorer.runs.folder import RunFolder

WRONG, BROKEN, FIXED, RIGHT = range(4)
"""What became of a query between A and B: wrong in both, right in A alone, right in B alone, right in both."""

_Key = tuple[object, ...]


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class DuelRecipes:
    """By what A and B were trained, up to the steps that are shown, and where the two say something else.

    ``changed``: what was changed live in either until then and not likewise in the other.
    """

    a: Recipe
    b: Recipe
    differences: dict[str, tuple[Scalar | None, Scalar | None]]
    changed: tuple[tuple[ParameterChanged, ...], tuple[ParameterChanged, ...]] = ((), ())


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class DuelMaps:
    """How far items lie from themselves on the other map: the median, as a share of the width of the map of A."""

    apart: float


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class DuelFound:
    """What was found of A and B as they are shown, ``steps`` of either; a difference is that of B.

    ``items`` (S,): the items of the dataset that the rows of ``found.queries`` mean. ``fates`` (N,): what became of
    every item, ``WRONG`` to ``RIGHT``, -1 where it asks nothing. ``verdict``: what can be said, and what cannot.
    """

    steps: tuple[int, int]
    found: ComparedRuns
    items: IntArray
    fates: IntArray
    verdict: str

    def with_fate(self, fate: int) -> IntArray:
        """Return the items that became ``fate``."""
        return np.flatnonzero(self.fates == fate)


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class DuelRefused:
    """Why the two cannot be compared now, in words."""

    problem: str


class SessionDuel:
    """Compares what a session shows with what another one of the same data does, in the background."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._lock = threading.Lock()
        self._known: _Key = ()

    def compare(self, other: SessionDuel, *, first: bool, anew: bool = True) -> int:
        """Compare both by retrieval, on what both hold out; return the id of the job.

        ``DuelRecipes`` comes first, then ``DuelFound``, or ``DuelRefused``. ``first``: the ``other`` is A. ``anew``:
        also where both still show what was compared last.
        """
        pair = (other._session, self._session) if first else (self._session, other._session)
        work = partial(self._compare, pair, anew)
        return self._jobs.start("Compare the runs of the duel", work, group="duel", quiet=not anew)

    def _compare(self, pair: tuple[SessionState, SessionState], anew: bool, control: Control) -> None:
        try:
            (a, changed_a), (b, changed_b) = map(_trained_by, pair)
            recipes, changed = (a.model_copy(update={"data": b.data}), b), (changed_a, changed_b)  # of one dataset
            self._session.lanes.post(DuelRecipes(*recipes, telling_differences(*recipes), changed_apart(*changed)))
            self._tell_of_maps(pair)
            opened, snapshots = _shown(pair)
            key = tuple((id(shown), shown.run, shown.step) for shown in snapshots)
            with self._lock:
                if key == self._known and not anew:
                    return
            found = _found(opened, pair, snapshots, recipes, changed, control)
        except UserError as error:
            self._session.lanes.post(DuelRefused(str(error)))
            raise AlreadyReported from error
        with self._lock:
            self._known = key
        self._session.lanes.post(found)

    def _tell_of_maps(self, pair: tuple[SessionState, SessionState]) -> None:
        maps = [state.in_view()[1] for state in pair]
        ids: tuple[str, ...] = ()  # of one dataset: items are the same by their numbers
        if maps[0] is not None and maps[1] is not None:
            rows = common_rows(maps[0].indices, maps[1].indices, (ids, ids))
            if len(rows):
                self._session.lanes.post(DuelMaps(apart(maps[0].xy[rows[:, 0]], maps[1].xy[rows[:, 1]])))


def _trained_by(state: SessionState) -> tuple[Recipe, tuple[ParameterChanged, ...]]:
    """Return by what the run that is shown was trained up to the step that is shown, and what was changed live."""
    with state.lock:
        path, recipe, shown = state.run_path, state.recipe, state.shown
        newest = state.in_view()[0]
        if shown < 0 and newest is not None and not state.busy():
            shown = newest.step  # another process may train the run on: it is compared as it is shown
    if path is None:
        return recipe, ()
    folder = RunFolder.open(path)
    history = folder.history()
    starts = (event for event in history.lifecycle if isinstance(event, RunStarted))
    began = (event for event in starts if shown < 0 or event.step < max(shown, 1))
    changes = [change for change in history.changes if shown < 0 or change.step <= shown]
    return recipe_after(folder.recipe, changes, last_epochs(began)), tuple(in_one_go(changes))


def changed_apart(
    a: Sequence[ParameterChanged], b: Sequence[ParameterChanged]
) -> tuple[tuple[ParameterChanged, ...], tuple[ParameterChanged, ...]]:
    """Return what was changed in one of two runs alone: a branch shares with its run what was changed before."""
    keys = [[(change.step, change.path, change.old, change.new) for change in one] for one in (a, b)]
    both = set(keys[0]).intersection(keys[1])
    alone = [
        tuple(change for change, key in zip(one, of, strict=True) if key not in both)
        for one, of in zip((a, b), keys, strict=True)
    ]
    return alone[0], alone[1]


def _shown(pair: tuple[SessionState, SessionState]) -> tuple[tuple[Opened, Opened], tuple[Snapshot, Snapshot]]:
    """Return the data and the embeddings that both show.

    Raises
    ------
    UserError: if they are of different data, or one has no embeddings yet.
    """
    opened, snapshots = [], []
    for state in pair:
        with state.lock:
            there = state.opened
            shown = None if there is None else state.measured(items_of(there, "held-out"))
        if there is None or shown is None:
            raise UserError("One of the two runs has no embeddings yet", remedy="Wait for its first ones")
        opened.append(there)
        snapshots.append(shown)
    if opened[0].dataset is not opened[1].dataset:
        raise UserError("The two runs are of different data", remedy="Compare runs of the same data")
    return (opened[0], opened[1]), (snapshots[0], snapshots[1])


def _found(
    opened: tuple[Opened, Opened],
    pair: tuple[SessionState, SessionState],
    snapshots: tuple[Snapshot, Snapshot],
    recipes: tuple[Recipe, Recipe],
    changed: tuple[tuple[ParameterChanged, ...], tuple[ParameterChanged, ...]],
    control: Control,
) -> DuelFound:
    """Compare both, in the process of one of them: in this one a run may train, and the window is drawn."""
    from explorer.engine.comparison_words import verdict  # scipy
    from explorer.evaluation.query_changes import QueryChanges  # numba: here, and not in who reads all answers

    dataset = opened[0].dataset
    items = _common(opened, snapshots)
    x = [shown.embeddings[rows_of(shown.indices, items)] for shown in snapshots]
    a = sample_of(dataset, items, x[0], lift(snapshots[0].distance), None)
    b = replace(a, x=x[1], lift=lift(snapshots[1].distance))
    measure = partial(_idle(pair).analysis.measure, Part(name=RETRIEVAL), replace(a, ids=()), other=b)
    try:
        answer = measure(seed=recipes[0].seed, cancelled=control.cancelled)
    except RuntimeError as error:  # no process answers any more: the duel is over
        raise Cancelled from error
    assert isinstance(answer.details, Compared)
    queries = answer.details.queries
    assert isinstance(queries, QueryChanges)
    differing = differences(recipes[0], recipes[1])
    found = ComparedRuns(answer.details.metrics, len(items), a.classes, differing, queries, a.ids, dataset.class_names)
    steps = (snapshots[0].step, snapshots[1].step)
    one, two = (() if state.run_path is None else epochs_planned(RunFolder.open(state.run_path)) for state in pair)
    live = changes_told(changed[0]), changes_told(changed[1])
    found = replace(found, changed=live, steps=steps, longer=(one, two))
    fates = np.full(len(dataset), -1, np.int64)
    fates[items[queries.queries]] = 2 * queries.right_b + queries.right_a
    said = verdict(found, names=("A", "B"))
    return DuelFound(steps, found, frozen(items), frozen(fates), said)


def _idle(pair: tuple[SessionState, SessionState]) -> SessionState:
    """Return which of both has the analysis process that has less to do: not that of a run that trains."""
    return pair[0] if pair[1].busy() else pair[1]


def _common(opened: tuple[Opened, Opened], snapshots: tuple[Snapshot, Snapshot]) -> IntArray:
    """Return the items that both hold out and have embedded.

    Raises
    ------
    UserError: if there are none.
    """
    items: IntArray = np.intersect1d(items_of(opened[0], "held-out"), items_of(opened[1], "held-out"))
    for shown in snapshots:
        items = items[rows_of(shown.indices, items) >= 0]
    if not len(items):
        raise UserError(
            "The two runs held out no item that is in both", remedy="Compare runs that hold out the same items"
        )
    return items
