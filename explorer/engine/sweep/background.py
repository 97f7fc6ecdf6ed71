"""A sweep beside a window: in a process of its own, with its progress among the jobs of the session."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import Cancelled, UserError
from explorer.core.given_tuples import GivenTuples
from explorer.core.result_kinds import result
from explorer.core.spawned import apart_from_main, end
from explorer.engine.jobs import Control
from explorer.engine.paths import free_path
from explorer.engine.run_table import read_table
from explorer.engine.saved_runs import PLAN_NAME
from explorer.engine.session.session import Session
from explorer.engine.sweep.kept_plan import SweepPlan, read_plan, trained_so_far, write_plan
from explorer.engine.sweep.process import PARTS, Ended, OneMore, Went, main
from explorer.engine.sweep.queue import QUEUE_NAME, read_entries
from explorer.engine.sweep.summary import Combination, combinations_found, verdict
from explorer.runs.atomic import saving, write_file

LOOK_SECONDS = 0.2
SAVING_SECONDS = 60.0
"""How long the process may take to save its run once nobody listens: it goes on from what it has saved before."""
GIVEN_NAME = "given"
"""A folder beside the plan, with what is trained on in place of classes: a sweep is gone on with after that is gone."""
TITLE = "Train several runs"


@dataclass(frozen=True, slots=True)
class LeftSweep:
    """A sweep of which not all was trained: ``done`` of so many ``runs`` on the data of that ``name``."""

    folder: Path
    name: str
    runs: int
    done: int


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class SweepsLeft:
    """The sweeps in the folder of runs that can be gone on with, the newest first."""

    sweeps: tuple[LeftSweep, ...]


@result("sent", "session")
@dataclass(frozen=True, slots=True)
class SweepEnded:
    """A sweep is over: what each combination came to, best first, and in one sentence what can be said of it.

    ``stopped``: not all was trained; ``begun``: runs that are kept where they were stopped, and are gone on with.
    """

    folder: Path
    name: str
    runs: int
    begun: int
    failed: int
    found: tuple[Combination, ...]
    verdict: str
    stopped: bool


class BackgroundSweeps:
    """The sweeps of a window, one at a time. Every method returns at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._job = 0
        self._training = False

    @property
    def training(self) -> bool:
        """Whether a sweep is under way."""
        return self._training

    def start(self, plan: SweepPlan, given: GivenTuples | None = None) -> None:
        """Train a sweep in a new folder below that of the runs: ``SweepEnded``; ``given``: what is trained on.

        Raises
        ------
        UserError: if one is under way.
        """
        folder = free_path(self._session.runs_folder, time.strftime("sweep-%Y%m%d-%H%M%S"))
        if given is not None:
            plan = plan.model_copy(update={"given": (str(folder / GIVEN_NAME / Path(given.name).name), given.kind)})
        self._begin(folder, plan, given)

    def go_on(self, folder: Path) -> None:
        """Train what is left of the sweep in a folder: ``SweepEnded``.

        Raises
        ------
        UserError: if one is under way, or its plan cannot be read.
        """
        plan = read_plan(folder)
        if plan is not None:
            self._begin(folder, plan)

    def stop(self) -> None:
        """Stop the run that trains, save it, and begin no other: it can be gone on with."""
        self._session.cancel(self._job)

    def look(self) -> None:
        """Look for sweeps of which something is left: ``SweepsLeft``."""
        self._session.start("Look for sweeps", self._look, quiet=True)

    def _begin(self, folder: Path, plan: SweepPlan, given: GivenTuples | None = None) -> None:
        if self._training:
            raise UserError("Several runs are trained already", remedy="Stop them first, or wait for their end")
        self._training = True  # not by the number of the job: that is known here after a short one has ended
        self._job = self._session.start(TITLE, lambda control: self._train(folder, plan, given, control))
        if not self._job:
            self._training = False

    def _train(self, folder: Path, plan: SweepPlan, given: GivenTuples | None, control: Control) -> None:
        try:
            plan.runs()  # before anything is written: what cannot be is told
            write_plan(folder, plan)
            if given is not None:
                with saving(folder):
                    (folder / GIVEN_NAME).mkdir(exist_ok=True)
                write_file(Path(plan.given[0]), [given.content])
            stopped = self._follow(folder, plan, control)
            self._session.lanes.post(_ended(folder, plan, stopped=stopped))
        finally:
            self._training = False
            self._session.runs.refresh()
        if stopped:
            raise Cancelled

    def _follow(self, folder: Path, plan: SweepPlan, control: Control) -> bool:
        """Tell how far the process is until it has ended; return whether it was stopped."""
        with _Process(folder, plan) as process:
            train: dict[int, Went] = {}
            for told in process.told(control):
                if isinstance(told, Went):
                    train[told.run] = told
                    control.progress(*_progress(train.values()))
                elif isinstance(told, OneMore):
                    train.pop(told.run, None)
                    self._session.runs.refresh()
                elif told.refused:
                    raise UserError(told.refused)
                else:
                    return told.stopped
        raise UserError("The process that trained the runs has ended by itself", remedy="Go on with the sweep")

    def _look(self, _control: Control) -> None:
        found = []
        for path in sorted(self._session.runs_folder.glob(f"*/{PLAN_NAME}"), reverse=True):
            with suppress(UserError):
                plan = read_plan(path.parent)
                if plan is not None and not plan.ended:
                    found.append(LeftSweep(path.parent, plan.name, plan.count(), trained_so_far(path.parent)))
        self._session.lanes.post(SweepsLeft(tuple(found)))


class _Process:
    """The process of a sweep, at the other end of a pipe."""

    def __init__(self, folder: Path, plan: SweepPlan) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, str(folder), plan.model_dump_json(), 0)
        self._process = context.Process(target=main, args=arguments, name="embedding-explorer sweep")
        try:
            with apart_from_main():
                self._process.start()
        finally:
            theirs.close()

    def told(self, control: Control) -> Iterator[Went | OneMore | Ended]:
        """Yield what it tells until it ends; it is told to stop once where the job is cancelled."""
        asked = False
        while True:
            if control.cancelled() and not asked:
                asked = True
                with suppress(OSError):
                    self._pipe.send("stop")
            try:
                if self._pipe.poll(LOOK_SECONDS):
                    yield self._pipe.recv()
            except (EOFError, OSError):
                return

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()  # which asks it to end
        end(self._process, SAVING_SECONDS)


def _progress(train: Collection[Went]) -> tuple[str, int, int]:
    """Return what is said of the runs that train, how far all are, and how far they will be."""
    words = [f"run {went.run} of {went.runs}{f' on {went.device}' if went.device else ''}" for went in train]
    ended = max(went.run for went in train) - len(train)
    return " · ".join(words), ended * PARTS + sum(went.done for went in train), max(went.runs for went in train) * PARTS


def _ended(folder: Path, plan: SweepPlan, *, stopped: bool) -> SweepEnded:
    entries, _end = read_entries(folder / QUEUE_NAME)
    runs = plan.runs(entries)
    last = {entry.run: entry for entry in entries if entry.state != "started"}
    trained = [run for run in runs if run.name in last]
    known = [last[run.name] for run in trained]
    found = combinations_found(trained, known, read_table(folder).rows)
    failed = sum(entry.state == "failed" for entry in known)
    begun = len({entry.run for entry in entries} - last.keys())
    said = "" if stopped else verdict(found)
    return SweepEnded(folder, plan.name, len(known), begun, failed, found, said, stopped)
