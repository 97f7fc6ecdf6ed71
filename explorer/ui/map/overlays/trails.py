"""Where items were on the map at the last steps: a memory of its frames, small enough to keep beside a run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray, Projection

FRAMES = 60
"""Steps that are remembered at most."""

BYTES = 64 << 20
"""Room for them at most; large sets are remembered for fewer steps."""


class Trails:
    """Frames of one run in one layout, by step, as they came: nothing is copied, for a million points are many.

    What comes of another run or layout forgets those before.
    """

    def __init__(self) -> None:
        self._frames: dict[int, Projection] = {}
        self._key: tuple[str, str] = ("", "")

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are remembered, ascending."""
        return tuple(sorted(self._frames))

    @property
    def size(self) -> int:
        """Bytes that the positions take."""
        return sum(frame.xy.nbytes for frame in self._frames.values())

    def forget(self) -> None:
        """Begin anew."""
        self._frames.clear()

    def add(self, frame: Projection) -> bool:
        """Remember a frame as the map of its step, the newest of a step counts; return whether the step is new."""
        if (frame.run, frame.method) != self._key:
            self._key = (frame.run, frame.method)
            self.forget()
        new = frame.step not in self._frames
        if not len(frame.indices) or (not new and frame.step != max(self._frames)):
            return False
        self._frames[frame.step] = frame
        while len(self._frames) > 2 and (len(self._frames) > FRAMES or self.size > BYTES):
            del self._frames[self._least()]
        return new

    def _least(self) -> int:
        """Return the step that is missed least: its neighbours in time are closest; never the first or the last."""
        steps = self.steps
        gaps = [steps[k + 1] - steps[k - 1] for k in range(1, len(steps) - 1)]
        return steps[1 + int(np.argmin(gaps))]

    def of(self, items: IntArray, until: int = -1) -> npt.NDArray[np.float32]:
        """Return where items (S,) were, (T, S, 2), oldest first, up to the step ``until`` (−1: all); NaN: nowhere."""
        steps = [step for step in self.steps if until < 0 or step <= until]
        found = np.full((len(steps), len(items), 2), np.nan, np.float32)
        for k, step in enumerate(steps):
            frame = self._frames[step]
            place = np.minimum(np.searchsorted(frame.indices, items), len(frame.indices) - 1)
            there = frame.indices[place] == items
            found[k, there] = frame.xy[place[there]]
        return found
