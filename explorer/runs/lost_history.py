"""What is missing of the history of a run: a ``metrics.jsonl`` that was cut, emptied, damaged or left behind.

A run of a recipe measures every step, writes it before the checkpoint or snapshot of that step, and leaves no step out:
what the folder has weights of and the journal has not was there once.
"""

from __future__ import annotations

from pathlib import Path

from explorer.core.errors import printable
from explorer.core.words import several
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME, History, read_history

REMEDY = "Put the file back from a copy of the run, if there is one: weights and snapshots lie in files of their own"


def kept_until(folder: RunFolder) -> int:
    """Return the last step that something is kept of beside the journal; of a run that is written ask this first."""
    return max((*folder.checkpoint_steps()[-1:], *folder.snapshot_steps()[-1:]), default=0)


def lost_of(folder: RunFolder) -> str:
    """Read the journal of a run and return in a sentence or two what it lacks, empty where it is whole.

    Raises
    ------
    UserError: if it cannot be read.
    """
    until = kept_until(folder)
    return lost(folder, read_history(folder.path / METRICS_NAME, steps=False), until)


def lost(folder: RunFolder, history: History, until: int) -> str:
    """Return what a history lacks up to a step, ``until`` as ``kept_until`` says it; empty where it is whole."""
    file = folder.path / METRICS_NAME
    name, shown = printable(folder.path.name), printable(str(file))
    missing = _missing(history, until) if not folder.header.script else ()
    if missing:
        return f"The curves of {name} lack {_steps(missing)}: {_why(file, shown)}. {REMEDY}"
    return lines_lost(folder, history.damaged) if history.damaged else ""


def lines_lost(folder: RunFolder, count: int) -> str:
    """Return in a sentence or two that so many lines of the journal of a run are damaged."""
    name, shown = printable(folder.path.name), printable(str(folder.path / METRICS_NAME))
    return f"The history of {name} lacks {several(count, 'line')}: {shown} is damaged. {REMEDY}"


def _missing(history: History, until: int) -> tuple[tuple[int, int], ...]:
    """Return the stretches of steps, first and last of each, that were not measured up to where the run is."""
    ended = history.finished
    last = max(until, ended.step if ended is not None else 0)
    gaps, expected = [], 1
    for first, end in history.measured:
        if first > expected:
            gaps.append((expected, first - 1))
        expected = end + 1
    if expected <= last:
        gaps.append((expected, last))
    return tuple(gaps)


def _steps(spans: tuple[tuple[int, int], ...]) -> str:
    (first, end), (_, last) = spans[0], spans[-1]
    if len(spans) > 1:
        count = sum(end - first + 1 for first, end in spans)
        return f"{several(count, 'step')} between {first:,} and {last:,}"
    return f"step {first:,}" if first == end else f"steps {first:,} to {end:,}"


def _why(file: Path, shown: str) -> str:
    try:
        empty = not file.stat().st_size
    except OSError:
        return f"{shown} is not there"
    return f"{shown} is empty" if empty else f"{shown} was cut or damaged"
