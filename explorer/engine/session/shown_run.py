"""The run that is shown, as a job takes it: once, so that all of a job is of one run; and what was changed with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from explorer.core.errors import UserError
from explorer.core.types import Snapshot
from explorer.data.dataset import Dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.session.state import SessionState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run with its data, its folder, and the embeddings that are shown of it, None before there are any."""

    generation: int
    opened: Opened
    run: str
    folder: Path
    snapshot: Snapshot | None

    @property
    def dataset(self) -> Dataset:
        """The data as they came."""
        return self.opened.dataset


def shown_run(session: SessionState) -> ShownRun | None:
    """Return what is shown, None before there is a run with a folder."""
    with session.lock:
        opened, folder = session.opened, session.run_path
        if opened is None or folder is None:
            return None
        return ShownRun(session.generation, opened, session.run, folder, session.in_view()[0])


def needed_run(session: SessionState, what: str) -> ShownRun:
    """Return what is shown, where ``what`` is kept with a run.

    Raises
    ------
    UserError: before there is a run with a folder.
    """
    shown = shown_run(session)
    if shown is None:
        raise UserError(f"{what} kept with a run", remedy="Train first, or open a saved run")
    return shown


class ChangeHistory(Generic[T]):
    """What something that is kept with a run was before and after each of its last changes; of one run at a time.

    ``most``: how many changes are remembered.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._run = ""
        self._changes: list[tuple[T, T]] = []

    def __bool__(self) -> bool:
        return bool(self._changes)

    def follow(self, run: str) -> None:
        """Be of this run: changes of another one are forgotten."""
        if run != self._run:
            self._run, self._changes = run, []

    def add(self, before: T, after: T) -> None:
        """Note a change; of many the oldest are forgotten."""
        self._changes = [*self._changes, (before, after)][-self._most :]

    def take(self) -> tuple[T, T]:
        """Return the last change, which is to be taken back, and forget it."""
        return self._changes.pop()
