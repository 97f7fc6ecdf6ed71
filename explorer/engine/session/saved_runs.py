"""The saved runs, for a window that lists them: reading, naming, deleting and bringing back, in the background."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.result_kinds import result
from explorer.core.types import ByteArray
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs, progress_of
from explorer.engine.lanes import Lanes
from explorer.engine.run.run_thumbnail import thumbnail
from explorer.engine.run_curves import RunCurves, curves_of
from explorer.engine.run_rows import RunRow
from explorer.engine.run_table import RunTable, TableReader, write_csv
from explorer.engine.run_trash import RunTrash
from explorer.engine.saved_runs import MOST, DeletedRun, RunGlance, RunReader, run_paths
from explorer.runs.folder import RunFolder
from explorer.runs.notes import RunNotes, write_notes

GROUP = "saved runs"


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunDeleted:
    """A run was moved from ``path`` into the trash, where it is ``moved``. It can be brought back for a week."""

    path: Path
    moved: Path


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunBroughtBack:
    """A run that was deleted, and lay in the trash as ``moved``, is there again, as ``path``."""

    path: Path
    moved: Path


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunsRefreshed:
    """What is said now of those of a few runs of which it is something else, and how many seconds it took to read."""

    runs: tuple[RunGlance, ...]
    seconds: float


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class NotesNotKept:
    """What a person said of a run could not be written to it, and why."""

    path: Path
    notes: RunNotes
    problem: str


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class TrashEmptied:
    """All deleted runs were removed for good, which has freed so many bytes."""

    size: int


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class RunThumbnails:
    """The last maps of some runs, small: RGBA (120, 168, 4) each, None where a run has none."""

    pictures: tuple[tuple[Path, ByteArray | None], ...]


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class RunTableFound:
    """All saved runs as a table, newest first. ``left``: how many more there are, which are read now."""

    folder: Path
    table: RunTable
    left: int = 0


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class RunCurvesRead:
    """The curves of some runs, in the order in which they were asked for."""

    curves: tuple[RunCurves, ...]


class SessionRuns:
    """Every method returns at once. ``RunsFound`` follows each, as a list that is shown has to change then.

    Once somebody looked at ``every`` run, ``RunTableFound`` follows it.
    """

    def __init__(self, lanes: Lanes, jobs: Jobs, folder: Path, shown: Callable[[], Path | None]) -> None:
        self._lanes, self._jobs, self._folder, self._shown = lanes, jobs, folder, shown
        self._reader, self._tables = RunReader(), TableReader(folder)
        self._trash = RunTrash(folder)
        self._also: tuple[Path, ...] = ()
        self._every = False
        self._told: dict[Path, RunGlance] = {}

    def look(self, also: Iterable[Path] = (), *, every: bool = False) -> None:
        """Look for the newest saved runs, and whether ``also`` are some; ``every``: for the table too, from now on."""
        self._also, self._every = tuple(also), self._every or every
        self.refresh()

    def refresh(self) -> None:
        """Look for the saved runs as they were last looked for."""
        self._jobs.start("Look for saved runs", self._look, quiet=True, group=GROUP)

    def look_again(self, runs: Iterable[Path]) -> None:
        """Read again what is said of a few runs, such as those that train, and of what others wrote: ``RunsRefreshed``.

        Where there are other runs by now than somebody who looked at ``every`` one was told, these are told anew.
        """
        self._jobs.start("Look at runs again", partial(self._look_again, tuple(runs)), quiet=True, group=GROUP)

    def note(self, run: Path, notes: RunNotes) -> None:
        """Keep what a person says of a run with it; where it cannot be: ``NotesNotKept``."""

        def keep() -> None:
            try:
                write_notes(run, notes)
            except UserError as error:  # whoever typed it has to be told more than what is wrong with the folder
                self._lanes.post(NotesNotKept(run, notes, str(error)))

        self._change("Keep the notes", keep)

    def delete(self, *runs: Path) -> None:
        """Move runs into the trash of the folder of runs: ``RunDeleted`` of each."""
        self._change("Delete runs", partial(self._delete_all, runs))

    def bring_back(self, moved: Path) -> None:
        """Move a deleted run back: ``RunBroughtBack``."""
        self._change("Bring a run back", lambda: self._lanes.post(RunBroughtBack(self._trash.take_back(moved), moved)))

    def expire_trash(self) -> None:
        """Remove for good what was deleted longer ago than it is kept."""
        self._jobs.start("Remove old deleted runs", lambda _job: self._trash.expire(), quiet=True, group=GROUP)

    def empty_trash(self) -> None:
        """Remove for good all that was deleted: ``TrashEmptied``."""
        self._change("Empty the trash", lambda: self._lanes.post(TrashEmptied(self._trash.empty())))

    def read_thumbnails(self, runs: Sequence[Path]) -> None:
        """Read the small maps of some runs: ``RunThumbnails``."""
        self._jobs.start("Read small maps", partial(self._read, tuple(runs)), quiet=True, group="small maps")

    def read_curves(self, runs: Sequence[Path]) -> None:
        """Read what some runs measured while they were trained: ``RunCurvesRead``."""

        def read(job: Control) -> None:
            progress = progress_of(job)
            found = []
            for number, run in enumerate(runs):
                progress("", number, len(runs))
                with suppress(UserError):  # a run may have been deleted meanwhile
                    found.append(curves_of(run))
            self._lanes.post(RunCurvesRead(tuple(found)))

        self._jobs.start("Read curves", read, quiet=True, group="curves of runs")

    def write_table(self, file: Path, table: RunTable, rows: Sequence[RunRow]) -> None:
        """Write rows of a table as CSV: a ``Notice`` says when that is done."""

        def write(_job: Control) -> None:
            write_csv(file, table, rows)
            self._lanes.post(Notice(f"Saved {printable(str(file))}", folder=file.parent))

        self._jobs.start("Save the table", write, group=GROUP, writes=file.name)

    def _change(self, title: str, work: Callable[[], object]) -> None:
        def changed(job: Control) -> None:
            try:
                work()
            finally:  # what was refused may be another's doing, which the list does not show yet
                self._look(job)

        self._jobs.start(title, changed, quiet=True, group=GROUP)

    def _look(self, job: Control) -> None:
        paths = run_paths(self._folder, self._also)
        deleted = tuple(DeletedRun(run, self._reader.glance(run.moved)) for run in self._trash.deleted())
        self._reader.found(self._folder, paths, MOST, lambda found: self._lanes.post(replace(found, deleted=deleted)))
        if self._every:
            tell = self._tell_of_table
            tell(self._tables.table(self._also, progress_of(job), tell), 0)

    def _tell_of_table(self, table: RunTable, left: int) -> None:
        self._told = {}  # what is written after this table was read is told once more, whichever comes first
        self._lanes.post(RunTableFound(self._folder, table, left))

    def _look_again(self, runs: tuple[Path, ...], job: Control) -> None:
        began, fresh = time.monotonic(), list[RunGlance]()
        try:
            others, written = self._tables.changed(self._also) if self._every else (False, [])
            if others:
                self._look(job)
            for run in dict.fromkeys((*runs, *written)):
                glance = self._reader.glance(run)
                if glance is not None and glance is not self._told.get(run):
                    self._told[run] = glance
                    fresh.append(glance)
        finally:  # who asks again once it is told would wait for ever
            self._lanes.post(RunsRefreshed(tuple(fresh), time.monotonic() - began))

    def _delete_all(self, runs: Sequence[Path]) -> None:
        """Delete all that can be; then say why the first that cannot is still there."""
        refused: list[UserError] = []
        for run in runs:
            try:
                self._delete(run)
            except UserError as error:
                refused.append(error)
        if refused:
            raise refused[0]

    def _delete(self, run: Path) -> None:
        if self._shown() == run:
            raise UserError(f"{run.name} is what is shown", remedy="Open another run or data, and delete it then")
        self._lanes.post(RunDeleted(run, self._trash.put(run)))

    def _read(self, runs: tuple[Path, ...], job: Control) -> None:
        found: list[tuple[Path, ByteArray | None]] = []
        for run in runs:
            picture = None
            with suppress(UserError):
                picture = None if job.cancelled() else thumbnail(RunFolder.open(run))
            found.append((run, picture))
        self._lanes.post(RunThumbnails(tuple(found)))
