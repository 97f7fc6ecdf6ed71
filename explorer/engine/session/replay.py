"""Showing a kept step of the run again: its map at once, its embeddings once the hand rests."""

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
    """Shows the step of the run that was asked for last, in the background; nothing is laid out anew.

    A run that trains goes on meanwhile, and what comes of it waits until it is followed again.
    """

    def __init__(self, stage: SessionState, jobs: Jobs) -> None:
        self._stage = stage
        self._following = FollowJob(jobs, "Show a kept step", self._show, seconds=0.0)
        self._wanted = ("", -1)
        self._folder: RunFolder | None = None

    @property
    def steps(self) -> tuple[KeptStep, ...]:
        """The steps of the run that is shown that can be shown again, ascending."""
        return self._stage.available

    def show(self, step: int) -> None:
        """Show a kept step of the run, −1: follow the newest one; returns at once, and the last one asked for wins."""
        with self._stage.lock:
            self._wanted = (self._stage.run, step)
        self._following.ask()

    def _show(self, control: Control) -> None:
        run, step = wanted = self._wanted
        stage = self._stage
        if step < 0:
            with stage.lock:
                back = stage.run == run and stage.shown >= 0
                if back:
                    stage.follow()
            if back:
                stage.changed()
            return
        projection = self._show_map(run, step)
        if projection is None:
            return
        end = time.monotonic() + REST_SECONDS
        while time.monotonic() < end:
            if self._wanted != wanted or control.cancelled():
                return
            time.sleep(LOOK_SECONDS)
        self._show_rest(run, projection)

    def _show_map(self, run: str, step: int) -> Projection | None:
        stage = self._stage
        try:
            projection = self._opened(run).projection(step)
        except UserError as error:
            self._refuse(run, step, f"Step {step:,} cannot be shown: {error}")
            return None
        with stage.lock:
            if stage.run != run or self._wanted[1] < 0:
                return None
            stage.turn_to(projection)
        return projection

    def _show_rest(self, run: str, projection: Projection) -> None:
        stage, wanted = self._stage, (run, projection.step)
        try:
            snapshot = self._opened(run).snapshot(projection.step)
        except UserError as error:
            text = f"Only the map of step {projection.step:,} is shown, not its neighbours and distances: {error}"
            stage.lanes.send(Notice(text, "warning"))
            return
        with stage.lock:
            if (stage.run, stage.shown) != wanted or self._wanted != wanted:
                return
            stage.kept = (snapshot, projection)
            stage.analysis.replay(snapshot, projection)
        stage.changed()

    def _refuse(self, run: str, step: int, text: str) -> None:
        """Say why a step cannot be shown, and offer it no longer; what is shown stays."""
        stage = self._stage
        with stage.lock:
            if stage.run != run:
                return
            stage.available = tuple(kept for kept in stage.available if kept.step != step)
            if self._wanted == (run, step):
                self._wanted = (run, stage.shown)
            stage.lanes.send(Notice(text, "warning"))
            stage.lanes.send(StepShown(run, stage.shown))

    def _opened(self, run: str) -> RunFolder:
        """Return the folder of a run, which may still be written, open for reading.

        Raises
        ------
        UserError: if the run has no folder or it cannot be read.
        """
        path = self._stage.run_path
        if self._folder is None or self._folder.run != run or self._folder.path != path:
            if path is None:
                raise UserError("Nothing of a run is kept yet", remedy="Train first, or open a saved run")
            self._folder = RunFolder.open(path)
        return self._folder
