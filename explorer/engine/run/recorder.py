"""Writes a run to disk as it goes, in a thread of its own, so that a slow disk does not slow the training down."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.map_values import KeptStep
from explorer.core.types import Projection, Snapshot
from explorer.runs.folder import RunFolder

KEEP_SECONDS = 1.0
"""Least time between two approximate snapshots of a small dataset."""
SHARE = 0.01
"""How much of the time may go into writing them,"""
BYTES_PER_SECOND = 20e6
"""and how much may be written."""


@dataclass(frozen=True, slots=True)
class _Shot:
    """A snapshot that waits to be written; of those that are not ``key`` ones only the newest is."""

    snapshot: Snapshot
    key: bool


class Recorder:
    """Takes the values of one run and writes them.

    When the disk refuses (full, read-only, gone), ``complain`` hears of it once and writing goes on trying: every
    write is atomic, so what was saved before stays whole. ``kept`` hears, in the thread of the recorder, which steps
    can be shown again and how many bytes they take, whenever a snapshot or a map was written.
    """

    def __init__(
        self,
        folder: RunFolder,
        complain: Callable[[str], None],
        kept: Callable[[tuple[KeptStep, ...], int], None] = lambda steps, size: None,
    ) -> None:
        self.folder = folder
        self.pace = KEEP_SECONDS
        """Least seconds between two approximate snapshots, by what the last one took."""
        self._complain = complain
        self._kept = kept
        self._written: dict[int, bool] = {}
        self._waiting: deque[Any] = deque()
        self._changed = threading.Condition()
        self._summary: Mapping[str, Any] | None = None
        self._closing = False
        self._writing = False
        self._complained = False
        self._thread = threading.Thread(target=self._main, name="recorder", daemon=True)
        self._thread.start()

    def put(self, value: Any, *, key: bool = False) -> None:
        """Queue a metric, an event of the run, a checkpoint, a snapshot, to stay if it is a ``key`` one, or its map.

        On a slow disk a snapshot that waits gives way to a newer one, and a map to a newer frame of its step.
        """
        with self._changed:
            if self._closing:
                return
            if isinstance(value, Snapshot):
                value = _Shot(value, key)
                self._waiting = deque(item for item in self._waiting if not isinstance(item, _Shot) or item.key)
            elif isinstance(value, Projection):
                self._waiting = deque(
                    item for item in self._waiting if not isinstance(item, Projection) or item.step != value.step
                )
            self._waiting.append(value)
            self._changed.notify_all()

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write ``summary`` and the manifest once everything before is on the disk."""
        with self._changed:
            self._summary = summary
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Wait until everything so far is on the disk; False if that takes longer than ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(self._idle, timeout)

    def close(self, timeout: float) -> bool:
        """Write what waits, close the folder and end the thread; return whether that was done in time."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _idle(self) -> bool:
        return not self._waiting and self._summary is None and not self._writing

    def _main(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closing or not self._idle())
                values, self._waiting = list(self._waiting), deque()
                summary, self._summary = self._summary, None
                ending = self._closing and not values and summary is None
                self._writing = True
            if ending:
                break
            self._attempt(partial(self._write, values))
            if summary is not None:
                self._attempt(partial(self.folder.finish, summary))
        self._attempt(self.folder.close)
        with self._changed:
            self._writing = False
            self._changed.notify_all()

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, UserError) as error:
            if not self._complained:
                self._complained = True
                self._complain(f"The run cannot be saved: {error}")

    def _write(self, values: list[Any]) -> None:
        lines = [value for value in values if not isinstance(value, (Checkpoint, _Shot, Projection))]
        if lines:
            self.folder.append(lines)
        for value in values:
            match value:
                case Checkpoint():
                    self.folder.write_checkpoint(value)
                case _Shot():
                    self._write_snapshot(value.snapshot, value.key)
                case Projection() if value.step in self.folder.snapshot_steps():
                    self.folder.write_projection(value)
        if any(isinstance(value, (_Shot, Projection)) for value in values):
            self._kept(self.folder.kept_steps(), self.folder.kept_bytes())

    def _write_snapshot(self, snapshot: Snapshot, key: bool) -> None:
        if self._written.get(snapshot.step) == snapshot.exact and key:
            self.folder.mark_key(snapshot.step)
            return
        began = time.thread_time()
        self.folder.write_snapshot(snapshot, key=key)
        seconds = time.thread_time() - began
        size = snapshot.embeddings.nbytes / 2 + snapshot.indices.nbytes
        self.pace = max(KEEP_SECONDS, seconds / SHARE, size / BYTES_PER_SECOND)
        self._written[snapshot.step] = snapshot.exact
