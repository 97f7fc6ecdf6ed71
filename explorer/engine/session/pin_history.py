"""The pinned queries over the steps of the run: where the first right answer stood, what was near then."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.core.errors import UserError
from explorer.core.item_rows import rows_of
from explorer.core.result_kinds import result
from explorer.core.types import IntArray, Neighbours, Snapshot, frozen
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.state import SessionState
from explorer.retrieval.pinned import first_right
from explorer.runs.folder import RunFolder

SECONDS = 0.5
"""Least time between two looks."""

TELL_SECONDS = 0.3
"""How often it is told how far the kept steps have been read."""

MOST_UNKEPT = 1000
"""Steps of which the run folder has no snapshot that are remembered at most: a run that trains brings two a second."""

ABSENT = -1
"""Stands for the rank of an item that had no embedding at a step."""


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class FirstRights:
    """Where the nearest item of its own class ranked for each pinned query, over the steps of a run that are known.

    ``items`` (Q,), ``steps`` (S,) ascending, ``ranks`` (Q, S) from 1; 0: none has its class, -1: it was not embedded.
    """

    run: str
    items: IntArray
    steps: IntArray
    ranks: IntArray


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class ComparedStep:
    """The neighbours of the pinned queries at a kept step with which what is shown is compared."""

    run: str
    found: Neighbours


class PinHistory:
    """Follows the pinned queries through the kept steps of the run and those that come: ``FirstRights``.

    Every method returns at once.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session = session
        self._wanted: IntArray = np.empty(0, np.int64)
        self._ranks: dict[int, dict[int, int]] = {}  # by step, then by item
        self._run: tuple[str, int] = ("", -1)
        self._compared: tuple[int, int, IntArray | None] | None = None
        self._following = FollowJob(jobs, "Follow the pinned queries", self._follow, seconds=SECONDS)
        self._comparing = FollowJob(jobs, "Compare with a kept step", self._compare, seconds=0.0)
        session.watchers.append(self._look)

    def want(self, items: Sequence[int] | IntArray) -> None:
        """Follow exactly these items."""
        self._wanted = np.array(sorted(int(item) for item in items), np.int64)
        self._look()
        if self._compared is not None and len(self._wanted):
            self._comparing.ask()

    def compare(self, step: int, k: int, among: IntArray | None = None) -> None:
        """Tell the k neighbours at a kept step, ``ComparedStep``, now and of what is pinned later; -1: no more.

        ``among``: only of these items; None: of all.
        """
        self._compared = (step, k, among) if step >= 0 else None
        if self._compared is not None and len(self._wanted):
            self._comparing.ask()

    # --- in the background --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if len(self._wanted):
            self._following.ask()

    def _follow(self, control: Control) -> None:
        session, wanted = self._session, self._wanted
        with session.lock:
            opened, generation, run, newest = session.opened, session.generation, session.run, session.newest()
            path = session.run_path
        if opened is None or newest is None:
            return
        folder = None if path is None else RunFolder.open(path)  # without the lock: a disk may be slow
        if self._run != (run, generation):
            self._run, self._ranks = (run, generation), {}
        self._forget(newest.step, () if folder is None else folder.snapshot_steps(), wanted)
        labels, told = np.asarray(opened.dataset.labels, np.int64), time.monotonic()
        for snapshot in self._unknown(newest, folder, wanted):
            if control.cancelled() or self._wanted is not wanted or session.run != run:
                return
            self._rank(snapshot, labels, wanted)
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                self._tell(run, generation, wanted)
        self._tell(run, generation, wanted)

    def _forget(self, newest: int, kept: Collection[int], wanted: IntArray) -> None:
        """Let go of what is pinned no more, of steps that were taken back, and of every second that is not kept."""
        steps = [step for step in self._ranks if step <= newest]
        unkept = sorted(set(steps).difference(kept))
        gone = set(unkept[1::2]) if len(unkept) > MOST_UNKEPT else set()
        left = {step: self._ranks[step] for step in steps if step not in gone}
        items = set(wanted.tolist())
        known = {step: {item: rank for item, rank in ranks.items() if item in items} for step, ranks in left.items()}
        self._ranks = {step: ranks for step, ranks in known.items() if ranks}

    def _unknown(self, newest: Snapshot, folder: RunFolder | None, wanted: IntArray) -> Iterable[Snapshot]:
        """Yield the snapshots of steps at which it is not known yet where some item stood: the newest one, then all."""
        if self._lacks(newest.step, wanted):
            yield newest
        for step in () if folder is None else folder.snapshot_steps():
            if self._lacks(step, wanted):
                try:
                    yield folder.snapshot(step) if folder is not None else newest
                except UserError:  # it was thinned away meanwhile, or is damaged: it has no point in the history
                    continue

    def _lacks(self, step: int, wanted: IntArray) -> bool:
        known = self._ranks.get(step, {})
        return any(item not in known for item in wanted.tolist())

    def _rank(self, snapshot: Snapshot, labels: IntArray, wanted: IntArray) -> None:
        from explorer.measure.index import build_index  # numba: not on the GUI thread
        from explorer.measure.lifts import lift

        known = self._ranks.setdefault(snapshot.step, {})
        missing = np.array([item for item in wanted.tolist() if item not in known], np.int64)
        there = snapshot.indices < len(labels)  # a step may have been kept with data beside that are not open now
        indices, embeddings = snapshot.indices[there], snapshot.embeddings[there]
        index = build_index(embeddings, lift(snapshot.distance), exact=True)
        of_rows = labels[indices]
        for item, row in zip(missing.tolist(), rows_of(indices, missing).tolist(), strict=True):
            away = index.distances(embeddings[row]) if row >= 0 else None
            known[item] = ABSENT if away is None else first_right(away, of_rows, row)

    def _tell(self, run: str, generation: int, wanted: IntArray) -> None:
        steps = sorted(self._ranks)
        ranks = [[self._ranks[step].get(item, ABSENT) for step in steps] for item in wanted.tolist()]
        found = FirstRights(run, frozen(wanted), frozen(steps, np.int64), frozen(ranks, np.int64))
        self._session.results.post(found, generation)

    def _compare(self, _control: Control) -> None:
        from explorer.measure.index import build_index
        from explorer.measure.lifts import lift

        session, wanted, asked = self._session, self._wanted, self._compared
        with session.lock:
            generation, path = session.generation, session.run_path
        if asked is None or path is None or not len(wanted):
            return
        step, k, among = asked
        kept = RunFolder.open(path).snapshot(step)
        rows = rows_of(kept.indices, wanted)
        there = rows >= 0
        indices = np.full((len(wanted), k), -1, np.int64)
        distances = np.full((len(wanted), k), np.inf, np.float32)
        own = rows[there]
        some = None if among is None else rows_of(kept.indices, among)
        some = None if some is None else some[some >= 0]
        near, at = build_index(kept.embeddings, lift(kept.distance), exact=True).search(
            kept.embeddings[own], k, exclude=own, among=some
        )
        indices[there] = np.where(near >= 0, kept.indices[near], -1)
        distances[there] = at
        found = Neighbours(kept.run, step, frozen(wanted), frozen(indices), frozen(distances), kept.exact)
        session.results.post(ComparedStep(kept.run, found), generation)
