"""The selected items in an order that has to be measured or looked up: by loss, violations, distance or name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.core.census_margin import census_margin
from explorer.core.item_rows import rows_of
from explorer.core.result_kinds import result
from explorer.core.types import FloatArray, IntArray, Snapshot, frozen
from explorer.data.dataset import Dataset
from explorer.engine.jobs import Control, Jobs
from explorer.engine.run.label_watch import decided_dataset
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.state import SessionState

OrderBy = Literal["class", "name", "loss", "violation", "distance"]
LARGEST_FIRST: tuple[OrderBy, ...] = ("loss", "violation")
LOOKED_UP: tuple[OrderBy, ...] = ("class", "name")

SECONDS = 0.05
"""Least time between two orders."""


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class ItemsOrdered:
    """Items in an order: largest ``loss`` or ``violation`` first, smallest ``distance`` first, ``name`` as in a list.

    ``of``: the items as they were asked about; ``items`` (S,) in their order. ``figures`` (S,) float32 of ``of``, NaN,
    and last, where one is not known; None for names and classes. ``step``: of the embeddings; ``problem``: why nothing
    is measured.
    """

    run: str
    step: int
    by: OrderBy
    of: IntArray
    items: IntArray
    figures: FloatArray | None
    exact: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    of: IntArray
    by: OrderBy
    queries: tuple[int, ...]


class SelectionOrder:
    """Orders items in the background, anew when a run comes to rest or another step is shown: ``ItemsOrdered``."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session = session
        self._asked: _Asked | None = None
        self._of = -1
        self._known: tuple[Snapshot, IntArray, float, tuple[FloatArray, FloatArray]] | None = None
        self._following = FollowJob(jobs, "Order the selection", self._order, seconds=SECONDS)
        session.watchers.append(self._look)

    def ask(self, items: IntArray, by: OrderBy, queries: Sequence[int] = ()) -> None:
        """Order these items; ``queries``: from the nearest of which their distance is measured."""
        with self._session.lock:
            self._asked, self._of = _Asked(items, by, tuple(queries)), self._session.generation
        self._following.ask()

    def end(self) -> None:
        """Order nothing any more."""
        self._asked = self._known = None

    def _look(self) -> None:
        """Measure again, but not at every snapshot of a run: the order would change under the hand of the person."""
        if self._of != self._session.generation:
            self.end()
        if self._asked is not None and self._asked.by not in LOOKED_UP and self._session.state != "training":
            self._following.ask()

    def _order(self, control: Control) -> None:
        session = self._session
        with session.lock:
            asked, opened, generation = self._asked, session.opened, session.generation
            if asked is None or opened is None or generation != self._of:
                return
            snapshot, run, folder = session.in_view()[0] or session.raw, session.run, session.run_path
        if asked.by == "name":
            told = _by_name(run, opened.dataset, asked)
        elif asked.by == "class":
            told = _by_class(run, opened.dataset, asked)
        elif snapshot is None:
            told = ItemsOrdered(run, -1, asked.by, asked.of, asked.of, None, problem="Nothing is measured yet")
        elif asked.by == "distance":
            told = _sorted(run, snapshot, asked, self._distances(snapshot, asked))
        else:
            labels = np.asarray(decided_dataset(opened.dataset, folder).labels, np.int64)[snapshot.indices]
            rate, loss = self._violations(snapshot, labels, control)
            told = _sorted(run, snapshot, asked, loss if asked.by == "loss" else rate)
        session.results.post(told, generation)

    def figures(self, items: IntArray, queries: Sequence[int], control: Control) -> dict[str, FloatArray]:
        """Return what is measured of items (S,) by the embeddings that are shown, by name; not on the GUI thread."""
        session = self._session
        with session.lock:
            opened, folder, snapshot = session.opened, session.run_path, session.in_view()[0] or session.raw
        if opened is None or snapshot is None:
            return {}
        labels = np.asarray(decided_dataset(opened.dataset, folder).labels, np.int64)[snapshot.indices]
        rate, loss = self._violations(snapshot, labels, control)
        found = {"loss": loss, "violation": rate}
        if queries:
            found["distance"] = self._distances(snapshot, _Asked(items, "distance", tuple(queries)))
        rows = rows_of(snapshot.indices, items)
        nothing = np.float32(np.nan)
        return {name: np.where(rows >= 0, values[rows], nothing).astype(np.float32) for name, values in found.items()}

    def _distances(self, snapshot: Snapshot, asked: _Asked) -> FloatArray:
        """Return how far the nearest query is from each row of a snapshot (M,), NaN where none is embedded."""
        from explorer.measure.item_values import distances_to  # numba: not on the GUI thread
        from explorer.measure.lifts import lift

        nearest = np.full(len(snapshot.indices), np.inf, np.float32)
        rows = rows_of(snapshot.indices, np.array(asked.queries, np.int64))
        for row in rows[rows >= 0].tolist():
            found = distances_to(snapshot.embeddings, snapshot.embeddings[row], lift(snapshot.distance))
            np.fmin(nearest, found, out=nearest)
        nearest[np.isinf(nearest)] = np.nan
        return nearest

    def _violations(self, snapshot: Snapshot, labels: IntArray, control: Control) -> tuple[FloatArray, FloatArray]:
        """Return violation rate and loss of each row of a snapshot (M,), as the colours of the map show them."""
        from explorer.measure.item_values import violations
        from explorer.measure.lifts import lift

        margin = census_margin(self._session.recipe.params("loss"))
        known = self._known
        if known is None or known[0] is not snapshot or known[2] != margin or not np.array_equal(known[1], labels):
            of = lift(snapshot.distance)
            found = violations(snapshot.embeddings, labels, of, margin, cancelled=control.cancelled)
            known = self._known = (snapshot, labels, margin, found)
        return known[3]


def _sorted(run: str, snapshot: Snapshot, asked: _Asked, values: FloatArray) -> ItemsOrdered:
    """Return items by their values (M,) of the rows of a snapshot; unknown ones last, equal ones as in the data."""
    rows = rows_of(snapshot.indices, asked.of)
    own = np.where(rows >= 0, values[rows], np.float32(np.nan)).astype(np.float32)
    order = np.argsort(-own if asked.by in LARGEST_FIRST else own, kind="stable")
    return ItemsOrdered(run, snapshot.step, asked.by, asked.of, frozen(asked.of[order]), frozen(own), snapshot.exact)


def _by_class(run: str, dataset: Dataset, asked: _Asked) -> ItemsOrdered:
    order = np.argsort(dataset.labels[asked.of], kind="stable")
    return ItemsOrdered(run, -1, "class", asked.of, frozen(asked.of[order]), None)


def _by_name(run: str, dataset: Dataset, asked: _Asked) -> ItemsOrdered:
    names = [text.encode("utf-8", "surrogatepass") for text in dataset.ids.take(asked.of)]
    order = np.argsort(np.array(names, np.bytes_), kind="stable")  # of bytes: other threads go on meanwhile
    return ItemsOrdered(run, -1, "name", asked.of, frozen(asked.of[order]), None)
