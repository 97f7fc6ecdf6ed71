"""``metrics.jsonl``: one JSON object a line, each ending in the CRC-32 of what is before it.

A line is ``{"type":"step",…,"crc":"0a1b2c3d"}``. Lines are only ever appended; a torn tail (a crash in the middle of a
write) is dropped, a damaged line is skipped and counted. Empty lines are no damage, and neither are line ends that an
editor has made those of Windows or of an old Mac. What is no torn line of ours is never dropped.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from explorer.core.errors import UserError
from explorer.core.events import ItemsReady, ParameterChanged, RunFailed, RunFinished, RunPaused, RunResumed, RunStarted
from explorer.core.plain_files import check_plain
from explorer.core.types import PIXELS_RUN, Evaluation, StepMetrics
from explorer.runs.atomic import flush_folder, flush_to_disk, saving

Entry = (
    StepMetrics
    | Evaluation
    | ParameterChanged
    | RunStarted
    | ItemsReady
    | RunPaused
    | RunResumed
    | RunFinished
    | RunFailed
)

METRICS_NAME = "metrics.jsonl"
SYNC_SECONDS = 1.0
LINE_LIMIT = 1 << 20
BLOCK = 1 << 18
"""So many bytes are read at once."""

_TYPES: dict[bytes, type[Any]] = {
    b"step": StepMetrics,
    b"evaluation": Evaluation,
    b"parameter": ParameterChanged,
    b"started": RunStarted,
    b"ready": ItemsReady,
    b"paused": RunPaused,
    b"resumed": RunResumed,
    b"finished": RunFinished,
    b"failed": RunFailed,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}
_ADAPTERS: dict[bytes, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _TYPES.items()}

_HEAD = b'{"type":"'
_STEP = _HEAD + b'step"'
_NUMBER = b',"step":'
_TAIL = len(b',"crc":"00000000"}')


@dataclass(frozen=True, slots=True)
class History:
    """What a run has measured, in order. ``damaged``: lines that could not be read.

    Where a run was continued from an earlier step, what had been measured after that step is not repeated.
    ``measured``: the stretches of steps that were measured, first and last of each, ascending; known of a file also
    where the steps themselves are not read.
    """

    metrics: tuple[StepMetrics, ...]
    evaluations: tuple[Evaluation, ...]
    changes: tuple[ParameterChanged, ...]
    lifecycle: tuple[Entry, ...]
    damaged: int = 0
    measured: tuple[tuple[int, int], ...] = ()

    @property
    def finished(self) -> RunFinished | None:
        """The end of the run, or None if it was interrupted or goes on."""
        last = self.lifecycle[-1] if self.lifecycle else None
        return last if isinstance(last, RunFinished) else None


def encode(entry: Entry) -> bytes:
    """Return the line of an entry, with its newline."""
    name = _NAMES[type(entry)]
    # JSON has no NaN; the same text is read back as a number. The recipe has a file of its own
    fields = to_json(entry, inf_nan_mode="strings", exclude={"recipe"})
    body = _HEAD + name + b'",' + fields[1:-1]
    return body + _tail(body) + b"\n"


def decode(line: bytes) -> Entry | None:
    """Return the entry of a line (without newline), or None if the line is damaged."""
    line = line.removesuffix(b"\r")
    body = line[:-_TAIL]
    if not body.startswith(_HEAD) or not line.endswith(_tail(body)):
        return None
    adapter = _ADAPTERS.get(body[len(_HEAD) : body.find(b'"', len(_HEAD))])
    if adapter is None:
        return None
    try:
        entry: Entry = adapter.validate_json(body + b"}")
    except ValidationError:
        return None
    return entry


def read_history(path: Path, *, steps: bool = True, untouched: bool = False) -> History:
    """Read a journal from a live or dead run; a torn last line is dropped.

    ``steps``: with what each step measured, which is nearly all of it and takes nearly all of the time; else only which
    steps there are, and whether their lines are whole, unless the file is ``untouched`` since it was.

    Raises
    ------
    UserError: if the file cannot be opened. A missing one is an empty history.
    """
    reading = _Reading(steps, untouched)
    try:
        check_plain(path)
        with open(path, "rb") as file:
            for lines in _blocks(file):
                reading.take(lines)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror or error}", remedy="Put it back from a copy of the run"
        ) from error
    return assembled(reading.entries, reading.damaged, reading.stretches.found())


def is_empty(line: bytes) -> bool:
    """Return whether a line, with or without its end, says nothing."""
    return not line.strip()


def _blocks(file: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines of a file without their ends, many at a time, a torn last one not; too long ones in pieces.

    A last one that lacks nothing but its end, as some editors leave it, is among them.
    """
    rest = b""
    while block := file.read(BLOCK):
        *lines, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
        if len(rest) >= LINE_LIMIT:
            lines.append(rest)
            rest = b""
        yield lines
    if _is_whole(rest):
        yield [rest]


