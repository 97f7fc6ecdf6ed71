"""The map's threads in the analysis process: one moves the points, one builds the next neighbour graph meanwhile."""

from __future__ import annotations

import time
from contextlib import suppress

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.types import Fidelity, IntArray
from explorer.engine.analysis.board import Board, Drawn, Held
from explorer.engine.analysis.jobs import Frame, LayoutAction, Places
from explorer.projection.fidelity import fidelity
from explorer.projection.layout import Frame as Picture
from explorer.projection.layout import LiveLayout

FRAME_SECONDS = 1 / 15
"""Least time between two frames that are sent."""

EPOCH_SECONDS = 1 / 150
"""Least time between two epochs: a small map would otherwise jump to its end, and take the trainer's time doing so."""

DRIFT_SECONDS = 1 / 12
"""Least time between two epochs, each of them a frame, of a map that only drifts."""


FIDELITY_SECONDS = 4.0
"""How often the fidelity of a map in motion is measured; it is measured once more when the map has come to rest."""


LONGEST_REST_SECONDS = 2.0
"""Between two graphs the points get as long to move as the graph took, but no longer than this."""


class MovingMap:
    """Keeps one layout in motion under the snapshots of a dataset, and sends its frames.

    ``run`` and ``run_graphs`` are the bodies of two threads. Both sleep when there is nothing to do. Private fields
    are written with the board's condition held, those of the picture by the first thread only.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._layout = LiveLayout()
        self._placed: Held | None = None  # the newest snapshot whose items are on the map
        self._drawn: Held | None = None  # the snapshot whose graph moves them
        self._waiting: Held | None = None  # the snapshot whose graph is to be built, or is being built
        self._graphed_at = 0.0
        self._graph_seconds = 0.0
        self._measuring = False
        self._frozen = False
        self._settling = False
        self._stale = False
        self._places: Places | None = None
        self._picture: Picture | None = None
        self._pictured: Held | None = None
        self._fidelity: Fidelity | None = None
        self._measured: Picture | None = None
        self._measured_at = 0.0
        self._sent_indices: IntArray | None = None
        self._sent_at = 0.0
        self._new_fidelity = False

    def forget(self) -> None:
        """Start from nothing: another dataset is shown."""
        with self._board.changed:
            self._stale = True
            self._places = None
            self._board.changed.notify_all()

    def remember(self, places: Places) -> None:
        """Begin where the items were before."""
        with self._board.changed:
            self._places = places

    def act(self, action: LayoutAction) -> None:
        """Settle, freeze or resume."""
        with self._board.changed:
            self._frozen = action == "freeze"
            self._settling = action == "settle"
            if self._settling:
                self._layout.settle()
            self._board.changed.notify_all()

    # --- the first thread -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Move the points, for ever."""
        changed = self._board.changed
        while True:
            with changed:
                changed.wait_for(self._something_to_do)
                if self._stale:
                    changed.wait_for(lambda: self._waiting is None and not self._measuring)
                    self._reset()
                    continue
                arrived = self._board.current if self._arrived() else None
                refined, self._new_fidelity = self._new_fidelity, False
            if arrived is not None:
                self._place(arrived)
            elif self._moving():
                self._move()
            elif refined and self._picture is not None:
                self._send(self._picture)

    def _something_to_do(self) -> bool:
        return self._stale or self._arrived() or self._moving() or self._new_fidelity

    def _arrived(self) -> bool:
        current = self._board.current
        if current is None or current is self._placed or self._waiting is not None or self._frozen:
            return False
        rested = time.monotonic() - self._graphed_at >= self._graph_seconds
        return rested or not self._moving()

    def _moving(self) -> bool:
        return self._drawn is not None and not self._frozen and not self._layout.done

    def _reset(self) -> None:
        self._layout = LiveLayout()
        self._placed = self._drawn = self._picture = self._fidelity = self._measured = None
        self._stale = self._new_fidelity = False

    def _place(self, held: Held) -> None:
        """Show the items of a snapshot at once, and have its graph built."""
        with self._board.changed:
            places, self._places = self._places, None
        if places is not None and places.generation == held.generation:
            self._layout.remember(places.indices, places.xy)
        picture = self._layout.place(held.indices, held.embeddings, held.lift)
        with self._board.changed:
            self._placed = self._waiting = held
            self._board.changed.notify_all()
        self._send(picture)

    def _move(self) -> None:
        """Move by an epoch, and send a frame when it is time for one."""
        began = time.monotonic()
        self._layout.epoch()
        now = time.monotonic()
        if now - self._sent_at >= FRAME_SECONDS or self._layout.done or self._layout.calm:
            self._send(self._layout.frame())
        rest = self._rest(time.monotonic() - began)
        changed = self._board.changed
        with changed:
            if self._layout.done:
                self._settling = False
                changed.notify_all()
            elif rest > 0 and not self._settling:
                changed.wait_for(lambda: self._stale or self._arrived(), timeout=rest)

    def _rest(self, worked: float) -> float:
        """Return how long to rest after an epoch that took so long; a drifting map leaves the core to the trainer."""
        if not self._layout.calm:
            return EPOCH_SECONDS - worked
        return max(DRIFT_SECONDS - worked, worked * 1.5)

    def _send(self, picture: Picture) -> None:
        held = self._drawn or self._placed
        if held is None or self._board.stale(held.generation):
            return
        self._picture, self._pictured, self._sent_at = picture, held, time.monotonic()
        with self._board.changed:
            self._board.live_map = Drawn(held, picture.indices, picture.xy, self._layout.done)
            self._board.changed.notify_all()
        same = self._sent_indices is not None and np.array_equal(self._sent_indices, picture.indices)
        self._sent_indices = picture.indices
        self._board.reply(
            Frame(
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

    # --- the second thread ----------------------------------------------------------------------------------------

    def run_graphs(self) -> None:
        """Build graphs, and measure the fidelity of the map in between, for ever."""
        changed = self._board.changed
        while True:
            with changed:
                pause = FIDELITY_SECONDS if self._moving() else None
                changed.wait_for(lambda: self._waiting is not None or self._measure_due(), timeout=pause)
                waiting, self._measuring = self._waiting, self._waiting is None and self._measure_due()
            if waiting is not None:
                self._graph(waiting)
            elif self._measuring:
                self._measure()

    def _graph(self, held: Held) -> None:
        began = time.monotonic()
        with suppress(Cancelled):
            self._layout.swap(
                held.indices, held.embeddings, held.lift, cancelled=lambda: self._board.stale(held.generation)
            )
        with self._board.changed:
            self._drawn, self._waiting = held, None
            self._graphed_at = time.monotonic()
            self._graph_seconds = min(self._graphed_at - began, LONGEST_REST_SECONDS)
            self._board.changed.notify_all()

    def _measure_due(self) -> bool:
        picture, held = self._picture, self._pictured
        if self._frozen or picture is None or held is None or picture is self._measured or picture.method == "pca":
            return False
        if not self._layout.done and time.monotonic() - self._measured_at < FIDELITY_SECONDS:
            return False
        return np.array_equal(picture.indices, held.indices)

    def _measure(self) -> None:
        with self._board.changed:
            picture, held = self._picture, self._pictured
        if picture is None or held is None:
            return
        found = fidelity(held.embeddings, picture.xy, held.lift)
        with self._board.changed:
            self._fidelity, self._measured, self._measured_at = found, picture, time.monotonic()
            self._measuring = False
            self._new_fidelity = True
            self._board.changed.notify_all()
