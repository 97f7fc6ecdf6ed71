"""What the run that is shown and the program keep on the disk, in the background, and freeing some of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.result_kinds import result
from explorer.engine.disk_use import Row, free_place, megabytes, places, rows_of_places, rows_of_run
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.shown_run import ShownRun, needed_run, shown_run
from explorer.engine.session.state import SessionState
from explorer.runs.disk_use import PARTS, give_up, run_use
from explorer.runs.folder import Part, RunFolder

GROUP = "disk use"


@dataclass(frozen=True, slots=True)
class RunRows:
    """What the run that is shown takes: its folder, its bytes, and the lines on its parts."""

    folder: Path
    size: int
    rows: tuple[Row, ...]


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class DiskUseFound:
    """What is kept: of the run that is shown (None: there is none with a folder), and by the program."""

    run: RunRows | None
    places: tuple[Row, ...]


class SessionDisk:
    """Looks and frees; every method returns at once, and ``DiskUseFound`` follows."""

    def __init__(self, session: SessionState, jobs: Jobs, cache: Path | None, runs: Path) -> None:
        self._session, self._jobs, self._cache, self._runs = session, jobs, cache, runs

    def look(self) -> None:
        """Tell what is kept now."""
        self._jobs.start("Add up what is kept", lambda _job: self._tell(), quiet=True, group=GROUP)

    def free(self, what: str) -> int:
        """Give up a part of the run that is shown, the ``cache`` or the ``trash``; return the id of the job."""
        return self._jobs.start(f"Free {what}", partial(self._free, what), group=GROUP)

    def _free(self, what: str, _job: Control) -> None:
        part: Part | None = next((part for part in PARTS if part == what), None)
        if part is not None:
            freed = self._give_up(needed_run(self._session, "steps are"), part)
        else:
            freed = free_place(what, self._runs, self._cache)
        self._session.lanes.post(Notice(f"{megabytes(freed)} of {what} freed"))
        self._tell()

    def _give_up(self, shown: ShownRun, part: Part) -> int:
        """Free a part of a run, which this session may have open for writing itself."""
        session = self._session
        with session.lock:
            running, busy = session.running, session.busy()
        if busy:
            raise UserError("Nothing of a run is given up while it trains", remedy="Let it end, or stop it")
        if running is not None and running.run == shown.run and running.folder is not None:
            run, freed = running.folder, give_up(running.folder, part)
        else:
            with RunFolder.open(shown.folder, writable=True) as run:
                freed = give_up(run, part)
        session.keeps(shown.run, run.kept_steps(), run.kept_bytes())
        session.tell()
        return freed

    def _tell(self) -> None:
        shown = shown_run(self._session)
        found = None
        if shown is not None:
            use = run_use(RunFolder.open(shown.folder))
            found = RunRows(shown.folder, use.size, rows_of_run(use))
        self._session.lanes.post(DiskUseFound(found, rows_of_places(places(self._runs, self._cache))))
