"""Where items were on the map at the last steps: a memory of its frames, small enough to keep beside a run."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray, Projection

FRAMES = 60
"""Steps that are remembered at most."""

BYTES = 32 << 20
"""Room for them at most; large sets are remembered for fewer steps."""

LEVELS = 65_535
"""Steps of a coordinate that is remembered, from one end of the map to the other."""


MANY = 500_000
"""Items from which a frame is copied by another thread: of two millions it takes a tenth of a second."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copied frame: items (N,) int32, where they were (N, 2) uint16, from ``low`` in ``scale``."""

    indices: npt.NDArray[np.int32]
    codes: npt.NDArray[np.uint16]
    low: npt.NDArray[np.float32]
    scale: np.float32

    @classmethod
    def of(cls, frame: Projection, before: npt.NDArray[np.int32] | None) -> _Copy:
        """Copy a frame; the items of the one ``before`` are taken where they are the same."""
        indices = frame.indices.astype(np.int32)
        if before is not None and np.array_equal(before, indices):
            indices = before
        low = frame.xy.min(axis=0)
        scale = np.float32(max(float((frame.xy - low).max()), 1e-9) / LEVELS)
        return cls(indices, np.rint((frame.xy - low) / scale).astype(np.uint16), low, scale)

    def at(self, rows: IntArray) -> npt.NDArray[np.float32]:
        """Return where some were."""
        return self.codes[rows] * self.scale + self.low


class _Past:
    """A frame of a step that is past, ``kept`` as a copy: as it came it holds memory that is shared, and files."""

    def __init__(self, frame: Projection, before: _Past | None) -> None:
        self.kept: _Copy | Projection = frame
        if len(frame.indices) > MANY:
            threading.Thread(target=self._copy, args=(frame, before), name="trails", daemon=True).start()
        else:
            self._copy(frame, before)

    def _copy(self, frame: Projection, before: _Past | None) -> None:
        known = None if before is None else before.kept
        self.kept = _Copy.of(frame, known.indices if isinstance(known, _Copy) else None)


class Trails:
    """Frames of one run in one layout, by step. What comes of another run or layout forgets those before."""

    def __init__(self) -> None:
        self._newest: Projection | None = None
        self._past: dict[int, _Past] = {}
        self._key: tuple[str, str] = ("", "")

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are remembered, ascending."""
        newest = () if self._newest is None else (self._newest.step,)
        return (*sorted(self._past), *newest)

    @property
    def size(self) -> int:
        """Bytes that the positions of the past take."""
        kept = [frame.kept for frame in self._past.values()]
        items = {id(frame.indices): frame.indices.nbytes for frame in kept}
        return sum(items.values()) + sum(frame.codes.nbytes for frame in kept if isinstance(frame, _Copy))

    def forget(self) -> None:
        """Begin anew."""
        self._newest = None
        self._past.clear()

    def add(self, frame: Projection) -> bool:
        """Remember a frame as the map of its step, the newest of a step counts; return whether the step is new."""
        if (frame.run, frame.method) != self._key:
            self._key = (frame.run, frame.method)
            self.forget()
        if not len(frame.indices) or frame.step in self._past:
            return False
        before, self._newest = self._newest, frame
        if before is None or before.step == frame.step:
            return before is None
        if frame.step < before.step:
            before, self._newest = frame, before
        self._past[before.step] = _Past(before, next(reversed(self._past.values()), None))
        while len(self._past) > 1 and (len(self) > FRAMES or self.size > BYTES):
            del self._past[self._least()]
        return True

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
            past = self._past.get(step)
            frame = self._newest if past is None else past.kept
            assert frame is not None
            place = np.minimum(np.searchsorted(frame.indices, items), len(frame.indices) - 1)
            there = frame.indices[place] == items
            rows = place[there]
            found[k, there] = frame.at(rows) if isinstance(frame, _Copy) else frame.xy[rows]
        return found
