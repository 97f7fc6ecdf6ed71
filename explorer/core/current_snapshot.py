"""Which snapshot of a run is current: the one rule by which a new one takes the place of what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from explorer.core.types import IntArray


class Embedded(Protocol):
    """Embeddings of the items ``indices`` (M,) by a run: a snapshot, in whatever form a process or file holds it."""

    @property
    def run(self) -> str:
        """The id of the run, ``PIXELS_RUN`` before any training."""

    @property
    def step(self) -> int:
        """The step of the run after which they were made."""

    @property
    def indices(self) -> IntArray:
        """The items, by their place in the dataset."""

    @property
    def exact(self) -> bool:
        """Whether all rows came from the same weights."""


E = TypeVar("E", bound=Embedded)


def covers(one: Embedded, other: Embedded) -> bool:
    """Return whether ``one`` can stand for ``other``: it is of the same run and has at least as many items."""
    return one.run == other.run and len(one.indices) >= len(other.indices)


def replaces(new: Embedded, shown: Embedded | None) -> bool:
    """Return whether ``new``, the later of the two, is shown in place of ``shown``.

    One of another run always is. Of the same run it is unless it has fewer items: an exact one of the held-out items
    alone is there to be measured, and does not take the others off the map. One of an earlier step is shown whatever it
    has: the run went back, perhaps to where not all items were decoded yet, and what is shown never came to be.
    """
    return shown is None or new.run != shown.run or covers(new, shown) or new.step < shown.step


class CurrentSnapshot(Generic[E]):
    """Follows snapshots in the order in which they were made. Not thread-safe: its owner guards it.

    ``current``: the one that is shown; ``exact``: the newest exact one, where numbers come from. The exact one may
    have fewer items than the current one, and is of the run before until the new run has been measured.
    """

    def __init__(self) -> None:
        self.current: E | None = None
        self.exact: E | None = None

    def take(self, new: E) -> bool:
        """Take the next snapshot; return whether it is the current one from now on."""
        if new.exact:
            self.exact = new
        if not replaces(new, self.current):
            return False
        self.current = new
        return True

    @property
    def held(self) -> tuple[E, ...]:
        """The snapshots that are followed, each once."""
        both = [one for one in (self.current, self.exact) if one is not None]
        return tuple(both[:1] if len(both) == 2 and both[0] is both[1] else both)

    def exchange(self, other: Callable[[E], E]) -> None:
        """Put others in the places of those that are followed, of the same runs and items."""
        self.current, self.exact = (None if one is None else other(one) for one in (self.current, self.exact))
