"""The thread of the analysis process that moves the points of the map and sends its frames."""

from __future__ import annotations

import math
import time

import numpy as np

from explorer.core.current_snapshot import covers
from explorer.core.errors import UserError
from explorer.core.types import IntArray
from explorer.engine.analysis.messages import MapFrame
from explorer.engine.analysis.shared_state import Drawn, Held, SharedState
from explorer.engine.analysis.workers.map_state import SLOW, MapState, ShownFrame, distance_of
from explorer.engine.analysis.workers.neighbour_graph import GraphWorker
from explorer.projection.methods.base import Frame

FRAME_SECONDS = 1 / 15
"""Least time between two frames that are sent."""

EPOCH_SECONDS = 1 / 150
"""Least time between two epochs: a small map would otherwise jump to its end, and take the trainer's time doing so."""

DRIFT_SECONDS = 1 / 12
"""Least time between two epochs, each of them a frame, of a map that only drifts."""


class LayoutWorker:
    """Keeps one layout in motion under the snapshots of a dataset; ``graphs`` builds the next graph meanwhile.

    ``run`` is the body of a thread, which sleeps when there is nothing to do.
    """

    def __init__(self, shared: SharedState, map: MapState, graphs: GraphWorker) -> None:
        self._shared = shared
        self._map = map
        self._graphs = graphs
        self._sent_indices: IntArray | None = None
        self._sent_at = -math.inf  # never

    def run(self) -> None:
        """Move the points, for ever."""
        while True:
            self._turn()

    def _turn(self) -> None:
        """Wait for something to do and do it; while it waits it holds no embeddings."""
        map, changed = self._map, self._shared.changed
        with changed:
            changed.wait_for(self._something_to_do)
            if map.stale:
                changed.wait_for(lambda: self._graphs.idle)
                map.reset()
                return
            arrived = self._newest() if self._arrived() else None
            hold, map.hold_due = map.holding if map.hold_due else None, False
            settle, map.settle_due = map.settle_due, False
            refined, map.fidelity_due = map.fidelity_due, False
            fresh, map.fresh = map.fresh, False
        if hold is not None:  # both wait for the epoch that the layout may be in
            map.layout.hold(hold)
        if settle:
            map.layout.settle()
        if fresh:
            self._send(map.layout.frame())
        if arrived is not None:
            self._place(arrived)
        elif map.moving:
            self._move()
        elif refined and map.shown is not None:
            self._send(map.shown.frame)

    def _something_to_do(self) -> bool:
        map = self._map
        told = map.stale or map.hold_due or map.settle_due or map.fresh or map.fidelity_due
        return told or self._arrived() or map.moving

    def _newest(self) -> Held | None:
        """Return the snapshot that is to be laid out: the newest, or of a slow method the newest exact one.

        Where the map is laid over another one, a kept one that is shown.
        """
        if self._shared.laid_over and self._shared.replayed is not None:
            return self._shared.replayed
        current, exact, drawn = self._shared.snapshots.current, self._shared.snapshots.exact, self._map.drawn
        if current is None or current.exact or drawn is None or self._map.project.name not in SLOW:
            return current
        if exact is not None and covers(exact, current):
            return exact
        return drawn if drawn.run == current.run else current

    def _arrived(self) -> bool:
        newest = self._newest()
        if newest is None or newest is self._map.placed or self._graphs.waiting is not None or self._map.frozen:
            return False
        if self._map.shown is None and (self._map.wanted is not None or self._graphs.exchanging):
            return False  # it begins as what was chosen
        return self._graphs.rested or not self._map.moving

    def _place(self, held: Held) -> None:
        """Show the items of a snapshot at once, and have its graph built."""
        with self._shared.changed:
            positions, self._map.positions = self._map.positions, None
        if positions is not None and positions.generation == held.generation:
            self._map.layout.remember(positions.indices, positions.xy)
        try:
            frame = self._map.layout.place(held.indices, held.embeddings, distance_of(self._map.project, held))
        except UserError as error:
            self._map.give_up(str(error))
            with self._shared.changed:
                self._map.placed = held
            return
        with self._shared.changed:
            self._map.placed = self._graphs.waiting = held
            self._shared.changed.notify_all()
        self._send(frame)

    def _move(self) -> None:
        """Move by an epoch, and send a frame when it is time for one."""
        began = time.monotonic()
        layout = self._map.layout
        layout.epoch()
        now = time.monotonic()
        if now - self._sent_at >= FRAME_SECONDS or layout.done or layout.calm:
            self._send(layout.frame())
        rest = self._rest(time.monotonic() - began)
        changed = self._shared.changed
        with changed:
            if self._map.layout.done:
                self._map.settling = False
                changed.notify_all()
            elif rest > 0 and not self._map.settling:
                changed.wait_for(lambda: self._map.stale or self._map.fresh or self._arrived(), timeout=rest)

    def _rest(self, worked: float) -> float:
        """Return how long to rest after an epoch that took so long.

        A drifting map leaves the core to the trainer, and any map to the next graph while that is built.
        """
        if self._graphs.waiting is not None and not self._map.settling:
            return max(DRIFT_SECONDS - worked, worked * 2.5)
        if not self._map.layout.calm:
            return EPOCH_SECONDS - worked
        return max(DRIFT_SECONDS - worked, worked * 1.5)

    def _send(self, frame: Frame) -> None:
        held = self._map.drawn or self._map.placed
        if held is None or self._shared.stale(held.generation):
            return
        self._sent_at = time.monotonic()
        with self._shared.changed:
            self._map.shown = ShownFrame(frame, held)
            self._shared.live_map = Drawn(held, frame.indices, frame.xy, self._map.layout.done)
            self._shared.changed.notify_all()
        same = self._sent_indices is not None and np.array_equal(self._sent_indices, frame.indices)
        self._sent_indices = frame.indices
        self._shared.reply(
            MapFrame(
                generation=held.generation,
                run=held.run,
                step=held.step,
                indices=None if same else frame.indices,
                xy=frame.xy,
                epoch=frame.epoch,
                method=frame.method,
                exact=held.exact,
                fidelity=self._map.fidelity if self._map.fidelity_of == held.run else None,
                graph_recall=frame.graph_recall,
            )
        )
