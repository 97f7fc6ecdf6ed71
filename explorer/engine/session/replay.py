"""Showing a kept step of the run again: its map at once, its embeddings once the hand rests.

Where the map is laid over that of another run, the points go to a map of the step that is laid over it as well.
"""

from __future__ import annotations

import time

from explorer.core.errors import UserError
from explorer.core.map_values import KeptStep, StepShown
from explorer.core.types import Projection
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder

REST_SECONDS = 0.08
"""How long a step has to stay before its embeddings are read and analysed too."""
LOOK_SECONDS = 0.005
"""How often it is looked meanwhile whether another step is wanted."""


class Replay:
    """Shows the step of the run that was asked for last, in the background.

    A run that trains goes on meanwhile, and what comes of it waits until it is followed again.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session = session
        self._following = FollowJob(jobs, "Show a kept step", self._show, seconds=0.0)
        self._wanted = ("", -1)
        self._folder: RunFolder | None = None

    @property
    def steps(self) -> tuple[KeptStep, ...]:
        """The steps of the run that is shown that can be shown again, ascending; ``KeptStep`` tells of each new one."""
        return self._session.available

    @property
    def kept_bytes(self) -> int:
        """How much room they take on the disk."""
        return self._session.kept_bytes

    def show(self, step: int) -> None:
        """Show a kept step of the run as it was then, −1: follow the newest one; the last one asked for wins."""
        with self._session.lock:
            self._wanted = (self._session.run, step)
        self._following.ask()

    def _show(self, control: Control) -> None:
        run, step = wanted = self._wanted
        session = self._session
        if step < 0:
            with session.lock:
                back = session.run == run and session.shown >= 0
                if back:
                    session.follow()
            if back:
                session.changed()
            return
        over = session.laid_over
        projection = None if over else self._show_map(run, step)
        if not (self._turn_to(run, step) if over else projection):
            return
        end = time.monotonic() + REST_SECONDS
        while time.monotonic() < end:
            if self._wanted != wanted or control.cancelled():
                return
            time.sleep(LOOK_SECONDS)
        self._show_rest(run, step, projection)

    def _show_map(self, run: str, step: int) -> Projection | None:
        session = self._session
        try:
            projection = self._opened(run).projection(step)
        except UserError as error:
            self._refuse(run, step, f"Step {step:,} cannot be shown: {error}")
            return None
        with session.lock:
            if session.run != run or self._wanted[1] < 0:
                return None
            session.turn_to(step, projection)
        return projection

    def _turn_to(self, run: str, step: int) -> bool:
        """Show a step whose map is laid over another one, and comes as it is found."""
        with self._session.lock:
            wanted = self._session.run == run and self._wanted[1] >= 0
            if wanted:
                self._session.turn_to(step, None)
        return wanted

    def _show_rest(self, run: str, step: int, projection: Projection | None) -> None:
        session, wanted = self._session, (run, step)
        try:
            snapshot = self._opened(run).snapshot(step)
        except UserError as error:
            text = f"Only the map of step {step:,} is shown, not its neighbours and distances: {error}"
            session.lanes.post(Notice(text, "warning"))
            return
        with session.lock:
            if (session.run, session.shown) != wanted or self._wanted != wanted:
                return
            session.kept = (snapshot, projection)
            session.analysis.replay(snapshot, projection)
        session.changed()

    def _refuse(self, run: str, step: int, text: str) -> None:
        """Say why a step cannot be shown, and offer it no longer; what is shown stays."""
        session = self._session
        with session.lock:
            if session.run != run:
                return
            session.available = tuple(kept for kept in session.available if kept.step != step)
            if self._wanted == (run, step):
                self._wanted = (run, session.shown)
            session.lanes.post(Notice(text, "warning"))
            session.lanes.post(StepShown(run, session.shown))

    def _opened(self, run: str) -> RunFolder:
        """Return the folder of a run, which may still be written, open for reading.

        Raises
        ------
        UserError: if the run has no folder or it cannot be read.
        """
        path = self._session.run_path
        if self._folder is None or self._folder.run != run or self._folder.path != path:
            if path is None:
                raise UserError("Nothing of a run is kept yet", remedy="Train first, or open a saved run")
            self._folder = RunFolder.open(path)
        return self._folder
