"""The main thread of the analysis process: reads requests, keeps the newest, and leaves the work to others."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing.connection import Connection

import numpy as np

from explorer.core.freed_memory import keep_giving_back
from explorer.engine.analysis.messages import (
    Compare,
    Fault,
    Hold,
    LayoutCommand,
    LookAt,
    MapPositions,
    Margin,
    Measure,
    Pin,
    Ping,
    Project,
    Ready,
    Replay,
    Reply,
    Request,
    Scene,
    Shorten,
    Taken,
    Values,
    Vectors,
)
from explorer.engine.analysis.shared_memory import Packet, receive_message
from explorer.engine.analysis.shared_state import Pins, SharedState
from explorer.engine.analysis.workers.evaluation import EvaluationWorker
from explorer.engine.analysis.workers.item_values import ItemValueWorker
from explorer.engine.analysis.workers.layout import LayoutWorker
from explorer.engine.analysis.workers.map_state import MapState
from explorer.engine.analysis.workers.neighbour_graph import GraphWorker
from explorer.engine.analysis.workers.neighbours import NeighbourWorker
from explorer.engine.analysis.workers.triplet_census import CensusWorker
from explorer.engine.analysis.workers.warm_up import warm
from explorer.measure.compiling import told_of_compiling
from explorer.measure.lifts import lift


class Dispatcher:
    """Reads the pipe until it closes. See ``process.main`` for the parameters."""

    def __init__(self, requests: Connection, replies: Connection, *, live: bool, threads: int, began: float) -> None:
        self._requests = requests
        self._replies = replies
        self._sending = threading.Lock()
        self._began = began
        self._ended = threading.Event()
        self._shared = SharedState(self.reply)
        self._map = MapState(self._shared) if live else None
        self._workers: dict[str, Callable[[], None]] = {
            "neighbours": NeighbourWorker(self._shared).run,
            "evaluation": EvaluationWorker(self._shared, live=live, threads=threads).run,
            "item values": ItemValueWorker(self._shared).run,
            "under way": self._shared.under_way.run,
            "freed memory": partial(keep_giving_back, self._ended),
        }
        if self._map is not None:
            graphs = GraphWorker(self._shared, self._map)
            self._workers["triplet census"] = CensusWorker(self._shared).run
            self._workers["layout"] = LayoutWorker(self._shared, self._map, graphs).run
            self._workers["neighbour graph"] = graphs.run

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
        for name, work in (self._workers | {"warm up": self._warm_up}).items():
            threading.Thread(target=self._guard, args=(work,), name=name, daemon=True).start()
        try:
            while True:
                self._take(receive_message(self._requests))
        except (EOFError, OSError):
            self._ended.set()
            self._shared.under_way.end()

    def _take(self, request: Request) -> None:
        shared = self._shared
        match request:
            case Vectors():
                self._take_vectors(request)
            case Replay():
                self.reply(Taken())
                shared.replay(request)
            case Scene():
                before = shared.scene
                fresh = shared.begin(request)
                if fresh and self._map is not None:
                    self._map.forget()
                elif self._map is not None and before is not None:
                    self._map.follow_triplets(before.triplets)
            case Pin():
                shared.put(pins=Pins(request.queries, request.k, request.among))
            case Margin():
                shared.put(margin=request.value)
            case Compare():
                shared.put(compared_pairs=request.pairs)
            case Shorten():
                shared.shorten(request.count)
            case Values():
                shared.put(values=request if request.name else None)
            case LookAt():
                shared.put(look=request if request.item >= 0 else None)
            case LayoutCommand():
                if self._map is not None:
                    self._map.act(request.action)
            case Project():
                if self._map is not None:
                    self._map.choose(request)
            case Hold():
                if self._map is not None:
                    self._map.hold(request.items)
            case MapPositions():
                if self._map is not None:
                    self._map.remember(request)
            case Measure():
                self.reply(Taken())
                shared.ask_to_measure(request)
            case Ping():
                shared.ping(request.number)

    def _take_vectors(self, vectors: Vectors) -> None:
        self.reply(Taken())
        if vectors.kind == "pixels":
            if not self._shared.stale(vectors.generation):
                self._shared.put(pixels=vectors.rows)
        else:
            self._shared.hold(
                vectors.generation, vectors.run, vectors.step, vectors.indices, np.asarray(vectors.rows, np.float32),
                vectors.exact, lift(vectors.distance), vectors.written,
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

    def _warm_up(self) -> None:
        """Compile, or load from the cache, what the first map and the first click need; tell if it is compiled."""
        under_way = self._shared.under_way
        with ExitStack() as told, told_of_compiling(lambda: told.enter_context(under_way.doing("kernels"))):
            warm(live=self._map is not None)
        self.reply(Ready(time.monotonic() - self._began))
