"""What is missing of the history of a run: a ``metrics.jsonl`` that was cut, emptied, damaged or left behind.

A run of a recipe measures every step, writes it before the checkpoint or snapshot of that step, and leaves no step out:
what the folder has weights of and the journal has not was there once. How a run ended stands in the journal before
``summary.json`` says so, and the manifest says how long the journal was then; from there on it only grows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError, printable
from explorer.core.events import RunFinished
from explorer.core.words import several
from explorer.runs.folder import RunFolder
from explorer.runs.journal import METRICS_NAME, History, read_history
from explorer.runs.manifest import size_in_manifest
from explorer.runs.parent import Parent, read_parent

Spans = tuple[tuple[int, int], ...]
"""Stretches of steps, first and last of each, ascending."""

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
    parent = _parent(folder.path) if missing else None
    if parent is not None:
        before, missing = missing, _beyond(missing, parent.missing)
        if not missing:
            lost_there = f"they were lost in {printable(parent.name)} before this was branched from it"
            return f"The curves of {name} lack {_steps(before)}: {lost_there}"
    if missing:
        return f"The curves of {name} lack {_steps(missing)}: {_why(file, shown)}. {REMEDY}"
    if history.damaged:
        return lines_lost(folder, history.damaged)
    if _is_shorter(folder, history):
        return (
            f"The history of {name} is shorter than it was when the run ended: "
            f"{shown} was cut, or lines of it were removed. {REMEDY}"
        )
    return ""


def lines_lost(folder: RunFolder, count: int) -> str:
    """Return in a sentence or two that so many lines of the journal of a run say nothing: they may be of others."""
    name, shown = printable(folder.path.name), printable(str(folder.path / METRICS_NAME))
    return (
        f"The history of {name} has {several(count, 'line')} that cannot be read: "
        f"{shown} is damaged, or something else has written to it. {REMEDY}"
    )


def _is_shorter(folder: RunFolder, history: History) -> bool:
    """Return whether the journal, of which no step is missing, had more to say when the run ended."""
    size = size_in_manifest(folder.path, METRICS_NAME)
    lacking = size - folder.history_bytes()  # asked after the manifest: the journal of a run that goes on is longer
    if lacking > 1 or (lacking == 1 and not _lacks_last_line_end(folder.path / METRICS_NAME)):
        return True
    said = folder.summary() or {}
    if size or said.get("ended") != RunFinished.__name__ or _tells(history, said):
        return False
    return not _tells(read_history(folder.path / METRICS_NAME, steps=False), said)  # it may have ended just now


def _lacks_last_line_end(file: Path) -> bool:
    """Return whether a journal ends within a line, as editors leave it that end no last line; that line may be whole.

    One that is not whole says nothing, and was told as such before.
    """
    try:
        with file.open("rb") as read:
            read.seek(-1, os.SEEK_END)
            return read.read() != b"\n"
    except OSError:  # such as an empty one
        return False


def _tells(history: History, said: Mapping[str, Any]) -> bool:
    """Return whether a history has the end that a summary tells of."""
    ends = [(one.step, one.seconds) for one in history.lifecycle if isinstance(one, RunFinished)]
    return (said.get("step"), said.get("seconds")) in ends


def _missing(history: History, until: int) -> Spans:
    """Return the stretches of steps, first and last of each, that were not measured up to where the run is."""
    ended = history.finished
    return gaps(history, max(until, ended.step if ended is not None else 0))


def gaps(history: History, last: int) -> Spans:
    """Return the steps that were not measured, at least up to the step ``last``."""
    found, expected = [], 1
    for first, end in history.measured:
        if first > expected:
            found.append((expected, first - 1))
        expected = end + 1
    if expected <= last:
        found.append((expected, last))
    return tuple(found)


def _beyond(missing: Spans, known: Spans) -> Spans:
    """Return what of stretches of steps lies in none of the known ones; both ascending."""
    left = []
    for first, last in missing:
        for begin, end in known:
            if begin > last or end < first:
                continue
            if begin > first:
                left.append((first, begin - 1))
            first = end + 1
        if first <= last:
            left.append((first, last))
    return tuple(left)


def _parent(folder: Path) -> Parent | None:
    try:
        return read_parent(folder)
    except UserError:  # damaged, and told elsewhere
        return None


def _steps(spans: Spans) -> str:
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
    return f"{shown} is empty, or was not there" if empty else f"{shown} was cut or damaged"
