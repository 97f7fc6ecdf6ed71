"""Queries that are no items of the data: pictures from elsewhere, ranked and voted for at every step that is shown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.events import OutsideEmbeddings, OutsideInputs
from explorer.core.result_kinds import result
from explorer.core.types import PIXELS_RUN, FloatArray, IntArray, Snapshot, frozen
from explorer.data.modalities.base import Inputs, Modality, Shape
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.offline import OfflineRun
from explorer.engine.outside_search import Found, nearest, nearest_raw
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.state import SessionState
from explorer.retrieval.vote import Vote, vote
from explorer.runs.folder import RunFolder

MOST_OUTSIDE = 10
"""Of more the oldest are let go."""

MOST_STEPS = 1_000
"""Steps of which it is remembered where the queries were."""

SECONDS = 0.1
"""Least time between two rankings."""

WAITING = "waits for the next snapshot of the run"
LOST = "the weights of this step were not kept, and it was not there yet: follow the newest step"
NOT_FINITE = "has no finite embedding"


Read = Callable[[Modality, Shape, int], Inputs]
"""Reads an input (1, H, W, C) as those of data of a modality and shape are; UserError: it cannot be read."""


@dataclass(frozen=True, slots=True, eq=False)
class OutsideQuery:
    """A query that is no item: its number, where it is from, and its input (H, W, C) as an encoder reads it."""

    id: int
    name: str
    input: Inputs


@dataclass(frozen=True, slots=True, eq=False)
class OutsideRanking:
    """The items nearest to a query, ``indices`` (k,), their true ``distances`` (k,) and what they vote for.

    ``problem``: why there are none, in words.
    """

    query: int
    indices: IntArray
    distances: FloatArray
    vote: Vote
    problem: str = ""


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class OutsideChanged:
    """Which queries from outside there are, the oldest first."""

    queries: tuple[OutsideQuery, ...]


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class OutsideRanked:
    """What is nearest to every query from outside at a step; ``exact`` as in ``Snapshot``."""

    run: str
    step: int
    exact: bool
    rankings: tuple[OutsideRanking, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """Of what the rankings are. ``waits``: a run trains, and its next snapshot will embed what this one did not."""

    opened: Opened
    generation: int
    folder: Path | None
    waits: bool


class OutsideQueries:
    """Keeps the queries from outside and ranks the items for each, whenever something else is shown.

    Every method returns at once; what comes of it is ``OutsideChanged`` and ``OutsideRanked``. Opening other data lets
    go of them.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._numbers = itertools.count(1)
        self._names: dict[int, str] = {}
        self._known: dict[tuple[str, int], dict[int, FloatArray]] = {}
        self._network: tuple[tuple[Path, int], OfflineRun] | None = None
        self._k = 8
        self._among: IntArray | None = None
        self._following = FollowJob(jobs, "Compare what is from outside", self._rank, seconds=SECONDS)
        session.watchers.append(self._look)
        session.take_outside = self._take

    def add_files(self, paths: Sequence[Path]) -> int:
        """Ask by files, of pictures or of a row of numbers, and return the id of the job."""
        return self._start([(path.name, partial(_read, path)) for path in paths])

    def add_encoded(self, encoded: bytes, name: str) -> int:
        """Ask by the content of a picture file, such as one that was pasted; return the id of the job."""
        return self._start([(name, partial(_decoded, encoded, name))])

    def remove(self, query: int) -> None:
        """Let go of a query."""
        with self._session.lock:
            self._put([one for one in self._queries() if one.id != query])

    def clear(self) -> None:
        """Let go of all."""
        with self._session.lock:
            self._put([])

    def set_depth(self, k: int) -> None:
        """Rank so many items for each."""
        self._k = k
        self._look()

    def set_among(self, items: IntArray | None) -> None:
        """Rank only these items; None: all."""
        self._among = items
        self._look()

    # --- in the background --------------------------------------------------------------------------------------------

    def _queries(self) -> list[OutsideQuery]:
        """Return the queries, the oldest first. With the lock held."""
        asked = self._session.outside
        inputs = () if asked.inputs is None else asked.inputs
        return [OutsideQuery(id, self._names[id], input) for id, input in zip(asked.ids, inputs, strict=True)]

    def _put(self, queries: Sequence[OutsideQuery]) -> None:
        """Have exactly these, tell of them, and rank. With the lock held."""
        inputs = _stacked(queries) if queries else None
        self._session.outside = OutsideInputs(tuple(query.id for query in queries), inputs)
        self._names = {query.id: query.name for query in queries}
        self._session.lanes.post(OutsideChanged(tuple(queries)))
        self._look()

    def _start(self, sources: Sequence[tuple[str, Read]]) -> int:
        return self._jobs.start("Read the picture", lambda _control: self._add(sources), group="outside")

    def _add(self, sources: Sequence[tuple[str, Read]]) -> None:
        """Read what is asked by; what can be read is added also where others cannot."""
        session = self._session
        with session.lock:
            opened, generation = session.opened, session.generation
        if opened is None:
            raise UserError("There is nothing to compare it with", remedy="Open data first")
        modality, shape = opened.dataset.modality, opened.dataset.shape
        if not modality.asked_by:
            raise _not_asked(modality)
        made, problems = [], []
        for name, read in sources[:MOST_OUTSIDE]:
            try:
                made.append(OutsideQuery(next(self._numbers), name, read(modality, shape, opened.dataset.white)[0]))
            except UserError as error:
                problems.append(error)
        with session.lock:
            if session.generation != generation:
                return
            if made:
                self._put([*self._queries(), *made][-MOST_OUTSIDE:])
        if len(sources) > MOST_OUTSIDE:
            session.lanes.post(Notice(f"Of {len(sources):,} pictures the first {MOST_OUTSIDE} are asked", "warning"))
        if problems:
            raise problems[0]

    def _look(self) -> None:
        if self._session.outside.ids:
            self._following.ask()

    def _take(self, found: OutsideEmbeddings) -> None:
        """Remember where a run that trains embeds the queries; of too many steps the oldest are forgotten."""
        with self._session.lock:
            known = self._known.setdefault((found.run, found.step), {})
            known.update(zip(found.ids, found.embeddings, strict=True))
            while len(self._known) > MOST_STEPS:
                del self._known[next(iter(self._known))]

    def _rank(self, _control: Control) -> None:
        session = self._session
        with session.lock:
            queries, opened = self._queries(), session.opened
            snapshot = session.in_view()[0]
            if not queries or opened is None or (snapshot is None and session.run != PIXELS_RUN):
                return
            waits = session.busy() and session.shown < 0
            shown = _Shown(opened, session.generation, session.run_path, waits)
        if snapshot is None:
            found = nearest_raw(opened.dataset, _stacked(queries), self._k, self._among)
            rankings = self._rankings(shown, queries, found)
            session.results.post(OutsideRanked(PIXELS_RUN, 0, True, rankings), shown.generation)
            return
        rankings = self._ranked_by(snapshot, shown, queries)
        session.results.post(OutsideRanked(snapshot.run, snapshot.step, snapshot.exact, rankings), shown.generation)

    def _ranked_by(
        self, snapshot: Snapshot, shown: _Shown, queries: Sequence[OutsideQuery]
    ) -> tuple[OutsideRanking, ...]:
        """Return the rankings by a snapshot: of those that could be embedded by its weights."""
        known = self._embedded(snapshot, shown, queries)
        finite = [query for query in queries if query.id in known and np.isfinite(known[query.id]).all()]
        ranked: dict[int, OutsideRanking] = {}
        if finite:
            found = nearest(snapshot, np.stack([known[query.id] for query in finite]), self._k, self._among)
            ranked = {ranking.query: ranking for ranking in self._rankings(shown, finite, found)}
        for query in queries:
            if query.id not in ranked:
                unknown = WAITING if shown.waits else LOST
                ranked[query.id] = _nothing(query.id, NOT_FINITE if query.id in known else unknown)
        return tuple(ranked[query.id] for query in queries)

    def _embedded(self, snapshot: Snapshot, shown: _Shown, queries: Sequence[OutsideQuery]) -> dict[int, FloatArray]:
        """Return the embeddings by the weights of a snapshot: as the run made them, or by what is kept of its step."""
        at = (snapshot.run, snapshot.step)
        with self._session.lock:
            known = dict(self._known.get(at, {}))
        missing = [query for query in queries if query.id not in known]
        if missing and shown.folder is not None and snapshot.step in RunFolder.open(shown.folder).network_steps():
            try:
                found = self._by_checkpoint(shown.folder, snapshot.step, _stacked(missing))
            except UserError as error:
                self._session.lanes.post(Notice(printable(str(error)), "warning"))
                return known
            self._take(OutsideEmbeddings(*at, tuple(query.id for query in missing), found))
            known.update(zip((query.id for query in missing), found, strict=True))
        return known

    def _by_checkpoint(self, folder: Path, step: int, inputs: Inputs) -> FloatArray:
        if self._network is None or self._network[0] != (folder, step):
            self._network = ((folder, step), OfflineRun(folder, at=step))
        return self._network[1].embedder().embed(inputs)

    def _rankings(self, shown: _Shown, queries: Sequence[OutsideQuery], found: Found) -> tuple[OutsideRanking, ...]:
        labels = np.asarray(shown.opened.dataset.labels)
        made = []
        for query, near, distances in zip(queries, *found, strict=True):
            there = near >= 0
            near = near[there]
            made.append(OutsideRanking(query.id, frozen(near), frozen(distances[there]), vote(labels[near])))
        return tuple(made)


def _read(path: Path, modality: Modality, shape: Shape, white: int) -> Inputs:
    return modality.read(path, shape, white)


def _decoded(encoded: bytes, name: str, modality: Modality, shape: Shape, white: int) -> Inputs:
    if not modality.from_files:
        raise _not_asked(modality)
    return modality.decoded(encoded, shape, name, white)


def _not_asked(modality: Modality) -> UserError:
    return UserError(
        f"These data are {modality.plural}, and a file cannot be compared with them",
        remedy="Pin one of the items, or open data whose items are files, such as pictures",
    )


def _stacked(queries: Sequence[OutsideQuery]) -> Inputs:
    inputs: list[Any] = [query.input for query in queries]
    stacked: Inputs = np.stack(inputs)
    return stacked


def _nothing(query: int, problem: str) -> OutsideRanking:
    none = np.empty(0, np.int64)
    return OutsideRanking(query, frozen(none), frozen(none, np.float32), vote(none), problem)
