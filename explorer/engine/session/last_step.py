"""A saved run whose newest checkpoint was never measured: its map and its figures, made in the background."""

from __future__ import annotations

from functools import partial

import numpy as np

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import Snapshot
from explorer.data.dataset import Dataset
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.offline import OfflineRun
from explorer.engine.run.saved_run import SavedRun
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder


def unmeasured_step(folder: RunFolder) -> int | None:
    """Return the step of the newest checkpoint where all items were not embedded by it; None where they were."""
    checkpoints, snapshots = folder.checkpoint_steps(), folder.snapshot_steps()
    last = checkpoints[-1] if checkpoints else 0
    if not last:
        return None
    if last in snapshots:
        try:
            snapshot = folder.snapshot(last)
        except UserError:
            return last
        return None if snapshot.exact and len(snapshot.indices) == folder.data.items else last
    return last


class LastStep:
    """Says of which step the map and the figures of a saved run are, and brings those of its newest checkpoint.

    A run that was ended in the middle (by the power, or because measuring would have taken long) has learned more
    than was measured.
    """

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs

    def look(self, saved: SavedRun, dataset: Dataset) -> None:
        """Measure the newest checkpoint of the run that is shown, if it was not; returns at once."""
        session, step = self._session, unmeasured_step(saved.folder)
        with session.lock:
            if step is None or not session.live or session.written_by or dataset.growing:
                return
            shown, generation = session.stored, session.generation
        of = f"The map and the figures are of step {shown.step:,}" if shown is not None else "There is no map yet"
        if shown is not None and shown.step == step:  # of some of the items
            said = f"The map and the figures of step {step:,}, at which the run was saved, are measured now"
        else:
            said = f"{of}: step {step:,}, at which the run was saved, is measured now"
        session.lanes.post(Notice(said))
        self._jobs.start(
            f"Measure step {step:,}", partial(self._measure, saved, dataset, generation), group="last step"
        )

    def _measure(self, saved: SavedRun, dataset: Dataset, generation: int, control: Control) -> None:
        def progress(stage: str, done: int, total: int) -> None:
            if control.cancelled() or not self._still_shown(saved, generation):
                raise Cancelled
            control.progress(stage, done, total)

        asked = OfflineRun(saved.folder.path, progress)
        try:
            embeddings = asked.embed(dataset)
        except UserError as error:
            self._session.lanes.post(Notice(f"The newest step of the run cannot be measured: {error}", "warning"))
            return
        every = np.arange(len(dataset), dtype=np.int64)
        snapshot = Snapshot(saved.run, asked.step, every, embeddings, True, asked.embedder().lift)
        with self._session.lock:
            if not self._still_shown(saved, generation):
                return
            self._session.show_stored((snapshot,))
        self._session.changed()

    def _still_shown(self, saved: SavedRun, generation: int) -> bool:
        """Return whether the run is still what is shown, and nobody has gone on with it."""
        session = self._session
        with session.lock:
            return (session.generation, session.run) == (generation, saved.run) and not session.busy()
