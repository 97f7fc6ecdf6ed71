"""The window's end of the analysis process: it never makes its caller wait, and brings the process back if it dies."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from explorer.core.types import PIXELS_RUN, ByteArray, IntArray, Projection, Snapshot, frozen
from explorer.engine.analysis.jobs import (
    Fault,
    Frame,
    Layout,
    LayoutAction,
    Margin,
    Pin,
    Ping,
    Pong,
    Ready,
    Request,
    Result,
    Scene,
    Taken,
    Thorough,
    Vectors,
)
from explorer.engine.analysis.link import Link
from explorer.engine.events import AnalysisReady, AnalysisRestarted, Notice

LIVES = 4
"""How often the process may end by itself within ``LIVES_SECONDS`` before it stays away."""
LIVES_SECONDS = 60.0

Deliver = Callable[[int, Any], None]


@dataclass(slots=True)
class _Known:
    """What a new process has to be told to be where the old one was."""

    scene: Scene | None = None
    pixels: tuple[Vectors, ByteArray] | None = None
    snapshot: tuple[Vectors, Any] | None = None
    exact: tuple[Vectors, Any] | None = None
    small: dict[type, Request] = field(default_factory=dict)


class AnalysisClient:
    """Sends what is to be analysed and hands every answer to ``deliver(generation, value)``, in a thread of its own.

    ``generation`` is that of the ``Scene`` to which the answer belongs, and -1 for what belongs to none. Arrays go out
    one at a time, and of those that wait the newest wins. Every method may be called from any thread and returns
    at once.
    """

    def __init__(self, deliver: Deliver, *, live: bool, threads: int = 1) -> None:
        self._deliver = deliver
        self._live = live
        self._threads = threads
        self._condition = threading.Condition()
        self._link: Link | None = None
        self._known = _Known()
        self._small: deque[Request] = deque()
        self._large: dict[str, tuple[Vectors, Any]] = {}
        self._taking = False
        self._closing = False
        self._failed = False
        self._pings = 0
        self._pinged = 0
        self._ponged = 0
        self._deaths: deque[float] = deque(maxlen=LIVES)
        self._indices: IntArray = np.empty(0, np.int64)
        self._receiver = threading.Thread(target=self._receive, name="analysis-receiver", daemon=True)
        self._sender = threading.Thread(target=self._send, name="analysis-sender", daemon=True)

    def start(self) -> None:
        """Start the process and the two threads that talk with it."""
        self._receiver.start()
        self._sender.start()

    @property
    def pid(self) -> int:
        """The id of the process that runs now, 0 if none does."""
        with self._condition:
            return self._link.pid if self._link else 0

    def begin(self, scene: Scene) -> None:
        """Show another dataset, split or run; with a new generation everything before is forgotten."""
        with self._condition:
            old = self._known.scene
            if old is None or old.generation != scene.generation:
                self._known = _Known(small=self._known.small)
                self._known.small.pop(Pin, None)
                self._large.clear()
            self._known.scene = scene
            self._post(scene)

    def publish(self, snapshot: Snapshot) -> None:
        """Analyse a snapshot of the scene's run; it replaces one that has not been sent yet."""
        with self._condition:
            if self._known.scene is None:
                return
            announced = Vectors(
                generation=self._known.scene.generation,
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
                self._known.exact = item
            before = self._known.snapshot
            if before is None or before[0].run != snapshot.run or before[0].shape[0] <= announced.shape[0]:
                self._known.snapshot = item
            self._condition.notify_all()

    def publish_pixels(self, generation: int, pixels: ByteArray) -> None:
        """Analyse the raw pixels (N, P) of all items of the dataset."""
        with self._condition:
            scene = self._known.scene
            if scene is None or scene.generation != generation:
                return
            vectors = Vectors(
                generation=generation,
                kind="pixels",
                run=PIXELS_RUN,
                step=0,
                indices=np.empty(0, np.int64),
                exact=True,
                distance="cosine",
                shape=(int(pixels.shape[0]), int(pixels.shape[1])),
                dtype="uint8",
            )
            self._known.pixels = self._large["pixels"] = (vectors, pixels)
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

    def thorough(self, on: bool) -> None:
        """Include in evaluations what is slow, or leave it out again."""
        self._ask(Thorough(on))

    def kill(self) -> None:
        """End the process now, whatever it does; it comes back with the last snapshot."""
        with self._condition:
            if self._link is not None:
                self._link.kill()

    def settle(self, timeout: float, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait until everything published so far has been answered; False if that takes too long or is cancelled."""
        end = time.monotonic() + timeout
        with self._condition:
            self._pings += 1
            number = self._pings
            self._condition.notify_all()
            while self._ponged < number:
                left = end - time.monotonic()
                if left <= 0 or self._closing or self._failed or cancelled():
                    return False
                self._condition.wait(min(left, 0.1))
        return True

    def close(self, timeout: float) -> bool:
        """End the process and the threads; return whether that took less than ``timeout`` seconds."""
        end = time.monotonic() + timeout
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._sender.join(max(0.1, end - time.monotonic()) / 2)
        if self._sender.is_alive():  # it waits for a process that no longer reads
            self.kill()
        self._receiver.join(max(0.1, end - time.monotonic()))
        if self._receiver.is_alive():
            self.kill()
            self._receiver.join(1.0)
        return not (self._sender.is_alive() or self._receiver.is_alive())

    def _post(self, request: Request) -> None:
        """Queue a small request; a queued one of its kind is overtaken. With the lock held."""
        if not isinstance(request, Scene):
            self._known.small[type(request)] = request
            self._small = deque(queued for queued in self._small if type(queued) is not type(request))
        self._small.append(request)
        self._condition.notify_all()

    def _ask(self, request: Request) -> None:
        with self._condition:
            self._post(request)

    def _next(self) -> tuple[Request, Any] | None:
        """Return what goes out next, and the array that follows it. With the lock held."""
        if self._small:
            return self._small.popleft(), None
        if self._taking:
            return None
        for key in ("pixels", "exact", "snapshot"):
            if key in self._large:
                self._taking = True
                return self._large.pop(key)
        if self._pings > self._pinged:
            self._pinged = self._pings
            return Ping(self._pings), None
        return None

    def _send(self) -> None:
        broken: Link | None = None
        while True:
            with self._condition:
                item = None
                while not self._closing and item is None:
                    if self._link is not None and self._link is not broken:
                        item = self._next()
                    if item is None:
                        self._condition.wait()
                link = self._link
            if item is None or link is None:
                if link is not None:
                    link.hang_up()
                return
            try:
                link.send(*item)
            except OSError:  # it has ended: the receiver notices, and what was lost is sent again to the next
                broken = link

    def _receive(self) -> None:
        while True:
            link = Link(live=self._live, threads=self._threads)
            with self._condition:
                self._link = link
                self._restore()
                self._condition.notify_all()
            try:
                while True:
                    self._take(link.receive())
            except (EOFError, OSError):
                code = link.finish(timeout=2.0)
            with self._condition:
                self._link = None
                if self._closing or not self._may_restart():
                    self._condition.notify_all()
                    return
            self._deliver(-1, AnalysisRestarted(f"The analysis process {_ending(code)} and was started again"))

    def _may_restart(self) -> bool:
        now = time.monotonic()
        self._deaths.append(now)
        if len(self._deaths) == LIVES and now - self._deaths[0] < LIVES_SECONDS:
            self._failed = True
            text = f"The analysis process ended {LIVES} times in a row: map and neighbours stay as they are"
            self._deliver(-1, Notice(f"{text}. Start the application again", "error"))
            return False
        return True

    def _restore(self) -> None:
        """Queue what a new process has to be told. With the lock held."""
        known = self._known
        self._taking = False
        self._pinged = self._ponged
        self._indices = np.empty(0, np.int64)
        self._small = deque(known.small.values())
        if known.scene is not None:
            self._small.appendleft(known.scene)
        kept = {"pixels": known.pixels, "exact": known.exact, "snapshot": known.snapshot}
        if known.snapshot is known.exact:
            kept["snapshot"] = None
        self._large = {key: value for key, value in kept.items() if value is not None}

    def _take(self, reply: Any) -> None:
        match reply:
            case Frame():
                self._deliver(reply.generation, self._projection(reply))
            case Result():
                self._deliver(reply.generation, _read_only(reply.value))
            case Ready():
                self._deliver(-1, AnalysisReady(reply.seconds))
            case Fault():
                self._deliver(-1, Notice(f"{reply.text}\n{reply.traceback}", "error"))
            case Taken() | Pong():
                with self._condition:
                    if isinstance(reply, Pong):
                        self._ponged = reply.number
                    else:
                        self._taking = False
                    self._condition.notify_all()

    def _projection(self, frame: Frame) -> Projection:
        if frame.indices is not None:
            self._indices = frame.indices
            self._indices.setflags(write=False)
        frame.xy.setflags(write=False)
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


def _ending(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
