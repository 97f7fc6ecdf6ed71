"""One session: a dataset, a recipe, a run and what is shown of them, for a window as well as for a headless loop."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.errors import UserError
from explorer.core.events import Command, Pause, Resume, Scalar, Set, Stop
from explorer.core.formula import check_change
from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue
from explorer.core.types import Split
from explorer.engine.datasets.loading import resplit, scene_of
from explorer.engine.events import CatalogueReady, Role, SplitChanged, State
from explorer.engine.jobs import Control, Jobs
from explorer.engine.lanes import Lanes
from explorer.engine.paths import new_run_path
from explorer.engine.paths import runs_folder as default_runs_folder
from explorer.engine.run.active_run import ActiveRun
from explorer.engine.run.alarms import Remedy
from explorer.engine.run.run_files import checkpoints_until
from explorer.engine.run.trainer_thread import available_cores
from explorer.engine.session.open_jobs import OpenJobs
from explorer.engine.session.state import SessionState
from explorer.engine.session.view import View

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

CATALOGUE_KINDS = (
    "split", "encoder", "fitter", "distance", "loss", "miner", "sampler", "augment", "optimiser", "schedule",
)  # fmt: skip
MAP_KINDS = ("projection",)
"""What the recipe does not wait for."""


class Session(View):
    """Joins data, training, runs and analysis. Every method returns at once; results arrive on ``lanes``.

    Parameters
    ----------
    doorbell: rung, from any thread, when something waits on ``lanes``.
    live: a window is open: torch leaves one core to the map, and map, neighbours and panels are fed.
    cache_folder: where decoded pixels are kept; None: the user's cache folder.
    runs_folder: where runs go that are given no folder; None: the user's data folder.
    """

    def __init__(
        self,
        doorbell: Callable[[], None] = lambda: None,
        *,
        live: bool,
        cache_folder: Path | None = None,
        runs_folder: Path | None = None,
    ) -> None:
        self.lanes = Lanes(doorbell)
        self.live = live
        self._runs_folder = runs_folder or default_runs_folder()
        jobs = Jobs(self.lanes)
        threads = max(1, available_cores() // 4) if live else available_cores()
        super().__init__(SessionState(self.lanes, live=live, threads=threads), jobs)
        self._loader = OpenJobs(self._stage, self._jobs, cache_folder)
        self._analysis.start()

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset."""
        opened = self._stage.opened
        return opened.dataset if opened else None

    @property
    def split(self) -> Split | None:
        """Which items train and which are held out; None where that is not possible."""
        opened = self._stage.opened
        return opened.split if opened else None

    @property
    def recipe(self) -> Recipe:
        """The recipe of the next run, with the live changes of the current one."""
        return self._stage.recipe

    @property
    def state(self) -> State:
        """What the session is doing."""
        return self._stage.state

    @property
    def run(self) -> str:
        """The id of the run that is shown; ``PIXELS_RUN`` before any training, empty without a dataset."""
        return self._stage.run

    @property
    def run_folder(self) -> Path | None:
        """The folder of the run that is shown, if it has one."""
        return self._stage.run_path

    def why_not(self) -> str:
        """Return why Train is off, in words for the user; empty when it is on."""
        return self._stage.why_not()

    # --- data -----------------------------------------------------------------------------------------------------

    def open(self, spec: str, *, role: Role = "main") -> int:
        """Open a dataset and return the id of the job; it ends in ``DatasetOpened`` or ``DatasetFailed``.

        A newer main dataset replaces one that is still being opened. A ``test`` or ``gallery`` is added to the main
        one. When it is there, a run that trains is stopped.
        """
        return self._loader.open(spec, role)

    def open_run(self, path: Path, *, data: str = "") -> int:
        """Open a saved run: its dataset (or ``data``, where that has moved), then ``RunOpened`` with its history."""
        return self._loader.open_run(Path(path), data)

    def cancel(self, job: int) -> None:
        """Cancel a background job."""
        self._jobs.cancel(job)

    def start(self, title: str, work: Callable[[Control], None]) -> int:
        """Do ``work`` in the background, with its progress and a way to cancel it on the lanes; return the job's id."""
        return self._jobs.start(title, work)

    def load_catalogue(self) -> None:
        """Import every kind of part in the background, torch among it; ends in ``CatalogueReady``."""
        self._jobs.start("Load components", self._load_catalogue, quiet=True)

    def configure(self, recipe: Recipe) -> None:
        """Use ``recipe`` for the next run. Another split takes effect at once; other data options read again."""
        stage = self._stage
        with stage.lock:
            before, stage.recipe = stage.recipe, recipe
            opened = stage.opened
            if opened is None or stage.busy() or stage.state == "loading":
                return
            if before.data != recipe.data:
                self._loader.reload(opened)
            elif (before.split, before.seed) != (recipe.split, recipe.seed):
                stage.opened = resplit(opened, recipe)
                self.lanes.send(SplitChanged(stage.opened.split))
                stage.tell()
                self._analysis.begin(scene_of(stage.opened, stage.generation, stage.run))
            elif any(before.part(kind) != recipe.part(kind) for kind in ("loss", "fitter", "encoder")):
                stage.tell_anew()

    # --- training -------------------------------------------------------------------------------------------------

    def train(self, out: Path | None = None, resume: bool = False, back: Remedy | None = None) -> None:
        """Start a run, written to ``out`` as it goes (None: a new folder under the user's runs).

        ``resume``: go on with the run in ``out``, or with the one that is shown, from its last checkpoint; ``back``:
        from the last one up to a step, with other live values.

        Raises
        ------
        UserError: if training is not possible now; see ``why_not``.
        """
        stage = self._stage
        with stage.lock:
            reason = "The application is closing" if stage.closed else self.why_not()
            if reason:
                raise UserError(reason)
            assert stage.opened is not None
            path = out or (self.run_folder if resume else None)
            if resume and path is None:
                raise UserError("There is no run to go on with", remedy="Open its folder first")
            path = path or new_run_path(self._runs_folder, stage.opened.dataset.name)
            before = stage.running
            stage.running = ActiveRun(
                stage.opened, stage.recipe, path, resume=resume, before=before, host=stage, back=back
            )
            stage.enter("training")
            stage.running.start()

    def mend(self, remedy: Remedy) -> None:
        """Do what an alarm offers: change live values, go back to an earlier checkpoint, or train anew.

        Raises
        ------
        UserError: if a value is not allowed any more.
        """
        recipe = self._stage.recipe
        for path, value in remedy.changes:
            recipe = recipe.with_value(path, value)
        if remedy.action == "set":
            for path, value in remedy.changes:
                self.set(path, value)
            return
        folder = self.run_folder
        run = self._stage.running

        def mended(_job: Control) -> None:
            self._stage.retire()  # waits for its end, and is therefore not done on the GUI thread
            with self._stage.lock:
                if self._stage.running is not run or self._stage.busy():
                    return
                self._stage.recipe = recipe
                steps = checkpoints_until(folder, remedy.step) if folder and remedy.action == "rewind" else 0
                self.train(folder if steps else None, resume=bool(steps), back=remedy if steps else None)

        self._jobs.start(remedy.title, mended, quiet=True)

    def pause(self) -> None:
        """Wait before the next step; does nothing when no run trains."""
        self._command(Pause())

    def resume(self) -> None:
        """Go on after a pause."""
        self._command(Resume())

    def stop(self) -> None:
        """End the run now, with a last checkpoint and an exact snapshot; called again, without the snapshot."""
        self._command(Stop())

    def set(self, path: str, value: Scalar) -> None:
        """Change one value of the recipe, also of the run that trains where the value is live.

        Raises
        ------
        UserError: if there is no such key or the value is not allowed.
        """
        stage = self._stage
        with stage.lock:
            recipe = stage.recipe.with_value(path, value)
            if stage.busy():
                check_change(stage.recipe, recipe)
                stage.recipe = recipe
                self._command(Set(path, value))
            else:
                self.configure(recipe)

    def close(self, deadline: float = 10.0) -> bool:
        """Refuse commands, cancel jobs, save, end thread and process; return whether all ended in ``deadline`` s."""
        end = time.monotonic() + deadline
        stage = self._stage
        with stage.lock:
            if stage.closed:
                return True
            stage.closed = True
            running = stage.running
        if running is not None:
            running.command(Stop(quick=True))
        done = self._jobs.close(end - deadline * 0.2)
        if running is not None:
            done = running.join(max(0.5, end - deadline * 0.15 - time.monotonic())) and done
        done = self._analysis.close(max(0.5, end - time.monotonic())) and done
        self.lanes.close()
        return done

    # --- in the background ----------------------------------------------------------------------------------------

    def _command(self, command: Command) -> None:
        with self._stage.lock:
            running = self._stage.running
            if running is not None and self._stage.busy():
                running.command(command)

    def _load_catalogue(self, _job: Control) -> None:
        for kind in CATALOGUE_KINDS:
            catalogue(kind)
        self.lanes.send(CatalogueReady(CATALOGUE_KINDS))
        self._stage.tell_anew()
        from explorer.learn.optimisers import warm_up  # torch: only here, in the background

        warm_up()
        for kind in MAP_KINDS:
            catalogue(kind)
        self.lanes.send(CatalogueReady(MAP_KINDS))
        gc.freeze()  # the million objects of torch stay for good: going through them would hold everybody up for 0.1 s
