"""What can be asked of the analysis process: every method may be called from any thread and returns at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from explorer.core.types import ByteArray, FloatArray, IntArray, Projection, Snapshot, frozen
from explorer.engine.analysis.jobs import (
    Layout,
    LayoutAction,
    Margin,
    Pin,
    Places,
    Request,
    Scene,
    Thorough,
)
from explorer.engine.analysis.outbox import Outbox


class Asks:
    """Queues what is asked. Arrays go out one at a time, and of those that wait the newest of a kind wins."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._outbox = Outbox()

    def begin(self, scene: Scene) -> None:
        """Show another dataset, split or run; with a new generation everything before is forgotten."""
        with self._condition:
            self._outbox.begin(scene)
            self._condition.notify_all()

    def publish(self, snapshot: Snapshot) -> None:
        """Analyse a snapshot of the scene's run; it replaces one that has not been sent yet."""
        with self._condition:
            self._outbox.publish(snapshot)
            self._condition.notify_all()

    def publish_pixels(self, generation: int, pixels: ByteArray | FloatArray) -> None:
        """Analyse the raw pixels or vectors (N, P) of all items of the dataset."""
        with self._condition:
            self._outbox.publish_pixels(generation, pixels)
            self._condition.notify_all()

    def replay(self, snapshot: Snapshot | None, projection: Projection | None) -> None:
        """Answer for a kept snapshot of the scene's run and for its map, if it was kept; None: for the live ones.

        Pins, the census at the margin and the histogram are answered at once for what is shown then. The live map
        moves on meanwhile.
        """
        with self._condition:
            self._outbox.replay(snapshot, projection)
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

    def remember(self, projection: Projection) -> None:
        """Begin the map of the scene's dataset where a saved one ended."""
        with self._condition:
            if self._outbox.scene is not None:
                self._outbox.ask(Places(self._outbox.scene.generation, projection.indices, projection.xy))
                self._condition.notify_all()

    def thorough(self, on: bool) -> None:
        """Include in evaluations what is slow, or leave it out again."""
        self._ask(Thorough(on))

    def _ask(self, request: Request) -> None:
        with self._condition:
            self._outbox.ask(request)
            self._condition.notify_all()
