"""The pinned queries: which items they are and how many neighbours each gets. They have this one owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from explorer.core.types import IntArray

MOST_PINNED = 10
"""Of more the oldest are let go."""

DEPTH = 8

Rank = Callable[[Sequence[int], int, IntArray | None], None]
Wait = Callable[[Callable[[], object]], None]


def _now(act: Callable[[], object]) -> None:
    act()


class PinnedQueries(QObject):
    """Items whose neighbours are followed, in the order in which they were pinned; indices into the dataset.

    Each has a number from 1 as long as it is pinned, the least that was free, which says its colour too. One that a
    plain click brought is only looked at: the next such click puts another in its place, and leaves the others.
    ``wait``: who does what is asked for, now or once something else has come.

    Signals
    -------
    changed(tuple of items): others are pinned. kept(int): an item that was only looked at stays from now on.
    wanted(): their neighbours are to be seen, for which there was a click elsewhere than on the map.
    """

    changed = Signal(object)
    kept = Signal(int)
    wanted = Signal()

    def __init__(self, parent: QObject | None = None, wait: Wait = _now) -> None:
        super().__init__(parent)
        self._wait = wait
        self._items: tuple[int, ...] = ()
        self._numbers: dict[int, int] = {}
        self._looked_at = -1
        self._depth = DEPTH
        self._rank: Rank | None = None
        self._among: IntArray | None = None

    @property
    def items(self) -> tuple[int, ...]:
        """The pinned items, the oldest first."""
        return self._items

    @property
    def numbers(self) -> Mapping[int, int]:
        """The number of each pinned item, from 1."""
        return self._numbers

    @property
    def looked_at(self) -> int:
        """The item that the next plain click replaces; −1: none."""
        return self._looked_at

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

    def ask_again(self) -> None:
        """Ask anew of the same items: others have joined the data, and nobody answers what was asked before."""
        self._ask()

    def set(self, items: Iterable[int], numbers: Mapping[int, int] | None = None) -> None:
        """Follow exactly these; repeats are dropped, and of more than ``MOST_PINNED`` the first ones.

        One alone is only looked at. ``numbers``: of each item, where they are pinned elsewhere; None: those that were
        pinned keep theirs.
        """
        chosen = _newest(items)
        self._wait(lambda: self._set(chosen, numbers))

    def _set(self, chosen: tuple[int, ...], numbers: Mapping[int, int] | None) -> None:
        lone = chosen[0] if len(chosen) == 1 else -1
        self._put(chosen, self._looked_at if self._looked_at in chosen else lone, numbers)

    def _put(self, chosen: tuple[int, ...], looked_at: int, numbers: Mapping[int, int] | None = None) -> None:
        """Follow these, of which one is only looked at."""
        kept, self._looked_at = self._looked_at, looked_at
        if chosen != self._items:
            self._items = chosen
            self._number(self._numbers if numbers is None else numbers)
            self._ask()
            self.changed.emit(chosen)
        if kept != looked_at and kept in chosen:
            self.kept.emit(kept)

    def _number(self, known: Mapping[int, int]) -> None:
        """Keep the numbers that are known, and give each of the others the least that is free."""
        kept = {item: known[item] for item in self._items if item in known}
        free = iter(sorted(set(range(1, MOST_PINNED + 1)) - set(kept.values())))
        self._numbers = {item: kept[item] if item in kept else next(free) for item in self._items}

    def choose(self, item: int, *, add: bool = False) -> None:
        """Look at an item, in place of the one that was looked at; or ``add`` it: then that one stays as well."""
        self._wait(lambda: self._choose(item, add=add))

    def _choose(self, item: int, *, add: bool) -> None:
        if add:
            self._put(_newest((*self._items, item)), -1)
        elif item not in self._items:
            others = tuple(other for other in self._items if other != self._looked_at)
            self._put(_newest((*others, item)), item)

    def keep(self, item: int) -> None:
        """Let an item that is looked at stay when another one is."""
        self._wait(lambda: self._keep(item))

    def _keep(self, item: int) -> None:
        if item == self._looked_at:
            self._put(self._items, -1)

    def toggle(self, item: int) -> None:
        """Pin an item beside the others, or let go of it if it is pinned."""
        self._wait(lambda: self.unpin(item) if item in self._items else self.choose(item, add=True))

    def unpin(self, item: int) -> None:
        """Let go of an item."""
        self._wait(lambda: self._unpin(item))

    def _unpin(self, item: int) -> None:
        left = -1 if item == self._looked_at else self._looked_at
        self._put(tuple(other for other in self._items if other != item), left)

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


def _newest(items: Iterable[int]) -> tuple[int, ...]:
    """Return items without repeats, of more than may be pinned the last ones."""
    return tuple(dict.fromkeys(int(item) for item in items))[-MOST_PINNED:]
