"""What can be asked of the analysis process: every method may be called from any thread and returns at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal

import numpy as np

from explorer.core.map_values import ItemValueName
from explorer.core.recipe import Part
from explorer.core.types import ByteArray, FloatArray, IntArray, Projection, Snapshot, frozen
from explorer.engine.analysis.messages import (
    Hold,
    Layout,
    LayoutAction,
    LookAt,
    MapPositions,
    Margin,
    Pin,
    Project,
    Request,
    Scene,
    Thorough,
    Values,
)
from explorer.engine.analysis.request_queue import RequestQueue

LIVE_MAP = "umap"
"""The method of a map until another one is chosen."""

DISTANCE = "distance"


class Asks:
    """Queues what is asked. Arrays go out one at a time, and of those that wait the newest of a kind wins."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._queue = RequestQueue()

    def begin(self, scene: Scene) -> None:
        """Show another dataset, split or run; with a new generation everything before is forgotten."""
        with self._condition:
            self._queue.begin(scene)
            self._condition.notify_all()

    def publish(self, snapshot: Snapshot) -> None:
        """Analyse a snapshot of the scene's run; it replaces one that has not been sent yet."""
        with self._condition:
            self._queue.publish(snapshot)
            self._condition.notify_all()

    def publish_pixels(self, generation: int, pixels: ByteArray | FloatArray) -> None:
        """Analyse the raw pixels or vectors (N, P) of all items of the dataset."""
        with self._condition:
            self._queue.publish_pixels(generation, pixels)
            self._condition.notify_all()

    def replay(self, snapshot: Snapshot | None, projection: Projection | None) -> None:
        """Answer for a kept snapshot of the scene's run and for its map, if it was kept; None: for the live ones.

        Pins, the census at the margin and the histogram are answered at once for what is shown then. The live map
        moves on meanwhile.
        """
        with self._condition:
            self._queue.replay(snapshot, projection)
            self._condition.notify_all()

    def pin(self, queries: Sequence[int] | IntArray, k: int) -> None:
        """Answer with the ``k`` neighbours of these items now and for every snapshot from now on."""
        self._ask(Pin(frozen(queries, np.int64), k))

    def margin(self, value: float) -> None:
        """Count the triplets of the last exact snapshot at this margin, and of those that come."""
        self._ask(Margin(value))

    def layout(self, action: LayoutAction) -> None:
        """Settle, freeze or resume the map."""
        self._ask(Layout(action))

    @property
    def projection(self) -> Part:
        """How the map is laid out: the method, the parameters that were set, and ``distance`` where one was chosen."""
        with self._condition:
            chosen = self._queue.told(Project)
        if chosen is None:
            return Part(name=LIVE_MAP)
        params = dict(chosen.params)
        return Part(name=chosen.name, params=params | ({DISTANCE: chosen.distance} if chosen.distance else {}))

    def project(self, part: Part) -> None:
        """Lay the map out by another method, a part of the kind ``projection``; also another dataset, from then on.

        The parameter ``distance``, which every method has in addition, names one of ``measure.lifts`` by which
        neighbours are chosen; without it that is the distance of the snapshot.
        """
        params = dict(part.params)
        distance = str(params.pop(DISTANCE, ""))
        self._ask(Project(part.name, params, distance))

    def hold(self, items: Sequence[int] | IntArray) -> None:
        """Keep these items where they are on the map while the others move; none: let all go."""
        self._ask(Hold(frozen(items, np.int64)))

    def values(self, name: ItemValueName | Literal[""]) -> None:
        """Measure this of every item that is shown, now and whenever it changes: ``ItemValues``; empty: nothing."""
        self._ask(Values(name))

    def look_at(self, item: int) -> None:
        """Name the true neighbours of an item, ``TrueNeighbours``, also of those shown later; -1: of none."""
        self._ask(LookAt(item))

    def remember(self, projection: Projection) -> None:
        """Begin the map of the scene's dataset where a saved one ended."""
        with self._condition:
            if self._queue.scene is not None:
                self._queue.ask(MapPositions(self._queue.scene.generation, projection.indices, projection.xy))
                self._condition.notify_all()

    def thorough(self, on: bool) -> None:
        """Include in evaluations what is slow, or leave it out again."""
        self._ask(Thorough(on))

    def _ask(self, request: Request) -> None:
        with self._condition:
            self._queue.ask(request)
            self._condition.notify_all()
