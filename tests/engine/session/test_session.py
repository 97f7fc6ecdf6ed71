from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core import extensions
from explorer.core.errors import UserError
from explorer.core.events import (
    ParameterChanged,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
)
from explorer.core.live_change import recipe_after
from explorer.core.recipe import Part
from explorer.core.types import (
    PIXELS_RUN,
    DatasetCensus,
    DistanceHistogram,
    Evaluation,
    JobStatus,
    Neighbours,
    Progress,
    Projection,
    Snapshot,
    StepMetrics,
)
from explorer.data.split import make_split
from explorer.engine.datasets.loading import Opened, load, resplit
from explorer.engine.events import (
    AnalysisRestarted,
    CatalogueReady,
    DatasetFailed,
    DatasetOpened,
    Notice,
    RecipeChanged,
    RunOpened,
    RunShown,
    SplitChanged,
    StateChanged,
)
from explorer.engine.run.alarms import Remedy
from explorer.engine.session import open_jobs
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, SMALL, Desk

Start = Callable[..., Desk]


def test_the_main_job_from_the_drop_to_the_end(start: Start, tmp_path: Path) -> None:
    session, heard = start()
    assert session.state == "ready"
    assert session.why_not() == ""
    assert session.run == PIXELS_RUN
    assert session.dataset is not None
    assert session.split is not None
    items = len(session.dataset)
    session.analysis.pin([7, 8], 5)
    assert heard.until(Projection).run == PIXELS_RUN
    assert heard.until(Neighbours).indices.shape == (2, 5)
    baseline = heard.until(Evaluation)
    assert baseline.run == PIXELS_RUN
    assert baseline.items == len(session.split.held_out)
    assert 0.9 < baseline.metrics["recall@1"] < 1

    session.train()
    assert session.why_not() == "A run is training"
    with pytest.raises(UserError, match="A run is training"):
        session.train()
    started = heard.until(RunStarted)
    run = session.run
    assert run == started.run != PIXELS_RUN
    assert session.run_folder is not None
    assert session.run_folder.parent == tmp_path / "runs"
    heard.until(Progress)
    assert heard.until(Projection, lambda frame: frame.run == run).indices.shape <= (items,)
    assert heard.until(Neighbours, lambda near: near.run == run).queries.tolist() == [7, 8]
    heard.until(StepMetrics, lambda metrics: metrics.step >= 5)

    session.pause()
    heard.until(RunPaused)
    heard.until(StateChanged, lambda change: change.state == "paused")
    session.set("loss.margin", 0.45)
    session.set("miner", "hard")
    session.resume()
    heard.until(RunResumed)
    changed = heard.until(ParameterChanged, lambda change: change.path == "loss.margin")
    assert changed.new == pytest.approx(0.45)
    assert session.recipe.loss.params["margin"] == pytest.approx(0.45)
    assert changed.recipe is not None
    assert changed.recipe.loss == session.recipe.loss
    later = heard.until(StepMetrics, lambda metrics: metrics.step > changed.step)
    assert later.census is not None
    assert later.census.margin == pytest.approx(0.45)

    session.stop()
    finished = heard.until(RunFinished)
    assert finished.reason == "stopped"
    heard.at_rest()
    assert session.why_not() == ""
    last = heard.until(Snapshot, lambda snapshot: snapshot.step == finished.step and snapshot.exact)
    assert len(last.indices) == items
    held_out = heard.until(Evaluation, lambda found: found.run == run and found.step == finished.step)
    assert (held_out.part, held_out.items) == ("held-out", len(session.split.held_out))
    heard.until(Evaluation, lambda found: found.step == finished.step and found.part == "train")
    heard.until(DistanceHistogram, lambda found: found.run == run and found.step == finished.step)
    heard.until(DatasetCensus, lambda found: found.run == run and found.census.margin == pytest.approx(0.45))
    place = heard.now()
    session.analysis.margin(0.1)
    heard.until(DatasetCensus, lambda found: found.census.margin == pytest.approx(0.1), after=place)
    session.analysis.pin([3], 4)
    near = heard.until(Neighbours, lambda near: near.queries.tolist() == [3], after=place)
    assert near.step == finished.step
    own = last.embeddings[3]
    best = np.sort(np.linalg.norm(last.embeddings - own, axis=1))[1:5]
    np.testing.assert_allclose(near.distances[0], best, atol=1e-4)
    assert not heard.all(Notice)
    steps = [metrics.step for metrics in heard.all(StepMetrics)]
    assert steps == list(range(1, finished.step + 1))

    path = session.run_folder
    assert session.close(60.0)
    with RunFolder.open(path) as folder:
        history = folder.history()
        assert [metrics.step for metrics in history.metrics] == steps
        assert {found.part for found in history.evaluations} == {"held-out", "train"}
        assert history.changes
        assert folder.verify() == ()
        assert folder.snapshot(finished.step).exact
        assert folder.last_projection() is not None
        checkpoint = folder.latest_checkpoint()
        assert checkpoint is not None
        assert checkpoint.step == finished.step


