"""The quick thread of the analysis process: clicks first, then what is hovered."""

from __future__ import annotations

import numpy as np

from explorer.core.item_rows import rows_of
from explorer.core.map_values import ItemValues
from explorer.core.types import BoolArray, IntArray, Neighbours
from explorer.engine.analysis.messages import LookAt, Result, Values
from explorer.engine.analysis.shared_state import Held, Pins, SharedState
from explorer.engine.analysis.workers.index_of_many import IndexOfMany
from explorer.engine.analysis.workers.true_neighbours import true_neighbours


class NeighbourWorker:
    """Answers every pin for what is shown.

    What is hovered is answered as well, the last item only, and so is how far every item is from the last pin where
    the points are coloured by that. Nothing that takes long is done here: everybody else makes way for it.
    """

    def __init__(self, shared: SharedState) -> None:
        self.busy = False
        self._shared = shared
        self._clicking = False
        self._index = IndexOfMany()
        self._pinned: tuple[Pins | None, int] = (None, 0)
        self._looked: tuple[LookAt | None, int] = (None, 0)
        self._valued: tuple[Values | None, Pins | None, int] = (None, None, 0)
        shared.clicks = lambda: self._clicking or self._quick_due()
        shared.workers.append(self)

    def due(self) -> bool:
        """Return whether somebody waits for an answer."""
        return self._quick_due()

    def run(self) -> None:
        """Work for ever."""
        while True:
            self._turn()

    def _turn(self) -> None:
        """Wait for something to do and do it; while it waits it holds no embeddings."""
        shared = self._shared
        with shared.changed:
            self._clicking = False
            shared.next_work(self)
            self._clicking = self._quick_due()
            pins, look, values = shared.pins, shared.look, shared.values
            shown, drawn = shared.shown, shared.drawn
            clicked, looked, valued = self._click_due(), self._look_due(), self._values_due()
            if shown is not None:
                self._note(pins, look, values, shown)
        if shown is None:
            return
        with shared.under_way.doing("neighbours"):
            if clicked and pins is not None:
                shared.reply(Result(shown.generation, self._neighbours(pins, shown)))
            elif looked and look is not None:
                shared.reply(Result(shown.generation, true_neighbours(look.item, shown, self._index.of(shown), drawn)))
            elif valued:
                shared.reply(Result(shown.generation, self._distances(pins, shown)))

    def _note(self, pins: Pins | None, look: LookAt | None, values: Values | None, shown: Held) -> None:
        """Remember the one thing that is answered now."""
        if self._click_due():
            self._pinned = (pins, shown.serial)
        elif self._look_due():
            self._looked = (look, shown.serial)
        else:
            self._valued = (values, pins, shown.serial)

    def _quick_due(self) -> bool:
        return self._click_due() or self._look_due() or self._values_due()

    def _click_due(self) -> bool:
        pins, shown = self._shared.pins, self._shared.shown
        return pins is not None and shown is not None and self._pinned != (pins, shown.serial)

    def _look_due(self) -> bool:
        look, shown = self._shared.look, self._shared.shown
        return look is not None and shown is not None and self._looked != (look, shown.serial)

    def _values_due(self) -> bool:
        values, shown = self._shared.values, self._shared.shown
        if values is None or values.name != "distance" or shown is None:
            return False
        return self._valued != (values, self._shared.pins, shown.serial)

    def _neighbours(self, pins: Pins, held: Held) -> Neighbours:
        """Rank the neighbours of the pinned queries; those without an embedding get none.

        An item that the data call a query asks their gallery alone, as far as the filter lets it through.
        """
        index = self._index.of(held)
        rows = rows_of(held.indices, pins.queries)
        indices = np.full((len(rows), pins.k), -1, np.int64)
        distances = np.full((len(rows), pins.k), np.inf, np.float32)
        asking, gallery = self._asking(pins.queries, held)
        some = None
        if pins.among is not None:
            some = rows_of(held.indices, pins.among)
            some = some[some >= 0]
            gallery = np.intersect1d(gallery, some)
        for chosen, among in (((rows >= 0) & ~asking, some), ((rows >= 0) & asking, gallery)):
            if chosen.any():
                own = rows[chosen]
                near, at = index.search(held.embeddings[own], pins.k, exclude=own, among=among)
                indices[chosen] = np.where(near >= 0, held.indices[near], -1)
                distances[chosen] = at
        found = (pins.queries, indices, distances)
        return Neighbours(held.run, held.step, *found, held.exact, not index.exact, index.recall)

    def _asking(self, items: IntArray, held: Held) -> tuple[BoolArray, IntArray]:
        """Return which items (Q,) the data call queries, and the rows of their gallery in a snapshot."""
        scene = self._shared.scene
        if scene is None or scene.generation != held.generation:
            return np.zeros(len(items), np.bool_), np.empty(0, np.int64)
        rows = rows_of(held.indices, scene.gallery)
        return np.isin(items, scene.queries), rows[rows >= 0]

    def _distances(self, pins: Pins | None, held: Held) -> ItemValues:
        """Return how far every item is from the query that was pinned last."""
        last = pins.queries[-1:] if pins is not None else np.empty(0, np.int64)
        row = rows_of(held.indices, last)
        if len(row) and row[0] >= 0:
            away, about = (
                self._index.of(held).distances(held.embeddings[row]),
                f"{held.lift.name} distance to the last pin",
            )
        else:
            away, about = np.full(len(held.indices), np.nan, np.float32), "Pin an item: nothing is asked about"
        return ItemValues(held.run, held.step, "distance", held.indices, away, held.exact, about)
