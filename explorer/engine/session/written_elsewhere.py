"""A saved run that another process still writes: shown for reading only, followed as it goes on, and asked to pause.

Or to go on, to stop, or to take other live values; it may train on another computer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from explorer.core.errors import UserError, printable
from explorer.core.events import (
    Command,
    ParameterChanged,
    Pause,
    Resume,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Set,
    Stop,
)
from explorer.core.live_change import live_differences, recipe_after
from explorer.core.recipe import Recipe
from explorer.core.types import Evaluation, Progress, StepMetrics
from explorer.engine.events import Notice, RunOpened
from explorer.engine.jobs import Control, Jobs
from explorer.engine.run.alarms import Alarm, Remedy, written_elsewhere
from explorer.engine.run.saved_run import opened_run, shown_first
from explorer.engine.session.state import SessionState
from explorer.runs.commands import give, words
from explorer.runs.folder import RunFolder
from explorer.runs.journal import Entry, History, assembled
from explorer.runs.journal_tail import JournalTail
from explorer.runs.lost_history import lines_lost
from explorer.runs.sign_of_life import GRACE_SECONDS, TAKEN_SECONDS, LifeWatch

LOOK_SECONDS = 0.5
"""How often it is looked what is new."""
SHARE = 0.05
"""Which share of the time reading embeddings may take: those of many items take long, and are shown less often."""
POLL_SECONDS = 0.05


class WrittenElsewhere:
    """Says who else writes the run that is shown, and shows what comes of it until that ends."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs
        self._follow: _Follow | None = None

    def look(self, folder: RunFolder, opened: RunOpened) -> None:
        """Follow the run in ``folder``, shown as it was ``opened``, if it is being written; returns at once."""
        session = self._session
        watch = LifeWatch(folder.path, time.monotonic)
        writer = watch.writer()
        if writer is None:
            return
        with session.lock:
            session.written_by = str(writer)
            self._follow = _Follow(session, folder, session.generation, opened, watch)
            self._follow.tell()
            session.tell()
        self._jobs.start("Follow a run", self._follow.run, quiet=True)

    def ask(self, commands: Sequence[Command]) -> None:
        """Ask the process that writes the run to do something; returns at once, and tells where it does not hear."""
        follow = self._follow
        if follow is not None and follow.shown():
            self._jobs.start("Ask a run", partial(follow.ask, commands), quiet=True)


