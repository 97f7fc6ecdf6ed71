"""What the map's two threads share, and the second one's work: graphs, other layouts, and how far the map is true."""

from __future__ import annotations

import time

import numpy as np

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import Fidelity, IntArray
from explorer.engine.analysis.messages import MapPositions, Project, Refused
from explorer.engine.analysis.shared_state import Held, SharedState
from explorer.measure.lifts import Lift, lift
from explorer.projection.fidelity import fidelity
from explorer.projection.live_layout import LiveLayout
from explorer.projection.methods.base import Frame, Layout

FIDELITY_SECONDS, FIDELITY_REST = 4.0, 12.0
"""How often the fidelity of a map in motion is measured, with a rest of so many times what that took; it is measured
once more when the map has come to rest."""

REST_SHARE, LONGEST_REST_SECONDS = 0.4, 2.0
"""Between two graphs the points get such a share of the time to move that the graph took, but no longer than this. They
move while a graph is built as well: the rest is for the trainer."""

LIVE = Project("umap", {})
"""What is chosen until something else is."""


SLOW = frozenset({"umap_learn", "tsne"})
"""Methods that take too long for every publication: they lay out the first snapshot of a run, and then exact ones."""


class GraphWorker:
    """Gives the layout a graph of each snapshot, or another layout its place, while the points move on.

    ``run_graphs`` is the body of a thread. Private fields are written with the board's condition held, those of the
    picture by the thread that moves the points only.
    """

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._project = LIVE
        self._layout = made(LIVE)
        self._wanted: Project | None = None  # is to be exchanged for the layout
        self._exchanging = False
        self._pausing = False  # the points wait for another layout, which begins where they are
        self._fresh = False  # another layout, or graph, of which nothing was shown yet
        self._holding: IntArray = np.empty(0, np.int64)
        self._hold_due = self._settle_due = False
        self._placed: Held | None = None  # the newest snapshot whose items are on the map
        self._drawn: Held | None = None  # the snapshot whose graph moves them
        self._waiting: Held | None = None  # the snapshot whose graph is to be built, or is being built
        self._graphed_at = float("-inf")
        self._graph_seconds = 0.0
        self._measuring = False
        self._frozen = False
        self._settling = False
        self._stale = False
        self._places: MapPositions | None = None
        self._picture: Frame | None = None
        self._pictured: Held | None = None
        self._fidelity: Fidelity | None = None
        self._measured: Frame | None = None
        self._measured_at = float("-inf")
        self._measure_seconds = 0.0
        self._sent_indices: IntArray | None = None
        self._sent_at = float("-inf")
        self._new_fidelity = False

    def _moving(self) -> bool:
        return self._drawn is not None and not (self._frozen or self._pausing or self._layout.done)

    def run_graphs(self) -> None:
        """Exchange the layout, build graphs, and measure the fidelity of the map in between, for ever."""
        changed = self._shared.changed
        while True:
            with changed:
                pause = FIDELITY_SECONDS if self._moving() else None
                changed.wait_for(lambda: self._exchange_due() or self._waiting or self._measure_due(), timeout=pause)
                wanted = self._wanted if self._exchange_due() else None
                waiting = self._waiting
                if wanted is not None:
                    self._wanted, self._exchanging = None, True
                self._measuring = wanted is None and waiting is None and self._measure_due()
            if wanted is not None:
                self._exchange(wanted)
            elif waiting is not None:
                self._graph(waiting)
            elif self._measuring:
                self._measure()

    def _exchange_due(self) -> bool:
        return self._wanted is not None and not self._frozen and not self._stale

    def _exchange(self, wanted: Project) -> None:
        """Make another layout of the newest snapshot, beginning where the points are.

        They wait for it, or move on if it takes long. A newer choice or another dataset cancels it.
        """
        with self._shared.changed:
            self._pausing = wanted.name not in SLOW and self._graph_seconds < REST_SHARE * LONGEST_REST_SECONDS
            picture, held, holding = self._picture, self._waiting or self._placed, self._holding
        layout: Layout | None = None
        problem: str | None = ""
        try:
            layout = made(wanted)
        except UserError as error:
            problem = str(error)
        if layout is not None and picture is not None and held is not None:
            layout.remember(picture.indices, picture.xy)
            layout.hold(holding)
            problem = self._swapped(layout, wanted, held)
        if problem:
            self._shared.reply(Refused(self._project, problem))
        with self._shared.changed:
            self._exchanging = self._pausing = False
            if problem is None and self._wanted is None:
                self._wanted = wanted  # it is another dataset that cancelled it
            if layout is not None and problem == "":
                self._project, self._layout, self._hold_due = wanted, layout, True
                self._fidelity = self._measured = None
                if picture is None:
                    self._placed = None
                else:
                    self._drawn, self._fresh = held, True
                    self._waiting = None if self._waiting is held else self._waiting
            self._shared.changed.notify_all()

    def _swapped(self, layout: Layout, project: Project, held: Held) -> str | None:
        """Give a layout a snapshot; return why that is not possible, "" when it is done, None when it was cancelled."""
        scene = self._shared.scene
        if scene is None or self._shared.stale(held.generation):
            return None
        generation = held.generation
        labels = scene.labels[held.indices]

        def cancelled() -> bool:
            return self._exchange_due() or self._shared.stale(generation)

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

    def _graph(self, held: Held) -> None:
        began = time.monotonic()
        problem = self._swapped(self._layout, self._project, held)
        if problem:
            self._give_up(problem)
        with self._shared.changed:
            if problem == "":
                self._drawn, self._fresh = held, True
            if not self._exchange_due():  # another layout begins with what waits for this one
                self._waiting = None
            self._graphed_at = time.monotonic()
            self._graph_seconds = min(REST_SHARE * (self._graphed_at - began), LONGEST_REST_SECONDS)
            self._shared.changed.notify_all()

    def _give_up(self, problem: str) -> None:
        """Say why these items cannot be laid out as was chosen, and lay them out as usual."""
        self._shared.reply(Refused(LIVE, problem))
        with self._shared.changed:
            if self._wanted is None and self._project != LIVE:
                self._wanted = LIVE
            self._shared.changed.notify_all()

    def _measure_due(self) -> bool:
        picture, held = self._picture, self._pictured
        if self._frozen or picture is None or held is None or picture is self._measured:
            return False
        if picture.method == "pca" and self._project.name != "pca":
            return False  # it is there for a moment only
        rest = max(FIDELITY_SECONDS, FIDELITY_REST * self._measure_seconds)
        if not self._layout.done and time.monotonic() - self._measured_at < rest:
            return False
        return np.array_equal(picture.indices, held.indices)

    def _measure(self) -> None:
        with self._shared.changed:
            picture, held = self._picture, self._pictured
        if picture is None or held is None:
            return
        began = time.monotonic()
        found = fidelity(held.embeddings, picture.xy, held.lift)
        with self._shared.changed:
            self._measure_seconds = time.monotonic() - began
            self._fidelity, self._measured, self._measured_at = found, picture, time.monotonic()
            self._measuring = False
            self._new_fidelity = True
            self._shared.changed.notify_all()


def made(project: Project) -> Layout:
    """Make a layout.

    Raises
    ------
    UserError: if there is no such method, it is not installed, or its parameters or the distance are not allowed.
    """
    if project.distance:
        lift(project.distance)
    if project == LIVE:  # needs no other method to be imported
        return LiveLayout()
    layout: Layout = create("projection", project.name, dict(project.params), seed=0)
    return layout


def distance_of(project: Project, held: Held) -> Lift:
    """Return the distance by which the map chooses neighbours."""
    return lift(project.distance) if project.distance else held.lift
