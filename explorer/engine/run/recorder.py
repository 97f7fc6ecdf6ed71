"""Writes a run to disk as it goes, in a thread of its own, so that a slow disk does not slow the training down."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, Weights
from explorer.core.map_values import KeptStep
from explorer.core.types import Projection, Snapshot, StepMetrics
from explorer.engine.run.run_thumbnail import keep_thumbnail
from explorer.runs.folder import RunFolder

KEEP_SECONDS = 1.0
"""Least time between two approximate snapshots of a small dataset."""
SHARE = 0.01
"""How much of the time may go into writing them,"""
BYTES_PER_SECOND = 20e6
"""and how much may be written."""

RETRY_SECONDS = 5.0
"""How often it is tried again where the disk refuses."""
LINGER_SECONDS = 0.25
"""How long metrics wait for more of them: each writing takes the interpreter from the trainer for a moment."""
LOOK_SECONDS = 2.0
"""How often it is looked whether the folder is still there while nothing is written, until the run has ended."""


@dataclass(frozen=True, slots=True)
class _Shot:
    """A snapshot that waits to be written, and its weights; of those that are not ``key`` ones only the newest is."""

    snapshot: Snapshot
    key: bool
    weights: Weights | None


class Recorder:
    """Takes the values of one run and writes them.

    When the disk refuses (full, read-only, gone), or anything else goes wrong with it, ``trouble`` hears why, once, and
    with an empty text when all of it could be written after all: nothing is dropped meanwhile but snapshots and maps
    that a newer one replaces, and checkpoints before the newest. It is tried again every ``RETRY_SECONDS``, whenever
    ``retry`` asks for it, and in another place after ``move``. ``kept`` hears which steps can be shown again and how
    many bytes they take, whenever a snapshot or a map was written, and ``saved`` of a checkpoint that was asked for,
    and where it is. All are called in the thread of the recorder.
    """

    def __init__(
        self,
        folder: RunFolder,
        trouble: Callable[[str], None],
        kept: Callable[[tuple[KeptStep, ...], int], None] = lambda steps, size: None,
        saved: Callable[[int, Path], None] = lambda step, path: None,
    ) -> None:
        self.folder = folder
        self.pace = KEEP_SECONDS
        """Least seconds between two approximate snapshots, by what the last one took."""
        self.problem = ""
        """Why the disk refuses, empty while it does not."""
        self._trouble = trouble
        self._kept = kept
        self._saved = saved
        self._written: dict[int, bool] = {}
        self._weights: Weights | None = None
        self._waiting: deque[Any] = deque()
        self._changed = threading.Condition()
        self._summary: Mapping[str, Any] | None = None
        self._destination: Path | None = None
        self._again = False
        self._closing = False
        self._writing = False
        self._waited_for = 0
        self._told = self._over = False
        self._thread = threading.Thread(target=self._main, name="recorder", daemon=True)
        self._thread.start()

    def put(self, value: Any, *, key: bool = False) -> None:
        """Queue a metric, an event of the run, a checkpoint, a snapshot, to stay if it is a ``key`` one, or its map.

        Weights are written with the snapshot of their step, which comes after them, if that is written.
        On a slow disk a snapshot that waits gives way to a newer one, and a map to a newer frame of its step.
        """
        with self._changed:
            if self._closing:
                return
            if isinstance(value, Weights):
                self._weights = value
                return
            if isinstance(value, Snapshot):
                known = self._weights if self._weights is not None and self._weights.step == value.step else None
                value = _Shot(value, key, known)
                self._waiting = deque(item for item in self._waiting if not isinstance(item, _Shot) or item.key)
            elif isinstance(value, Projection):
                self._waiting = deque(
                    item for item in self._waiting if not isinstance(item, Projection) or item.step != value.step
                )
            elif isinstance(value, Checkpoint) and self.problem:
                asked = any(item.asked for item in self._waiting if isinstance(item, Checkpoint))
                self._waiting = deque(item for item in self._waiting if not isinstance(item, Checkpoint))
                value = replace(value, asked=value.asked or asked)
            self._waiting.append(value)
            if not isinstance(value, StepMetrics) or len(self._waiting) == 1:
                self._changed.notify_all()

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write ``summary`` and the manifest once everything before is on the disk."""
        with self._changed:
            self._summary = summary
            self._changed.notify_all()

    def retry(self) -> None:
        """Try now to write what the disk refused; if it refuses again, that is told again."""
        with self._changed:
            self._again = True
            self._changed.notify_all()

    def move(self, path: Path) -> None:
        """Go on in a new folder, with all that can be read of the one before; what waits is written there."""
        with self._changed:
            self._destination, self._again = path, True
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Wait until everything so far is on the disk; False if it refuses or takes longer than ``timeout`` seconds."""
        with self._changed:
            self._waited_for += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._idle() or self._refused(), timeout)
            self._waited_for -= 1
            return self._idle()

    def close(self, timeout: float) -> bool:
        """Write what waits, close the folder and end the thread; return whether that was done in time.

        What the disk refuses even then is lost.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _idle(self) -> bool:
        return not self._waiting and self._summary is None and not self._writing

    def _refused(self) -> bool:
        return bool(self.problem) and not self._writing and not self._again

    def _due(self) -> bool:
        return self._closing or self._again or (not self.problem and not self._idle())

    def _pressing(self) -> bool:
        """Return whether what waits is to be written at once."""
        if self._closing or self._again or self._waited_for or self._summary is not None:
            return True
        return not all(isinstance(value, StepMetrics) for value in self._waiting)

    def _patience(self) -> float | None:
        """Return for how many seconds nothing is done, where nothing is asked for; None: for ever."""
        if self.problem:
            return RETRY_SECONDS
        return None if self._over else LOOK_SECONDS

    def _main(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(self._due, self._patience())
                self._changed.wait_for(self._pressing, LINGER_SECONDS if self._waiting else 0.0)
                values, self._waiting = list(self._waiting), deque()
                summary, self._summary = self._summary, None
                destination, self._destination = self._destination, None
                asked, self._again = self._again, False
                closing = self._closing
                ending = closing and not values and summary is None
                self._writing = True
            if ending:
                break
            problem = self._attempt(values, summary, destination)
            values.clear()  # weights and embeddings are not kept while it waits for more
            if bool(problem) != self._told or (problem and asked):
                self._told = bool(problem)
                self._trouble(problem)
            if closing and problem:
                break
        with suppress(OSError, UserError):
            self.folder.close()
        with self._changed:
            self._writing = False
            self._changed.notify_all()

    def _attempt(self, values: list[Any], summary: Mapping[str, Any] | None, destination: Path | None) -> str:
        """Write; what the disk refuses waits again, before what came meanwhile. Return why it refuses, if it does."""
        left = deque(values)
        problem = ""
        try:
            if destination is not None:
                self._go_on_in(destination)
            self.folder.check_there()
            self._write(left)
            if summary is not None:
                self.folder.finish(summary)
                keep_thumbnail(self.folder)
                self._over = True
        except (OSError, UserError) as error:
            problem = f"The run cannot be saved{_why(error)}: {error}"
        except Exception as error:  # noqa: BLE001 - the thread goes on, or nothing would be saved and nobody told
            problem = f"The run cannot be saved ({type(error).__name__}): {error}"
        with self._changed:
            self.problem = problem
            if problem:
                self._waiting.extendleft(reversed(left))
                self._summary = self._summary or summary
        return problem

    def _go_on_in(self, path: Path) -> None:
        before, self.folder = self.folder, self.folder.copied_to(path)
        with suppress(OSError, UserError):
            before.close()

    def _write(self, left: deque[Any]) -> None:
        """Write values in order, metrics before the rest; what was written is taken out of ``left``."""
        lines = [value for value in left if not isinstance(value, (Checkpoint, _Shot, Projection))]
        shown = len(lines) < len(left)
        if lines:
            self.folder.append(lines)
            rest = [value for value in left if isinstance(value, (Checkpoint, _Shot, Projection))]
            left.clear()
            left.extend(rest)
        while left:
            match left[0]:
                case Checkpoint():
                    path = self.folder.write_checkpoint(left[0])
                    if left[0].asked:
                        self._saved(left[0].step, path)
                case _Shot():
                    self._write_snapshot(left[0])
                case Projection() if left[0].step in self.folder.snapshot_steps():
                    self.folder.write_projection(left[0])
            left.popleft()
        if shown:
            self._kept(self.folder.kept_steps(), self.folder.kept_bytes())

    def _write_snapshot(self, shot: _Shot) -> None:
        snapshot = shot.snapshot
        if self._written.get(snapshot.step) == snapshot.exact and shot.key:
            self.folder.mark_key(snapshot.step)
            return
        began = time.thread_time()
        self.folder.write_snapshot(snapshot, key=shot.key)
        if shot.weights is not None and snapshot.step in self.folder.snapshot_steps():
            with suppress(OSError, UserError):  # the run can do without; what follows is refused too, and told
                self.folder.write_weights(shot.weights)
        seconds = time.thread_time() - began
        size = snapshot.embeddings.nbytes / 2 + snapshot.indices.nbytes
        self.pace = max(KEEP_SECONDS, seconds / SHARE, size / BYTES_PER_SECOND)
        self._written[snapshot.step] = snapshot.exact


def _why(error: OSError | UserError) -> str:
    """Return what the system says of an error, to stand before the path: a bar of the window shows how it begins."""
    cause = error if isinstance(error, OSError) else error.__cause__
    said = cause.strerror if isinstance(cause, OSError) else None
    return f" ({said[0].lower()}{said[1:]})" if said else ""
