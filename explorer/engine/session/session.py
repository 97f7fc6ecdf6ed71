"""One session: a dataset, a recipe, a run and what is shown of them, for a window as well as for a headless loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.errors import UserError
from explorer.core.events import Command, Pause, Resume, Save, Scalar, Set, Stop
from explorer.core.extensions import problems
from explorer.core.live_change import check_changes, with_live_value
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import catalogue
from explorer.core.torch_environment import load_beside
from explorer.core.types import Projection, Split
from explorer.engine.datasets.in_use import check_outside
from explorer.engine.events import CatalogueReady, Notice, RecipeChanged, Role, State
from explorer.engine.jobs import Control, Jobs
from explorer.engine.lanes import Lanes
from explorer.engine.paths import free_path, new_run_path
from explorer.engine.paths import runs_folder as default_runs_folder
from explorer.engine.run.active_run import STILL_SAVING, ActiveRun
from explorer.engine.run.alarms import Remedy
from explorer.engine.run.last_look import LOOK_SECONDS
from explorer.engine.run.run_files import checkpoints_until, trained_by_script
from explorer.engine.run.trainer_thread import available_cores
from explorer.engine.session.batch_triplets import TripletWatch
from explorer.engine.session.branches import SessionBranches
from explorer.engine.session.cleaning import SessionCleaning
from explorer.engine.session.closest_pairs import post_closest_pairs
from explorer.engine.session.compare_with import post_comparison
from explorer.engine.session.disk_use import SessionDisk
from explorer.engine.session.duel import SessionDuel
from explorer.engine.session.evaluate import EVALUATE, Evaluator, ItemsAsked
from explorer.engine.session.gallery import SessionGallery
from explorer.engine.session.given import SessionGiven
from explorer.engine.session.item_sets import SessionSets
from explorer.engine.session.loss_gradients import ForceWatch
from explorer.engine.session.miner_bench import bench_miners
from explorer.engine.session.more_like_these import MoreLikeThese
from explorer.engine.session.open_jobs import OpenJobs
from explorer.engine.session.outside_queries import OutsideQueries
from explorer.engine.session.pin_history import PinHistory
from explorer.engine.session.recipes import SessionRecipes
from explorer.engine.session.replay import Replay
from explorer.engine.session.run_threshold import SessionThreshold
from explorer.engine.session.saved_runs import SessionRuns
from explorer.engine.session.selection_files import SelectionFiles
from explorer.engine.session.selection_order import SelectionOrder
from explorer.engine.session.state import LATER_KINDS, SessionState

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.learn.ranks import Ranks

CATALOGUE_KINDS = (
    "split", "encoder", "fitter", "distance", "loss", "miner", "sampler", "augment", "optimiser", "schedule",
)  # fmt: skip


class Session:
    """Joins data, training, runs and analysis. Every method returns at once; results arrive on ``lanes``.

    A session shows one run. Any number of sessions may live in one process, and those made with ``beside`` share their
    data in memory: another run of the same data, shown or trained at the same time, is another session.

    What is shown, and changes nothing of data and training, is asked of its parts, at any time and from any thread:
    ``analysis`` for neighbours of pinned items, the layout of the map, values to colour by and the census at a margin
    (``begin``, ``publish`` and ``replay`` of it are called by the engine alone); ``replay`` for kept steps of the run;
    ``batch_triplets`` and ``forces`` for what is drawn over the map. ``gallery``: who is enrolled with the run;
    ``given``: pairs, triplets and must-link lists that are trained on in place of classes;
    ``cleaning``: what may be wrong with its data, and what was decided about labels.
    ``outside``: queries that are no items of the data. ``threshold``: up to which distance two items are the same, as
    the run keeps it. ``more``: what is like a few examples. ``selection_order``: items by loss, violations,
    distance or name. ``item_sets``: sets of items that have a name. ``selection_files``: lists and copies of items.
    ``pin_history``: pinned queries over the steps of the run. ``disk``: what is kept on the disk, in bytes, and freeing
    it. ``duel``: what is shown against what another session shows of the same data. ``runs``: those that were saved,
    with what a person said of them. ``recipes``: those that there are, and lines that train by them.
    ``branches``: of saved runs.

    Parameters
    ----------
    doorbell: rung, from any thread, when something waits on ``lanes``.
    live: a window is open: torch leaves one core to the map, and map, neighbours and panels are fed.
    cache_folder: where decoded pixels are kept; None: the user's cache folder.
    runs_folder: where runs go that are given no folder; None: the user's data folder.
    threads: of torch on the CPU; 0: all cores, and one less while ``live``. The same seed gives the same weights only
        with as many of them.
    """

    def __init__(
        self,
        doorbell: Callable[[], None] = lambda: None,
        *,
        live: bool,
        cache_folder: Path | None = None,
        runs_folder: Path | None = None,
        threads: int = 0,
    ) -> None:
        self.lanes = Lanes(doorbell)
        self.live = live
        self._cache_folder = cache_folder
        self._runs_folder = runs_folder or default_runs_folder()
        self._jobs = Jobs(self.lanes)
        cores = available_cores()
        self._state = SessionState(
            self.lanes, live=live, analysis_threads=max(1, cores // 4) if live else cores, threads=threads
        )
        self._open_jobs = OpenJobs(self._state, self._jobs, cache_folder)
        self.analysis = self._state.analysis
        self.replay = Replay(self._state, self._jobs)
        self.batch_triplets = TripletWatch(self._state, self._jobs)
        self.forces = ForceWatch(self._state, self._jobs)
        self.gallery = SessionGallery(self._state, self._jobs)
        self.given = SessionGiven(self._state, self._jobs)
        self.cleaning = SessionCleaning(self._state, self._jobs)
        self.outside = OutsideQueries(self._state, self._jobs)
        self.more = MoreLikeThese(self._state, self._jobs)
        self.selection_order = SelectionOrder(self._state, self._jobs)
        self.item_sets = SessionSets(self._state, self._jobs)
        self.selection_files = SelectionFiles(self._state, self._jobs, self.selection_order)
        self.pin_history = PinHistory(self._state, self._jobs)
        self.threshold = SessionThreshold(self._state, self._jobs)
        self.disk = SessionDisk(self._state, self._jobs, cache_folder, self._runs_folder)
        self.runs = SessionRuns(self.lanes, self._jobs, self._runs_folder, lambda: self._state.run_path)
        self.recipes = SessionRecipes(self._state, self._jobs, self._runs_folder)
        self.duel = SessionDuel(self._state, self._jobs)
        self.branches = SessionBranches(
            self._state, self._jobs, self._runs_folder, self.configure, self.train, self._open_jobs
        )
        self._evaluator = Evaluator(self._state, self._jobs)
        self.analysis.start()

    def autosave(self, seconds: float) -> None:
        """Save the runs that begin from now on at least so often."""
        self._state.autosave_seconds = seconds

    def train_on_ranks(self, join: Callable[[str], Ranks]) -> None:
        """Train the runs that begin from now on together with other processes, see ``SessionState``."""
        self._state.join = join

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset."""
        opened = self._state.opened
        return opened.dataset if opened else None

    @property
    def split(self) -> Split | None:
        """Which items train and which are held out; None where that is not possible."""
        opened = self._state.opened
        return opened.split if opened else None

    @property
    def open_data(self) -> tuple[int, Dataset | None, Split | None]:
        """The number of the open data in this session, and the dataset and the split; without waiting for a lock."""
        opened = self._state.opened  # before the number, which changes first: of newer data it is never an older one
        number = self._state.generation
        return (number, opened.dataset, opened.split) if opened else (number, None, None)

    @property
    def recipe(self) -> Recipe:
        """The recipe of the next run, with the live changes of the current one."""
        return self._state.recipe

    @property
    def state(self) -> State:
        """What the session is doing."""
        return self._state.state

    @property
    def run(self) -> str:
        """The id of the run that is shown; ``PIXELS_RUN`` before any training, empty without a dataset."""
        return self._state.run

    @property
    def run_folder(self) -> Path | None:
        """The folder of the run that is shown, if it has one."""
        return self._state.run_path

    @property
    def read_only(self) -> str:
        """Why the run that is shown can only be read, empty where it can be gone on with."""
        writer, script = self._state.written_by, self._state.script
        if writer:
            return f"This run is open for writing in {writer}"
        return trained_by_script(script) if script else ""

    def lay_over(self, projection: Projection) -> None:
        """Lay the map out anew, beginning where items lie on the map of another run of the same data."""
        self._state.lay_over(projection)

    @property
    def shown_map(self) -> Projection | None:
        """The map that is shown: of a kept step, or the last frame of the newest one; None before there is any."""
        return self._state.in_view()[1]

    def why_not(self) -> str:
        """Return why Train is off, in words for the user; empty when it is on."""
        return self._state.why_not()

    def why_unfit(self) -> str:
        """Return why no run can be trained of what is open and set, also beside one that trains; empty when one can."""
        return self._state.why_unfit()

    # --- data -----------------------------------------------------------------------------------------------------

    def open(self, spec: str, *, role: Role = "main", recipe: Recipe | None = None) -> int:
        """Open a dataset and return the id of the job; it ends in ``DatasetOpened`` or ``DatasetFailed``.

        A newer main dataset replaces one that is still being opened. A ``test`` or ``gallery`` is added to the main
        one. When it is there, a run that trains is stopped; what it has learned stays, and embeds what is added.
        ``recipe``: the one that comes with a main one. Without, other data than those that are open are read as they
        are, and a recipe that came with what was open gives way to the one that was set before it: ``RecipeBack``.
        """
        return self._open_jobs.open(spec, role, recipe)

    def beside(self, doorbell: Callable[[], None] = lambda: None) -> Session:
        """Return another session on the data that are open now, by the same recipe and with no run yet."""
        made = Session(
            doorbell,
            live=self.live,
            cache_folder=self._cache_folder,
            runs_folder=self._runs_folder,
            threads=self._state.threads,
        )
        with self._state.lock:
            made._state.recipe, opened = self._state.recipe, self._state.opened
            made._state.own = copy(self._state.own)
        if opened is not None:
            made._open_jobs.share(opened)
        return made

    def open_run(self, path: Path, *, data: str = "") -> int:
        """Open a saved run: its dataset (or ``data``, where that has moved), then ``RunOpened`` with its history."""
        return self._open_jobs.open_run(Path(path), data)

    def cancel(self, job: int) -> None:
        """Cancel a background job."""
        self._jobs.cancel(job)

    def start(self, title: str, work: Callable[[Control], None], *, quiet: bool = False, writes: str = "") -> int:
        """Do ``work`` in the background, with its progress and a way to cancel it on the lanes; return the job's id.

        ``quiet``: it takes a moment, and is not shown. ``writes``: see ``JobStatus``.
        """
        return self._jobs.start(title, work, quiet=quiet, writes=writes)

    @property
    def sources(self) -> tuple[tuple[str, Role], ...]:
        """What opens the data that are open again, the main ones first, with what is added to them."""
        opened = self._state.opened
        return () if opened is None else tuple(opened.sources)

    @property
    def runs_folder(self) -> Path:
        """Where runs are saved that are given no folder."""
        return self._runs_folder

    def bench_miners(self) -> int:
        """Let every miner choose from one batch of what is shown, and return the id of the job: ``MinerBench``."""
        return self._jobs.start("Compare miners", partial(bench_miners, self._state), group="miner bench")

    def evaluate(self, protocol: Part, items: ItemsAsked = "held-out", asker: str = EVALUATE) -> int:
        """Measure what is shown by a protocol for the panel ``asker``; return the job's id: ``ProtocolResult``."""
        work = partial(self._evaluator.evaluate, protocol, items, asker)
        return self._jobs.start("Evaluate", work, group="evaluate")

    def compare_with(self, other: Path, protocol: Part) -> int:
        """Compare the run that is shown with another saved one by a protocol: ``RunsCompared``; return the job's id."""
        work = partial(post_comparison, self._state, other, protocol)
        return self._jobs.start(f"Compare with {other.name}", work, group="evaluate")

    def closest_pairs(self, first: int, second: int, count: int) -> int:
        """Find the closest pairs across two classes, or the farthest of one: ``ClosestPairs``; return the job's id."""
        work = partial(post_closest_pairs, self._state, first, second, count)
        return self._jobs.start("Find close pairs", work, group="closest pairs", quiet=True)

    def load_catalogue(self) -> None:
        """Import every kind of part in the background, torch among it; ends in ``CatalogueReady``."""
        self._jobs.start("Load components", self._load_catalogue, quiet=True)

    def configure(self, recipe: Recipe, *, for_these: bool = False) -> None:
        """Use ``recipe`` for the next run: ``RecipeChanged``. Another split acts at once; other data are read again.

        ``for_these``: it was made for the data that are open, and ends with them as that of an example does.
        """
        state = self._state
        with state.lock:
            before, state.recipe = state.recipe, recipe
            state.own.take(before, recipe, for_these=for_these)
            if before != recipe:
                self.lanes.post(RecipeChanged(recipe))
            opened = state.opened
            split_anew = (before.split, before.seed) != (recipe.split, recipe.seed)
            if state.state == "loading" and (split_anew or before.data != recipe.data):
                self._open_jobs.owe()
            if opened is None or state.busy() or state.state == "loading":
                return
            if before.data != recipe.data:
                self._open_jobs.reload(opened)
            elif split_anew:
                self._open_jobs.split_anew(opened)
            elif any(before.part(kind) != recipe.part(kind) for kind in ("loss", "fitter", "encoder", "distance")):
                state.tell_anew()

    # --- training -------------------------------------------------------------------------------------------------

    def train(
        self,
        out: Path | None = None,
        resume: bool = False,
        back: Remedy | None = None,
        epochs: int = 0,
        changes: Sequence[Set] = (),
        until: int = 0,
    ) -> None:
        """Start a run, written to ``out`` as it goes (None: a new folder under the user's runs).

        ``resume``: go on with the run in ``out``, or with the one that is shown, from its last checkpoint; ``back``:
        from the last one up to a step, with other live values. ``epochs``: of the whole run, if it goes on beyond those
        of its recipe; 0: those, or as many again where it has had them. ``changes``: live values that change at given
        steps; those up to the checkpoint from which a run goes on are passed over. ``until``: the run stops after so
        many epochs of those that are planned, as if somebody had stopped it then; 0: after all.

        Raises
        ------
        UserError: if training is not possible now, see ``why_not``, or a value cannot change while it trains.
        """
        state = self._state
        with state.lock:
            if reason := "The application is closing" if state.closed else self.why_not():
                raise UserError(reason)
            assert state.opened is not None
            check_changes(state.recipe, changes)
            path = out or (self.run_folder if resume else None)
            if resume and path == self.run_folder and (reason := self.read_only):
                raise UserError(reason, remedy="Wait until that has ended, or train a new run")
            if resume and path is not None and path == self.run_folder and self._open_jobs.shows_more:
                self._open_jobs.go_on(path, partial(self.train, path, True, back, epochs, changes, until))
                return
            if out is not None and not resume:
                check_outside(out, [spec for spec, _role in state.opened.sources])
            if resume and path is None:
                raise UserError("There is no run to go on with", remedy="Open its folder first")
            path = path or new_run_path(self._runs_folder, state.opened.dataset.name)
            before = state.running
            state.running = ActiveRun(
                state.opened, state.recipe, path, resume=resume, before=before, session=state, back=back, epochs=epochs
            )
            for change in changes:
                state.running.command(change)
            if until:
                state.running.command(Stop(epochs=until))
            state.enter("training")
            state.running.start()

    def mend(self, remedy: Remedy) -> None:
        """Do what an alarm offers: change live values, go back to an earlier checkpoint, train anew, or ask who trains.

        Raises
        ------
        UserError: if a value is not allowed any more.
        """
        run, recipe = self._state.running, self._state.recipe
        if remedy.action == "save":
            self.save_again()
            return
        if remedy.action == "ask":
            self._open_jobs.elsewhere.ask(remedy.commands)
            return
        for path, value in remedy.changes:
            recipe = recipe.with_value(path, value)
        if remedy.action == "set":
            for path, value in remedy.changes:
                self.set(path, value)
            return
        folder = self.run_folder

        def mended(_job: Control) -> None:
            self._state.retire()  # waits for its end, and is therefore not done on the GUI thread
            steps = checkpoints_until(folder, remedy.step) if folder and remedy.action == "rewind" else 0
            with self._state.lock:
                if self._state.running is not run or self._state.busy():
                    return
                self._state.recipe = recipe
                self.train(folder if steps else None, resume=bool(steps), back=remedy if steps else None)

        self._jobs.start(remedy.title, mended, quiet=True)

    @property
    def unsaved(self) -> str:
        """Why the newest of the run that trains, or trained last, is not on the disk; empty where it is."""
        running = self._state.running
        return running.problem if running is not None else ""

    def save_again(self, elsewhere: Path | None = None) -> None:
        """Try now to save what the disk refused; with ``elsewhere`` in a new folder there, where the run goes on."""
        running = self._state.running
        if running is not None:
            running.save_again(None if elsewhere is None else free_path(elsewhere, running.path.name))

    def pause(self, after: int = 0) -> None:
        """Wait before the next step, or ``after`` so many more; does nothing when no run trains."""
        self._command(Pause(after))

    def save_checkpoint(self) -> None:
        """Write a checkpoint before the next step; a notice says where. Does nothing when no run trains."""
        self._command(Save())

    def resume(self) -> None:
        """Go on after a pause."""
        self._command(Resume())

    @property
    def ending(self) -> bool:
        """Whether the run that trains was told to stop, and has not ended yet."""
        with self._state.lock:
            running = self._state.running
            return running is not None and self._state.busy() and running.ending

    def stop(self, *, quick: bool = False) -> None:
        """End the run now, with a last checkpoint and an exact snapshot; called again, or ``quick``, without that."""
        self._command(Stop(quick))

    def set(self, path: str, value: Scalar) -> None:
        """Change one value of the recipe; of a run that trains before its next step: ``ParameterChanged``.

        Otherwise it takes effect at once: ``RecipeChanged``.

        Raises
        ------
        UserError: if there is no such key, the value is not allowed, or it cannot change while a run trains.
        """
        state = self._state
        with state.lock:
            if state.busy():
                with_live_value(state.recipe, path, value)
                self._command(Set(path, value))
            else:
                self.configure(state.recipe.with_value(path, value))

    def end_run(self, timeout: float = 10.0) -> str:
        """End the run that trains, if one does, and wait until all is saved; return why it is not.

        It is measured once more where that takes a moment: what is shown when it is opened again is of its last step.
        So that a window can ask what becomes of it before it closes; not to be called on the GUI thread.
        """
        running, end = self._state.running, time.monotonic() + timeout
        self._state.measure_end(min(LOOK_SECONDS, timeout / 2))
        problem = running.settle(end - time.monotonic()) if running is not None else ""
        return problem or ("" if self._state.await_left(end - time.monotonic()) else STILL_SAVING)

    def close(self, deadline: float = 10.0) -> bool:
        """Refuse commands, cancel jobs, save, end thread and process; return whether all ended in ``deadline`` s."""
        end = time.monotonic() + deadline
        state = self._state
        with state.lock:
            if state.closed:
                return True
            state.closed = True
            running = state.running
        if running is not None:
            running.command(Stop(quick=True))
        done = self._jobs.close(end - deadline * 0.2)
        if running is not None:
            done = running.join(max(0.5, end - deadline * 0.15 - time.monotonic())) and done
        state.retire_late()
        done = state.await_left(max(0.5, end - time.monotonic())) and done
        done = self.analysis.close(max(0.5, end - time.monotonic())) and done
        self.lanes.close()
        return done

    def _command(self, command: Command) -> None:
        with self._state.lock:
            running = self._state.running
            if running is not None and self._state.busy():
                running.command(command)

    def _load_catalogue(self, _job: Control) -> None:
        load_beside()
        for kind in CATALOGUE_KINDS:
            catalogue(kind)
        self.lanes.post(CatalogueReady(CATALOGUE_KINDS))
        self._state.tell_anew()
        for kind in LATER_KINDS:
            catalogue(kind)
        self.lanes.post(CatalogueReady(LATER_KINDS))
        for problem in problems():
            self.lanes.post(Notice(problem, "warning"))
