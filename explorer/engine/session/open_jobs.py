"""The jobs that bring a dataset or a saved run onto the stage; one at a time, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.core.errors import Cancelled, UserError
from explorer.core.recipe import Recipe
from explorer.engine.datasets.loading import Opened, load
from explorer.engine.events import DatasetFailed, Role
from explorer.engine.jobs import AlreadyReported, Control, Jobs
from explorer.engine.run.saved_run import SavedRun, may_have_metric, metric_of, open_saved, opened_run, shown_first
from explorer.engine.session.state import SessionState


class OpenJobs:
    """Starts loading jobs. A newer main dataset or run cancels one that is still on its way."""

    def __init__(self, stage: SessionState, jobs: Jobs, cache_folder: Path | None) -> None:
        self._stage = stage
        self._jobs = jobs
        self._cache_folder = cache_folder
        self._main = 0
        self._turn = 0

    def open(self, spec: str, role: Role) -> int:
        """Open a dataset; return the id of the job."""

        def work(job: Control) -> None:
            stage = self._stage
            self._put(job, load(spec, role, stage.opened, stage.recipe, job, self._cache_folder), role)

        return self._start(f"Open {Path(spec).name or spec}", spec, work, main=role == "main")

    def reload(self, opened: Opened) -> int:
        """Read the same sources again, by the data options that the recipe has now; return the id of the job."""

        def work(job: Control) -> None:
            self._put(job, self._together(job, opened.sources), "main")

        return self._start(f"Read {opened.dataset.name} again", opened.dataset.uri, work, main=True)

    def open_run(self, path: Path, data: str) -> int:
        """Open a saved run with its dataset, or with ``data``; return the id of the job."""

        def work(job: Control) -> None:
            stage = self._stage
            saved = open_saved(path)
            opened = saved.with_split(self._together(job, saved.sources(data), saved.recipe))
            snapshots, projection = shown_first(saved.folder), saved.folder.last_projection()
            kept, size = saved.folder.kept_steps(), saved.folder.kept_bytes()
            self._retire(job)
            with stage.lock:
                stage.recipe = saved.recipe
                stage.adopt(opened, "main", saved.run, saved.folder.path)
                stage.lanes.send(opened_run(saved.folder))
                stage.keeps(saved.run, kept, size)
                if projection is not None:
                    stage.frame = projection
                    stage.lanes.latest("projection", projection)
                    stage.analysis.remember(projection)
                for snapshot in snapshots:
                    stage.lanes.latest("snapshot", snapshot)
                    stage.stored = snapshot
                    stage.analysis.publish(snapshot)
                generation = stage.generation
            stage.changed()
            if stage.live and may_have_metric(saved.folder.recipe):
                self._jobs.start("Read the metric", lambda _job: self._show_metric(saved, generation), quiet=True)

        return self._start(f"Open {path.name}", str(path), work, main=True)

    def _show_metric(self, saved: SavedRun, generation: int) -> None:
        """Show the matrix of the newest checkpoint of a saved run, if that is what is still shown."""
        metric = metric_of(saved.folder)
        with self._stage.lock:
            if metric is not None and (self._stage.generation, self._stage.run) == (generation, saved.run):
                self._stage.lanes.latest("learned_metric", metric)

    def _start(self, title: str, spec: str, work: Callable[[Control], None], *, main: bool) -> int:
        stage = self._stage
        with stage.lock:
            if stage.closed:
                return 0
            if main:
                self._jobs.cancel(self._main)
                self._turn += 1
                if not stage.busy():
                    stage.enter("loading")
            turn = self._turn
            job = self._jobs.start(title, lambda job: self._guarded(job, spec, work, turn, main), group="loader")
            if main:
                self._main = job
        return job

    def _guarded(self, job: Control, spec: str, work: Callable[[Control], None], turn: int, main: bool) -> None:
        """Do ``work``; say what failed, and leave the session as it was."""
        stage = self._stage
        try:
            work(job)
        except UserError as error:
            stage.lanes.send(DatasetFailed(spec, str(error)))
            raise AlreadyReported from error
        finally:
            with stage.lock:
                if main and turn == self._turn:
                    stage.rest()

    def _together(self, job: Control, sources: tuple[tuple[str, Role], ...], recipe: Recipe | None = None) -> Opened:
        opened: Opened | None = None
        for spec, role in sources:
            opened = load(spec, role, opened, recipe or self._stage.recipe, job, self._cache_folder)
        assert opened is not None
        return opened

    def _retire(self, job: Control) -> None:
        if job.cancelled():
            raise Cancelled
        self._stage.retire()

    def _put(self, job: Control, opened: Opened, role: Role) -> None:
        self._retire(job)
        self._stage.adopt(opened, role)
