"""The thread of the analysis process that counts the triplets of what is measured, at a margin that somebody moves."""

from __future__ import annotations

from explorer.core.errors import Cancelled
from explorer.core.types import DatasetCensus, IntArray
from explorer.engine.analysis.messages import Result
from explorer.engine.analysis.shared_state import Held, SharedState
from explorer.measure.census import census, sample_anchors

CENSUS_ANCHORS, CENSUS_ITEMS, FEWEST_ANCHORS = 2_000, 70_000, 200
"""Anchors of a census of a whole dataset: every triplet of these is counted, which takes two seconds at so many items;
of more items fewer anchors are counted in the same time."""


class CensusWorker:
    """Counts what was measured last, anew for every margin; it makes way for clicks."""

    def __init__(self, shared: SharedState) -> None:
        self.busy = False
        self._shared = shared
        self._counted: tuple[float, int] = (0.0, 0)
        shared.workers.append(self)

    def due(self) -> bool:
        """Return whether another snapshot or margin waits."""
        measured = self._shared.measured
        return measured is not None and self._counted != (self._shared.margin, measured.serial)

    def run(self) -> None:
        """Work for ever."""
        while True:
            self._turn()

    def _turn(self) -> None:
        """Wait for something to do and do it; while it waits it holds no embeddings."""
        shared = self._shared
        with shared.changed:
            shared.next_work(self)
            measured, scene, margin = shared.measured, shared.scene, shared.margin
            if measured is not None:
                self._counted = (margin, measured.serial)
        if measured is not None and scene is not None:
            self._count(measured, scene.labels[measured.indices], margin)

    def _count(self, held: Held, labels: IntArray, margin: float) -> None:
        """Count triplets; another margin or a newer snapshot ends that."""
        shared = self._shared

        def outdated() -> bool:
            shared.make_way()
            return shared.margin != margin or shared.measured is not held

        anchors = sample_anchors(labels, anchors_of(len(labels)))
        if not len(anchors):
            return
        try:
            with shared.under_way.doing("census"):
                found = census(held.embeddings, labels, margin, held.lift, anchors, cancelled=outdated)
        except Cancelled:
            return
        shared.reply(Result(held.generation, DatasetCensus(held.run, held.step, found, len(anchors), len(labels))))


def anchors_of(items: int) -> int:
    """Return how many anchors are counted among so many items."""
    return max(FEWEST_ANCHORS, min(CENSUS_ANCHORS, CENSUS_ANCHORS * CENSUS_ITEMS // max(items, 1)))
