"""Where items lie that a run has not embedded yet: where they were on the map before it."""

from __future__ import annotations

import numpy as np

from explorer.core.types import BoolArray, FloatArray, IntArray, Projection

MOST = 200_000
"""Items of more than so many have no place until they are embedded: looking at all of them takes too long."""


class MapBefore:
    """Fills up the frames of a run that has embedded a part of the items so far.

    The rest lies where the last whole map before the run had it: of the raw data, of a run before, or of the step at
    which a branch begins, which is its own first map. A kept step that is shown again is filled up in the same way.
    """

    def __init__(self) -> None:
        self.forget(0)

    def forget(self, count: int) -> None:
        """Begin anew with ``count`` items, of which there is no map."""
        self._count = count
        self._run = ""
        self._last: Projection | None = None  # the last whole map that was shown
        self._before: Projection | None = None  # the last one of another run
        self._begun: Projection | None = None  # the earliest one of this run

    def whole(self, frame: Projection) -> tuple[IntArray, FloatArray, BoolArray | None]:
        """Return the items that have a place, (M,), ascending, where, (M, 2), and which of all N only wait there.

        None: none does, since all are on the map or nobody knows where the rest was.
        """
        if frame.run != self._run:
            self._run, self._before, self._begun = frame.run, self._last, None
        if len(frame.indices) >= self._count:
            self._last = frame
            if self._begun is None or frame.step < self._begun.step:
                self._begun = frame
            return frame.indices, frame.xy, None
        own = self._begun is not None and self._begun.step <= frame.step
        base = self._begun if own else self._before
        if base is None or self._count > MOST:
            return frame.indices, frame.xy, None
        xy = np.array(base.xy, np.float32)
        xy[frame.indices] = frame.xy
        waiting = np.ones(self._count, np.bool_)
        waiting[frame.indices] = False
        return base.indices, xy, waiting
