"""The main thread of the analysis process: reads requests, keeps the newest, and leaves the work to others."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

import numpy as np

from explorer.engine.analysis.messages import (
    Fault,
    Hold,
    Layout,
    LookAt,
    Margin,
    Pin,
    Ping,
    Places,
    Project,
    Ready,
    Replay,
    Reply,
    Request,
    Scene,
    Taken,
    Thorough,
    Values,
    Vectors,
)
from explorer.engine.analysis.shared_memory import Packet, receive_message
from explorer.engine.analysis.shared_state import Board, Pins
from explorer.engine.analysis.workers.evaluation import Studies
from explorer.engine.analysis.workers.item_values import Measures
from explorer.engine.analysis.workers.layout import MovingMap
from explorer.engine.analysis.workers.neighbours import Answers
from explorer.engine.analysis.workers.triplet_census import Counting
from explorer.engine.analysis.workers.warm_up import warm
from explorer.measure.lifts import lift


class Reception:
    """Reads the pipe until it closes. See ``server.serve`` for the parameters."""

    def __init__(self, requests: Connection, replies: Connection, *, live: bool, threads: int, began: float) -> None:
        self._requests = requests
        self._replies = replies
        self._sending = threading.Lock()
        self._began = began
        self._board = Board(self.reply)
        self._answers = Answers(self._board)
        self._counting = Counting(self._board) if live else None
        self._studies = Studies(self._board, live=live, threads=threads)
        self._measures = Measures(self._board)
        self._map = MovingMap(self._board) if live else None

    def reply(self, reply: Reply) -> None:
        """Send a reply; from any thread."""
        try:
            packet = Packet(reply)
        except OSError:  # no room to share anything: the pipe needs none
            packet = Packet(reply, shared=False)
        try:
            with self._sending:
                packet.send(self._replies, os.getppid())
        finally:
            packet.close()

    def run(self) -> None:
        """Start the workers and read until the pipe closes."""
        workers: list[tuple[str, Callable[[], None]]] = [
            ("answers", self._answers.run),
            ("studies", self._studies.run),
            ("measures", self._measures.run),
        ]
        if self._counting is not None:
            workers.append(("counting", self._counting.run))
        if self._map is not None:
            workers += [("map", self._map.run), ("graph", self._map.run_graphs)]
        for name, work in [*workers, ("warm", self._warm)]:
            threading.Thread(target=self._guard, args=(work,), name=name, daemon=True).start()
        try:
            while True:
                self._take(receive_message(self._requests))
        except (EOFError, OSError):
            return

    def _take(self, request: Request) -> None:
        board = self._board
        match request:
            case Vectors():
                self._take_vectors(request)
            case Replay():
                self.reply(Taken())
                board.replay(request)
            case Scene():
                if board.begin(request) and self._map is not None:
                    self._map.forget()
            case Pin():
                board.put(pins=Pins(request.queries, request.k))
            case Margin():
                board.put(margin=request.value)
            case Values():
                board.put(values=request if request.name else None)
            case LookAt():
                board.put(look=request if request.item >= 0 else None)
            case Layout():
                if self._map is not None:
                    self._map.act(request.action)
            case Project():
                if self._map is not None:
                    self._map.project(request)
            case Hold():
                if self._map is not None:
                    self._map.hold(request.items)
            case Places():
                if self._map is not None:
                    self._map.remember(request)
            case Thorough():
                board.put(thorough=request.on)
            case Ping():
                board.ping(request.number)

    def _take_vectors(self, vectors: Vectors) -> None:
        self.reply(Taken())
        if vectors.kind == "pixels":
            if not self._board.stale(vectors.generation):
                self._board.put(pixels=vectors.rows)
        else:
            self._board.hold(
                vectors.generation, vectors.run, vectors.step, vectors.indices, np.asarray(vectors.rows, np.float32),
                vectors.exact, lift(vectors.distance),
            )  # fmt: skip

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a worker; should one fall, so does the process, which the client then starts again."""
        try:
            work()
        except OSError:
            os._exit(0)  # the pipe is closed: the window is gone
        except BaseException:  # noqa: BLE001 - the thread's last frame
            with suppress(OSError):
                self.reply(Fault("The analysis process has a fault", traceback.format_exc()))
            os._exit(1)

    def _warm(self) -> None:
        """Compile, or load from the cache, what the first click and the first map need."""
        warm(live=self._map is not None)
        self.reply(Ready(time.monotonic() - self._began))
