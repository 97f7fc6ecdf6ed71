"""``sweep.jsonl``: what became of the runs of a sweep, one line each, only ever appended.

The runs themselves say whether they were trained: a line that was lost with a crash is written again from the folder of
its run. A line is JSON behind its own CRC-32; a torn or damaged one is passed over.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.engine.sweep.plan import Setting
from explorer.runs.atomic import flush_folder, flush_to_disk, saving, sweep
from explorer.runs.header import is_run
from explorer.runs.lock import WriterLock
from explorer.runs.own_files import refuse_run, refuse_unwritable

QUEUE_NAME = "sweep.jsonl"
LOCK_NAME = "sweep.lock"

State = Literal["started", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of a run of a sweep. ``rung``: of successive halving, else 0.

    ``score``: the recall@1 of its held-out items, None where there is none; ``message``: why it failed;
    ``settings``: what is special about it, as its ``PlannedRun`` has them.
    """

    run: str
    state: State
    rung: int = 0
    score: float | None = None
    message: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()


def check_sweep_folder(folder: Path) -> None:
    """Check, before anything is read, that the runs of a sweep can lie in a folder.

    Raises
    ------
    UserError: if it is a run or lies in one, or a file is in the way.
    """
    shown = printable(str(folder))
    if is_run(folder):
        raise UserError(f"{shown} already holds a run", remedy="Choose another folder")
    refuse_unwritable(folder)
    refuse_run(folder)
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise UserError(f"{shown} cannot be made: {printable(str(there))} is a file", remedy="Choose another folder")


class SweepQueue:
    """The lines of the sweep in a folder, which is locked until ``close``."""

    def __init__(self, folder: Path) -> None:
        """Open or begin the queue of a folder, which is made.

        Raises
        ------
        UserError: if another process sweeps there, or it cannot be written: see ``check_sweep_folder``.
        """
        check_sweep_folder(folder)
        with saving(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / QUEUE_NAME
        self._lock = WriterLock(folder, LOCK_NAME, remedy="Wait for that sweep, or choose another folder")
        try:
            sweep(folder)  # what a run that was killed left beside its place
            entries, end = read_entries(self._path)
            self._last = {(entry.run, entry.rung): entry for entry in entries}
            with saving(self._path):
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
                os.ftruncate(self._descriptor, end)
                flush_folder(folder)
        except BaseException:
            self._lock.release()
            raise

    def of(self, run: str, rung: int = 0) -> Entry | None:
        """Return what became of a run last, None before it was begun."""
        return self._last.get((run, rung))

    def entries(self) -> tuple[Entry, ...]:
        """Return what became of all runs last, in the order in which they were begun first."""
        return tuple(self._last.values())

    def append(self, entry: Entry) -> None:
        """Write what became of a run; it is on the disk when this returns.

        Raises
        ------
        UserError: if it cannot be written.
        """
        text = json.dumps(asdict(entry), allow_nan=False).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        with saving(self._path):
            os.write(self._descriptor, line)
            flush_to_disk(self._descriptor)
        self._last[entry.run, entry.rung] = entry

    def close(self) -> None:
        """Let the folder go; doing so twice is harmless."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
            self._lock.release()


def read_entries(path: Path) -> tuple[list[Entry], int]:
    """Return the whole lines of a queue, and the length of the file up to the last newline. A missing one is empty.

    Raises
    ------
    UserError: if the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    end = content.rfind(b"\n") + 1
    found = (_entry(line) for line in content[:end].splitlines())
    return [entry for entry in found if entry is not None], end


def _entry(line: bytes) -> Entry | None:
    digest, _, text = line.partition(b" ")
    if digest != b"%08x" % zlib.crc32(text):
        return None
    try:
        said: dict[str, Any] = parse_json(text)
        settings = tuple((str(key), str(value)) for key, value in said.pop("settings", ()))
        return Entry(**said, settings=settings)
    except (ValueError, TypeError):  # of a newer version
        return None
