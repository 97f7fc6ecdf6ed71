"""Changes of something kept under keys, each of which can be taken back and done again by the number that it has."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from explorer.core.errors import UserError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Patch(Generic[K, V]):
    """What some keys stood for ``before`` and ``after`` a change, None: for nothing; whether it is ``done`` now."""

    before: Mapping[K, V | None]
    after: Mapping[K, V | None]
    done: bool = True


class Patches(Generic[K, V]):
    """The last changes of one run's, at most ``most``; of another run all are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._run = ""
        self._patches: dict[int, Patch[K, V]] = {}
        self._numbers = itertools.count(1)

    def __bool__(self) -> bool:
        """Whether any of them can be taken back."""
        return any(patch.done for patch in self._patches.values())

    def number(self) -> int:
        """Return a number for the next change."""
        return next(self._numbers)

    def follow(self, run: str) -> None:
        """Be of this run."""
        if run != self._run:
            self._run, self._patches = run, {}

    def add(self, number: int, before: Mapping[K, V], wanted: Mapping[K, V | None]) -> None:
        """Remember under a number that some keys stand for something else than ``before``."""
        self._patches[number] = Patch({key: before.get(key) for key in wanted}, dict(wanted))
        while len(self._patches) > self._most:
            del self._patches[next(iter(self._patches))]

    def newest(self) -> int:
        """Return the number of the last change that can be taken back, 0 where none can."""
        return next((number for number, patch in reversed(self._patches.items()) if patch.done), 0)

    def taken_back(self, number: int, current: Mapping[K, V], *, again: bool = False) -> dict[K, V] | None:
        """Return what is kept once a change is taken back, or done ``again``; None where that is so already.

        Raises
        ------
        UserError: if something else was done to the same keys since.
        """
        patch = self._patches.get(number)
        if patch is None or patch.done is again:
            return None
        now, then = (patch.before, patch.after) if again else (patch.after, patch.before)
        if any(current.get(key) != value for key, value in now.items()):
            raise UserError("This was changed again since, or elsewhere", remedy="Look at it as it is now")
        self._patches[number] = replace(patch, done=again)
        return patched(current, then)


def patched(current: Mapping[K, V], wanted: Mapping[K, V | None]) -> dict[K, V]:
    """Return what is kept once some keys stand for something else, or None: for nothing."""
    found = dict(current)
    for key, value in wanted.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found
