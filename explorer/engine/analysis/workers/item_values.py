"""The thread that measures every item, for the colours of the map: it is the last to be served and makes way."""

from __future__ import annotations

import time
from contextlib import suppress

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.map_values import ItemValues
from explorer.core.priority import step_back
from explorer.core.types import FloatArray, IntArray
from explorer.core.words import several
from explorer.engine.analysis.messages import Result, Values
from explorer.engine.analysis.shared_state import Drawn, Held, SharedState
from explorer.engine.analysis.workers.true_neighbours import TRUE_NEIGHBOURS
from explorer.evaluation.hubs import skewness
from explorer.measure.item_values import NEGATIVES, right_of, violations
from explorer.measure.knn_graph import knn_graph
from explorer.projection.fidelity import item_fidelity

NICE = 10
"""How far this thread steps back for the others, as the nice of Linux; elsewhere it does not."""

REST_SHARE = 2.0
"""For so many times as long as a measurement took, the next one of merely newer embeddings waits ..."""
LONGEST_REST_SECONDS = 10.0
MOVING_SECONDS = 3.0
"""... and that of a map in motion so long at least."""

Question = tuple[Values, float, Held | None]
"""What a person chose: what is measured, at which margin, of which kept step. It is answered without a rest."""


class ItemValueWorker:
    """Measures what was asked of every item that is shown, whenever embeddings, margin or map are others."""

    def __init__(self, shared: SharedState) -> None:
        self.busy = False
        self._shared = shared
        self._asked: Question | None = None
        self._of: object = None
        self._rest_until = float("-inf")
        self._near: tuple[int, IntArray] | None = None
        self._violations: tuple[int, float, FloatArray, FloatArray] | None = None
        shared.workers.append(self)

    def due(self) -> bool:
        """Return whether something is to be measured now."""
        return self._pending() and (self._asked != self._asking() or time.monotonic() >= self._rest_until)

    def run(self) -> None:
        """Work for ever."""
        step_back(NICE)
        while True:
            self._turn()

    def _turn(self) -> None:
        """Wait for something to do and do it; while it waits it holds no embeddings."""
        shared = self._shared
        with shared.changed:
            shared.next_work(self, self._patience)
            self._asked, self._of = self._asking(), self._subject()
            asked, of, scene = self._asked, self._of, shared.scene
        began = time.monotonic()
        if asked is not None and scene is not None and isinstance(of, Held | Drawn):
            with suppress(Cancelled), shared.under_way.doing("values"):
                found = self._measured(asked, of, scene.labels)
                shared.reply(Result(of.held.generation if isinstance(of, Drawn) else of.generation, found))
        now = time.monotonic()
        rest = min(REST_SHARE * (now - began), LONGEST_REST_SECONDS)
        self._rest_until = now + (max(rest, MOVING_SECONDS) if isinstance(of, Drawn) else rest)

    def _asking(self) -> Question | None:
        shared = self._shared
        if shared.values is None or shared.values.name == "distance":
            return None  # a distance is the quick thread's
        margin = shared.margin if shared.values.name in ("violation", "loss") else 0.0
        return shared.values, margin, shared.replayed

    def _subject(self) -> Held | Drawn | None:
        """Return the snapshot, or the picture of one, that is to be measured."""
        shared = self._shared
        if shared.values is None or shared.values.name != "fidelity":
            return shared.shown
        drawn = shared.drawn
        return drawn if drawn is not None and len(drawn.indices) == len(drawn.held.indices) else None

    def _pending(self) -> bool:
        asking, subject = self._asking(), self._subject()
        if asking is None or subject is None:
            return False
        return asking != self._asked or subject is not self._of

    def _patience(self) -> float | None:
        return max(0.0, self._rest_until - time.monotonic()) if self._pending() else None

    def _measured(self, asked: Question, of: Held | Drawn, labels: IntArray) -> ItemValues:
        """Measure.

        Raises
        ------
        Cancelled: if something else is asked by now.
        """
        name = asked[0].name
        assert name != ""
        held = of.held if isinstance(of, Drawn) else of
        if isinstance(of, Drawn):
            if not np.array_equal(of.indices, held.indices):
                raise Cancelled
            near = self._neighbours(held, asked)
            values = item_fidelity(near, of.xy)
            about = f"{several(longest(near), 'true neighbour')} of {len(held.indices):,}"
        elif name == "right":
            values = right_of(self._neighbours(held, asked), labels[held.indices])
            about = f"nearest neighbour of {len(held.indices):,}"
        elif name == "hubness":
            values, about = hubness(self._neighbours(held, asked))
        else:
            rate, loss = self._violated(held, asked, labels)
            values = rate if name == "violation" else loss
            most = min(NEGATIVES, len(held.indices) - 1)
            about = f"up to {several(most, 'sampled negative')} an item, margin {asked[1]:.2f}"
        return ItemValues(held.run, held.step, name, held.indices, values, held.exact, about)

    def _neighbours(self, held: Held, asked: Question) -> IntArray:
        """Return the rows (M, k) of the true neighbours, which two measurements share."""
        if self._near is None or self._near[0] != held.serial:
            self._near = None
            near, _, _ = knn_graph(
                held.embeddings, TRUE_NEIGHBOURS, held.lift, cancelled=lambda: self._cancelled(asked, held)
            )
            self._near = held.serial, near
        return self._near[1]

    def _violated(self, held: Held, asked: Question, labels: IntArray) -> tuple[FloatArray, FloatArray]:
        margin, known = asked[1], self._violations
        if known is None or known[:2] != (held.serial, margin):
            self._violations = None
            rate, loss = violations(
                held.embeddings, labels[held.indices], held.lift, margin, cancelled=lambda: self._cancelled(asked, held)
            )
            known = self._violations = held.serial, margin, rate, loss
        return known[2:]

    def _cancelled(self, asked: Question, held: Held) -> bool:
        self._shared.make_way()
        return self._asking() != asked or self._shared.stale(held.generation)


def hubness(near: IntArray) -> tuple[FloatArray, str]:
    """Return in how many of the lists ``near`` (M, k) of rows each row is, (M,), and how uneven that is, in words.

    Radovanović, Nanopoulos and Ivanović, Hubs in Space, JMLR 2010; −1 in a list is nobody.
    """
    found = np.bincount(near[near >= 0], minlength=len(near)).astype(np.float64)
    none = float(np.mean(found == 0))
    about = f"in how many lists of {longest(near)} nearest; skewness {skewness(found):.2f}, {100 * none:.0f} % in none"
    return found.astype(np.float32), about


def longest(near: IntArray) -> int:
    """Return how many there are in the longest of the lists ``near`` (M, k), of which −1 is nobody."""
    return int((near >= 0).sum(axis=1).max(initial=0))
