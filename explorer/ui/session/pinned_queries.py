"""The pinned queries: which items they are and how many neighbours each gets. They have this one owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from explorer.core.types import IntArray

MOST_PINNED = 10
"""Of more the oldest are let go."""

DEPTH = 8

Rank = Callable[[Sequence[int], int, IntArray | None], None]


class PinnedQueries(QObject):
    """Items whose neighbours are followed, in the order in which they were pinned; indices into the dataset.

    Signals
    -------
    changed(tuple of items): others are pinned.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[int, ...] = ()
        self._depth = DEPTH
        self._rank: Rank | None = None
        self._among: IntArray | None = None

    @property
    def items(self) -> tuple[int, ...]:
        """The pinned items, the oldest first."""
        return self._items

    @property
    def depth(self) -> int:
        """How many neighbours of each are asked for."""
        return self._depth

    @property
    def among(self) -> IntArray | None:
        """The items among which neighbours are sought; None: all."""
        return self._among

    def set_among(self, items: IntArray | None) -> None:
        """Seek neighbours among these items alone; None: among all."""
        if items is not self._among:
            self._among = items
            self._ask()

    def attach(self, rank: Rank) -> None:
        """Let ``rank(items, depth, among)`` answer from now on: it returns at once, and answers on the bridge."""
        self._rank = rank
        self._ask()

    def set(self, items: Iterable[int]) -> None:
        """Follow exactly these; repeats are dropped, and of more than ``MOST_PINNED`` the first ones."""
        chosen = tuple(dict.fromkeys(int(item) for item in items))[-MOST_PINNED:]
        if chosen != self._items:
            self._items = chosen
            self._ask()
            self.changed.emit(chosen)

    def choose(self, item: int, *, add: bool = False) -> None:
        """Pin an item alone, or beside the others."""
        self.set((*self._items, item) if add else (item,))

    def toggle(self, item: int) -> None:
        """Pin an item beside the others, or let go of it if it is pinned."""
        self.unpin(item) if item in self._items else self.choose(item, add=True)

    def unpin(self, item: int) -> None:
        """Let go of an item."""
        self.set(other for other in self._items if other != item)

    def clear(self) -> None:
        """Let go of all."""
        self.set(())

    def set_depth(self, depth: int) -> None:
        """Ask for so many neighbours of each."""
        self._depth = depth
        self._ask()

    def _ask(self) -> None:
        if self._rank is not None:
            self._rank(self._items, self._depth, self._among)