class _Reading:
    """What was read of a journal so far; without ``steps`` of each step its number alone."""

    def __init__(self, steps: bool, untouched: bool) -> None:
        self.entries: list[Entry] = []
        self.stretches = _Stretches()
        self.damaged = 0
        self._steps, self._untouched = steps, untouched
        self._head = b"\n"  # of the lines of steps, up to their numbers: at first of no line

    def take(self, lines: list[bytes]) -> None:
        """Take lines in."""
        if self._steps:
            for line in lines:
                self._take_one(line)
            return
        head, last, untouched, crc32 = self._head, self.stretches.last, self._untouched, zlib.crc32
        for line in lines:  # of steps there are ten thousands: nearly all are whole and of the next step
            if line.startswith(b"%s%d," % (head, last + 1)) and (
                untouched or line.endswith(b',"crc":"%08x"}' % crc32(line[:-_TAIL]))
            ):
                last += 1
                continue
            self.stretches.last = last
            self._take_one(line)
            head, last = self._head, self.stretches.last
        self.stretches.last = last

    def _take_one(self, line: bytes) -> None:
        entry = decode(line) if self._steps or not line.startswith(_STEP) else _step_of(line)
        if entry is None:
            self.damaged += not is_empty(line)
            return
        self.stretches.take(entry)
        if isinstance(entry, int):
            self._head = line[: line.find(_NUMBER) + len(_NUMBER)]
        else:
            self.entries.append(entry)


def _tail(body: bytes) -> bytes:
    """Return how the line ends that begins so."""
    return b',"crc":"%08x"}' % zlib.crc32(body)


def _is_whole(line: bytes) -> bool:
    """Return whether a line, without its end, ends as its beginning says."""
    return line.startswith(_HEAD) and line.endswith(_tail(line[:-_TAIL]))


def _is_torn(line: bytes) -> bool:
    """Return whether a last line without an end is one of ours that was cut off, or room that was never written to."""
    begun = line.rstrip(b"\0")
    return len(line) < LINE_LIMIT and begun.count(_HEAD) <= 1 and (begun.startswith(_HEAD) or _HEAD.startswith(begun))


def _step_of(line: bytes) -> int | None:
    """Return the number of the step that a line is of, or None if the line is damaged: without reading the rest."""
    line = line.removesuffix(b"\r")
    body = line[:-_TAIL]
    if not line.endswith(_tail(body)):
        return None
    begin = body.find(_NUMBER) + len(_NUMBER)
    number = body[begin : body.find(b",", begin)]
    return int(number) if number.isdigit() else None


class _Stretches:
    """Notes which steps were measured, in the order of the journal."""

    def __init__(self) -> None:
        self._found: list[list[int]] = []

    def take(self, entry: Entry | int) -> None:
        """Note a step, given alone or with what it measured, or that the run goes on from an earlier one."""
        if isinstance(entry, int):
            self._add(entry)
        elif isinstance(entry, StepMetrics):
            self._add(entry.step)
        elif isinstance(entry, RunStarted):
            self._cut(entry.step)

    @property
    def last(self) -> int:
        """The last step of the stretch that goes on; of none what comes before no step."""
        return self._found[-1][1] if self._found else -2

    @last.setter
    def last(self, step: int) -> None:
        if self._found:
            self._found[-1][1] = step

    def _add(self, step: int) -> None:
        if self._found and step <= self._found[-1][1]:
            self._cut(step - 1)  # where it went back the line that says so is lost
        if self._found and step == self._found[-1][1] + 1:
            self._found[-1][1] = step
        else:
            self._found.append([step, step])

    def _cut(self, step: int) -> None:
        while self._found and self._found[-1][0] > step:
            self._found.pop()
        if self._found:
            self._found[-1][1] = min(self._found[-1][1], step)

    def found(self) -> tuple[tuple[int, int], ...]:
        return tuple((first, last) for first, last in self._found)


