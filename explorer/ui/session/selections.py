"""Arithmetic of selections: sorted, unique items, combined by masks, so that a million costs milliseconds."""

from __future__ import annotations

import weakref
from typing import Literal

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, IntArray, frozen

SelectionMode = Literal["replace", "add", "remove", "intersect"]

FEW = 1_000
"""Up to so many items are sorted; more are marked in a mask, which takes no longer however they are ordered."""


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
    if mode == "replace":
        return items
    if (mode == "remove" and not len(items)) or (mode == "add" and not len(selection)):
        return items if mode == "add" else selection
    count = int(max(selection[-1] if len(selection) else -1, items[-1] if len(items) else -1)) + 1
    chosen, caught = _mask(selection, count), _mask(items, count)
    if mode == "add":
        chosen |= caught
    elif mode == "remove":
        chosen &= ~caught
    elif mode == "intersect":
        chosen &= caught
    else:
        raise ValueError(f"no way to select is called {mode!r}")
    return np.flatnonzero(chosen)


def inverted(selection: IntArray, count: int) -> IntArray:
    """Return those of ``count`` items that are not selected."""
    return np.flatnonzero(~_mask(selection[selection < count], count))


def _mask(items: IntArray, count: int) -> BoolArray:
    mask = np.zeros(count, np.bool_)
    mask[items] = True
    return mask
