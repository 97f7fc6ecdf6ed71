"""Where items were on the map at the last steps: a memory of its frames, small enough to keep beside a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray, Projection

FRAMES = 60
"""Steps that are remembered at most."""

BYTES = 64 << 20
"""Room for them at most; large sets are remembered for fewer steps."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The map of a step in half precision around its middle: ``xy`` (M, 2) float16 of ``items`` (M,), ascending."""

    step: int
    items: IntArray
    middle: FloatArray
    xy: npt.NDArray[np.float16]


class Trails:
    """Frames of one run in one layout, by step. What comes of another run or layout forgets those before."""

    def __init__(self) -> None:
        self._frames: dict[int, Remembered] = {}
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
        """Remember a frame as the map of its step, the newest of a step counts; return whether the step is new.

        The frames of a first layout, and those before it, are on their way and no history: only those that moved.
        """
        if (frame.run, frame.method) != self._key:
            self._key = (frame.run, frame.method)
            self.forget()
        new = frame.step not in self._frames
        if not len(frame.indices) or (not new and frame.step != max(self._frames)):
            return False
        middle = frame.xy.mean(axis=0)
        self._frames[frame.step] = Remembered(
            frame.step, frame.indices, middle, (frame.xy - middle).astype(np.float16)
        )  # fmt: skip
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
            place = np.minimum(np.searchsorted(frame.items, items), max(len(frame.items) - 1, 0))
            there = frame.items[place] == items
            found[k, there] = frame.xy[place[there]].astype(np.float32) + frame.middle
        return found
