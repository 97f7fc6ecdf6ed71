"""A saved run that another process still writes: shown for reading only, and followed as it goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

from explorer.core.errors import UserError, printable
from explorer.core.live_change import recipe_after
from explorer.engine.events import Notice, RunOpened
from explorer.engine.jobs import Control, Jobs
from explorer.engine.run.alarms import written_elsewhere
from explorer.engine.run.saved_run import opened_run, shown_first
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder
from explorer.runs.journal import History
from explorer.runs.lock import writer_of

LOOK_SECONDS = 2.0
"""How often it is looked what is new,"""
SHARE = 0.05
"""and which share of the time that may take."""
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Seen:
    """What of a run is shown already: how much of its history, its newest snapshot, and the size of its journal."""

    metrics: int
    evaluations: int
    changes: int
    starts: int
    snapshot: int
    size: int

    @classmethod
    def of(cls, folder: RunFolder, history: History, size: int) -> _Seen:
        steps = folder.snapshot_steps()
        return cls(
            len(history.metrics),
            len(history.evaluations),
            len(history.changes),
            len(history.lifecycle),
            steps[-1] if steps else -1,
            size,
        )


class WrittenElsewhere:
    """Says who else writes the run that is shown, and shows what comes of it until that ends."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs

    def look(self, folder: RunFolder, opened: RunOpened) -> None:
        """Follow the run in ``folder``, shown as it was ``opened``, if it is being written; returns at once."""
        session = self._session
        writer = writer_of(folder.path)
        if writer is None:
            return
        seen = _Seen(
            len(opened.metrics),
            len(opened.evaluations),
            len(opened.changes),
            len(folder.history().lifecycle),
            opened.snapshots[-1] if opened.snapshots else -1,
            size=-1,
        )
        with session.lock:
            generation = session.generation
            session.written_by = str(writer)
            session.results.post(written_elsewhere(folder.run, str(writer)), generation)
            session.tell()
        self._jobs.start("Follow a run", partial(self._follow, folder, generation, seen), quiet=True)

    def _follow(self, folder: RunFolder, generation: int, seen: _Seen, control: Control) -> None:
        wait = LOOK_SECONDS
        while self._rest(wait, folder, generation, control):
            began = time.monotonic()
            over = writer_of(folder.path) is None
            try:
                seen = self._show_news(folder, generation, seen)
            except UserError as error:
                self._session.lanes.post(Notice(f"The run cannot be followed any more: {error}", "warning"))
                over = True
            if over:
                self._end(folder, generation)
                return
            wait = max(LOOK_SECONDS, (time.monotonic() - began) / SHARE)

    def _rest(self, seconds: float, folder: RunFolder, generation: int, control: Control) -> bool:
        """Wait; return whether the run is still shown then."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if control.cancelled() or not self._shown(folder, generation):
                return False
            time.sleep(min(left, POLL_SECONDS))
        return self._shown(folder, generation)

    def _shown(self, folder: RunFolder, generation: int) -> bool:
        session = self._session
        with session.lock:
            here = (session.generation, session.run, session.run_path) == (generation, folder.run, folder.path)
            return here and bool(session.written_by)

    def _show_news(self, folder: RunFolder, generation: int, seen: _Seen) -> _Seen:
        """Pass on what was written since; return what is shown by then."""
        session = self._session
        size = folder.history_bytes()
        if size != seen.size:
            history = folder.history()
            now = _Seen.of(folder, history, size)
            if now.metrics < seen.metrics or now.starts > seen.starts:  # it was gone on with, perhaps from before
                self._show_anew(opened_run(folder))
            else:
                for value in (*history.metrics[seen.metrics :], *history.evaluations[seen.evaluations :]):
                    session.results.post(value, generation)
                for change in history.changes[seen.changes :]:
                    session.trains_by(folder.run, recipe_after(session.recipe, (change,)))
                    session.lanes.post(replace(change, recipe=session.recipe))
                if now.changes > seen.changes:
                    session.count_at_margin(folder.run)
            seen = replace(now, snapshot=seen.snapshot)
        steps = folder.snapshot_steps()
        if steps and steps[-1] != seen.snapshot:
            self._show_snapshots(folder, generation)
            seen = replace(seen, snapshot=steps[-1])
        return seen

    def _show_anew(self, opened: RunOpened) -> None:
        """Show all of a run, whose recipe goes on from the one it began by; its data are read as they are."""
        session = self._session
        began = opened.recipe.model_copy(update={"data": session.recipe.data})
        session.trains_by(opened.run, recipe_after(began, opened.changes))
        session.lanes.post(opened)

    def _show_snapshots(self, folder: RunFolder, generation: int) -> None:
        session, snapshots = self._session, shown_first(folder)
        kept, size = folder.kept_steps(), folder.kept_bytes()
        with session.lock:
            if not self._shown(folder, generation):
                return
            session.keeps(folder.run, kept, size)
            session.show_stored(snapshots)
        session.changed()

    def _end(self, folder: RunFolder, generation: int) -> None:
        session = self._session
        with session.lock:
            if not self._shown(folder, generation):
                return
            session.written_by = ""
            session.results.post(written_elsewhere(folder.run, ""), generation)
            session.tell()
        steps = folder.checkpoint_steps()
        saved = f": it is saved up to step {steps[-1]:,}" if steps else ""
        session.lanes.post(Notice(f"{printable(folder.path.name)} is not written elsewhere any more{saved}"))
