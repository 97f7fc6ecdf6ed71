"""The triplets of a batch for the map: the trainer's last one, or one drawn from what is shown."""

from __future__ import annotations

from dataclasses import replace

from explorer.core.errors import UserError
from explorer.core.map_values import BatchTriplets
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, Snapshot, frozen
from explorer.engine.datasets.loading import Opened
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.miner_bench import drawn_batch
from explorer.engine.session.state import SessionState

SECONDS = 0.25
"""Least time between two batches."""


def draw_triplets(opened: Opened, recipe: Recipe, snapshot: Snapshot | None) -> BatchTriplets:
    """Return triplets of a batch drawn from a snapshot with the sampler, the miner and the seed of a recipe.

    ``snapshot``: the embeddings; None: raw pixels. Torch is imported here.

    Raises
    ------
    UserError: if there is nothing to draw a batch from.
    """
    from explorer.learn.shown_triplets import shown_triplets

    bench, items = drawn_batch(opened, recipe, snapshot)
    run, step = (PIXELS_RUN, 0) if snapshot is None else (snapshot.run, snapshot.step)
    found = shown_triplets(bench.last(), run, step, drawn=True)
    anchors, positives, negatives = (
        frozen(items[places]) for places in (found.anchors, found.positives, found.negatives)
    )
    return replace(found, anchors=anchors, positives=positives, negatives=negatives)


class TripletWatch:
    """Keeps the triplets of a batch, ``BatchTriplets``, coming while they are wanted.

    A run that trains by steps sends its own; paused, its last ones stay. Otherwise, before and after it, while a kept
    step is shown, and where a fitter learns, they are drawn anew whenever other embeddings are shown.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session = session
        self._following = FollowJob(jobs, "Draw triplets", self._draw, seconds=SECONDS)
        self._drawn: tuple[object, ...] = ()
        session.watchers.append(self._look)

    def want(self, on: bool) -> None:
        """Send triplets from now on, beginning with those of now, also if they were sent before; or no more of them."""
        wanted = self._session.triplets_wanted
        if on:
            self._drawn = ()
            wanted.set()
            self._look()
        else:
            wanted.clear()
            with self._session.lock:
                if self._session.running is not None:
                    self._session.running.triplets = None

    def _look(self) -> None:
        if self._session.triplets_wanted.is_set() and not self._trained():
            self._following.ask()

    def _trained(self) -> bool:
        """Whether a run sends the triplets of its own batches now."""
        session = self._session
        return session.state == "training" and session.kept is None and session.recipe.fitter.name == "none"

    def _draw(self, _control: Control) -> None:
        session = self._session
        with session.lock:
            opened, recipe, generation = session.opened, session.recipe, session.generation
            snapshot = session.in_view()[0]
            if (
                session.state == "paused"
                and session.kept is None
                and session.running is not None
                and session.running.triplets
            ):
                self._drawn = ()
                session.results.post(session.running.triplets, generation)
                return
        key = (generation, recipe, snapshot and (snapshot.run, snapshot.step, snapshot.exact))
        if opened is None or opened.split is None or not session.triplets_wanted.is_set() or key == self._drawn:
            return
        try:
            found = draw_triplets(opened, recipe, snapshot)
        except UserError:
            return  # such data have no triplets: there is nothing to show, and nobody did anything wrong
        with session.lock:
            same = session.generation == generation and session.in_view()[0] is snapshot
            if same and session.triplets_wanted.is_set() and not self._trained():
                self._drawn = key
                session.results.post(found, generation)
