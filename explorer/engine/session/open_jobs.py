"""The jobs that bring a dataset or a saved run into the session; one at a time, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import Cancelled, UserError, printable
from explorer.core.live_change import recipe_after
from explorer.core.recipe import Recipe
from explorer.core.types import Snapshot, frozen
from explorer.data.names import called
from explorer.data.overlap import overlap_told
from explorer.engine.datasets.added_data import added_to, check_added_there
from explorer.engine.datasets.loading import Opened, load, resplit, scene_of
from explorer.engine.events import DatasetFailed, Notice, RecipeBack, RecipeChanged, Role, RunOpened, SplitChanged
from explorer.engine.jobs import AlreadyReported, Control, Jobs, progress_of
from explorer.engine.offline import OfflineRun
from explorer.engine.run.moved_data import check_and_remember
from explorer.engine.run.run_files import split_of
from explorer.engine.run.same_inputs import as_called_in
from explorer.engine.run.saved_run import (
    DataMovedError,
    SavedRun,
    may_have_metric,
    metric_of,
    open_saved,
    opened_run,
    shown_first,
)
from explorer.engine.session.growing_data import GrowingData
from explorer.engine.session.last_step import LastStep
from explorer.engine.session.state import SessionState
from explorer.engine.session.written_elsewhere import WrittenElsewhere
from explorer.runs.folder import RunFolder

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


SPLIT_AT_ONCE = 100_000
"""So many items are split while the window waits, some thirty milliseconds; twenty million take six seconds."""
WITHOUT_ADDED = "The branch is shown without the data that were added: its run was trained without them"
GOES_ON_WITHOUT = "The run goes on without the data that were added: it was trained without them"


class OpenJobs:
    """Starts loading jobs. A newer main dataset or run cancels one that is still on its way."""

    def __init__(self, session: SessionState, jobs: Jobs, cache_folder: Path | None) -> None:
        self._session = session
        self._jobs = jobs
        self._cache_folder = cache_folder
        self.elsewhere = WrittenElsewhere(session, jobs)
        self._last = LastStep(session, jobs)
        self._growing = GrowingData(session, cache_folder, self._show_run)
        self._main = 0
        self._turn = 0
        self._owes = False
        self._beside = -1  # the number of the data of which some were added beside the run
        self._lent: tuple[tuple[str, Role], ...] = ()  # the sources of data that another session has read

    def open(self, spec: str, role: Role, lent: Recipe | None = None) -> int:
        """Open a dataset; return the id of the job. What is added leaves a run that has learned something as it is.

        Other main data than those that are open are read as they are and, where the recipe that is set came with a run
        or an example, trained on by one's own; ``lent``: the recipe that comes with them.
        """

        def work(job: Control) -> None:
            if role == "main":
                recipe = self._recipe_for(spec, lent)
                self._growing.open(spec, recipe, job, lambda opened: self._put_main(job, spec, opened, lent))
                return
            session = self._session
            before = session.opened
            opened = load(spec, role, before, session.recipe, job, self._cache_folder)
            if before is not None:
                self._warn_of_copies(before, opened.dataset, spec, role)
            if not self._put_beside_run(job, opened, role):
                self._put(job, opened, role)

        return self._start(f"Open data: {called(spec)}", spec, work, main=role == "main")

    def reload(self, opened: Opened) -> int:
        """Read the same sources again, by the data options that the recipe has now; return the id of the job."""

        def work(job: Control) -> None:
            recipe = self._session.recipe
            try:
                again = self._together(job, opened.sources)
            except UserError:  # tried again where it was changed meanwhile, not for ever
                self._owes = self._session.recipe.data != recipe.data
                raise
            self._put(job, again, "main")

        self._owes = True
        return self._start(f"Read {opened.dataset.name} again", opened.dataset.uri, work, main=True, back=True)

    def split_anew(self, opened: Opened) -> None:
        """Split the data that are open as the recipe says now: in a job where they are many and a window waits."""
        session, self._owes = self._session, True
        if not session.live or len(opened.dataset) <= SPLIT_AT_ONCE or opened.dataset.growing:
            self._take_split(resplit(opened, session.recipe))
            return

        def work(job: Control) -> None:
            while True:
                with session.lock:
                    held, recipe = session.opened, session.recipe
                assert held is not None
                again = resplit(held, recipe)
                with session.lock:
                    if job.cancelled():
                        raise Cancelled
                    if session.opened is held and (session.recipe.split, session.recipe.seed) == again.split_by:
                        self._take_split(again)
                        return

        self._start(f"Split {opened.dataset.name} again", opened.dataset.uri, work, main=True, back=True)

    def owe(self) -> None:
        """Look at the recipe again once what is on its way is there: it was changed meanwhile."""
        self._owes = True

    def _catch_up(self) -> None:
        """Read or split again what is open, where the recipe was changed while something was on its way."""
        session = self._session
        opened, owes, self._owes = session.opened, self._owes, False
        if not owes or opened is None or session.closed or session.busy() or opened.is_by(session.recipe):
            return
        if opened.options in (None, session.recipe.data):
            self.split_anew(opened)
        else:
            self.reload(opened)

    def _take_back(self) -> None:
        """Have the recipe say again how what is open was read and split: that it be so otherwise was cancelled."""
        session = self._session
        opened, self._owes = session.opened, False
        if opened is None or opened.is_by(session.recipe):
            return
        back: dict[str, object] = {} if opened.options is None else {"data": opened.options}
        if opened.split_by is not None:
            back |= dict(zip(("split", "seed"), opened.split_by, strict=True))
        session.recipe = session.recipe.model_copy(update=back)
        session.lanes.post(RecipeChanged(session.recipe))

    def _take_split(self, opened: Opened) -> None:
        session = self._session
        session.opened = opened
        session.lanes.post(SplitChanged(opened.split))
        session.tell()
        session.analysis.begin(scene_of(opened, session.generation, session.run))

    def share(self, opened: Opened) -> int:
        """Show data that another session has read already; return the id of the job."""
        title = f"Show {opened.dataset.name}"

        def work(job: Control) -> None:
            whole = self._growing.awaited(opened, job)
            self._lent = opened.sources
            self._put(job, opened if whole else self._together(job, opened.sources), "main")

        return self._start(title, opened.dataset.uri, work, main=True)

    def open_run(self, path: Path, data: str) -> int:
        """Open a saved run with its dataset, or with ``data``; return the id of the job.

        On data that another session has read it is shown with what was added to them there.
        """

        def work(job: Control) -> None:
            saved = open_saved(path)
            lent = self._lent_with_added(saved, data)
            opened = saved.with_split(self._data_of(job, saved, data)) if lent is None else lent
            self._retire(job)
            before = self._session.recipe
            snapshots = shown_first(saved.folder)  # after that: it may be the run that trained
            if lent is None:
                self._compare(saved, opened)
            else:
                snapshots = _with_added(saved, lent.dataset, snapshots, job)
            shown = self._show_run(saved, opened, "main", snapshots, more=lent is not None)
            if shown.lost:
                self._session.lanes.post(Notice(shown.lost, "warning"))
            self._session.own.lend(before, recipe_after(saved.recipe, shown.changes, shown.epochs))
            self._session.own.spec = ""
            self._session.retire_late()
            self.elsewhere.look(saved.folder, shown)
            if lent is None:
                self._last.look(saved, opened.dataset)

        return self._start(f"Open run: {path.name}", str(path), work, main=True)

    def data_of_run(self, path: Path, job: Control) -> Opened | None:
        """Return the data of a saved run: those that are open, or without what was added to them beside it.

        Raises
        ------
        UserError: if they cannot be read; Cancelled: if the job was cancelled.
        """
        saved, held = open_saved(path), self._session.opened
        if held is None or len(held.sources) == 1 or saved.is_of(held):
            return held
        return self._data_of(job, saved, held.sources[0][0])

    @property
    def shows_more(self) -> bool:
        """Whether data are shown that were added beside a run, which was trained without them."""
        return self._beside == self._session.generation

    def go_on(self, path: Path, train: Callable[[], None]) -> int:
        """Show the run in ``path`` on the data that it was trained on, then ``train`` it on; return the job's id.

        What was added beside it is not among them.
        """

        def work(job: Control) -> None:
            session, opened = self._session, self.data_of_run(path, job)
            if opened is None or opened is session.opened:
                self._beside = -1  # a run that was trained on all of it since
                session.rest()
            else:
                saved = open_saved(path)
                opened = saved.with_split(opened)
                self._retire(job)
                self._show_run(saved, opened, "main", shown_first(saved.folder))
                session.retire_late()
                session.lanes.post(Notice(GOES_ON_WITHOUT))
            train()

        return self._start("Continue a run", str(path), work, main=True)

    def show_alone(self, opened: Opened, job: Control) -> None:
        """Show the data of a run that is about to go on without what was added to them, and say so."""
        self._put(job, opened, "main")
        self._session.lanes.post(Notice(WITHOUT_ADDED))

    def _show_run(
        self, saved: SavedRun, opened: Opened, role: Role, snapshots: tuple[Snapshot, ...], *, more: bool = False
    ) -> RunOpened:
        """Show a saved run on its data, with some of its embeddings, the newest last; return what is said of it.

        ``more``: others were added to its data.
        """
        session, folder, self._owes = self._session, saved.folder, False
        projection, said = folder.last_projection(), opened_run(folder)
        kept, size = folder.kept_steps(), folder.kept_bytes()
        opened = session.given_with(opened, folder.path)
        with session.lock:
            session.recipe = recipe_after(saved.recipe, said.changes, said.epochs)
            session.adopt(opened, role, saved.run, folder.path)
            self._beside = session.generation if more else -1
            session.script = said.script
            session.lanes.post(said)
            session.keeps(saved.run, kept, size)
            session.begin_map(projection)
            session.show_stored(snapshots)
            generation = session.generation
        session.changed()
        if session.live:
            self._jobs.start("Read the margin", lambda _job: session.count_at_margin(saved.run), quiet=True)
        if session.live and may_have_metric(folder.recipe):
            self._jobs.start("Read the metric", lambda _job: self._show_metric(saved, generation), quiet=True)
        return said

    def _compare(self, saved: SavedRun, opened: Opened) -> None:
        """Say where data are not what they were: a run can be looked at all the same, but its figures are others.

        Those that are, and were moved, are found by every command from then on.
        """
        try:
            moved = check_and_remember(saved.folder, opened.dataset, opened.sources)
        except UserError as error:
            self._session.lanes.post(Notice(str(error), "warning"))
            return
        if moved:
            self._session.lanes.post(Notice(moved))

    def _warn_of_copies(self, before: Opened, dataset: Dataset, spec: str, role: Role) -> None:
        """Say where what was added is among what was there before."""
        count, main = len(before.dataset), printable(before.dataset.name)
        train = None if before.split is None else before.split.train
        told = overlap_told(dataset, count, main, printable(called(spec)), role, train)
        if told:
            self._session.lanes.post(Notice(told, "warning"))

    def _put_beside_run(self, job: Control, opened: Opened, role: Role) -> bool:
        """Show data with others added, embedded by what the run has learned; return whether there was anything.

        The new items are neither trained on nor held out: the figures of the run stay what they are, and test items are
        measured apart, see ``evaluate.items_of``.
        """
        session = self._session
        if session.run_path is None:
            return False
        self._retire(job)
        with session.lock:
            path, before = session.run_path, session.opened
            assert before is not None
            shown = session.measured(np.arange(len(before.dataset)))
        if path is None or not RunFolder.open(path).checkpoint_steps():
            return False
        snapshot = _embedded(OfflineRun(path, progress_of(job)), opened.dataset, shown)
        saved = open_saved(path)
        opened = replace(opened, split=split_of(saved.folder), problem="")
        self._show_run(saved, opened, role, (snapshot,), more=True)
        return True

    def _show_metric(self, saved: SavedRun, generation: int) -> None:
        """Show the matrix of the newest checkpoint of a saved run, if that is what is still shown."""
        metric = metric_of(saved.folder)
        if metric is not None:
            self._session.results.post(metric, generation)

    def _start(self, title: str, spec: str, work: Callable[[Control], None], *, main: bool, back: bool = False) -> int:
        """Start a job; ``back``: where a person cancels it the recipe is what it was before."""
        session = self._session
        with session.lock:
            if session.closed:
                return 0
            if main:
                self._jobs.cancel(self._main)
                self._turn += 1
                if not session.busy():
                    session.enter("loading")
            turn = self._turn
            job = self._jobs.start(title, lambda job: self._guarded(job, spec, work, turn, main, back), group="loader")
            if main:
                self._main = job
                if not job:
                    session.rest()
        return job

    def _guarded(
        self, job: Control, spec: str, work: Callable[[Control], None], turn: int, main: bool, back: bool
    ) -> None:
        """Do ``work``; say what failed, and leave the session as it was."""
        session = self._session
        try:
            work(job)
        except UserError as error:
            moved = error.uri if isinstance(error, DataMovedError) else ""
            session.lanes.post(DatasetFailed(spec, str(error), moved))
            raise AlreadyReported from error
        except Cancelled:
            with session.lock:
                if back and turn == self._turn:
                    self._take_back()
            raise
        finally:
            with session.lock:
                if turn == self._turn:
                    if main:
                        self._main = 0  # it has ended, and is not to be cancelled
                        session.rest()
                    self._catch_up()

    def _data_of(self, job: Control, saved: SavedRun, data: str) -> Opened:
        """Return the data of a run: those that are open, where they are the same, else read from their sources."""
        held, recipe, sources = self._session.opened, saved.recipe, saved.sources(data)
        if held is not None and held.sources == sources and saved.is_of(held):
            return held
        check_added_there(saved.folder)
        opened = self._together(job, sources, recipe, saved.folder)
        return replace(opened, dataset=as_called_in(saved.folder, opened.dataset))

    def _lent_with_added(self, saved: SavedRun, data: str) -> Opened | None:
        """Return the data of a run with what was added to them in the session that has read them, None where nothing.

        Read anew without that they would be other data than those of that session, and could not be laid over them.
        """
        held, sources = self._session.opened, saved.sources(data)
        if held is None or held.sources != self._lent or held.sources[: len(sources)] != sources:
            return None
        return replace(held, split=split_of(saved.folder), problem="") if saved.begins(held) else None

    def _together(
        self,
        job: Control,
        sources: tuple[tuple[str, Role], ...],
        recipe: Recipe | None = None,
        run: RunFolder | None = None,
    ) -> Opened:
        """Return data that are put together; ``run``: whose they are."""
        opened: Opened | None = None
        for spec, role in sources:
            with nullcontext() if run is None else added_to(run, spec, role):
                opened = load(spec, role, opened, recipe or self._session.recipe, job, self._cache_folder)
        assert opened is not None
        return opened

    def _retire(self, job: Control) -> None:
        if job.cancelled():
            raise Cancelled
        self._session.retire(measured=True)

    def _recipe_for(self, spec: str, lent: Recipe | None) -> Recipe:
        """Return the recipe by which main data are read and trained on; ``lent``: the one that comes with them."""
        session = self._session
        with session.lock:
            if lent is not None:
                return lent
            same = session.opened is None or session.own.is_open(spec, session.opened)
            return session.recipe if same else session.own.for_others(session.recipe)

    def _put_main(self, job: Control, spec: str, opened: Opened, lent: Recipe | None) -> None:
        """Show main data, with the recipe that is for them."""
        self._retire(job)
        session = self._session
        with session.lock:
            before, recipe = session.recipe, self._recipe_for(spec, lent)
            others = session.opened is not None and not session.own.is_open(spec, session.opened)
            if lent is not None:
                session.own.lend(before, lent, tried=True)
            elif others:
                session.own.end()
            session.recipe, session.own.spec = recipe, spec
            session.adopt(opened, "main")
            if recipe != before:
                session.lanes.post(RecipeChanged(session.recipe))
            if lent is None and recipe.model_copy(update={"data": before.data}) != before:
                session.lanes.post(RecipeBack(before))
        session.retire_late()

    def _put(self, job: Control, opened: Opened, role: Role) -> None:
        self._retire(job)
        self._session.adopt(opened, role)
        self._session.retire_late()


def _with_added(saved: SavedRun, dataset: Dataset, shown: tuple[Snapshot, ...], job: Control) -> tuple[Snapshot, ...]:
    """Return what is shown of a run on data with others added: all as its newest checkpoint embeds it, if it has one.

    ``shown``: what it has kept of its own items.
    """
    if not saved.folder.checkpoint_steps():
        return shown
    exact = next((one for one in shown if one.exact), None)
    return (_embedded(OfflineRun(saved.folder.path, progress_of(job)), dataset, exact),)


def _embedded(asked: OfflineRun, dataset: Dataset, shown: Snapshot | None) -> Snapshot:
    """Return all items as the newest checkpoint embeds them; ``shown``: where the first ones may be embedded so."""
    every = np.arange(len(dataset), dtype=np.int64)
    known = shown is not None and shown.exact and shown.run == asked.saved.run and shown.step == asked.step
    if shown is None or not known or not np.array_equal(shown.indices, every[: len(shown.indices)]):
        return Snapshot(asked.saved.run, asked.step, every, asked.embed(dataset), True, asked.embedder().lift)
    new = asked.embed(dataset, every[len(shown.indices) :])
    rows = frozen(np.concatenate([shown.embeddings, new]))
    return Snapshot(shown.run, shown.step, every, rows, True, shown.distance)
