"""What waits to be sent to the analysis process, and what a new process has to be told to be where the old one was."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from explorer.core.current_snapshot import replaces
from explorer.core.errors import UserError
from explorer.core.recipe import Part
from explorer.core.types import PIXELS_RUN, ByteArray, FloatArray, Projection, Snapshot
from explorer.engine.analysis.messages import (
    Hold,
    LookAt,
    MapPositions,
    Measure,
    Pin,
    Ping,
    Replay,
    Request,
    Scene,
    Shorten,
    Vectors,
)
from explorer.evaluation.protocol import Measured, Sample

R = TypeVar("R")

NOWHERE = np.empty((0, 2), np.float32)

MakePixels = Callable[[], ByteArray | FloatArray]
"""Makes the raw pixels or vectors (N, P) of a dataset: each time they are sent, as nobody keeps them."""

MakeVectors = Callable[[], Vectors]
"""Makes a request, without any lock, when it goes out."""


class RequestQueue:
    """Small requests go out in order, a newer one of a kind in place of an older; arrays one at a time, newest first.

    Not thread-safe: the client guards it.
    """

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self._small: deque[Request] = deque()
        self._large: dict[str, Vectors | Replay | MakeVectors] = {}
        self._told: dict[type, Request] = {}
        self._kept: dict[str, Vectors | Replay | MakeVectors] = {}
        self._measures: deque[Measure] = deque()
        self._unanswered: dict[int, Measure] = {}
        self._found: dict[int, Measured | UserError] = {}
        self._measure_number = 0
        self._taking = False
        self._asked = self._sent = self._answered = 0

    def begin(self, scene: Scene) -> None:
        """Queue a scene; one of another generation makes everything before it stale."""
        if self.scene is None or self.scene.generation != scene.generation:
            self._large.clear()
            self._kept.clear()
            self._told.pop(Pin, None)
            self._told.pop(MapPositions, None)
            self._told.pop(Hold, None)
            self._told.pop(LookAt, None)
            self._told.pop(Shorten, None)
        else:
            if self.scene.run != scene.run:
                self._large.pop("replay", None)
                self._kept.pop("replay", None)
            if "pixels" in self._kept and _asks_for_pixels(self.scene, scene):
                self._large["pixels"] = self._kept["pixels"]
        self.scene = scene
        self._small.append(scene)

    def ask(self, request: Request) -> None:
        """Queue a small request."""
        self._told[type(request)] = request
        self._small = deque(queued for queued in self._small if type(queued) is not type(request))
        self._small.append(request)

    def told(self, kind: type[R]) -> R | None:
        """Return what was asked last of a kind, if anything."""
        request = self._told.get(kind)
        return request if isinstance(request, kind) else None

    def correct(self, request: Request) -> None:
        """Note that this is so in place of what was asked; an even newer request of its kind is left alone."""
        if not any(isinstance(queued, type(request)) for queued in self._small):
            self._told[type(request)] = request

    def moved(self, positions: MapPositions) -> None:
        """Note where the map is by now, for the next process: this one knows."""
        if self.scene is not None and self.scene.generation == positions.generation:
            self._told[MapPositions] = positions

    def publish(self, snapshot: Snapshot) -> None:
        """Queue a snapshot of the scene's dataset."""
        if self.scene is None:
            return
        # an exact snapshot is what numbers come from: one of the bank must not push it out of the queue
        item = self._large["exact" if snapshot.exact else "snapshot"] = _vectors(self.scene.generation, snapshot)
        if snapshot.exact:
            self._kept["exact"] = item
            waits = self._large.get("snapshot")
            if isinstance(waits, Vectors) and replaces(item, waits):
                del self._large["snapshot"]  # it would go out after this one, and take its place on the map
        shown = self._kept.get("snapshot")
        if replaces(item, shown if isinstance(shown, Vectors) else None):
            self._kept["snapshot"] = item

    def replay(self, snapshot: Snapshot | None, projection: Projection | None) -> None:
        """Queue a kept snapshot of the scene's run and its map, or the way back to the live ones."""
        scene = self.scene
        if scene is None or (snapshot is not None and snapshot.run != scene.run):
            return
        kept = None if snapshot is None else _vectors(scene.generation, snapshot)
        items, xy = (np.empty(0, np.int64), NOWHERE) if projection is None else (projection.indices, projection.xy)
        request = self._large["replay"] = Replay(scene.generation, scene.run, kept, items, xy)
        if kept is None:
            self._kept.pop("replay", None)
        else:
            self._kept["replay"] = request

    def publish_pixels(self, generation: int, pixels: MakePixels) -> None:
        """Queue the raw pixels or vectors of the dataset, unless another one is shown by now."""
        if self.scene is None or self.scene.generation != generation:
            return
        nobody = np.empty(0, np.int64)
        self._kept["pixels"] = self._large["pixels"] = lambda: Vectors(
            generation, "pixels", PIXELS_RUN, 0, nobody, True, "cosine", pixels()
        )

    def measure(self, protocol: Part, sample: Sample, seed: int, other: Sample | None = None) -> int:
        """Queue a measurement, or a comparison with another sample, and return its number; none replaces another."""
        self._measure_number = number = self._measure_number + 1
        labels = np.asarray(sample.labels, np.int64)
        request = Measure(
            number,
            protocol,
            sample.x,
            labels,
            sample.lift.name,
            sample.columns,
            sample.label_sets,
            sample.seen,
            sample.ids,
            sample.class_names,
            sample.pairs,
            seed,
            sample.target,
            None if other is None else other.x,
            "" if other is None else other.lift.name,
        )
        self._unanswered[number] = request
        self._measures.append(request)
        return number

    def measured(self, number: int, found: Measured | UserError) -> None:
        """Note what a measurement found, unless nobody waits for it any more."""
        if self._unanswered.pop(number, None) is not None:
            self._found[number] = found

    def take_measured(self, number: int) -> Measured | UserError | None:
        """Return what a measurement found and forget it; None: it is not there yet."""
        return self._found.pop(number, None)

    def give_up(self, number: int) -> None:
        """Forget a measurement for which nobody waits any more."""
        self._unanswered.pop(number, None)
        self._found.pop(number, None)
        self._measures = deque(waiting for waiting in self._measures if waiting.number != number)

    def next(self) -> Request | MakeVectors | None:
        """Take what goes out next, or what makes it; a ping only when nothing else is left."""
        if self._small:
            return self._small.popleft()
        if self._taking:
            return None
        for key in ("replay", "pixels", "exact", "snapshot"):
            if key in self._large:
                self._taking = True
                return self._large.pop(key)
        if self._measures:
            self._taking = True
            return self._measures.popleft()
        if self._asked > self._sent:
            self._sent = self._asked
            return Ping(self._sent)
        return None

    def taken(self) -> None:
        """Note that the last array has arrived: the next may go out."""
        self._taking = False

    def ping(self) -> int:
        """Queue a ping and return its number."""
        self._asked += 1
        return self._asked

    def ponged(self, number: int) -> None:
        """Note the answer to a ping."""
        self._answered = number

    def answered(self, number: int) -> bool:
        """Return whether a ping has been answered."""
        return self._answered >= number

    def restore(self) -> None:
        """Queue everything again for a new process."""
        self._taking = False
        self._sent = self._answered
        self._small = deque(self._told.values())
        if self.scene is not None:
            self._small.appendleft(self.scene)
        self._measures = deque(self._unanswered.values())
        self._large = dict(self._kept)
        if self._large.get("exact") is self._large.get("snapshot"):
            self._large.pop("snapshot", None)


def _asks_for_pixels(before: Scene, scene: Scene) -> bool:
    """Return whether the pixels are needed anew, which the process drops as soon as it has measured them."""
    shown = scene.run == PIXELS_RUN != before.run
    return shown or not np.array_equal(scene.held_out, before.held_out)


def _vectors(generation: int, of: Snapshot) -> Vectors:
    return Vectors(
        generation, "snapshot", of.run, of.step, of.indices, of.exact, of.distance, of.embeddings, of.written
    )
