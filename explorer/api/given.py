"""What a script gives: checked where it comes in, so that what is wrong is said in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath

import numpy as np

from explorer.core.errors import UserError, shown
from explorer.core.events import Set


def place(given: object, what: str) -> str:
    """Return a path that was given as a text; ``what``: what it is of, for people.

    Raises
    ------
    UserError: if it is no path.
    """
    found = fspath(given) if isinstance(given, str | PathLike) else None
    if not isinstance(found, str) or "\0" in found:
        raise UserError(f"{shown(given)} is no place of {what}", remedy="Give a path, as a text or a Path")
    return found


def places(given: object, what: str) -> list[str]:
    """Return one path, or several, as texts; see ``place``."""
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | PathLike)
    return [place(one, what) for one in (given if several and isinstance(given, Iterable) else [given])]


def count(given: object) -> int:
    """Return how many items are asked for.

    Raises
    ------
    UserError: if it is not a whole number of at least 1.
    """
    if not isinstance(given, int | np.integer) or isinstance(given, bool) or given < 1:
        raise UserError(f"The number of items asked for, {shown(given)}, is not a whole number of at least 1")
    return int(given)


def changes(given: object) -> list[Set]:
    """Return live values that change on the way, each a ``(step, key, value)``.

    Raises
    ------
    UserError: if one is something else.
    """
    if not isinstance(given, Iterable) or isinstance(given, str):
        given = [given]
    return [_change(one) for one in given]


def _change(given: object) -> Set:
    if isinstance(given, tuple | list) and len(given) == 3:
        step, key, value = given
        whole = isinstance(step, int | np.integer) and not isinstance(step, bool)
        if whole and step >= 0 and isinstance(key, str) and isinstance(value, bool | int | float | str | np.number):
            return Set(key, value.item() if isinstance(value, np.generic) else value, int(step))
    raise UserError(
        f"{shown(given)} is no change of a live value",
        remedy='Give a step, a key and a value, such as (168, "loss.margin", 0.5)',
    )
