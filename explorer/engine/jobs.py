"""Background jobs: each has an id, a title, progress and a way to cancel it, and runs in a plain thread."""

from __future__ import annotations

import itertools
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from explorer.core.errors import Cancelled, UserError
from explorer.core.extensions import failed_in
from explorer.core.threads import begin
from explorer.core.types import JobState, JobStatus
from explorer.engine.events import Notice
from explorer.engine.lanes import Lanes


class AlreadyReported(Exception):
    """The work failed and has already told the user why."""


STATUS_INTERVAL = 0.1
"""Seconds between two progress messages of one job."""


_NO_DIGITS = str.maketrans("", "", "0123456789")


class Control(Protocol):
    """What the work of a job gets: a way to report and a way to ask whether it should stop."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Report how far the work is; ``total`` 0 where the length is unknown."""

    def cancelled(self) -> bool:
        """Return whether somebody asked for the job to end."""


def progress_of(control: Control) -> Callable[[str, int, int], None]:
    """Return what tells how far a job is, and ends it where it was cancelled."""

    def progress(stage: str, done: int, total: int) -> None:
        if control.cancelled():
            raise Cancelled
        control.progress(stage, done, total)

    return progress


class Job:
    """One piece of background work; made by ``Jobs.start``."""

    def __init__(
        self, id: int, title: str, lanes: Lanes, group: threading.Lock | None, *, quiet: bool, writes: str = ""
    ) -> None:
        self.id = id
        self.title = title
        self._lanes = lanes
        self._group = group
        self._quiet = quiet
        self._cancel = threading.Event()
        self._status = JobStatus(id, title, 0, 0, "running", writes=writes)
        self._reported, self._stage = float("-inf"), ""
        self.thread: threading.Thread | None = None

    def cancel(self) -> None:
        """Ask the job to end; returns at once."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Return whether somebody asked for the job to end."""
        return self._cancel.is_set()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Report how far the work is: ``stage`` becomes part of the title; thinned to ten messages a second.

        Another stage is told at once, whatever numbers it holds: it may take minutes, and until the next message the
        one before would seem to be at work.
        """
        title = f"{self.title}: {stage}" if stage else self.title
        now, kind = time.monotonic(), stage.translate(_NO_DIGITS)
        if now - self._reported >= STATUS_INTERVAL or (total and done >= total) or kind != self._stage:
            self._reported, self._stage = now, kind
            self._report(replace(self._status, title=title, done=done, total=total))

    def run(self, work: Callable[[Control], None]) -> None:
        """Run ``work`` in this thread, one of its group at a time, and report how it ended."""
        self._report(self._status)
        state: JobState = "failed"
        told = ""
        try:
            self._wait_for_turn()
            work(self)
            state = "finished"
        except Cancelled:
            state = "cancelled"
        except AlreadyReported:
            state = "failed"
        except UserError as error:
            told = str(error)
        except Exception as error:  # noqa: BLE001 - the thread's last frame: the fault is told, never swallowed
            told = str(failed_in(error) or f"{self.title} failed:\n{traceback.format_exc()}")
        finally:
            if self._group is not None and self._group_held:
                self._group.release()
            self._report(replace(self._status, state=state, cancellable=False))
            if told:  # after that: who hears why it failed knows that it has ended
                self._lanes.post(Notice(told, "error"))

    _group_held = False

    def _wait_for_turn(self) -> None:
        while self._group is not None and not self._group_held:
            if self._cancel.is_set():
                raise Cancelled
            self._group_held = self._group.acquire(timeout=0.05)

    def _report(self, status: JobStatus) -> None:
        self._status = status
        if not self._quiet:
            self._lanes.post(status)


class Jobs:
    """The jobs of a session. Jobs of one group run one at a time, in no promised order."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._running: dict[int, Job] = {}
        self._groups: dict[str, threading.Lock] = {}
        self._closed = self._refused = False

    def start(
        self,
        title: str,
        work: Callable[[Control], None],
        *,
        group: str = "",
        quiet: bool = False,
        writes: str = "",
    ) -> int:
        """Start ``work`` in a thread of its own and return the job's id; 0 where it does not begin.

        It does not once the jobs are closed, and where the system has no thread left: that is told.

        Parameters
        ----------
        work: gets the job; raises ``Cancelled`` soon after ``cancelled()`` turns true.
        group: at most one job of a named group runs at a time.
        quiet: the job does not show up in the status bar.
        writes: see ``JobStatus``.
        """
        with self._lock:
            if self._closed:
                return 0
            lock = self._groups.setdefault(group, threading.Lock()) if group else None
            job = Job(next(self._ids), title, self._lanes, lock, quiet=quiet, writes=writes)
            job.thread = threading.Thread(target=self._main, args=(job, work), name=f"job-{job.id}", daemon=True)
            self._running[job.id] = job
            try:
                begin(job.thread)
                self._refused = False
            except UserError as error:
                del self._running[job.id]
                refused, self._refused = self._refused, True
                if not refused:  # of what follows the map there may be many a second
                    self._lanes.post(Notice(f"{title} did not begin: {error}", "error"))
                return 0
        return job.id

    def _main(self, job: Job, work: Callable[[Control], None]) -> None:
        try:
            job.run(work)
        finally:
            with self._lock:
                self._running.pop(job.id, None)

    def cancel(self, id: int) -> None:
        """Ask one job to end; an id that no longer runs is no error."""
        with self._lock:
            job = self._running.get(id)
        if job is not None:
            job.cancel()

    def running(self) -> tuple[int, ...]:
        """Return the ids of the jobs that have not ended."""
        with self._lock:
            return tuple(self._running)

    def close(self, deadline: float) -> bool:
        """Start nothing more, cancel everything and wait until ``deadline`` (of ``time.monotonic``).

        Returns
        -------
        Whether every thread ended in time.
        """
        with self._lock:
            self._closed = True
            jobs = list(self._running.values())
        for job in jobs:
            job.cancel()
        for job in jobs:
            if job.thread is not None and job.thread is not threading.current_thread():
                job.thread.join(max(0.0, deadline - time.monotonic()))
        return not any(job.thread is not None and job.thread.is_alive() for job in jobs)
