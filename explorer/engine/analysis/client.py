"""The window's end of the analysis process: what can be asked of it, and what becomes of its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Literal

import numpy as np

from explorer.core.errors import Cancelled, UserError
from explorer.core.map_values import ItemValueName
from explorer.core.recipe import Part
from explorer.core.types import IntArray, Projection, Snapshot, frozen
from explorer.engine.analysis.messages import (
    Compare,
    Fault,
    Hold,
    LayoutAction,
    LayoutCommand,
    LookAt,
    MapFrame,
    MapPositions,
    Margin,
    MeasureAnswer,
    Pin,
    Pong,
    Project,
    Ready,
    Refused,
    Reply,
    Request,
    Result,
    Scene,
    Shorten,
    Taken,
    Values,
)
from explorer.engine.analysis.request_queue import MakePixels, RequestQueue
from explorer.engine.analysis.supervisor import ProcessSupervisor
from explorer.engine.events import AnalysisReady, Notice
from explorer.evaluation.protocol import Measured, Sample

LIVE_MAP = "umap"
"""The method of a map until another one is chosen."""

DISTANCE = "distance"

Deliver = Callable[[int, Any], None]


class AnalysisClient:
    """Sends what is to be analysed and hands every answer to ``deliver(generation, value)``, in a thread of its own.

    ``generation`` is that of the ``Scene`` to which the answer belongs, and -1 for what belongs to none. Every method
    may be called from any thread and, but for ``settle``, ``measure`` and ``close``, returns at once. Arrays go out
    one at a time, and of requests of a kind that wait the newest wins.
    """

    def __init__(self, deliver: Deliver, *, live: bool, threads: int = 1) -> None:
        self._deliver = deliver
        self._changed = threading.Condition()
        self._queue = RequestQueue()
        self._indices: IntArray = np.empty(0, np.int64)
        self._process = ProcessSupervisor(
            self._queue, self._changed, self._take, lambda event: deliver(-1, event), live=live, threads=threads
        )

    def start(self) -> None:
        """Start the process and the threads that talk with it."""
        self._process.start()

    @property
    def pid(self) -> int:
        """The id of the process that runs now, 0 if none does."""
        return self._process.pid

    def kill(self) -> None:
        """End the process now, whatever it does; it comes back with the last snapshot."""
        self._process.kill()

    def close(self, timeout: float) -> bool:
        """End the process and the threads; return whether that took less than ``timeout`` seconds."""
        return self._process.close(timeout)

    def settle(self, timeout: float, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait until everything published so far has been answered; False if that takes too long or is cancelled."""
        end = time.monotonic() + timeout
        with self._changed:
            number = self._queue.ping()
            self._changed.notify_all()
            while not self._queue.answered(number):
                left = end - time.monotonic()
                if left <= 0 or self._process.over or cancelled():
                    return False
                self._changed.wait(min(left, 0.1))
        return True

    def begin(self, scene: Scene) -> None:
        """Show another dataset, split or run; with a new generation everything before is forgotten."""
        with self._changed:
            self._queue.begin(scene)
            self._changed.notify_all()

    def publish(self, snapshot: Snapshot) -> None:
        """Analyse a snapshot of the scene's run; it replaces one that has not been sent yet."""
        with self._changed:
            self._queue.publish(snapshot)
            self._changed.notify_all()

    def publish_pixels(self, generation: int, pixels: MakePixels) -> None:
        """Analyse the raw pixels or vectors of all items of the dataset; ``pixels`` is called in a thread for that."""
        with self._changed:
            self._queue.publish_pixels(generation, pixels)
            self._changed.notify_all()

    def replay(self, snapshot: Snapshot | None, projection: Projection | None) -> None:
        """Answer for a kept snapshot of the scene's run and for its map, if it was kept; None: for the live ones.

        Pins, the census at the margin and the histogram are answered at once for what is shown then. The live map
        moves on meanwhile.
        """
        with self._changed:
            self._queue.replay(snapshot, projection)
            self._changed.notify_all()

    def pin(self, queries: Sequence[int] | IntArray, k: int, among: IntArray | None = None) -> None:
        """Answer with the ``k`` neighbours of these items now and for every snapshot from now on.

        ``among``: only of these items, inside the search, so that k of them are found; None: of all.
        """
        self._ask(Pin(frozen(queries, np.int64), k, None if among is None else frozen(among, np.int64)))

    def margin(self, value: float) -> None:
        """Count the triplets of the last exact snapshot at this margin, and of those that come."""
        self._ask(Margin(value))

    def compare(self, pairs: int) -> None:
        """Draw so many pairs of either sort for ``DistanceHistogram``, now and of every snapshot that comes."""
        self._ask(Compare(pairs))

    @property
    def dimensions(self) -> int:
        """How many numbers of every embedding are compared; 0: all of them."""
        with self._changed:
            chosen = self._queue.told(Shorten)
        return 0 if chosen is None else chosen.count

    def shorten(self, count: int) -> None:
        """Compare, lay out and count by the first ``count`` numbers of every embedding of a run; 0: by all of them.

        How the whole embeddings of a run are evaluated does not change, nor what is saved of it but its map.
        ``ShortFigures`` says how good the beginnings are.
        """
        self._ask(Shorten(count))

    def layout(self, action: LayoutAction) -> None:
        """Settle, freeze or resume the map."""
        self._ask(LayoutCommand(action))

    @property
    def projection(self) -> Part:
        """How the map is laid out: the method, the parameters that were set, and ``distance`` where one was chosen."""
        with self._changed:
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

    def remember(self, projection: Projection, *, anew: bool = False) -> None:
        """Begin the map of the scene's dataset where a saved one ended, or the map of another run of it lies.

        ``anew``: what is on the map already is laid out anew from there.
        """
        with self._changed:
            if self._queue.scene is not None:
                generation = self._queue.scene.generation
                self._queue.ask(MapPositions(generation, projection.indices, projection.xy, anew))
                self._changed.notify_all()

    def measure(
        self,
        protocol: Part,
        sample: Sample,
        *,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        other: Sample | None = None,
    ) -> Measured:
        """Measure a sample by a protocol, thoroughly, and wait for what it finds.

        ``other``: other embeddings of the same items, which are compared with them instead: ``details`` is then a
        ``Compared``.

        Raises
        ------
        UserError: if the items do not allow the protocol, or there is no room to send them. Cancelled: if
        ``cancelled()`` turns true. RuntimeError: if no process will answer any more.
        """
        with self._changed:
            number = self._queue.measure(protocol, sample, seed, other)
            self._changed.notify_all()
            while (found := self._queue.take_measured(number)) is None:
                unwanted = cancelled()
                if unwanted or self._process.over:
                    self._queue.give_up(number)
                    raise Cancelled if unwanted else RuntimeError("the analysis ended before it had measured the items")
                self._changed.wait(0.1)
        if isinstance(found, UserError):
            raise found
        return found

    def _ask(self, request: Request) -> None:
        with self._changed:
            self._queue.ask(request)
            self._changed.notify_all()

    def _take(self, reply: Reply) -> None:
        match reply:
            case MapFrame():
                self._deliver(reply.generation, self._projection(reply))
            case Result():
                self._deliver(reply.generation, _read_only(reply.value))
            case Ready():
                self._deliver(-1, AnalysisReady(reply.seconds))
            case Refused():
                with self._changed:
                    self._queue.correct(reply.kept)
                self._deliver(-1, Notice(reply.text[:1].upper() + reply.text[1:], "warning"))
            case Fault():
                self._deliver(-1, Notice(f"{reply.text}\n{reply.traceback}", "error"))
            case MeasureAnswer():
                with self._changed:
                    self._queue.measured(reply.number, reply.found)
                    self._changed.notify_all()
            case Taken() | Pong():
                with self._changed:
                    if isinstance(reply, Pong):
                        self._queue.ponged(reply.number)
                    else:
                        self._queue.taken()
                    self._changed.notify_all()

    def _projection(self, frame: MapFrame) -> Projection:
        if frame.indices is not None:  # else they are as before; the first frame of every process has them
            self._indices = frame.indices
            self._indices.setflags(write=False)
        frame.xy.setflags(write=False)
        with self._changed:  # for the next process, should this one die
            self._queue.moved(MapPositions(frame.generation, self._indices, frame.xy))
        return Projection(
            frame.run, frame.step, self._indices, frame.xy, frame.epoch, frame.method, frame.exact, frame.fidelity,
            frame.graph_recall,
        )  # fmt: skip


def _read_only(value: Any) -> Any:
    for item in fields(value):
        content = getattr(value, item.name)
        if isinstance(content, np.ndarray):
            content.setflags(write=False)
    return value
