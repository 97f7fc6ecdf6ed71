"""A run that begins before all of its items are there: which of them it draws from, and when it takes up more."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from explorer.core.types import BoolArray, IntArray

MORE = 1.25
"""Times as many items as it draws from, at which a run takes up more of them."""
LOOK_SECONDS = 0.25


class PartReady:
    """The items of a run that are there, as it has taken them up; ``mask`` (N,), None once all are.

    ``ask``: see ``Task.ready``.
    """

    def __init__(self, ask: Callable[[], BoolArray | None]) -> None:
        self._ask = ask
        self.mask = ask()
        self._looked = time.perf_counter()

    @property
    def growing(self) -> bool:
        """Whether some are not there, or not taken up yet."""
        return self.mask is not None

    @property
    def count(self) -> int:
        """How many it draws from, of those that are not all."""
        return 0 if self.mask is None else int(np.count_nonzero(self.mask))

    def there(self, items: IntArray) -> IntArray:
        """Return those of some items that are there."""
        return items if self.mask is None else items[self.mask[items]]

    def take(self) -> None:
        """Take up what is there by now."""
        if self.mask is not None:
            self.mask = self._ask()

    def more(self) -> bool:
        """Take up what is there where that is a good deal more than before, or all; return whether it was.

        Asked before every step, it looks a few times a second.
        """
        now = time.perf_counter()
        if self.mask is None or now - self._looked < LOOK_SECONDS:
            return False
        self._looked = now
        found = self._ask()
        if found is not None and np.count_nonzero(found) < MORE * self.count:
            return False
        self.mask = found
        return True
