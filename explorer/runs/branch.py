"""A branch: a new run that has the past of another one up to a step, and goes on from there by itself.

The parent is read and never changed; see ``parent`` for what the branch says of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from explorer.core.data_in_use import refuse_data
from explorer.core.errors import UserError, printable
from explorer.core.events import Checkpoint, ParameterChanged, RunFinished, RunStarted
from explorer.core.types import PIXELS_RUN, Evaluation, StepMetrics
from explorer.runs.atomic import flush_folder, saving, temporary_name, write_file
from explorer.runs.creation import check_free
from explorer.runs.folder import RunFolder
from explorer.runs.given_file import copy_given
from explorer.runs.journal import Entry, History
from explorer.runs.lost_history import gaps
from explorer.runs.parent import PARENT_NAME, Parent, seconds_before
from explorer.runs.sealed import sealed
from explorer.runs.seen_inputs import INPUTS_NAME
from explorer.runs.sign_of_life import SignOfLife, read_sign

MOST_MISSING = 1_000
"""Stretches of steps that the parent lacks which are noted one by one; of more from the first to the last."""


def checkpoint_to_branch(parent: RunFolder, step: int) -> Checkpoint:
    """Return the checkpoint of a run from which a branch can go on: weights, moments and random states of a step.

    Raises
    ------
    UserError: if there is none of that step, or it is damaged; those that there are, are named.
    """
    found, passed = parent.search_checkpoint(step)
    if found is None or found.step != step:
        shown = printable(str(parent.path))
        steps = ", ".join(str(other) for other in parent.checkpoint_steps() if other != step)
        raise UserError(
            f"{shown} has no whole checkpoint of step {step}{f'. {passed}' if passed else ''}",
            remedy=f"Choose one of {steps}" if steps else "It has none yet",
        )
    return found


def write_branch(parent: RunFolder, step: int, path: Path) -> None:
    """Write a new run with what the parent was and measured up to ``step``, and its checkpoint of that step.

    The folder appears under its name at once and whole. Of the steps that can be shown again it has the last one up to
    ``step``, with whose map it begins; those before stay with the parent.

    Raises
    ------
    UserError: if there is no such checkpoint, something is in the way, or it cannot be written.
    """
    path = path.expanduser().absolute()
    check_free(path)
    refuse_data(path)
    checkpoint = checkpoint_to_branch(parent, step)
    with saving(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    beside = temporary_name(path)
    try:
        with RunFolder.create(beside, parent.recipe, parent.data, parent.items) as branch:
            with suppress(FileNotFoundError):
                write_file(beside / INPUTS_NAME, [(parent.path / INPUTS_NAME).read_bytes()])
            copy_given(parent.path, beside)
            history = parent.history()
            branch.append(_past(history, step, branch.run))
            branch.write_checkpoint(replace(checkpoint, run=branch.run))
            _keep_begin(parent, step, branch)
            missing = tuple((first, min(last, step)) for first, last in gaps(history, step) if first <= step)
            if len(missing) > MOST_MISSING:
                missing = ((missing[0][0], missing[-1][1]),)
            taken = seconds_at(parent.path, history, step)
            told = Parent(run=parent.run, name=parent.path.name, step=step, missing=missing, seconds=taken)
            write_file(beside / PARENT_NAME, [sealed(told.model_dump())])
        with saving(path):
            if path.is_dir():  # an empty one, see check_free; Windows renames onto nothing
                path.rmdir()
            os.rename(beside, path)
            flush_folder(path.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _keep_begin(parent: RunFolder, step: int, branch: RunFolder) -> None:
    """Keep for good what was shown last of the parent up to a step; nothing where that is damaged."""
    steps = [kept.step for kept in parent.kept_steps() if kept.step <= step]
    if steps:
        with suppress(UserError):
            snapshot, projection = parent.snapshot(steps[-1]), parent.projection(steps[-1])
            branch.write_snapshot(replace(snapshot, run=branch.run), key=True)
            branch.write_projection(replace(projection, run=branch.run))


def _past(history: History, step: int, run: str) -> Iterator[Entry]:
    """Yield what the parent measured up to a step, in order of the steps, as of another run."""
    began = [event for event in history.lifecycle if isinstance(event, RunStarted) and event.step <= step]
    measured: list[StepMetrics | Evaluation | ParameterChanged] = [
        *history.metrics,
        *history.evaluations,
        *history.changes,
    ]
    past = sorted((entry for entry in measured if entry.step <= step), key=lambda entry: entry.step)
    yield from (replace(event, run=run) for event in began)
    yield from (entry if entry.run == PIXELS_RUN else replace(entry, run=run) for entry in past)


def seconds_at(path: Path, history: History, step: int) -> float | None:
    """Return for how many seconds the run in ``path`` was trained up to a step, None where nobody knows.

    It says so where it ended; between two such steps each step is taken for as long as the others.
    """
    known = seconds_before(path)
    sign = read_sign(path)
    ends = [*history.lifecycle, *([sign] if sign is not None and sign.seconds else [])]
    found, began = None, 0
    for event in ends:
        if isinstance(event, RunStarted):
            began = event.step
        elif isinstance(event, RunFinished | SignOfLife):
            if known is not None and began <= step <= event.step:
                share = (step - began) / max(1, event.step - began)
                found = known + share * (event.seconds - known)
            known, began = event.seconds, event.step
    return found


def planned_epochs_at(parent: RunFolder, step: int) -> int:
    """Return how many epochs a run was to have when it trained a step, 0 where it does not say."""
    began = [event for event in parent.history().lifecycle if isinstance(event, RunStarted)]
    before = [event.epochs for event in began if event.step <= step]
    return before[-1] if before else 0
