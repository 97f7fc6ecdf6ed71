"""The index of what is shown: exact at once; of more than a million items codes are made beside it, and then used."""

from __future__ import annotations

import threading

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.ticks import TICKS, ticks
from explorer.engine.analysis.shared_state import Held
from explorer.measure.coded_index import CodedIndex
from explorer.measure.index import EXACT_UP_TO, Index, build_index
from explorer.measure.kept_codes import KeptCodes


class IndexOfMany:
    """Gives an index of a snapshot without a wait. Asked by one thread; another makes the codes meanwhile.

    A snapshot of the same items gets new codes only for those that have moved: those that differ, or, where a run goes
    on writing over its rows, those that were written since. ``exact_up_to``: how many items are
    always compared with a query, all of them.
    """

    def __init__(self, kept: KeptCodes | None = None, exact_up_to: int = EXACT_UP_TO) -> None:
        self._kept = kept or KeptCodes()
        self._exact_up_to = exact_up_to
        self._exact: tuple[Held, Index] | None = None
        self._changed = threading.Condition()  # guards what follows
        self._asked: Held | None = None
        self._coded: tuple[Held, CodedIndex] | None = None
        self._since = 0  # when its codes were begun, in ticks
        self._making = False

    def of(self, held: Held) -> Index:
        """Return the index of a snapshot: by codes if they are there, else one that compares all items."""
        if len(held.embeddings) > self._exact_up_to:
            with self._changed:
                if self._coded is not None and self._coded[0] is held:
                    self._exact = None
                    return self._coded[1]
                self._ask(held)
        else:
            with self._changed:
                self._coded = None  # other items: the many are let go
        if self._exact is None or self._exact[0] is not held:
            self._exact = None  # the old one is freed before the new one is made
            self._exact = (held, build_index(held.embeddings, held.lift, exact=True))
        return self._exact[1]

    def settled(self, seconds: float) -> bool:
        """Wait at most so long until no codes are being made; return whether none are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._making, seconds)

    def _ask(self, held: Held) -> None:
        self._asked = held
        if not self._making:
            self._making = True
            threading.Thread(target=self._make, name="codes", daemon=True).start()

    def _make(self) -> None:
        """Make codes until those are there that were asked for last."""
        while True:
            with self._changed:
                held, self._asked = self._asked, None
                before = self._coded
                if held is None or (before is not None and before[0] is held):  # asked again while they were made
                    self._making = False
                    self._changed.notify_all()
                    return
                self._coded = None
            try:
                made = self._index(held, before)
            except Cancelled:  # another one is asked about by now
                continue
            with self._changed:
                self._coded = (held, made)

    def _index(self, held: Held, before: tuple[Held, CodedIndex] | None) -> CodedIndex:
        begun, since = ticks(), self._since - TICKS  # a second: who notes when it has written a row does so afterwards
        self._since = begun
        if before is not None and _same_items(before[0], held):
            before[1].follow(held.embeddings, before[0].moved_since(since))
            return before[1]
        if held.moved_since(begun) is not None:
            return CodedIndex(held.embeddings, held.lift, cancelled=lambda: self._asked not in (None, held))
        return self._kept.index(held.embeddings, held.lift, cancelled=lambda: self._asked not in (None, held))


def _same_items(before: Held, held: Held) -> bool:
    """Return whether two snapshots are of the same items, as the same distance compares them."""
    return (
        before.lift.name == held.lift.name
        and before.embeddings.shape == held.embeddings.shape
        and np.array_equal(before.indices, held.indices)
    )
