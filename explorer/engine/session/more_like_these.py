"""Find more like these: a few examples sort the rest of the items, and what is accepted of that joins them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.item_rows import rows_of
from explorer.core.result_kinds import result
from explorer.core.types import FloatArray, IntArray, Snapshot, frozen
from explorer.data.dataset import Dataset
from explorer.engine.events import Notice
from explorer.engine.export.base import written_whole
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.state import SessionState
from explorer.evaluation.intervals import wilson
from explorer.retrieval.few_examples import Examples, LikeExamples, Manner
from explorer.runs.items import safe_cell
from explorer.runs.own_files import refuse_own_file

MOST_MARKED = 50
"""Examples to begin with: a slip of the lasso is no class."""

SUGGESTIONS = 12
SECONDS = 0.05
"""Least time between two rankings."""


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class MoreFound:
    """What is most like the examples at a step, ``suggestions`` (k,) with true ``distances`` (k,), nearest first.

    ``precision``: the share of the judged suggestions that were accepted, NaN before the first, and its 95 % interval
    (Wilson): what is judged is the nearest, so that the share falls as the search goes on. ``undoable``: whether
    anything can be taken back. ``exact`` as in ``Snapshot``.
    """

    run: str
    step: int
    exact: bool
    manner: Manner
    examples: Examples
    suggestions: IntArray
    distances: FloatArray
    precision: float
    low: float
    high: float
    undoable: bool


class MoreLikeThese:
    """Keeps the examples and ranks the rest, anew whenever something else is shown. Every method returns at once.

    What comes of it is ``MoreFound``. Opening other data ends it.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._history: tuple[Examples, ...] = ()
        self._manner: Manner = "nearest"
        self._among: IntArray | None = None
        self._of = -1
        self._like: tuple[Snapshot, LikeExamples] | None = None
        self._following = FollowJob(jobs, "Find more like these", self._rank, seconds=SECONDS)
        session.watchers.append(self._look)

    @property
    def examples(self) -> Examples | None:
        """The examples as they are now; None where nothing is looked for."""
        with self._session.lock:
            return self._history[-1] if self._history and self._of == self._session.generation else None

    def begin(self, items: Sequence[int] | IntArray) -> None:
        """Look for more like these items.

        Raises
        ------
        UserError: if there are none, or more than a few.
        """
        marked = tuple(int(item) for item in items)
        if not 1 <= len(marked) <= MOST_MARKED:
            many = f"{len(marked):,} are too many examples" if marked else "There are no examples"
            raise UserError(many, remedy="Select one to five items of a class")
        with self._session.lock:
            self._history, self._of = (Examples(marked),), self._session.generation
        self._look()

    def accept(self, item: int) -> None:
        """Let a suggestion be an example from now on."""
        self._change(lambda examples: examples.accept([item]))

    def refuse(self, item: int) -> None:
        """Suggest an item no more."""
        self._change(lambda examples: examples.refuse([item]))

    def undo(self) -> None:
        """Take the last answer back."""
        with self._session.lock:
            self._history = self._history[:-1] if len(self._history) > 1 else self._history
        self._look()

    def rank_by(self, manner: Manner) -> None:
        """Rank by the nearest example, or by the mean of all."""
        self._manner = manner
        self._look()

    def set_among(self, items: IntArray | None) -> None:
        """Suggest only these items; None: any."""
        self._among = items
        self._look()

    def end(self) -> None:
        """Look for nothing any more."""
        with self._session.lock:
            self._history = ()

    def save(self, path: Path) -> int:
        """Write what was marked, accepted and refused as a table; return the id of the job."""
        return self._jobs.start("Save the list", lambda _control: self._save(path), writes=path.name)

    # --- in the background --------------------------------------------------------------------------------------------

    def _change(self, change: Callable[[Examples], Examples]) -> None:
        with self._session.lock:
            before = self.examples
            after = None if before is None else change(before)
            if after is not None and after != before:
                self._history = (*self._history, after)
        self._look()

    def _look(self) -> None:
        if self._history:
            self._following.ask()

    def _rank(self, _control: Control) -> None:
        session = self._session
        with session.lock:
            examples, generation, undoable = self.examples, session.generation, len(self._history) > 1
            snapshot = session.in_view()[0] or session.raw
        if examples is None or snapshot is None or snapshot.run != session.run:
            return
        rows = rows_of(snapshot.indices, np.array(examples.all, np.int64))
        refused = rows_of(snapshot.indices, np.array(examples.refused, np.int64))
        among = None if self._among is None else rows_of(snapshot.indices, self._among)
        near, distances = self._ranks(snapshot).most_alike(
            rows[rows >= 0].tolist(),
            refused[refused >= 0],
            SUGGESTIONS,
            self._manner,
            None if among is None else among[among >= 0],
        )
        share = len(examples.accepted) / examples.judged if examples.judged else float("nan")
        low, high = wilson(share, examples.judged)
        told = MoreFound(
            snapshot.run,
            snapshot.step,
            snapshot.exact,
            self._manner,
            examples,
            frozen(snapshot.indices[near]),
            frozen(distances),
            share,
            low,
            high,
            undoable,
        )
        session.results.post(told, generation)

    def _ranks(self, snapshot: Snapshot) -> LikeExamples:
        from explorer.measure.index import build_index  # numba: not on the GUI thread
        from explorer.measure.lifts import lift

        if self._like is None or self._like[0] is not snapshot:
            self._like = None  # the old one is freed before the new one is made
            index = build_index(snapshot.embeddings, lift(snapshot.distance), exact=True)
            self._like = (snapshot, LikeExamples(index, snapshot.embeddings))
        return self._like[1]

    def _save(self, path: Path) -> None:
        with self._session.lock:
            examples, opened = self.examples, self._session.opened
        if examples is None or opened is None:
            raise UserError("There is no list", remedy="Find more like some items first")
        write_list(path, opened.dataset, examples)
        self._session.lanes.post(Notice(f"{printable(path.name)} is written"))


def write_list(path: Path, dataset: Dataset, examples: Examples) -> None:
    """Write a table of items, whole or not at all: their id, their class, and whether they were marked or accepted.

    Raises
    ------
    UserError: if it cannot be written.
    """
    refuse_own_file(path)
    answers = (("marked", examples.marked), ("accepted", examples.accepted), ("refused", examples.refused))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("id", "label", "answer"))
    for answer, items in answers:
        for item in items:
            writer.writerow((safe_cell(dataset.ids[item]), safe_cell(dataset.class_name(item)), answer))
    content = text.getvalue().encode("utf-8", "surrogateescape")
    written_whole(path, lambda beside: beside.write_bytes(content))
