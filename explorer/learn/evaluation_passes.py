"""When embeddings are computed anew, and of which items: evaluation passes, a first look, and slices in between."""

from __future__ import annotations

import numpy as np

from explorer.core.types import BoolArray, IntArray
from explorer.learn.meter import Clock

CHUNK = 256
"""Items embedded between two looks at the commands."""

FEW = 16
"""So few items are embedded at any time."""

FIRST_GUESS = 3.0
"""Images embedded in the time that one is trained on, before that was measured."""

SLICE_SECONDS = 0.1
"""The most that refreshing a slice of the items may take before a publication."""

SLICE_SHARE = 0.5
"""How much of the share slices may take: else they leave nothing for figures where embedding is slow."""


class Passes:
    """Decides what to embed so that evaluating stays within its share of the time.

    Parameters
    ----------
    items: how many there are. held_out: which of them are held out. share: of the time, for evaluating.

    Attributes
    ----------
    free: seconds of evaluating that do not count against the share (the first look).
    waited_for: somebody waits for the first figure: it comes when the whole run has room for it in its share.
    """

    def __init__(self, items: int, held_out: IntArray, share: float, seed: int) -> None:
        draw = np.random.default_rng(seed)  # not the run's generator: being watched must not change what is learned
        others = np.setdiff1d(np.arange(items), held_out)
        self.held_out = held_out
        self.everything: IntArray = np.concatenate((held_out, others))
        self.shuffled: IntArray = draw.permutation(items)
        self._rotation: IntArray = draw.permutation(held_out) if len(held_out) else self.shuffled
        self._next = 0
        self.share = share
        self.free = 0.0
        self.waited_for = False
        self._embedded, self._seconds = 0, 0.0

    def measured(self, items: int, seconds: float) -> None:
        """Take note of how long embedding some items took."""
        self._embedded += items
        self._seconds += seconds

    def seconds(self, items: int, training_rate: float) -> float:
        """Return how long embedding ``items`` will take."""
        if self._embedded:
            return items * self._seconds / self._embedded
        return items / (FIRST_GUESS * training_rate) if training_rate else 0.0

    def fits(self, seconds: float, clock: Clock, share: float) -> bool:
        """Return whether so many seconds of evaluating keep it within a share of the time."""
        return clock.evaluating - self.free + seconds <= share * (clock.total - self.free + seconds)

    def affordable(self, clock: Clock, training_rate: float, left: float = 0.0) -> IntArray | None:
        """Return what can be evaluated now within the share: all items, the held-out ones, or nothing.

        ``left``: seconds of training that are still to come. What the first figure takes, if that is ``waited_for``,
        may be of the share of these as well; later ones wait until it is made up for.
        """
        for items in (self.everything, self.held_out):
            seconds = self.seconds(len(items), training_rate)
            if len(items) and self.fits(seconds, clock, self.share):
                return items
        first = self.seconds(len(self.held_out), training_rate)
        if self.waited_for and len(self.held_out) and clock.evaluating + first <= self.share * (clock.total + left):
            return self.held_out
        return None

    def wait(self, clock: Clock, training_rate: float) -> float:
        """Return for how many seconds of training the held-out items cannot be evaluated within the share yet."""
        seconds = self.seconds(len(self.held_out), training_rate)
        owed = clock.evaluating - self.free + seconds - self.share * (clock.total - self.free + seconds)
        return max(0.0, owed / self.share) if self.share > 0 else float("inf")

    def may_slice(self, clock: Clock) -> bool:
        """Return whether a slice may be refreshed now."""
        return self.fits(0.0, clock, self.share * SLICE_SHARE)

    def last_few(self, seen: BoolArray) -> IntArray:
        """Return the items never embedded where these are only a few, which cost less than their absence."""
        unseen = self.shuffled[~seen[self.shuffled]]
        return np.sort(unseen) if len(unseen) <= FEW else unseen[:0]

    def slice(self, seen: BoolArray, training_rate: float) -> IntArray:
        """Return the few items to refresh now: those never embedded first, then the held-out ones in turn."""
        rate = 1 / self.seconds(1, training_rate) if self.seconds(1, training_rate) else 0.0
        count = max(min(int(rate * SLICE_SECONDS), CHUNK), FEW)
        unseen = self.shuffled[~seen[self.shuffled]][:count]
        room = min(count - len(unseen), len(self._rotation))
        turn = (self._next + np.arange(room)) % len(self._rotation) if room else np.zeros(0, dtype=np.int64)
        self._next += room
        return np.unique(np.concatenate((unseen, self._rotation[turn])))
