"""Arithmetic of selections: sorted, unique items, combined by masks, so that a million costs milliseconds."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, ByteArray, IntArray, frozen

SelectionMode = Literal["replace", "add", "remove", "intersect"]

MODES: tuple[SelectionMode, ...] = get_args(SelectionMode)

FEW = 1_000
"""Up to so many items are sorted; more are marked in a mask, which takes no longer however they are ordered, but the
longer the further the last of them is."""

AT_ONCE = 1 << 19
"""Items that are marked in one go: the interpreter waits while numpy marks them, so two thousandths of a second."""

_FEW_COMBINED: Mapping[str, Callable[[IntArray, IntArray], IntArray]] = {
    "add": np.union1d,
    "remove": partial(np.setdiff1d, assume_unique=True),
    "intersect": partial(np.intersect1d, assume_unique=True),
}

_known: list[weakref.ref[IntArray]] = []


def tidy(items: npt.ArrayLike) -> IntArray:
    """Return items sorted and unique, int64 (S,) and read-only; an array that is all that already is not copied.

    What was returned last is known: who finds millions in another thread tidies them there.
    """
    if any(known() is items for known in _known):
        return items  # type: ignore[return-value]  # it was returned
    found = _tidy(items)
    _known[:] = [weakref.ref(found)]
    return found


def _tidy(items: npt.ArrayLike) -> IntArray:
    chosen = np.asarray(items, np.int64)
    if not (chosen[1:] > chosen[:-1]).all():
        plain = len(chosen) <= FEW or chosen.min() < 0 or chosen.max() > 64 * len(chosen)
        chosen = np.unique(chosen) if plain else np.flatnonzero(_mask(chosen, int(chosen.max()) + 1))
    if chosen.base is None and not chosen.flags.writeable and chosen.flags.c_contiguous:
        return chosen
    if chosen is not items and chosen.base is None and chosen.flags.c_contiguous:
        chosen.setflags(write=False)  # made here: nobody else can change it
        return chosen
    return frozen(chosen)


def combined(selection: IntArray, items: IntArray, mode: str) -> IntArray:
    """Return the selection after ``items`` were caught in a mode; both sorted, unique and not negative.

    Raises
    ------
    ValueError: for a mode that there is not.
    """
    if mode not in MODES:
        raise ValueError(f"no way to select is called {mode!r}")
    if mode == "replace" or (mode == "add" and not len(selection)):
        return items
    if mode in ("add", "remove") and not len(items):
        return selection
    if len(selection) + len(items) <= FEW:
        return _FEW_COMBINED[mode](selection, items)
    chosen = _mask(selection, 1 + int(max(selection[-1:].max(initial=-1), items[-1:].max(initial=-1))))
    if mode == "intersect":
        chosen &= _mask(items, len(chosen))
    else:
        _mark(chosen, items, value=mode == "add")
    return np.flatnonzero(chosen)


def inverted(selection: IntArray, count: int, visible: BoolArray | None = None) -> IntArray:
    """Return those of ``count`` items that are not selected, and ``visible`` (N,); None: all are."""
    mask = np.ones(count, np.bool_)
    _mark(mask, selection[: np.searchsorted(selection, count)], value=False)
    if visible is not None:
        mask[: len(visible)] &= visible[:count]
    return np.flatnonzero(mask)


def are_in(items: IntArray, selection: IntArray) -> BoolArray:
    """Return which of few items, in any order, are in a selection of any number, (K,)."""
    if not len(selection):
        return np.zeros(len(items), np.bool_)
    places = np.minimum(np.searchsorted(selection, items), len(selection) - 1)
    return np.asarray(selection[places] == items)


def is_within(selection: IntArray, items: IntArray) -> bool:
    """Return whether some are selected and all of these are among sorted, unique items."""
    if not 0 < len(selection) <= len(items):
        return False
    some = selection[:: max(1, len(selection) // FEW)]
    return bool(are_in(some, items).all()) and len(combined(selection, items, "intersect")) == len(selection)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A selection as small as it goes: one bit for each item up to the last one, or, where they are few, its items."""

    bits: ByteArray | None
    items: IntArray

    @classmethod
    def of(cls, selection: IntArray) -> Kept:
        """Keep a selection, sorted and unique."""
        if not len(selection) or selection[0] < 0 or selection[-1] // 8 >= selection.nbytes:
            return cls(None, selection)
        return cls(_packed(selection), np.empty(0, np.int64))

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self.items.nbytes + (0 if self.bits is None else self.bits.nbytes)

    @property
    def most(self) -> int:
        """How many items it may have."""
        return len(self.items) if self.bits is None else 8 * len(self.bits)

    def packed(self) -> ByteArray:
        """Return one bit for each item up to the last one, whatever that takes."""
        return _packed(self.items) if self.bits is None else self.bits

    def selection(self) -> IntArray:
        """Return the selection."""
        return self.items if self.bits is None else tidy(np.flatnonzero(np.unpackbits(self.bits).view(np.bool_)))


def _packed(items: IntArray) -> ByteArray:
    return np.packbits(_mask(items, int(items[-1]) + 1 if len(items) else 0))


def _mask(items: IntArray, count: int) -> BoolArray:
    mask = np.zeros(count, np.bool_)
    _mark(mask, items, value=True)
    return mask


def _mark(mask: BoolArray, items: IntArray, *, value: bool) -> None:
    for start in range(0, len(items), AT_ONCE):
        mask[items[start : start + AT_ONCE]] = value
