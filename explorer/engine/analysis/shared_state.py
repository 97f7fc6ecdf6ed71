"""What the threads of the analysis process share: the scene, the newest snapshots, and what is asked of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from explorer.core.census_margin import DEFAULT_MARGIN
from explorer.core.current_snapshot import CurrentSnapshot
from explorer.core.dimensions import SHORTENED, shortened
from explorer.core.types import COMPARED_PAIRS, PIXELS_RUN, ByteArray, FloatArray, IntArray
from explorer.engine.analysis.messages import LookAt, Measure, Pong, Replay, Reply, Scene, Values
from explorer.engine.analysis.under_way import UnderWay
from explorer.measure.lifts import Lift, lift

MAKE_WAY_SECONDS = 0.5
"""How long a piece of long work waits at most for the clicks that came in between."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A snapshot in this process. ``serial`` grows with every one that arrives. Two are equal if they are the same.

    ``embeddings``: as they are compared, the first numbers of the ``whole`` ones where only those are looked at.
    ``arrived``: its serial when it came, which it keeps when others of its numbers are compared. ``written``: as in
    ``Snapshot``, of the ``whole`` ones.
    """

    serial: int
    generation: int
    run: str
    step: int
    indices: IntArray
    embeddings: FloatArray
    exact: bool
    lift: Lift
    whole: FloatArray
    arrived: int
    written: npt.NDArray[np.uint32] | None = None

    def moved_since(self, moment: int) -> IntArray | None:
        """Return the rows (K,) that may have been written since a moment in ``ticks``; None: nobody writes them."""
        if self.written is None or self.embeddings is not self.whole:
            return None
        return np.flatnonzero(self.written >= moment)


@dataclass(frozen=True, slots=True, eq=False)
class Pins:
    """The pinned queries (dataset indices) and how many neighbours each gets; a new request is never the old one.

    ``among``: only of these items; None: of all.
    """

    queries: IntArray
    k: int
    among: IntArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture of the map: the items ``indices`` (M,) of ``held`` at ``xy`` (M, 2); ``resting``: it is to stay so."""

    held: Held
    indices: IntArray
    xy: FloatArray
    resting: bool


class Worker(Protocol):
    """A thread of this process, as the others see it; asked with ``changed`` held."""

    busy: bool

    def due(self) -> bool:
        """Return whether there is something to do."""


