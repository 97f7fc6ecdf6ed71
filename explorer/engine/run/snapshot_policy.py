"""Which snapshots of a run are kept, and which frame of the map is kept with each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from explorer.core.current_snapshot import CurrentSnapshot
from explorer.core.types import Projection, Snapshot


class SnapshotSink(Protocol):
    """Where what is kept goes; both methods return at once."""

    @property
    def pace(self) -> float:
        """Least seconds between two approximate snapshots."""

    def put(self, value: Snapshot | Projection, *, key: bool = False) -> None:
        """Keep a snapshot, for good if it is a ``key`` one, or the map of one."""


class SnapshotPolicy:
    """Keeps the snapshots of a run that tell how it went, and of each the map as it was shown then.

    Exact snapshots are all kept, approximate ones at the pace of the shelf. The map of a snapshot is the last frame
    that it moved; where the map passed it over, the frame that was shown instead. A snapshot of fewer items than one
    before, made to be measured, has no map. May be called from several threads.

    Parameters
    ----------
    first: nothing of the run is kept yet, and its first snapshot is to stay for good.
    """

    def __init__(self, shelf: SnapshotSink, *, first: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._shelf = shelf
        self._first = first
        self._clock = clock
        self._lock = threading.Lock()
        self._kept_at = float("-inf")
        self._snapshots: CurrentSnapshot[Snapshot] = CurrentSnapshot()  # without their embeddings
        self._open: Snapshot | None = None  # the kept snapshot whose map still moves
        self._map: Projection | None = None  # the last frame that the open one moved
        self._newest: Projection | None = None
        self._resting = False
        self._put: Projection | None = None

    def snapshot(self, snapshot: Snapshot, *, key: bool = False) -> None:
        """Keep a snapshot if it is exact or a ``key`` one, or if it is time for one."""
        with self._lock:
            now = self._clock()
            if not (key or snapshot.exact or self._first or now - self._kept_at >= self._shelf.pace):
                return
            light = replace(snapshot, embeddings=snapshot.embeddings[:0].copy())
            whole = self._snapshots.take(light)
            self._shelf.put(snapshot, key=key or (self._first and whole))
            if not whole:
                return
            self._first, self._kept_at = False, now
            if self._open is None or self._open.step != snapshot.step:
                self._settle()
            self._open = light

    def frame(self, frame: Projection) -> bool:
        """Note a frame of the live map; return whether something was kept because the run rests."""
        with self._lock:
            self._newest, opened = frame, self._open
            if opened is None or frame.step < opened.step:
                return False
            if frame.step > opened.step:
                self._settle()
                return self._resting
            self._map = frame
            better = self._put is None or self._put.fidelity != frame.fidelity
            return self._resting and better and self._keep_map()

    def rest(self, snapshot: Snapshot | None) -> None:
        """Keep ``snapshot``, where the run paused or ended, for good; its map is kept now and when it came to rest."""
        if snapshot is not None:
            self.snapshot(snapshot, key=True)
        with self._lock:
            self._resting = True
            self._keep_map()

    def resume(self) -> None:
        """Go on: what comes is kept at the usual pace."""
        with self._lock:
            self._resting = False

    def close(self) -> bool:
        """Keep the map as it is now; return whether it is another than was kept."""
        with self._lock:
            return self._keep_map()

    def _settle(self) -> None:
        self._keep_map()
        self._open = self._map = self._put = None

    def _keep_map(self) -> bool:
        opened, frame = self._open, self._map or self._newest
        if opened is None or frame is None or frame is self._put or len(frame.indices) > len(opened.indices):
            return False
        self._put = frame
        if frame.step != opened.step:
            frame = replace(frame, step=opened.step, exact=opened.exact, fidelity=None)
        self._shelf.put(frame)
        return True
