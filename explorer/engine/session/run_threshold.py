"""The threshold that the run on screen keeps: read when it is asked for, and chosen on validation to be kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from explorer.core.errors import UserError
from explorer.core.item_rows import rows_of
from explorer.core.result_kinds import result
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.state import SessionState
from explorer.runs.threshold import Threshold, read_threshold, write_threshold

GROUP = "threshold"


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class RunThreshold:
    """What ``threshold.json`` of a run says; ``kept`` is None where it keeps none."""

    run: str
    kept: Threshold | None


class SessionThreshold:
    """Reads and chooses the threshold of the run that is shown, in the background: ``RunThreshold``."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs

    def look(self) -> None:
        """Tell which threshold the run keeps."""
        self._jobs.start("Read the threshold", self._look, quiet=True, group=GROUP)

    def keep(self, target: float) -> int:
        """Choose one on validation items, as the run embeds them, keep it with the run, and return the id of the job.

        Parameters
        ----------
        target: the share of different pairs accepted (FMR) that it is chosen for; 0: where both errors are equal.
        """
        return self._jobs.start("Choose a threshold", partial(self._keep, target), group=GROUP)

    def _look(self, _control: Control) -> None:
        session = self._session
        with session.lock:
            run, folder, generation = session.run, session.run_path, session.generation
        if folder is not None:
            session.results.post(RunThreshold(run, read_threshold(folder)), generation)

    def _keep(self, target: float, _control: Control) -> None:
        from explorer.engine.threshold import threshold_on  # numba: not at start-up

        session = self._session
        with session.lock:
            opened, folder, generation, busy = session.opened, session.run_path, session.generation, session.busy()
            snapshot = session.newest()  # of the same data, or other ones' would be written into the folder
        if opened is None or opened.split is None or folder is None:
            raise UserError("A threshold is kept with a run", remedy="Train first, or open a saved run")
        if busy:
            raise UserError("A threshold is of a network that has been trained", remedy="Let the run end, or stop it")
        items = opened.split.held_out
        if snapshot is None or not snapshot.exact or not np.isin(items, snapshot.indices).all():
            raise UserError(
                "The held-out items are not embedded by the last network", remedy="Train on, or open the run"
            )
        dataset = opened.dataset
        kept = threshold_on(
            np.asarray(dataset.labels, np.int64)[items],
            {name: texts.take(items) for name, texts in dataset.columns.items()},
            snapshot.embeddings[rows_of(snapshot.indices, items)],
            distance=snapshot.distance,
            seed=session.recipe.seed,
            step=snapshot.step,
            target=target,
        )
        write_threshold(folder, kept)
        session.results.post(RunThreshold(snapshot.run, kept), generation)
