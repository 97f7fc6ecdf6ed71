"""The thread that builds the map's neighbour graphs, exchanges what lays it out, and measures how far it is true."""

from __future__ import annotations

import math
import time

from explorer.core.errors import Cancelled, UserError
from explorer.engine.analysis.messages import Project, Refused
from explorer.engine.analysis.shared_state import Held, SharedState
from explorer.engine.analysis.workers.map_fidelity import FIDELITY_SECONDS, FidelityMeter
from explorer.engine.analysis.workers.map_state import LIVE, SLOW, MapState, ShownFrame, distance_of, make_layout
from explorer.projection.methods.base import Layout, OfTriplets

REST_SHARE, LONGEST_REST_SECONDS = 0.4, 2.0
"""Between two graphs the points get such a share of the time to move that the graph took, but no longer than this. They
move while a graph is built as well: the rest is for the trainer."""


class GraphWorker:
    """Gives the layout a graph of each snapshot, or another layout its place, while the points move on.

    ``waiting``: the snapshot whose graph is to be built, or is being built; ``exchanging``: another layout is being
    made. Both are read and written with the condition of the shared state held, as the methods are called.
    """

    def __init__(self, shared: SharedState, map: MapState) -> None:
        self.waiting: Held | None = None
        self.exchanging = False
        self._shared = shared
        self._map = map
        self._fidelity = FidelityMeter(map)
        self._measuring = False
        self._built_at = -math.inf  # never
        self._rest_seconds = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is being built, made or measured."""
        return self.waiting is None and not self._measuring and not self.exchanging

    @property
    def rested(self) -> bool:
        """Whether the points had their time to move since the last graph."""
        return time.monotonic() - self._built_at >= self._rest_seconds

    def run(self) -> None:
        """Exchange the layout, build graphs, and measure the fidelity of the map in between, for ever."""
        while True:
            self._turn()

    def _turn(self) -> None:
        """Wait for something to do and do it; while it waits it holds no embeddings."""
        map, changed = self._map, self._shared.changed
        with changed:
            pause = FIDELITY_SECONDS if map.moving else None
            changed.wait_for(lambda: map.exchange_due or self.waiting or self._fidelity.due(), timeout=pause)
            wanted = map.wanted if map.exchange_due else None
            waiting = self.waiting
            if wanted is not None:
                map.wanted, self.exchanging = None, True
            shown = map.shown if wanted is None and waiting is None and self._fidelity.due() else None
            self._measuring = shown is not None
        if wanted is not None:
            with self._shared.under_way.doing("map neighbours"):
                self._exchange(wanted)
        elif waiting is not None:
            with self._shared.under_way.doing("map neighbours"):
                self._build(waiting)
        elif shown is not None:
            self._measure(shown)

    def _exchange(self, wanted: Project) -> None:
        """Make another layout of the newest snapshot, beginning where the points are.

        They wait for it, or move on if it takes long. A newer choice or another dataset cancels it.
        """
        map = self._map
        with self._shared.changed:
            map.pausing = wanted.name not in SLOW and self._rest_seconds < REST_SHARE * LONGEST_REST_SECONDS
            shown, held, holding = map.shown, self.waiting or map.placed, map.holding
        layout: Layout | None = None
        problem: str | None = ""
        try:
            layout = make_layout(wanted)
        except UserError as error:
            problem = str(error)
        if layout is not None and shown is not None and held is not None:
            layout.remember(shown.frame.indices, shown.frame.xy)
            layout.hold(holding)
            problem = self._swapped(layout, wanted, held)
        if problem:
            self._shared.reply(Refused(map.project, problem))
        with self._shared.changed:
            self.exchanging = map.pausing = False
            if problem is None and map.wanted is None:
                map.wanted = wanted  # it is another dataset that cancelled it
            if layout is not None and problem == "":
                self._install(layout, wanted, held if shown is not None else None)
            self._shared.changed.notify_all()

    def _install(self, layout: Layout, project: Project, held: Held | None) -> None:
        """Put another layout in the place of the present one; ``held``: the snapshot that it was given, if any."""
        map = self._map
        map.project, map.layout, map.hold_due = project, layout, True
        map.fidelity = None
        self._fidelity.forget()
        if held is None:
            map.placed = None
        else:
            map.drawn, map.fresh = held, True
            self.waiting = None if self.waiting is held else self.waiting

    def _swapped(self, layout: Layout, project: Project, held: Held) -> str | None:
        """Give a layout a snapshot; return why that is not possible, "" when it is done, None when it was cancelled."""
        scene = self._shared.scene
        if scene is None or self._shared.stale(held.generation):
            return None
        generation = held.generation
        labels = scene.labels[held.indices]

        def cancelled() -> bool:
            return self._map.exchange_due or self._shared.stale(generation)

        if isinstance(layout, OfTriplets):
            layout.take(scene.triplets)
        try:
            layout.swap(held.indices, held.embeddings, distance_of(project, held), labels=labels, cancelled=cancelled)
        except Cancelled:
            return None
        except UserError as error:
            return str(error)
        except Exception as error:
            if project == LIVE:
                raise
            return f"The map cannot be laid out by {project.name}: {error}"  # code of others; ours goes on without it
        return ""

    def _build(self, held: Held) -> None:
        began = time.monotonic()
        map = self._map
        problem = self._swapped(map.layout, map.project, held)
        if problem:
            map.give_up(problem)
        with self._shared.changed:
            if problem == "":
                map.drawn, map.fresh = held, True
            if not map.exchange_due:  # another layout begins with what waits for this one
                self.waiting = None
            self._built_at = time.monotonic()
            self._rest_seconds = min(REST_SHARE * (self._built_at - began), LONGEST_REST_SECONDS)
            self._shared.changed.notify_all()

    def _measure(self, shown: ShownFrame) -> None:
        found = self._fidelity.measure(shown)
        with self._shared.changed:
            self._map.fidelity, self._map.fidelity_of, self._map.fidelity_due = found, shown.held.run, True
            self._measuring = False
            self._shared.changed.notify_all()
