"""What a session knows, and the few ways in which that changes; every thread of the engine reports here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.census_margin import census_margin
from explorer.core.errors import UserError, printable
from explorer.core.events import OutsideEmbeddings, OutsideInputs, Stop
from explorer.core.map_values import KeptStep, StepShown
from explorer.core.part_titles import part_title
from explorer.core.recipe import Recipe
from explorer.core.registry import loaded
from explorer.core.types import PIXELS_RUN, Evaluation, IntArray, Projection, Snapshot
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.datasets.in_use import keep_data
from explorer.engine.datasets.loading import Opened, raw_rows, resplit, scene_of
from explorer.engine.datasets.requirements import reason_against_training, suited
from explorer.engine.events import (
    UNDER_WAY,
    DatasetComplete,
    DatasetOpened,
    GivenChanged,
    Notice,
    Role,
    RunShown,
    SplitChanged,
    State,
    StateChanged,
)
from explorer.engine.lanes import Lanes
from explorer.engine.result_filter import ResultFilter
from explorer.engine.run.active_run import ActiveRun
from explorer.engine.run.beside_raw import recall_of
from explorer.engine.run.given_run import given_in
from explorer.engine.run.last_look import LOOK_SECONDS, look_once_more
from explorer.engine.session.own_recipe import OwnRecipe

if TYPE_CHECKING:
    from explorer.learn.ranks import Ranks

TESTS_HELD_OUT = "This run holds out the test data that were added, and trains on what was held out before"
LATER_KINDS = ("source", "modality", "projection", "protocol")
"""Kinds of parts that are loaded when a window has begun, and that its recipe does not wait for; in this order."""
LEFT_SECONDS = 0.2
"""How often it is looked whether a run that was left behind has ended."""
AUTOSAVE_SECONDS = 30.0
"""A run is saved at least so often, unless somebody wishes otherwise."""


def alone(_data: str) -> Ranks:
    """Return that one process trains."""
    from explorer.learn.ranks import Ranks

    return Ranks()


class SessionState:
    """The dataset, recipe, run and state of a session. ``lock`` guards them; lanes and analysis guard themselves.

    ``generation`` counts datasets: whatever was computed for an older one is dropped, and so is what belongs to
    another run than the one that is shown. ``available``: the steps of the run that can be shown again,
    ``kept_bytes`` together; ``shown``: the one that is, −1 while the newest is followed; ``kept``: its embeddings and
    its map, once they are read; ``own``: whose ``recipe`` is set; ``frame``: the last frame of the map of the newest
    one, also while it is held back. ``laid_over``: the map is laid over another one, and kept steps are so too.
    ``watchers`` are called, from any thread, whenever other embeddings are shown or the state changes, and return at
    once. ``outside``: what a run embeds though it is no item of the data, and ``take_outside``: who is told of that.
    ``raw``: the items as they are before any training, once they are compared. ``written_by``: who else writes the
    run that is shown. ``script``: which network a script of its own trained in it, empty where the recipe was.
    ``threads``: of torch on the CPU, 0: as many as suit. ``join``: meets those who train along, given what stands for
    the data.
    """

    def __init__(self, lanes: Lanes, *, live: bool, analysis_threads: int, threads: int = 0) -> None:
        self.lock = threading.RLock()
        self.lanes = lanes
        self.results = ResultFilter(lanes)
        self.live = live
        self.threads = threads
        self.closed = False
        self.state: State = "empty"
        self.recipe = Recipe()
        self.own = OwnRecipe()
        self.opened: Opened | None = None
        self.running: ActiveRun | None = None
        self.generation = 0
        self.run = ""
        self.run_path: Path | None = None
        self.stored: Snapshot | None = None
        self.raw: Snapshot | None = None
        self.raw_evaluation: Evaluation | None = None
        self.available: tuple[KeptStep, ...] = ()
        self.kept_bytes = 0
        self.written_by = self.script = ""
        self.shown = -1
        self.kept: tuple[Snapshot, Projection | None] | None = None
        self.frame: Projection | None = None
        self.laid_over = False
        self.triplets_wanted = threading.Event()
        self.autosave_seconds = AUTOSAVE_SECONDS
        self.join: Callable[[str], Ranks] = alone
        self.outside = OutsideInputs()
        self.take_outside: Callable[[OutsideEmbeddings], None] = lambda found: None
        self.watchers: list[Callable[[], None]] = []
        self._resting: State = "empty"
        self._shown_of = 0
        self._told = ""
        self._chosen_for = ""
        self._late: list[ActiveRun] = []
        self._left: list[ActiveRun] = []
        self.analysis = AnalysisClient(self._on_result, live=live, threads=analysis_threads)

    def why_not(self) -> str:
        """Return why Train is off, in words for the user; empty when it is on."""
        with self.lock:
            return "A run is training" if self.state in UNDER_WAY else self.why_unfit()

    def why_unfit(self) -> str:
        """Return why what is open cannot be trained on by the recipe, whether a run trains or not; else nothing."""
        with self.lock:
            if self.opened is None:
                return "The data are still being read" if self.state == "loading" else "Open pictures or vectors first"
            if self.state == "loading":
                return "The data are being read or split"
            return reason_against_training(self.opened, self.recipe, wait=not self.live)

    def busy(self) -> bool:
        """Return whether a run trains or is paused."""
        return self.state in UNDER_WAY

    def occupied(self) -> bool:
        """Return whether this process trains, or still loads what it will train with."""
        return self.busy() or (self.live and not loaded(LATER_KINDS[-1]))

    def enter(self, state: State) -> None:
        """Change the state and say so."""
        with self.lock:
            if state == self.state:
                return
            if self.state not in UNDER_WAY | {"loading"}:
                self._resting = self.state
            self.state = state
            self.tell()
        self.changed()

    def changed(self) -> None:
        """Tell the watchers that something else is shown."""
        for watcher in self.watchers:
            watcher()

    def tell(self) -> None:
        """Say in which state the session is, and why Train is off."""
        with self.lock:
            self._told = self.why_not()
            self.lanes.post(StateChanged(self.state, self._told))

    def tell_anew(self) -> None:
        """Say it again where Train is off for another reason than was said, or for none."""
        with self.lock:
            if self.opened is not None and self.why_not() != self._told:
                self.tell()

    def rest(self) -> None:
        """Go back from ``loading`` to the state before it."""
        with self.lock:
            if self.state == "loading":
                self.enter(self._resting)

    def retire(self, *, measured: bool = False) -> None:
        """Stop the run that trains, if one does, and wait for its end; not from the trainer's own thread.

        ``measured``: with a last map and last figures, where they take a moment.
        """
        with self.lock:
            running = self.running
        if measured:
            self.measure_end(LOOK_SECONDS)
        if running is not None and not running.end():
            self._leave(running)
            name = printable(running.path.name)
            self.lanes.post(Notice(f"{name} takes long to be saved: that goes on in the background", "warning"))
        if running is not None and running.problem:
            self.lanes.post(Notice(f"What the run before had learned last is lost: {running.problem}", "error"))

    def measure_end(self, seconds: float) -> None:
        """Stop the run that trains, if one does, with a last map and last figures where they take no longer."""
        with self.lock:
            running, busy = self.running, self.busy()
        if running is not None and busy:
            drawn = (lambda: self.frame.step if self.frame is not None else -1) if self.live else None
            look_once_more(running, self.analysis.settle, drawn, seconds)

    def retire_late(self) -> None:
        """End the runs that began after ``retire`` and before ``adopt``, which nobody can see any more."""
        with self.lock:
            late, self._late = self._late, []
        for running in late:
            if not running.end():
                self._leave(running)

    def _leave(self, running: ActiveRun) -> None:
        with self.lock:
            self._left = [*(left for left in self._left if not left.join(0.0)), running]

    def await_left(self, timeout: float, path: Path | None = None, gave_up: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the runs that were left behind have ended, or those in ``path``; return whether they have.

        At most ``timeout`` seconds, and no longer than until ``gave_up``. Not on the GUI thread.
        """
        end = time.monotonic() + timeout
        for running in self._left:
            while path in (None, running.path) and not running.join(LEFT_SECONDS):
                if gave_up() or time.monotonic() > end:
                    return False
        return True

    def adopt(self, opened: Opened, role: Role, run: str = PIXELS_RUN, path: Path | None = None) -> None:
        """Show another dataset; the old run has been retired, and ``retire_late`` comes next, without the lock.

        ``run`` and ``path``: the saved run that it came with.
        """
        keep_data(self, [spec for spec, _ in opened.sources], opened.dataset)
        with self.lock:
            self.generation += 1
            if self.running is not None and not self.running.left:
                self.running.command(Stop(quick=True))
                self._late.append(self.running)
            self.opened, self.running, self.raw, self.stored = opened, None, None, None  # they are of the data before
            self.raw_evaluation = None
            self.laid_over = False
            if role == "main":
                self.outside = OutsideInputs()
            notice = self._suit(opened) if run == PIXELS_RUN else None
            self._show(run, path)
            if not opened.dataset.growing:
                self.analysis.publish_pixels(self.generation, partial(raw_rows, opened.dataset))
            self.state = "ready" if run == PIXELS_RUN else "finished"
            # told when all of it is so: who hears of it asks the session at once
            if notice is not None:
                self.lanes.post(notice)
            kept = run != PIXELS_RUN
            self.lanes.post(DatasetOpened(opened.dataset, opened.split, role, kept_run=kept, number=self.generation))
            if self.opened.given is not None:
                self.lanes.post(GivenChanged(self.opened.given))
            self.tell()

    def complete(self, opened: Opened) -> None:
        """Compare the raw pixels of data that were ``opened`` before all of them were decoded, now that they are."""
        with self.lock:
            if self.shows_data(opened):
                self.analysis.publish_pixels(self.generation, partial(raw_rows, opened.dataset))
                self.lanes.post(DatasetComplete(opened.dataset))
                self.tell()

    def shows_data(self, opened: Opened) -> bool:
        """Return whether these data are shown, with whatever split."""
        with self.lock:
            return self.opened is not None and self.opened.dataset is opened.dataset

    def _suit(self, opened: Opened) -> Notice | None:
        """Choose an encoder that can read the data in place of the default one, and go back to that where it can."""
        before, modality = self.recipe, opened.dataset.modality
        self.recipe = suited(before, modality, chosen_for=self._chosen_for)
        if self.recipe is before:
            return None
        if self.recipe.encoder == before.encoder:
            return Notice(f"The loss is now {part_title('loss', self.recipe.loss.name)}, which suits these data")
        default = self.recipe.encoder == Recipe().encoder
        self._chosen_for = "" if default else modality.name
        what = f"{modality.plural} again" if default else modality.plural
        loss = f", the loss {part_title('loss', self.recipe.loss.name)}" if self.recipe.loss != before.loss else ""
        return Notice(
            f"These data are {what}: the encoder is now {part_title('encoder', self.recipe.encoder.name)}{loss}"
        )

    def show(self, run: str, path: Path | None) -> None:
        """Show another run of the same dataset, kept in ``path``: what still comes of the one before is dropped."""
        if path is not None:
            self._take_given(path)
        self._show(run, path)

    def _show(self, run: str, path: Path | None) -> None:
        """Show another run of the same dataset, whose given pairs and the like were read."""
        with self.lock:
            assert self.opened is not None
            self.follow()
            others = (self._shown_of, self.run) != (self.generation, run)
            self._shown_of, self.run, self.run_path = self.generation, run, path
            self.available, self.kept_bytes, self.frame, self.written_by, self.script = (), 0, None, "", ""
            if others:  # told last: who hears it asks at once for the folder, and is not held up by the lock
                self.lanes.post(RunShown(self.generation, run))
            self.results.show(self.generation, run)
            self.analysis.begin(scene_of(self.opened, self.generation, run))

    def given_with(self, opened: Opened, path: Path) -> Opened:
        """Return data with what was given to the run in a folder, which is read: not under the lock."""
        found = None
        try:
            found = given_in(path, opened.dataset.ids, opened.given)
        except UserError as error:  # the run can be looked at all the same
            self.lanes.post(Notice(str(error), "warning"))
        return opened if found is opened.given else replace(opened, given=found)

    def _take_given(self, path: Path) -> None:
        """Go by what was given to the run in a folder, which is of the data that are shown."""
        opened = self.opened
        assert opened is not None
        now = self.given_with(opened, path)
        with self.lock:
            if now is not opened and self.opened is opened:
                self.opened = now
                self.lanes.post(GivenChanged(now.given))

    def hold_out_tests(self, opened: Opened, recipe: Recipe) -> Opened:
        """Return data for a new run: test data that were added beside an earlier one, in neither part, are held out."""
        if not any(role == "test" for _, role in opened.sources):
            return opened
        again = resplit(opened, recipe)  # of millions this takes seconds
        if again.split is None:
            return opened
        with self.lock:
            if self.opened is opened:
                self.opened = again
                self.lanes.post(SplitChanged(again.split))
                if opened.split is not None and not np.array_equal(opened.split.held_out, again.split.held_out):
                    self.lanes.post(Notice(TESTS_HELD_OUT, "info"))
        return again

    def go_back_to(self, before: ActiveRun) -> None:
        """Go by the run before again, which is still shown: the one after it has not begun."""
        with self.lock:
            self.running = before

    def keeps(self, run: str, steps: tuple[KeptStep, ...], size: int) -> None:
        """Note which steps of a run can be shown again and their bytes, and tell of those that are new."""
        with self.lock:
            if run == self.run:
                before, self.available, self.kept_bytes = set(self.available), steps, size
                for step in steps:
                    if step not in before:
                        self.results.post(step, self.generation)

    def show_stored(self, snapshots: Iterable[Snapshot]) -> None:
        """Show embeddings that the saved run has, the newest last."""
        with self.lock:
            for snapshot in snapshots:
                self.stored = snapshot
                self.results.post(snapshot, self.generation)
                self.analysis.publish(snapshot)

    def moved(self, run: str, path: Path) -> None:
        """Note that a run goes on in another folder, in which all of it is saved, and say so."""
        with self.lock:
            if run == self.run:
                self.run_path = path
        self.lanes.post(Notice(f"The run is saved in {printable(str(path))}", folder=path))

    def trains_by(self, run: str, recipe: Recipe) -> None:
        """Note what is trained with in a run, with its live changes: the next run begins with that."""
        with self.lock:
            if run == self.run:
                self.recipe = recipe

    def count_at_margin(self, run: str) -> None:
        """Count the triplets of a run that is shown at the margin it is trained with; imports the losses."""
        recipe = self.recipe
        with suppress(UserError):  # a loss of an extension that is not installed any more
            margin = census_margin(recipe.params("loss"))
            with self.lock:
                if (self.run, self.recipe) == (run, recipe):
                    self.analysis.margin(margin)

    def begin_map(self, projection: Projection | None) -> None:
        """Show where the map of the run that is shown stood last, and let it go on from there; None: nowhere."""
        with self.lock:
            if projection is not None and projection.run == self.run and not self.laid_over:
                self.frame = projection
                self.results.post(projection, self.generation)
                self.analysis.remember(projection)

    def lay_over(self, projection: Projection) -> None:
        """Lay the map out anew, beginning where items lie on another one, and from now on kept steps of the run too."""
        with self.lock:
            self.laid_over = True
            self.analysis.remember(projection, anew=True)

    def turn_to(self, step: int, projection: Projection | None) -> None:
        """Show a kept step of the run, its map at once; what the newest one brings is held back from now on."""
        with self.lock:
            self.shown = step
            self.results.show_step(self.run, step)
            self.results.post(StepShown(self.run, step), self.generation)
            if projection is not None:
                self.results.post(projection, self.generation, replayed=True)

    def follow(self) -> None:
        """Show the newest embeddings and map of the run again, if a kept step was shown."""
        with self.lock:
            if self.shown < 0:
                return
            self.shown, self.kept = -1, None
            self.results.show_step(self.run, -1)
            self.analysis.replay(None, None)
            self.results.post(StepShown(self.run, -1), self.generation)
            running = self.running
            triplets = running.triplets if running is not None and self.triplets_wanted.is_set() else None
            frame = None if self.laid_over else self.frame  # else the points go there from where they are
            for value in (frame, self.newest(), triplets):
                if value is not None:
                    self.results.post(value, self.generation)

    def newest(self) -> Snapshot | None:
        """Return the embeddings of the run that is shown; None before it has any, and before any training."""
        with self.lock:
            running, stored = self.running, self.stored
            if running is not None and running.run == self.run and running.snapshot is not None:
                return running.snapshot
            return stored if stored is not None and stored.run == self.run else None

    def measured(self, items: IntArray) -> Snapshot | None:
        """Return what ``items`` are measured by: a kept step that is shown, else the newest exact embeddings.

        Where these lack some of the items, or there are none yet, the newest ones; None before any training.
        """
        with self.lock:
            running = self.running
            exact = running.exact_snapshot if running is not None and running.run == self.run else None
            if self.kept is not None:
                return self.kept[0]
            if exact is not None and exact.run == self.run and np.isin(items, exact.indices).all():
                return exact
            return self.newest()

    def in_view(self) -> tuple[Snapshot | None, Projection | None]:
        """Return the embeddings and the map that are shown: those of a kept step, else the newest of the run."""
        with self.lock:
            return self.kept or (self.newest(), self.frame)

    def _of_kept(self, frame: Projection) -> bool:
        """Take a frame of a kept step that is laid over another map for the map of that; return whether it is one."""
        if not self.laid_over or self.shown < 0 or (frame.run, frame.step) != (self.run, self.shown):
            return False
        if self.kept is not None and self.kept[0].step == frame.step:
            self.kept = (self.kept[0], frame)
        return True

    def _on_result(self, generation: int, value: Any) -> None:
        """Pass an answer of the analysis process on; of one that is held back meanwhile the rest is done all the same.

        ``generation``: the number of the data that it is of, -1 where it is of none.
        """
        with self.lock:
            kept = isinstance(value, Projection) and self._of_kept(value)
            self.results.post(value, generation, replayed=kept)
            if kept or not self.results.shows(value, generation):
                return
            run, running = getattr(value, "run", ""), self.running
            first = isinstance(value, Projection) and (self.frame is None or self.frame.run != run)
            if isinstance(value, Projection):
                self.frame = value
            if isinstance(value, Snapshot):
                self.raw, first = value, True
            if isinstance(value, Evaluation) and run == PIXELS_RUN and recall_of(value) is not None:
                self.raw_evaluation = value
        if first:
            self.changed()
        if running is not None and run == running.run and isinstance(value, (Evaluation, Projection)):
            running.record(value)
