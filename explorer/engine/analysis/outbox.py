"""What waits to be sent to the analysis process, and what a new process has to be told to be where the old one was."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from explorer.core.types import PIXELS_RUN, ByteArray, FloatArray, Snapshot
from explorer.engine.analysis.jobs import Pin, Ping, Places, Request, Scene, Vectors

Item = tuple[Request, Any]
"""A request, and the array that follows it or None."""


class Outbox:
    """Small requests go out in order, a newer one of a kind in place of an older; arrays one at a time, newest first.

    Not thread-safe: the client guards it.
    """

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self._small: deque[Request] = deque()
        self._large: dict[str, Item] = {}
        self._told: dict[type, Request] = {}
        self._kept: dict[str, Item] = {}
        self._taking = False
        self._asked = self._sent = self._answered = 0

    def begin(self, scene: Scene) -> None:
        """Queue a scene; one of another generation makes everything before it stale."""
        if self.scene is None or self.scene.generation != scene.generation:
            self._large.clear()
            self._kept.clear()
            self._told.pop(Pin, None)
            self._told.pop(Places, None)
        self.scene = scene
        self._small.append(scene)

    def ask(self, request: Request) -> None:
        """Queue a small request."""
        self._told[type(request)] = request
        self._small = deque(queued for queued in self._small if type(queued) is not type(request))
        self._small.append(request)

    def publish(self, snapshot: Snapshot) -> None:
        """Queue a snapshot of the scene's dataset."""
        if self.scene is None:
            return
        announced = Vectors(
            generation=self.scene.generation,
            kind="snapshot",
            run=snapshot.run,
            step=snapshot.step,
            indices=snapshot.indices,
            exact=snapshot.exact,
            distance=snapshot.distance,
            shape=(int(snapshot.embeddings.shape[0]), int(snapshot.embeddings.shape[1])),
            dtype="float32",
        )
        # an exact snapshot is what numbers come from: one of the bank must not push it out of the queue
        item = self._large["exact" if snapshot.exact else "snapshot"] = (announced, snapshot.embeddings)
        if snapshot.exact:
            self._kept["exact"] = item
        before = self._kept.get("snapshot")
        shown = before[0] if before else None
        if not isinstance(shown, Vectors) or shown.run != snapshot.run or shown.shape[0] <= announced.shape[0]:
            self._kept["snapshot"] = item

    def publish_pixels(self, generation: int, pixels: ByteArray | FloatArray) -> None:
        """Queue the raw pixels or vectors (N, P) of the dataset, unless another one is shown by now."""
        if self.scene is None or self.scene.generation != generation:
            return
        announced = Vectors(
            generation=generation,
            kind="pixels",
            run=PIXELS_RUN,
            step=0,
            indices=np.empty(0, np.int64),
            exact=True,
            distance="cosine",
            shape=(int(pixels.shape[0]), int(pixels.shape[1])),
            dtype=str(pixels.dtype),
        )
        self._kept["pixels"] = self._large["pixels"] = (announced, pixels)

    def next(self) -> Item | None:
        """Take what goes out next; a ping only when nothing else is left."""
        if self._small:
            return self._small.popleft(), None
        if self._taking:
            return None
        for key in ("pixels", "exact", "snapshot"):
            if key in self._large:
                self._taking = True
                return self._large.pop(key)
        if self._asked > self._sent:
            self._sent = self._asked
            return Ping(self._sent), None
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
        self._large = dict(self._kept)
        if self._large.get("exact") is self._large.get("snapshot"):
            self._large.pop("snapshot", None)
