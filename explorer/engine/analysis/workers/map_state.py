"""The map between its two threads: what was asked of it, what lays it out, and what of it is shown."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.core.types import Fidelity, IntArray
from explorer.engine.analysis.messages import LayoutAction, MapPositions, Project, Refused
from explorer.engine.analysis.shared_state import Held, SharedState
from explorer.measure.lifts import Lift, lift
from explorer.projection.live_layout import LiveLayout
from explorer.projection.methods.base import Frame, Layout

LIVE = Project("umap", {})
"""What is chosen until something else is."""

SLOW = frozenset({"umap_learn", "tsne"})
"""Methods that take too long for every publication: they lay out the first snapshot of a run, and then exact ones."""

OF_TRIPLETS = "t_ste"
"""The method that looks at given triplets and at nothing else."""


class ShownFrame(NamedTuple):
    """A frame that was sent, and the snapshot whose items it shows."""

    frame: Frame
    held: Held


class MapState:
    """What the threads of the map have in common. All is written with the condition of the shared state held.

    The dispatcher writes what was asked, through the methods here: ``wanted`` (a method to be exchanged for the
    layout), ``frozen``, ``settling``, ``holding`` (items that stay), ``positions`` (where to begin) and ``stale``
    (another dataset is shown); ``settle_due`` and ``hold_due`` until the thread that moves the points has seen it.

    The thread of the graphs writes how the map is laid out: ``layout`` as ``project`` says, ``drawn`` (the snapshot
    whose graph moves the points), ``fresh`` (another layout, or graph, of which nothing was shown yet), ``pausing``
    (the points wait for another layout, which begins where they are) and ``fidelity``, ``fidelity_of`` (the run whose
    map it is of: another one says nothing of it), ``fidelity_due`` until it was shown.

    The thread that moves the points writes what is to be seen: ``placed`` (the newest snapshot whose items are on the
    map) and ``shown``. It alone begins anew, while the other one rests.
    """

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self.wanted: Project | None = None
        self.frozen = self.settling = self.settle_due = False
        self.holding: IntArray = np.empty(0, np.int64)
        self.hold_due = False
        self.positions: MapPositions | None = None
        self.stale = False
        self.project = LIVE
        self.layout = make_layout(LIVE)
        self.drawn: Held | None = None
        self.fresh = self.pausing = False
        self.fidelity: Fidelity | None = None
        self.fidelity_of = ""
        self.fidelity_due = False
        self.placed: Held | None = None
        self.shown: ShownFrame | None = None

    def forget(self) -> None:
        """Start from nothing: another dataset is shown."""
        with self._shared.changed:
            self.stale, self._shared.laid_over = True, False
            self.positions = None
            self.holding = self.holding[:0]
            self._shared.changed.notify_all()

    def remember(self, positions: MapPositions) -> None:
        """Begin where the items were before; those on the map as well, where that is to be laid out anew."""
        with self._shared.changed:
            self.positions = positions
            if positions.anew:
                self.stale = self._shared.laid_over = True
                self._shared.changed.notify_all()

    def act(self, action: LayoutAction) -> None:
        """Settle, freeze or resume."""
        with self._shared.changed:
            self.frozen = action == "freeze"
            self.settling = self.settle_due = action == "settle"
            self._shared.changed.notify_all()

    def choose(self, wanted: Project) -> None:
        """Lay out by another method as soon as that is ready; a frozen map waits with that."""
        with self._shared.changed:
            self.wanted = wanted
            self._shared.changed.notify_all()

    def follow_triplets(self, before: IntArray) -> None:
        """Lay out anew what is a map of given triplets, where these are others than ``before``, or none any more."""
        scene, by = self._shared.scene, self.wanted or self.project
        if scene is None or by.name != OF_TRIPLETS or np.array_equal(before, scene.triplets):
            return
        if len(scene.triplets):
            self.choose(by)
        else:
            self.wanted = None
            self.give_up("No triplets are given any more: the map is laid out as usual")

    def hold(self, items: IntArray) -> None:
        """Keep these items where they are; none: let all go."""
        with self._shared.changed:
            self.holding = items
            self.hold_due = True
            self._shared.changed.notify_all()

    @property
    def moving(self) -> bool:
        """Whether the points are to be moved by an epoch."""
        return self.drawn is not None and not (self.frozen or self.pausing or self.layout.done)

    @property
    def exchange_due(self) -> bool:
        """Whether another layout is to be made now."""
        return self.wanted is not None and not self.frozen and not self.stale

    def give_up(self, problem: str) -> None:
        """Say why these items cannot be laid out as was chosen, and lay them out as usual."""
        self._shared.reply(Refused(LIVE, problem))
        with self._shared.changed:
            if self.wanted is None and self.project != LIVE:
                self.wanted = LIVE
            self._shared.changed.notify_all()

    def reset(self) -> None:
        """Begin anew with an empty layout of the chosen method.

        With the condition held, while no graph is being built.
        """
        try:
            self.layout = make_layout(self.project)
        except UserError:  # it was possible before: what it needs has been taken away meanwhile
            self.project, self.layout = LIVE, make_layout(LIVE)
        self.placed = self.drawn = self.shown = self.fidelity = None
        self.stale = self.fidelity_due = self.fresh = False
        self.hold_due = len(self.holding) > 0


def make_layout(project: Project) -> Layout:
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