def test_who_hears_of_a_run_finds_its_folder_at_once(tmp_path: Path) -> None:
    """The panels of what is kept with a run ask for its folder as soon as they hear of it."""
    heard: list[tuple[str, str, Path | None]] = []
    opened, ended = threading.Event(), threading.Event()

    def ring() -> None:  # in the thread that tells, before it does anything else
        for value in session.lanes.drain().sent:
            if isinstance(value, RunShown):
                heard.append((value.run, session.run, session.run_folder))
            elif isinstance(value, DatasetOpened):
                opened.set()
            elif isinstance(value, RunFinished):
                ended.set()

    session = Session(lambda: ring(), live=False, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")
    try:
        session.configure(SHORT)
        session.open("sample:digits")
        assert opened.wait(120)
        session.train()
        assert ended.wait(120)
    finally:
        assert session.close(60.0)
    of_data, of_run = heard
    assert of_data[0] == of_data[1] == PIXELS_RUN
    assert of_run[0] == of_run[1] != PIXELS_RUN
    assert of_run[2] is not None


def test_a_saved_run_comes_back_and_goes_on(start: Start, tmp_path: Path) -> None:
    session, heard = start()
    session.train(tmp_path / "run")
    heard.until(StepMetrics, lambda metrics: metrics.step >= 40)
    session.set("loss.margin", 0.5)
    session.set("miner", "hard")
    changed = heard.until(ParameterChanged, lambda change: change.path == "miner")
    heard.until(StepMetrics, lambda metrics: metrics.step >= changed.step)  # else nothing was trained with it
    session.stop()
    finished = heard.until(RunFinished)
    heard.until(Evaluation, lambda found: found.step == finished.step and found.part == "train")
    place = heard.now()
    session.configure(SMALL)
    session.open_run(tmp_path / "run")
    opened = heard.until(DatasetOpened, after=place)
    assert opened.kept_run
    run = heard.until(RunOpened, after=place)
    assert session.state == "finished"
    assert session.run == run.run == finished.run
    assert [metrics.step for metrics in run.metrics] == list(range(1, finished.step + 1))
    assert finished.step in run.snapshots
    session.analysis.pin([1], 3)
    assert heard.until(Neighbours, after=place).step == finished.step
    heard.until(Projection, lambda frame: frame.run == run.run and frame.step == finished.step, after=place)
    assert session.recipe.encoder.name == "mlp"
    assert (session.recipe.loss.params["margin"], session.recipe.miner.name) == (0.5, "hard")  # as it ended
    assert [(change.path, change.new) for change in run.changes] == [("loss.margin", 0.5), ("miner", "hard")]

    place = heard.now()
    session.train(resume=True, back=Remedy("Margin", "rewind", (("loss.margin", 0.3),), finished.step))
    again = heard.until(RunStarted, after=place)
    assert (again.run, again.step) == (finished.run, finished.step)
    heard.until(StepMetrics, lambda metrics: metrics.step > finished.step, after=place)
    assert session.close(60.0)
    with RunFolder.open(tmp_path / "run") as folder:
        mended = folder.history().changes[-1]
        assert (mended.step, mended.path, mended.old, mended.new) == (finished.step + 1, "loss.margin", 0.5, 0.3)
        assert recipe_after(folder.recipe, folder.history().changes).loss.params["margin"] == 0.3
        steps = [metrics.step for metrics in folder.history().metrics]
        assert steps == list(range(1, len(steps) + 1))
        assert len(steps) > finished.step


def test_the_triplets_of_a_saved_run_are_counted_at_its_own_margin(start: Start, tmp_path: Path) -> None:
    session, heard = start(recipe=SHORT.with_value("loss.margin", 0.5))
    session.train(tmp_path / "run")
    heard.at_rest()
    assert session.close(60.0)
    again, heard = start(spec="")
    again.open_run(tmp_path / "run")
    heard.until(DatasetCensus, lambda found: found.census.margin == pytest.approx(0.5))


def test_another_dataset_while_training_ends_the_run_and_makes_its_results_stale(start: Start) -> None:
    session, heard = start()
    session.train()
    heard.until(StepMetrics)
    old = session.run
    place = heard.now()
    session.open("sample:digits")
    heard.until(DatasetOpened, after=place)
    opened_at = next(i for i, v in enumerate(heard.heard) if i >= place and isinstance(v, DatasetOpened))
    assert session.run == PIXELS_RUN
    heard.until(Projection, lambda frame: frame.run == PIXELS_RUN, after=opened_at)
    assert not [v for v in heard.heard[opened_at:] if getattr(v, "run", "") == old and not isinstance(v, StepMetrics)]
    assert session.state == "ready"


def test_the_analysis_process_may_die_while_a_run_trains(start: Start) -> None:
    session, heard = start()
    session.train()
    run = heard.until(RunStarted).run
    heard.until(Projection, lambda frame: frame.run == run)
    session.analysis.kill()
    heard.until(AnalysisRestarted)
    place = heard.now()
    heard.until(Projection, lambda frame: frame.run == run, after=place)
    assert session.state == "training"


def test_without_a_window_nothing_is_drawn_and_every_exact_snapshot_is_evaluated(start: Start, tmp_path: Path) -> None:
    session, heard = start(live=False, recipe=SHORT)
    session.train(tmp_path / "run")
    finished = heard.until(RunFinished)
    assert finished.reason == "done"
    assert finished.epoch == 2
    heard.at_rest()
    found = heard.until(Evaluation, lambda found: found.step == finished.step)
    assert found.part == "held-out"
    assert not heard.all(Projection)
    assert session.close(60.0)
    with RunFolder.open(tmp_path / "run") as folder:
        assert found in folder.history().evaluations


def test_what_cannot_be_opened_leaves_everything_as_it_was(start: Start, tmp_path: Path) -> None:
    session, heard = start(spec="")
    assert session.why_not() == "Open pictures or vectors first"
    session.open(str(tmp_path / "nowhere"))
    assert "nowhere" in heard.until(DatasetFailed).message
    heard.until(JobStatus, lambda status: status.state == "failed")
    assert session.state == "empty"
    session.open_run(tmp_path)
    assert heard.until(DatasetFailed, lambda failed: failed.spec == str(tmp_path)).message
    session.open("sample:digits")
    heard.until(DatasetOpened)
    place = heard.now()
    session.open(str(tmp_path / "nowhere"))
    heard.until(DatasetFailed, after=place)
    heard.until(StateChanged, lambda change: change.state == "ready", after=place)
    assert session.dataset is not None
    session.open(str(tmp_path / "nowhere"), role="test")
    assert not heard.all(Notice)


def test_another_split_takes_effect_at_once(start: Start) -> None:
    session, heard = start()
    heard.until(Evaluation)
    place = heard.now()
    session.configure(SMALL.model_copy(update={"split": Part(name="classes", params={"test": 0.3})}))
    changed = heard.until(SplitChanged, after=place)
    assert changed.split is not None
    assert changed.split.unseen
    assert heard.until(Evaluation, after=place).unseen
    session.configure(SMALL.model_copy(update={"split": Part(name="column")}))
    assert session.split is None
    assert "column" in session.why_not()
    with pytest.raises(UserError):
        session.train()


def test_many_items_are_split_in_a_job_as_the_recipe_says_at_its_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, heard = start()
    monkeypatch.setattr(open_jobs, "SPLIT_AT_ONCE", 10)
    dataset, before = session.dataset, session.split
    assert dataset is not None
    place = heard.now()
    for seed in (3, 4, 5):  # as one types
        session.configure(SMALL.model_copy(update={"seed": seed}))
    wanted = make_split(SMALL.split.name, SMALL.split.params, dataset, 5).train.tolist()
    assert before is not None
    assert before.train.tolist() != wanted
    found = heard.until(
        SplitChanged, lambda change: change.split is not None and change.split.train.tolist() == wanted, after=place
    )
    heard.until(StateChanged, lambda change: change.state == "ready", after=place)
    assert session.split is found.split


def is_split_by(session: Session, seed: int) -> bool:
    """Return whether the data that are open are split by a seed, and by nothing else of the recipe than usual."""
    assert session.dataset is not None
    wanted = make_split(SMALL.split.name, SMALL.split.params, session.dataset, seed)
    return session.split is not None and session.split.train.tolist() == wanted.train.tolist()


class Held:
    """Calls a function once it is let go, and says when it was asked to."""

    def __init__(self, work: Callable[..., Opened]) -> None:
        self._work = work
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, *arguments: Any) -> Opened:
        self.begun.set()
        self.let_go.wait()
        return self._work(*arguments)