class _Follow:
    """One run that is followed, in a job; ``recipe``: what it is trained by there."""

    def __init__(
        self, session: SessionState, folder: RunFolder, generation: int, opened: RunOpened, watch: LifeWatch
    ) -> None:
        self._session, self._folder, self._generation, self._watch = session, folder, generation, watch
        self._told: Alarm | None = None
        self._begin(opened)
        self._snapshot = opened.snapshots[-1] if opened.snapshots else -1
        self._snapshot_due = float("-inf")

    def _begin(self, opened: RunOpened) -> None:
        """Take what was opened for known; the journal is read from its beginning once, and then on from there."""
        self.recipe = recipe_after(opened.recipe, opened.changes, opened.epochs)
        self._tail = JournalTail(self._folder.path)
        self._damaged = 0
        self._known: RunOpened | None = opened
        self._started: RunStarted | None = None
        self._paused_at: int | None = None
        self._finished = False
        self._newest: StepMetrics | None = opened.metrics[-1] if opened.metrics else None

    def run(self, control: Control) -> None:
        """Follow it until nobody writes it any more, or something else is shown."""
        gone = 0.0
        while self._rest(LOOK_SECONDS, control):
            writer = self._watch.writer()
            try:
                self._show_news()
            except UserError as error:
                self._session.lanes.post(Notice(f"The run cannot be followed any more: {error}", "warning"))
                self._end()
                return
            gone = gone + LOOK_SECONDS if writer is None else 0.0
            if gone >= GRACE_SECONDS or (writer is None and self._finished):
                self._end()
                return
            self.tell(str(writer) if writer is not None else "")

    def _rest(self, seconds: float, control: Control) -> bool:
        """Wait; return whether the run is still shown then."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if control.cancelled() or not self.shown():
                return False
            time.sleep(min(left, POLL_SECONDS))
        return self.shown()

    def shown(self) -> bool:
        """Return whether the run is still what is shown."""
        session, folder = self._session, self._folder
        with session.lock:
            here = (session.generation, session.run, session.run_path) == (self._generation, folder.run, folder.path)
            return here and bool(session.written_by)

    # what it is asked

    def tell(self, writer: str = "") -> None:
        """Say who writes the run, how that is, and what can be asked of it, where that is not what was said last.

        ``writer``: who does now; empty: nobody known, and whoever did may come back.
        """
        session = self._session
        silent = bool(self._watch.silent)
        asked = () if silent or not writer or self._watch.sign is None else self._remedies(session.recipe)
        with session.lock:
            session.written_by = writer or session.written_by
            who = session.written_by
            alarm = written_elsewhere(self._folder.run, who, silent=silent, paused_at=self._paused_at, remedies=asked)
            if alarm != self._told and self.shown() and session.results.post(alarm, self._generation):
                self._told = alarm

    def _remedies(self, here: Recipe) -> tuple[Remedy, ...]:
        """Return what the run can be asked: also to train on with the live values that were changed ``here``."""
        go = Remedy("Pause it", "ask", commands=(Pause(),))
        if self._paused_at is not None:
            go = Remedy("Let it go on", "ask", commands=(Resume(),))
        changed = live_differences(self.recipe, here)
        commands = tuple(Set(path, value) for path, value in changed)
        there = (Remedy("Use the changed values", "ask", changed, commands=commands),) if changed else ()
        return (*there, go, Remedy("Stop it", "ask", commands=(Stop(),)))

    def ask(self, commands: Sequence[Command], control: Control) -> None:
        """Send commands; say so where they are not taken soon, and offer them again."""
        session, path = self._session, None
        try:
            for command in commands:
                path = give(self._folder.path, command)
        except UserError as error:
            session.lanes.post(Notice(str(error), "error"))
            return
        end = time.monotonic() + TAKEN_SECONDS
        while path is not None and path.exists() and time.monotonic() < end and not control.cancelled():
            time.sleep(POLL_SECONDS)
        if path is not None and path.exists() and not control.cancelled():
            asked = ", ".join(map(words, commands))
            text = f"Nobody has taken what was asked of the run within {TAKEN_SECONDS:.0f} s ({asked}): it still waits"
            session.lanes.post(Notice(text, "warning"))
        self._told = None

    # what is new

    def _show_news(self) -> None:
        """Pass on what was written since."""
        before = self._newest
        entries = list(self._tail.entries())
        if self._known is not None:
            self._show_missing(self._known, assembled(entries))
            self._known, self._damaged = None, self._tail.damaged  # of these the opening of the run has told
        elif any(isinstance(entry, RunStarted) for entry in entries):  # it was gone on with, perhaps from before
            self._show_anew()
            return
        else:
            self._show(entries)
        self._note(entries)
        if self._tail.damaged > self._damaged:
            self._damaged = self._tail.damaged
            self._session.lanes.post(Notice(lines_lost(self._folder, self._damaged), "warning"))
        if self._newest is not before:
            self._show_progress()
        began = time.monotonic()
        steps = self._folder.snapshot_steps() if began >= self._snapshot_due else ()
        if steps and steps[-1] != self._snapshot:
            self._show_snapshots()
            self._snapshot = steps[-1]
            now = time.monotonic()
            self._snapshot_due = now + (now - began) / SHARE

    def _show_missing(self, opened: RunOpened, history: History) -> None:
        """Pass on what came between the opening of a run and the first look at its journal."""
        if len(history.metrics) < len(opened.metrics):  # it went back in between
            self._show_anew()
            return
        self._show(
            [
                *history.metrics[len(opened.metrics) :],
                *history.evaluations[len(opened.evaluations) :],
                *history.changes[len(opened.changes) :],
            ]
        )

    def _show(self, entries: Sequence[Entry]) -> None:
        session, run = self._session, self._folder.run
        for entry in entries:
            if isinstance(entry, StepMetrics | Evaluation):
                session.results.post(entry, self._generation)
            elif isinstance(entry, ParameterChanged):
                self.recipe = recipe_after(self.recipe, (entry,))
                session.trains_by(run, recipe_after(session.recipe, (entry,)))
                session.lanes.post(replace(entry, recipe=session.recipe))
                session.count_at_margin(run)

    def _note(self, entries: Sequence[Entry]) -> None:
        """Note where the run is by now."""
        for entry in entries:
            if isinstance(entry, StepMetrics):
                self._newest = entry
            elif isinstance(entry, RunStarted):
                self._started, self._paused_at = entry, None
            elif isinstance(entry, RunPaused):
                self._paused_at = entry.step
            elif isinstance(entry, RunResumed):
                self._paused_at = None
            self._finished = isinstance(entry, RunFinished) or (self._finished and isinstance(entry, Evaluation))

    def _show_progress(self) -> None:
        """Say how far the run is."""
        at, started = self._newest, self._started
        if at is None or started is None:
            return
        rate = at.images_per_second
        progress = Progress(at.run, at.step, started.steps, at.epoch, started.epochs, 0.0, None, rate)
        self._session.results.post(progress, self._generation)

    def _show_anew(self) -> None:
        """Show all of a run, whose recipe goes on from the one it began by; its data are read as they are."""
        session, opened = self._session, opened_run(self._folder)
        self._begin(opened)
        began = opened.recipe.model_copy(update={"data": session.recipe.data})
        session.trains_by(opened.run, recipe_after(began, opened.changes, opened.epochs))
        session.lanes.post(opened)

    def _show_snapshots(self) -> None:
        session, folder = self._session, self._folder
        snapshots = shown_first(folder)
        kept, size = folder.kept_steps(), folder.kept_bytes()
        with session.lock:
            if not self.shown():
                return
            session.keeps(folder.run, kept, size)
            session.show_stored(snapshots)
        session.changed()

    def _end(self) -> None:
        session, folder = self._session, self._folder
        with session.lock:
            if not self.shown():
                return
            session.written_by = ""
            session.results.post(written_elsewhere(folder.run, ""), self._generation)
            session.tell()
        steps = folder.checkpoint_steps()
        saved = f": it is saved up to step {steps[-1]:,}" if steps else ""
        session.lanes.post(Notice(f"{printable(folder.path.name)} is not written elsewhere any more{saved}"))
