"""Keeps one analysis process running: requests out, replies in, and another process in the place of one that died."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from explorer.core.errors import UserError
from explorer.engine.analysis.connection import ProcessConnection
from explorer.engine.analysis.messages import Measure, Reply, Request
from explorer.engine.analysis.request_queue import MakeVectors, RequestQueue
from explorer.engine.events import AnalysisRestarted, Notice

LIVES = 4
"""How often the process may end by itself within ``LIVES_SECONDS`` before it stays away for ``REST_SECONDS``."""
LIVES_SECONDS = REST_SECONDS = 60.0
POLITE_SECONDS = 2.0
"""How long a process that is asked to end may take before it is killed."""


class ProcessSupervisor:
    """Two threads around one process: the sender empties the queue into it, the receiver restarts it when it ends.

    Parameters
    ----------
    queue: what is to be sent; ``changed`` guards it, and is notified whenever there is something new to send.
    take: called by the receiver with every reply. tell: called by both threads with what the user has to know.
    live, threads: see ``ProcessConnection``.
    """

    def __init__(
        self,
        queue: RequestQueue,
        changed: threading.Condition,
        take: Callable[[Reply], None],
        tell: Callable[[AnalysisRestarted | Notice], None],
        *,
        live: bool,
        threads: int,
    ) -> None:
        self._queue = queue
        self._changed = changed
        self._take = take
        self._tell = tell
        self._live = live
        self._threads = threads
        self._connection: ProcessConnection | None = None
        self._closing = False
        self._failed = False
        self._deaths: deque[float] = deque(maxlen=LIVES)
        self._receiver = threading.Thread(target=self._receive, name="analysis-receiver", daemon=True)
        self._sender = threading.Thread(target=self._send, name="analysis-sender", daemon=True)

    def start(self) -> None:
        """Start the process and the two threads that talk with it."""
        self._receiver.start()
        self._sender.start()

    @property
    def pid(self) -> int:
        """The id of the process that runs now, 0 if none does."""
        with self._changed:
            return self._connection.pid if self._connection else 0

    @property
    def over(self) -> bool:
        """Whether no process will answer: it is being closed, or has died so often that it stays away for a while."""
        return self._closing or self._failed

    def kill(self) -> None:
        """End the process now, whatever it does; another one takes its place."""
        with self._changed:
            if self._connection is not None:
                self._connection.kill()

    def close(self, timeout: float) -> bool:
        """End the process and the threads; return whether that took less than ``timeout`` seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            self._closing = True
            self._changed.notify_all()
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
            with self._changed:
                item = None
                while not self._closing and item is None:
                    if self._connection is not None and self._connection is not broken:
                        item = self._queue.next()
                    if item is None:
                        self._changed.wait()
                connection = self._connection
            if item is None or connection is None:
                if connection is not None:
                    connection.hang_up()
                return
            try:
                connection.send(item() if callable(item) else item)
            except OSError:  # it has ended: the receiver notices, and what was lost is sent again to the next
                broken = connection
            except UserError as error:
                self._not_sent(item, error)

    def _not_sent(self, item: Request | MakeVectors, error: UserError) -> None:
        """Say to who asked, or to the user, that there was no room for a request; the next may go out."""
        with self._changed:
            self._queue.taken()
            if isinstance(item, Measure):
                self._queue.measured(item.number, error)
            self._changed.notify_all()
        if not isinstance(item, Measure):
            self._tell(Notice(str(error), "error"))

    def _receive(self) -> None:
        ended = ""
        while True:
            connection = self._started()
            if connection is None:
                return
            if ended:
                self._tell(AnalysisRestarted(f"The analysis process {ended} and was started again"))
            try:
                while True:
                    self._take(connection.receive())
            except (EOFError, OSError):
                ended = _ending(connection.finish(timeout=2.0))
            with self._changed:
                self._connection = None
                self._changed.notify_all()
            if self._closing or not self._may_restart():
                return

    def _started(self) -> ProcessConnection | None:
        """Start a process and queue what it has to be told; None if that is not possible or no longer wanted."""
        try:
            connection = None if self._closing else ProcessConnection(live=self._live, threads=self._threads)
        except OSError as error:
            self._fail(f"The analysis process cannot be started: {error.strerror or error}")
            return None
        with self._changed:
            self._connection = connection
            self._queue.restore()
            if self._closing and connection is not None:
                connection.hang_up()  # the sender may have ended before there was a connection
            self._changed.notify_all()
        return connection

    def _fail(self, text: str, remedy: str = "Start the application again") -> None:
        with self._changed:
            self._failed = True
            self._changed.notify_all()
        self._tell(Notice(f"{text}: map and neighbours stay as they are. {remedy}", "error"))

    def _may_restart(self) -> bool:
        """Wait a while where the process has died too often in a row; return whether it may be started again."""
        now = time.monotonic()
        self._deaths.append(now)
        if len(self._deaths) < LIVES or now - self._deaths[0] >= LIVES_SECONDS:
            return True
        self._fail(
            f"The analysis process ended {LIVES} times in a row",
            f"It is started again in {REST_SECONDS:.0f} seconds; what is trained goes on",
        )
        with self._changed:
            self._changed.wait_for(lambda: self._closing, REST_SECONDS)
            self._failed = False
        self._deaths.clear()
        return not self._closing


def _ending(code: int | None) -> str:
    if code is None:
        return "ended"
    return f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
