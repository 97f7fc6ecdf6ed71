"""What the threads of the analysis process share: the scene, the newest snapshots, and what is asked of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from explorer.core.types import ByteArray, FloatArray, IntArray
from explorer.engine.analysis.jobs import Pong, Reply, Scene
from explorer.measure.lifts import Lift

DEFAULT_MARGIN = 0.2
MAKE_WAY_SECONDS = 0.5
"""How long a piece of long work waits at most for the clicks that came in between."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A snapshot in this process. ``serial`` grows with every one that arrives. Two are equal if they are the same."""

    serial: int
    generation: int
    run: str
    step: int
    indices: IntArray
    embeddings: FloatArray
    exact: bool
    lift: Lift


@dataclass(frozen=True, slots=True, eq=False)
class Pins:
    """The pinned queries (dataset indices) and how many neighbours each gets; a new request is never the old one."""

    queries: IntArray
    k: int


class Worker(Protocol):
    """A thread of this process, as the others see it; asked with ``changed`` held."""

    busy: bool

    def due(self) -> bool:
        """Return whether there is something to do."""


class Board:
    """State under one condition. Public fields are written with ``changed`` held; what they hold is never changed."""

    def __init__(self, reply: Callable[[Reply], None]) -> None:
        self.reply = reply
        self.changed = threading.Condition()
        self.scene: Scene | None = None
        self.current: Held | None = None
        self.exact: Held | None = None
        self.pixels: ByteArray | FloatArray | None = None
        self.pins: Pins | None = None
        self.margin = DEFAULT_MARGIN
        self.thorough = False
        self.clicks: Callable[[], bool] = lambda: False
        self.workers: list[Worker] = []
        self._asked = 0
        self._answered = 0
        self._serial = 0

    def stale(self, generation: int) -> bool:
        """Return whether another dataset is shown."""
        scene = self.scene
        return scene is None or scene.generation != generation

    def begin(self, scene: Scene) -> bool:
        """Show another scene; return whether it is another dataset, of which nothing is known yet."""
        with self.changed:
            fresh = self.stale(scene.generation)
            self.scene = scene
            if fresh:
                self.current = self.exact = self.pixels = self.pins = None
            self.changed.notify_all()
        return fresh

    def hold(
        self, generation: int, run: str, step: int, indices: IntArray, embeddings: FloatArray, exact: bool, lift: Lift
    ) -> Held | None:
        """Take a snapshot of the scene's run; None if it belongs to another one.

        An exact one of some of the items, made to be measured, does not take the others off the map.
        """
        with self.changed:
            if self.scene is None or self.stale(generation) or run != self.scene.run:
                return None
            self._serial += 1
            held = Held(self._serial, generation, run, step, indices, embeddings, exact, lift)
            if exact:
                self.exact = held
            before = self.current
            if before is None or before.run != run or len(indices) >= len(before.indices):
                self.current = held
            self.changed.notify_all()
        return held

    def put(self, **values: Any) -> None:
        """Set fields and wake everybody."""
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def next_work(self, worker: Worker) -> None:
        """Wait until ``worker`` has something to do. With ``changed`` held."""
        worker.busy = False
        self.changed.notify_all()
        self._settle()
        self.changed.wait_for(worker.due)
        worker.busy = True

    def ping(self, number: int) -> None:
        """Answer with ``Pong`` once no worker has anything to do."""
        with self.changed:
            self._asked = number
            self._settle()

    def make_way(self) -> None:
        """Wait, inside long work, while a click is being answered."""
        with self.changed:
            self.changed.wait_for(lambda: not self.clicks(), timeout=MAKE_WAY_SECONDS)

    def _settle(self) -> None:
        if self._asked > self._answered and not any(worker.busy or worker.due() for worker in self.workers):
            self._answered = self._asked
            self.reply(Pong(self._answered))
