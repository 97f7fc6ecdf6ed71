"""Noticing at the next start that a window ended without closing, and which run it trained.

While a window is open there is a file that says so, with the run that is training; a lock on it dies with its process.
Where a native library crashes, Python's fault handler writes the stacks of all threads beside it.
"""

from __future__ import annotations

import faulthandler
import json
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from explorer.core.errors import UserError
from explorer.core.plain_json import parse_json
from explorer.engine.fault_reports import reports_folder
from explorer.runs.atomic import write_file
from explorer.runs.lock import WriterLock

PREFIX = "running-"
LARGEST_TRACE = 1 << 20


@dataclass(frozen=True, slots=True)
class Crash:
    """A window that ended without closing: the ``run`` it trained, if it did; ``trace``: what a native crash left."""

    run: Path | None
    trace: str


class CrashWatch:
    """Says that a window is open, from ``begin`` to ``end``; where nothing can be written it does nothing."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or reports_folder()
        self._name = f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._lock: WriterLock | None = None
        self._trace: IO[bytes] | None = None

    def begin(self) -> None:
        """Write that a window is open, and let native crashes write where they were."""
        with suppress(OSError, UserError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(self._folder, f"{self._name}.lock")
            self.note(None)
            self._trace = self._path("trace").open("wb", buffering=0)
            faulthandler.enable(self._trace)

    def note(self, run: Path | None) -> None:
        """Write which run is training now; None: none is."""
        if self._lock is not None:
            with suppress(UserError):
                text = json.dumps({"run": None if run is None else os.fsencode(run).hex()})
                write_file(self._path("json"), [text.encode("ascii")])

    def end(self) -> None:
        """Write that the window was closed."""
        if self._trace is not None:
            faulthandler.disable()
            self._trace.close()
        for ending in ("json", "trace"):
            with suppress(OSError):
                self._path(ending).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release()
        self._lock = self._trace = None

    def _path(self, ending: str) -> Path:
        return self._folder / f"{self._name}.{ending}"


def take_crashes(folder: Path | None = None) -> list[Crash]:
    """Return the windows that ended without closing, and forget them; those that are still open are left alone."""
    place = folder or reports_folder()
    found = []
    for path in sorted(place.glob(f"{PREFIX}*.json")):
        try:
            lock = WriterLock(place, f"{path.stem}.lock")
        except (OSError, UserError):
            continue  # it is open
        try:
            trace = path.with_suffix(".trace")
            found.append(Crash(_run_in(path), _text(trace)))
            trace.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        except OSError:
            continue
        finally:
            lock.release()
    return found


def _run_in(path: Path) -> Path | None:
    try:
        run = parse_json(path.read_bytes()[:LARGEST_TRACE])["run"]
        return Path(os.fsdecode(bytes.fromhex(run))) if isinstance(run, str) else None
    except (ValueError, KeyError, TypeError):
        return None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_TRACE).decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        return ""