class SharedState:
    """State under one condition. Public fields are written with ``changed`` held; what they hold is never changed."""

    def __init__(self, reply: Callable[[Reply], None]) -> None:
        self.reply = reply
        self.changed = threading.Condition()
        self.under_way = UnderWay(reply)
        self.scene: Scene | None = None
        self.snapshots: CurrentSnapshot[Held] = CurrentSnapshot()
        self.replayed: Held | None = None
        self.replayed_map: Drawn | None = None
        self.live_map: Drawn | None = None
        self.laid_over = False  # another map: kept snapshots are laid out anew, and not shown as they were
        self.pixels: ByteArray | FloatArray | None = None
        self.pins: Pins | None = None
        self.margin = DEFAULT_MARGIN
        self.compared_pairs = COMPARED_PAIRS
        self.dimensions = 0
        self.values: Values | None = None
        self.look: LookAt | None = None
        self.measures: deque[Measure] = deque()
        self.clicks: Callable[[], bool] = lambda: False
        self.workers: list[Worker] = []
        self._asked = 0
        self._answered = 0
        self._serial = 0

    @property
    def shown(self) -> Held | None:
        """The snapshot that clicks ask about: the kept one that is shown, else the newest."""
        return self.replayed or self.snapshots.current

    @property
    def measured(self) -> Held | None:
        """The snapshot that numbers come from: the kept one that is shown, else the newest exact one."""
        return self.replayed or self.snapshots.exact

    @property
    def drawn(self) -> Drawn | None:
        """The map that is shown: that of the kept snapshot, if it was kept, else the newest frame."""
        return self.live_map if self.replayed is None or self.laid_over else self.replayed_map

    def stale(self, generation: int) -> bool:
        """Return whether another dataset is shown."""
        scene = self.scene
        return scene is None or scene.generation != generation

    def begin(self, scene: Scene) -> bool:
        """Show another scene; return whether it is another dataset, of which nothing is known yet."""
        with self.changed:
            fresh = self.stale(scene.generation)
            if fresh or self.scene is None or self.scene.run != scene.run:
                self.replayed = self.replayed_map = None
            self.scene = scene
            if fresh:
                self.snapshots = CurrentSnapshot()
                self.pixels = self.pins = self.live_map = self.look = None
                self.dimensions = 0
            self.changed.notify_all()
        return fresh

    def hold(
        self, generation: int, run: str, step: int, indices: IntArray, embeddings: FloatArray, exact: bool, lift: Lift,
        written: npt.NDArray[np.uint32] | None = None,
    ) -> Held | None:  # fmt: skip
        """Take a snapshot of the scene's run; None if it belongs to another one."""
        with self.changed:
            if self.scene is None or self.stale(generation) or run != self.scene.run:
                return None
            self._serial += 1
            compared = self._compared(run, embeddings, lift)
            held = Held(
                self._serial, generation, run, step, indices, compared, exact, lift, embeddings, self._serial,
                written,
            )  # fmt: skip
            self.snapshots.take(held)
            self.changed.notify_all()
        return held

    def replay(self, request: Replay) -> None:
        """Show a kept snapshot and its map instead of the live ones, or the live ones again."""
        kept = request.kept
        with self.changed:
            if self.scene is None or self.stale(request.generation) or request.run != self.scene.run:
                return
            self.replayed = self.replayed_map = None
            if kept is not None:
                self._serial += 1
                rows, by = np.asarray(kept.rows, np.float32), lift(kept.distance)
                self.replayed = held = Held(
                    self._serial, kept.generation, kept.run, kept.step, kept.indices,
                    self._compared(kept.run, rows, by), kept.exact, by, rows, self._serial,
                )  # fmt: skip
                if len(request.items):
                    self.replayed_map = Drawn(held, request.items, request.xy, True)
            self.changed.notify_all()

    def _compared(self, run: str, whole: FloatArray, by: Lift) -> FloatArray:
        """Return embeddings as they are compared: of a run, and where that means something, their first numbers."""
        return shortened(whole, self.dimensions) if run != PIXELS_RUN and by.name in SHORTENED else whole

    def shorten(self, count: int) -> None:
        """Compare by the first ``count`` numbers of all snapshots of a run that are here and that come; 0: by all."""
        with self.changed:
            if count == self.dimensions:
                return
            self.dimensions = count
            again = {id(held): self._again(held) for held in (*self.snapshots.held, self.replayed) if held is not None}
            self.snapshots.exchange(lambda held: again[id(held)])
            if self.replayed is not None:
                self.replayed = again[id(self.replayed)]
                if self.replayed_map is not None:
                    self.replayed_map = replace(self.replayed_map, held=self.replayed)
            self.changed.notify_all()

    def _again(self, held: Held) -> Held:
        """Return a snapshot as a new one, by as many numbers as are asked for now."""
        self._serial += 1
        return replace(held, serial=self._serial, embeddings=self._compared(held.run, held.whole, held.lift))

    def ask_to_measure(self, request: Measure) -> None:
        """Let a sample be measured after those that were asked for before."""
        with self.changed:
            self.measures.append(request)
            self.changed.notify_all()

    def put(self, **values: Any) -> None:
        """Set fields and wake everybody."""
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def next_work(self, worker: Worker, patience: Callable[[], float | None] = lambda: None) -> None:
        """Wait until ``worker`` has something to do. With ``changed`` held.

        ``patience``: after how many seconds that may be so without any change; None: never.
        """
        worker.busy = False
        self.changed.notify_all()
        self._settle()
        while not worker.due():
            self.changed.wait(patience())
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
