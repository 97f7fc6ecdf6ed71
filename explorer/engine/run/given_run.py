"""Given pairs, triplets and must-link lists between a session and the runs that are trained on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.given_tuples import GivenTuples, given_of
from explorer.core.label_decisions import DecidedLabels
from explorer.core.types import UNLABELLED, IntArray
from explorer.runs.given_file import read_content, read_record

if TYPE_CHECKING:
    from explorer.learn.task import Task


def given_in(folder: Path, ids: Sequence[str], now: GivenTuples | None = None) -> GivenTuples | None:
    """Return what was given to the run in a folder, of items ``ids`` (N,); None where nothing was.

    ``now``: what is given already, which is not read again.

    Raises
    ------
    UserError: if it is damaged, or names what is none of the items.
    """
    record = read_record(folder)
    if record is None or (now is not None and (now.kind, now.digest) == (record.kind, record.digest)):
        return now if record is not None else None
    return given_of(record.name, read_content(folder, record), record.kind, ids)


def with_given(task: Task, given: GivenTuples | None) -> Task:
    """Return a task that trains on what is given: the groups of must-link lists take the place of the classes."""
    if given is None or given.tuples:
        return replace(task, given=given)
    groups, ask = given.groups(len(task.labels)), task.decided

    def decided() -> DecidedLabels | None:
        now = ask()
        return None if now is None else grouped(now, groups)

    return replace(task, given=given, labels=groups, decided=decided)


def grouped(now: DecidedLabels, groups: IntArray) -> DecidedLabels:
    """Return what was decided about labels as far as groups (N,) have it: what is excluded has none."""
    labels = groups.copy()
    labels[now.excluded] = UNLABELLED
    return DecidedLabels(labels, now.excluded)