def test_a_recipe_that_changes_while_data_are_read_again_is_followed_in_the_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, heard = start()
    reading = Held(load)
    monkeypatch.setattr(open_jobs, "load", reading)
    place = heard.now()
    other = SMALL.with_value("data.size", 6)
    session.configure(other)
    reading.begun.wait()
    session.configure(other.model_copy(update={"seed": 5}))
    reading.let_go.set()
    heard.until(SplitChanged, after=place)
    assert session.dataset is not None
    assert session.dataset.shape[0] == 6
    assert is_split_by(session, 5)


def test_a_split_that_other_data_came_in_between_of_is_made_all_the_same(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session, heard = start()
    monkeypatch.setattr(open_jobs, "SPLIT_AT_ONCE", 10)
    place = heard.now()
    session.configure(SMALL.model_copy(update={"seed": 5}))
    session.open(str(tmp_path / "nowhere"))
    heard.until(DatasetFailed, after=place)
    heard.until(StateChanged, lambda change: change.state == "ready", after=place)
    heard.until(SplitChanged, after=place)
    assert is_split_by(session, 5)


def test_a_split_that_is_cancelled_leaves_the_recipe_as_it_was(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    session, heard = start()
    monkeypatch.setattr(open_jobs, "SPLIT_AT_ONCE", 10)
    splitting = Held(resplit)
    monkeypatch.setattr(open_jobs, "resplit", splitting)
    place = heard.now()
    session.configure(SMALL.model_copy(update={"seed": 5}))
    splitting.begun.wait()
    session.cancel(heard.until(JobStatus, lambda job: job.title.startswith("Split"), after=place).id)
    splitting.let_go.set()
    heard.until(RecipeChanged, lambda change: change.recipe.seed == SMALL.seed, after=place)
    assert session.recipe.seed == SMALL.seed
    assert is_split_by(session, SMALL.seed)


def test_a_run_that_cannot_be_written_fails_in_words_and_can_be_tried_again(start: Start, tmp_path: Path) -> None:
    session, heard = start(live=False, recipe=SHORT)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "file").touch()
    session.train(taken)
    failed = heard.until(RunFailed)
    assert "taken" in failed.message
    assert failed.traceback == ""
    heard.until(StateChanged, lambda change: change.state == "failed")
    assert session.why_not() == ""
    session.train(tmp_path / "free")
    heard.until(RunFinished)


def test_the_catalogue_is_loaded_in_the_background() -> None:
    rung = threading.Event()
    session = Session(rung.set, live=False)
    session.load_catalogue()
    ready = False
    while not ready:
        assert rung.wait(60)
        rung.clear()
        ready = any(isinstance(value, CatalogueReady) for value in session.lanes.drain().sent)
    assert session.close(60.0)
    assert session.close(60.0)
    assert session.open("sample:digits") == 0
    with pytest.raises(UserError, match="closing"):
        session.train()


def test_an_extension_that_could_not_be_loaded_is_told_in_the_window(
    start: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = "The extension x cannot be loaded (ValueError: 3) and is left out. Update it, or remove it"
    monkeypatch.setattr(extensions, "_FOUND", {("loss", "x", "x"): extensions.Extension("loss", "x", "1.0", problem)})
    session, listener = start(spec="")
    session.load_catalogue()
    notice = listener.until(Notice)
    assert (notice.text, notice.level) == (problem, "warning")
