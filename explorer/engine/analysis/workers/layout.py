"""The map's threads in the analysis process: one moves the points, one builds the next neighbour graph meanwhile."""

from __future__ import annotations

import time

import numpy as np

from explorer.core.current_snapshot import covers
from explorer.core.errors import UserError
from explorer.core.types import IntArray
from explorer.engine.analysis.messages import LayoutAction, MapFrame, MapPositions, Project
from explorer.engine.analysis.shared_state import Drawn, Held
from explorer.engine.analysis.workers.map_graphs import LIVE, SLOW, GraphWorker, distance_of, made
from explorer.projection.methods.base import Frame

FRAME_SECONDS = 1 / 15
"""Least time between two frames that are sent."""

EPOCH_SECONDS = 1 / 150
"""Least time between two epochs: a small map would otherwise jump to its end, and take the trainer's time doing so."""

DRIFT_SECONDS = 1 / 12
"""Least time between two epochs, each of them a frame, of a map that only drifts."""


class LayoutWorker(GraphWorker):
    """Keeps one layout in motion under the snapshots of a dataset, and sends its frames.

    ``run`` and ``run_graphs`` are the bodies of two threads. Both sleep when there is nothing to do.
    """

    def forget(self) -> None:
        """Start from nothing: another dataset is shown."""
        with self._shared.changed:
            self._stale = True
            self._places = None
            self._holding = self._holding[:0]
            self._shared.changed.notify_all()

    def remember(self, places: MapPositions) -> None:
        """Begin where the items were before."""
        with self._shared.changed:
            self._places = places

    def act(self, action: LayoutAction) -> None:
        """Settle, freeze or resume."""
        with self._shared.changed:
            self._frozen = action == "freeze"
            self._settling = self._settle_due = action == "settle"
            self._shared.changed.notify_all()

    def project(self, wanted: Project) -> None:
        """Lay out by another method as soon as that is ready; a frozen map waits with that."""
        with self._shared.changed:
            self._wanted = wanted
            self._shared.changed.notify_all()

    def hold(self, items: IntArray) -> None:
        """Keep these items where they are; none: let all go."""
        with self._shared.changed:
            self._holding = items
            self._hold_due = True
            self._shared.changed.notify_all()

    def run(self) -> None:
        """Move the points, for ever."""
        changed = self._shared.changed
        while True:
            with changed:
                changed.wait_for(self._something_to_do)
                if self._stale:
                    changed.wait_for(lambda: self._waiting is None and not self._measuring and not self._exchanging)
                    self._reset()
                    continue
                arrived = self._newest() if self._arrived() else None
                hold, self._hold_due = self._holding if self._hold_due else None, False
                settle, self._settle_due = self._settle_due, False
                refined, self._new_fidelity = self._new_fidelity, False
                fresh, self._fresh = self._fresh, False
            if hold is not None:  # both wait for the epoch that the layout may be in
                self._layout.hold(hold)
            if settle:
                self._layout.settle()
            if fresh:
                self._send(self._layout.frame())
            if arrived is not None:
                self._place(arrived)
            elif self._moving():
                self._move()
            elif refined and self._picture is not None:
                self._send(self._picture)

    def _something_to_do(self) -> bool:
        told = self._stale or self._hold_due or self._settle_due or self._fresh or self._new_fidelity
        return told or self._arrived() or self._moving()

    def _newest(self) -> Held | None:
        """Return the snapshot that is to be laid out: the newest, or of a slow method the newest exact one."""
        current, exact, drawn = self._shared.snapshots.current, self._shared.snapshots.exact, self._drawn
        if current is None or current.exact or drawn is None or self._project.name not in SLOW:
            return current
        if exact is not None and covers(exact, current):
            return exact
        return drawn if drawn.run == current.run else current

    def _arrived(self) -> bool:
        newest = self._newest()
        if newest is None or newest is self._placed or self._waiting is not None or self._frozen:
            return False
        if self._picture is None and (self._wanted is not None or self._exchanging):
            return False  # it begins as what was chosen
        rested = time.monotonic() - self._graphed_at >= self._graph_seconds
        return rested or not self._moving()

    def _reset(self) -> None:
        try:
            self._layout = made(self._project)
        except UserError:  # it was possible before: what it needs has been taken away meanwhile
            self._project, self._layout = LIVE, made(LIVE)
        self._placed = self._drawn = self._picture = self._fidelity = self._measured = None
        self._stale = self._new_fidelity = self._fresh = False
        self._hold_due = len(self._holding) > 0

    def _place(self, held: Held) -> None:
        """Show the items of a snapshot at once, and have its graph built."""
        with self._shared.changed:
            places, self._places = self._places, None
        if places is not None and places.generation == held.generation:
            self._layout.remember(places.indices, places.xy)
        try:
            picture = self._layout.place(held.indices, held.embeddings, distance_of(self._project, held))
        except UserError as error:
            self._give_up(str(error))
            with self._shared.changed:
                self._placed = held
            return
        with self._shared.changed:
            self._placed = self._waiting = held
            self._shared.changed.notify_all()
        self._send(picture)

    def _move(self) -> None:
        """Move by an epoch, and send a frame when it is time for one."""
        began = time.monotonic()
        layout = self._layout
        layout.epoch()
        now = time.monotonic()
        if now - self._sent_at >= FRAME_SECONDS or layout.done or layout.calm:
            self._send(layout.frame())
        rest = self._rest(time.monotonic() - began)
        changed = self._shared.changed
        with changed:
            if self._layout.done:
                self._settling = False
                changed.notify_all()
            elif rest > 0 and not self._settling:
                changed.wait_for(lambda: self._stale or self._fresh or self._arrived(), timeout=rest)

    def _rest(self, worked: float) -> float:
        """Return how long to rest after an epoch that took so long.

        A drifting map leaves the core to the trainer, and any map to the next graph while that is built.
        """
        if self._waiting is not None and not self._settling:
            return max(DRIFT_SECONDS - worked, worked * 2.5)
        if not self._layout.calm:
            return EPOCH_SECONDS - worked
        return max(DRIFT_SECONDS - worked, worked * 1.5)

    def _send(self, picture: Frame) -> None:
        held = self._drawn or self._placed
        if held is None or self._shared.stale(held.generation):
            return
        self._picture, self._pictured, self._sent_at = picture, held, time.monotonic()
        with self._shared.changed:
            self._shared.live_map = Drawn(held, picture.indices, picture.xy, self._layout.done)
            self._shared.changed.notify_all()
        same = self._sent_indices is not None and np.array_equal(self._sent_indices, picture.indices)
        self._sent_indices = picture.indices
        self._shared.reply(
            MapFrame(
                generation=held.generation,
                run=held.run,
                step=held.step,
                indices=None if same else picture.indices,
                xy=picture.xy,
                epoch=picture.epoch,
                method=picture.method,
                exact=held.exact,
                fidelity=self._fidelity,
                graph_recall=picture.graph_recall,
            )
        )