def assembled(entries: Iterable[Entry], damaged: int = 0, measured: tuple[tuple[int, int], ...] = ()) -> History:
    """Return what a run has measured, from the entries of its journal in their order."""
    metrics: list[StepMetrics] = []
    evaluations: dict[tuple[str, str, str, int], Evaluation] = {}  # a continued run repeats that of its first step
    changes: list[ParameterChanged] = []
    lifecycle: list[Entry] = []
    for entry in entries:
        if isinstance(entry, RunStarted):
            step = entry.step
            metrics = [m for m in metrics if m.step <= step]
            evaluations = {key: e for key, e in evaluations.items() if e.step <= step}
            changes = [c for c in changes if c.step <= step]
        if isinstance(entry, StepMetrics):
            if metrics and entry.step <= metrics[-1].step:  # where it went back the line that says so is lost
                metrics = [m for m in metrics if m.step < entry.step]
            metrics.append(entry)
        elif isinstance(entry, Evaluation):
            evaluations[entry.protocol, entry.run, entry.part, entry.step] = entry
        elif isinstance(entry, ParameterChanged):
            changes.append(entry)
        else:
            lifecycle.append(entry)
    return History(tuple(metrics), tuple(evaluations.values()), tuple(changes), tuple(lifecycle), damaged, measured)


def goodness(entries: Iterable[Entry]) -> dict[int, float]:
    """Return by step how good a run was found to be on held-out items, more is better: recall@1, or less mean error."""
    found = {}
    for entry in entries:
        if isinstance(entry, Evaluation) and entry.run != PIXELS_RUN and entry.part == "held-out":
            if "recall@1" in entry.metrics:
                found[entry.step] = entry.metrics["recall@1"]
            elif "mean_error" in entry.metrics:
                found[entry.step] = -entry.metrics["mean_error"]
    return found


class Journal:
    """Appends to ``metrics.jsonl``. Every append reaches the operating system at once and the disk within a second.

    May be called from several threads.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        with saving(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            self._end = _end_of_last_line(self._descriptor)
            os.lseek(self._descriptor, self._end, os.SEEK_SET)
            last = os.read(self._descriptor, LINE_LIMIT)
            if _is_whole(last) or not _is_torn(last):  # an editor took its end away, or it is something else
                self._end = os.lseek(self._descriptor, 0, os.SEEK_END)
                self._end += os.write(self._descriptor, b"\n")
            os.ftruncate(self._descriptor, self._end)
            flush_folder(path.parent)
        self._synced, self._synced_at = self._end, clock()

    def append(self, entries: Iterable[Entry]) -> None:
        """Append entries.

        Raises
        ------
        UserError: if the disk is full or gone; the journal then ends where it did before.
        """
        data = memoryview(b"".join(encode(entry) for entry in entries))
        with self._lock, saving(self._path):
            try:
                position = self._end
                os.lseek(self._descriptor, position, os.SEEK_SET)
                while data:
                    written = os.write(self._descriptor, data)
                    position, data = position + written, data[written:]
            except OSError:
                os.ftruncate(self._descriptor, self._end)
                raise
            self._end = position
            if self._clock() - self._synced_at >= SYNC_SECONDS:
                self._sync()

    def sync(self) -> None:
        """Force what was appended to the disk now."""
        with self._lock, saving(self._path):
            self._sync()

    def _sync(self) -> None:
        if self._synced != self._end:
            flush_to_disk(self._descriptor)
        self._synced, self._synced_at = self._end, self._clock()

    def close(self) -> None:
        """Sync and close; doing so twice is harmless."""
        with self._lock:
            if self._descriptor < 0:
                return
            descriptor, self._descriptor = self._descriptor, -1
            try:
                with saving(self._path):
                    flush_to_disk(descriptor)
            finally:
                os.close(descriptor)


def _end_of_last_line(descriptor: int) -> int:
    """Return the length of a file up to and including its last line end."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - 65536)
        os.lseek(descriptor, start, os.SEEK_SET)
        read = os.read(descriptor, end - start)
        found = max(read.rfind(b"\n"), read.rfind(b"\r"))
        if found >= 0:
            return start + found + 1
        end = start
    return 0
