"""The window's end of the analysis process: it never makes its caller wait, and brings the process back if it dies."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import IntArray, Projection
from explorer.engine.analysis.asks import Asks
from explorer.engine.analysis.connection import ProcessConnection
from explorer.engine.analysis.messages import (
    Fault,
    Frame,
    MapPositions,
    Pong,
    Ready,
    Refused,
    Result,
    Taken,
)
from explorer.engine.events import AnalysisReady, AnalysisRestarted, Notice

LIVES = 4
"""How often the process may end by itself within ``LIVES_SECONDS`` before it stays away."""
LIVES_SECONDS = 60.0
POLITE_SECONDS = 2.0
"""How long a process that is asked to end may take before it is killed."""

Deliver = Callable[[int, Any], None]


class AnalysisClient(Asks):
    """Sends what is to be analysed and hands every answer to ``deliver(generation, value)``, in a thread of its own.

    ``generation`` is that of the ``Scene`` to which the answer belongs, and -1 for what belongs to none.
    """

    def __init__(self, deliver: Deliver, *, live: bool, threads: int = 1) -> None:
        self._deliver = deliver
        self._live = live
        self._threads = threads
        super().__init__()
        self._connection: ProcessConnection | None = None
        self._closing = False
        self._failed = False
        self._deaths: deque[float] = deque(maxlen=LIVES)
        self._indices: IntArray = np.empty(0, np.int64)
        self._places: MapPositions | None = None
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
            return self._connection.pid if self._connection else 0

    def kill(self) -> None:
        """End the process now, whatever it does; it comes back with the last snapshot."""
        with self._condition:
            if self._connection is not None:
                self._connection.kill()

    def settle(self, timeout: float, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait until everything published so far has been answered; False if that takes too long or is cancelled."""
        end = time.monotonic() + timeout
        with self._condition:
            number = self._queue.ping()
            self._condition.notify_all()
            while not self._queue.answered(number):
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
        polite = min(timeout / 2, POLITE_SECONDS)
        self._sender.join(polite)
        if not self._sender.is_alive():
            self._receiver.join(polite)
        if self._sender.is_alive() or self._receiver.is_alive():  # it no longer reads, or no longer ends
            self.kill()
            self._sender.join(max(0.5, end - time.monotonic()))
            self._receiver.join(max(0.5, end - time.monotonic()))
        return not (self._sender.is_alive() or self._receiver.is_alive())

    def _send(self) -> None:
        broken: ProcessConnection | None = None
        while True:
            with self._condition:
                item = None
                while not self._closing and item is None:
                    if self._connection is not None and self._connection is not broken:
                        item = self._queue.next()
                    if item is None:
                        self._condition.wait()
                connection = self._connection
            if item is None or connection is None:
                if connection is not None:
                    connection.hang_up()
                return
            try:
                connection.send(item)
            except OSError:  # it has ended: the receiver notices, and what was lost is sent again to the next
                broken = connection
            except UserError as error:
                self._deliver(-1, Notice(str(error), "error"))
                with self._condition:
                    self._queue.taken()

    def _receive(self) -> None:
        ended = ""
        while True:
            connection = self._started()
            if connection is None:
                return
            if ended:
                self._deliver(-1, AnalysisRestarted(f"The analysis process {ended} and was started again"))
            try:
                while True:
                    self._take(connection.receive())
            except (EOFError, OSError):
                ended = _ending(connection.finish(timeout=2.0))
            with self._condition:
                self._connection = None
                self._condition.notify_all()
            if self._closing or not self._may_restart():
                return

    def _started(self) -> ProcessConnection | None:
        """Start a process and queue what it has to be told; None if that is not possible or no longer wanted."""
        try:
            connection = None if self._closing else ProcessConnection(live=self._live, threads=self._threads)
        except OSError as error:
            self._fail(f"The analysis process cannot be started: {error.strerror or error}")
            return None
        with self._condition:
            self._connection = connection
            if self._places is not None:
                self._queue.ask(self._places)
            self._indices = np.empty(0, np.int64)
            self._queue.restore()
            if self._closing and connection is not None:
                connection.hang_up()  # the sender may have ended before there was a link
            self._condition.notify_all()
        return connection

    def _fail(self, text: str) -> None:
        with self._condition:
            self._failed = True
            self._condition.notify_all()
        self._deliver(-1, Notice(f"{text}: map and neighbours stay as they are. Start the application again", "error"))

    def _may_restart(self) -> bool:
        now = time.monotonic()
        self._deaths.append(now)
        if len(self._deaths) == LIVES and now - self._deaths[0] < LIVES_SECONDS:
            self._fail(f"The analysis process ended {LIVES} times in a row")
            return False
        return True

    def _take(self, reply: Any) -> None:
        match reply:
            case Frame():
                self._deliver(reply.generation, self._projection(reply))
            case Result():
                self._deliver(reply.generation, _read_only(reply.value))
            case Ready():
                self._deliver(-1, AnalysisReady(reply.seconds))
            case Refused():
                with self._condition:
                    self._queue.correct(reply.kept)
                self._deliver(-1, Notice(reply.text[:1].upper() + reply.text[1:], "warning"))
            case Fault():
                self._deliver(-1, Notice(f"{reply.text}\n{reply.traceback}", "error"))
            case Taken() | Pong():
                with self._condition:
                    if isinstance(reply, Pong):
                        self._queue.ponged(reply.number)
                    else:
                        self._queue.taken()
                    self._condition.notify_all()

    def _projection(self, frame: Frame) -> Projection:
        if frame.indices is not None:
            self._indices = frame.indices
            self._indices.setflags(write=False)
        frame.xy.setflags(write=False)
        self._places = MapPositions(
            frame.generation, self._indices, frame.xy
        )  # for the next process, should this one die
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
