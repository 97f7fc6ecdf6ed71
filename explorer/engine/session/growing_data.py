"""Large data that are shown and trained on while the rest of them is still decoded."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from explorer.core.errors import Cancelled
from explorer.core.events import Pause
from explorer.core.recipe import Recipe
from explorer.core.types import Snapshot
from explorer.engine.datasets.loading import Opened, load_main
from explorer.engine.events import Notice, Role
from explorer.engine.jobs import Control
from explorer.engine.run.active_run import ActiveRun
from explorer.engine.run.run_files import leave_out
from explorer.engine.run.saved_run import SavedRun, open_saved
from explorer.engine.session.state import SessionState

ShowRun = Callable[[SavedRun, Opened, Role, tuple[Snapshot, ...]], object]
"""Shows a saved run on its data."""

WAIT_SECONDS = 0.1


class GrowingData:
    """Opens main data for a session, large ones before all of them are decoded.

    Those that cannot be read are found on the way; the data are shown without them in the end, as if they had been
    read at once, and a run that trains meanwhile goes on with the others.
    """

    def __init__(self, session: SessionState, cache_folder: Path | None, show_run: ShowRun) -> None:
        self._session = session
        self._cache_folder = cache_folder
        self._show_run = show_run

    def open(self, spec: str, recipe: Recipe, job: Control, show: Callable[[Opened], None]) -> None:
        """Open data in a job, as a recipe reads them, and ``show`` them: once some are there, or else all."""
        session = self._session
        some: list[Opened] = []

        def begin(opened: Opened) -> None:
            if some:
                told = "Some pictures have colour, and those that were read first have none: all are read again"
                session.lanes.post(Notice(told, "warning"))
            some.append(opened)
            show(opened)

        try:
            opened = load_main(
                spec, recipe, job, self._cache_folder, begin, soon=session.live, occupied=session.occupied
            )
        except BaseException:
            if some and session.shows_data(some[-1]):
                session.retire()
                session.tell()
            raise
        if not some:
            show(opened)
        elif not session.shows_data(some[-1]):
            raise Cancelled
        elif len(opened.dataset) == len(some[-1].dataset):
            session.complete(some[-1])
        else:
            self._without_broken(opened, show)

    def awaited(self, opened: Opened, job: Control) -> bool:
        """Wait until no more items come; return whether all are there."""
        while opened.dataset.growing:
            if job.cancelled():
                raise Cancelled
            time.sleep(WAIT_SECONDS)
        return opened.dataset.whole

    def _without_broken(self, opened: Opened, show: Callable[[Opened], None]) -> None:
        """Show the data without what could not be read; a run goes on with them from where it is."""
        session = self._session
        with session.lock:
            running, state = session.running, session.state
        if running is None or not session.busy() or not running.hand_over():
            show(opened)
            return
        leave_out(running.path, opened.dataset)
        saved = open_saved(running.path)
        self._show_run(saved, saved.with_split(opened), "main", ())
        with session.lock:
            again = session.opened
            assert again is not None
            session.running = ActiveRun(again, session.recipe, running.path, resume=True, before=None, session=session)
            session.enter("training")
            session.running.start()
            if state == "paused":
                session.running.command(Pause())
