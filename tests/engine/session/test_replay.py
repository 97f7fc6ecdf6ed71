"""A run is trained for a moment, looked at as it was at an early step, and followed again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFinished, RunPaused
from explorer.core.map_values import KeptStep, StepShown
from explorer.core.types import PIXELS_RUN, DatasetCensus, DistanceHistogram, Neighbours, Projection, StepMetrics
from explorer.engine.events import AnalysisRestarted, DatasetOpened, Notice, RunOpened
from explorer.engine.session.session import Session
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SMALL, Desk
from tests.helpers.listening import Listener

Start = Callable[..., Desk]


def trained(start: Start, *, kept: int = 3) -> Desk:
    """Return a session whose run is paused with so many steps kept."""
    session, listener = start(recipe=SMALL)
    session.analysis.pin([3], 5)
    session.train()
    for _ in range(kept):
        listener.until(KeptStep, after=listener.now())
    session.pause()
    paused = listener.until(RunPaused)
    listener.until(KeptStep, lambda step: step.step == paused.step)
    return session, listener


def of_run(session: Session, step: int) -> Callable[[object], bool]:
    return lambda value: (getattr(value, "run", ""), getattr(value, "step", -1)) == (session.run, step)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run that was watched."""
    home = tmp_path_factory.mktemp("watched")
    listener = Listener()
    session = Session(listener.ring, live=True, cache_folder=home / "cache", runs_folder=home / "runs")
    try:
        listener.listen(session.lanes)
        session.configure(SMALL)
        session.open("sample:digits")
        listener.until(DatasetOpened)
        session.train(home / "run")
        for _ in range(3):
            listener.until(KeptStep, after=listener.now())
        session.stop()
        listener.until(RunFinished)
    finally:
        assert session.close(60.0)
    return home / "run"


def test_a_kept_step_is_shown_with_all_that_belongs_to_it_and_the_newest_comes_back(start: Start) -> None:
    session, listener = trained(start)
    steps = session.replay.steps
    assert len(steps) >= 4
    assert [kept.step for kept in steps] == sorted(kept.step for kept in steps)
    assert all(step in listener.all(KeptStep) for step in steps)
    early, newest = steps[0].step, steps[-1].step
    place = listener.now()
    session.replay.show(early)
    shown = listener.until(StepShown, after=place)
    assert shown == StepShown(session.run, early)
    place = listener.heard.index(shown, place)  # until then the map of the newest step may have moved on
    frame = listener.until(Projection, of_run(session, early), after=place)
    folder = session.run_folder
    assert folder is not None
    stored = RunFolder.open(folder).projection(early)
    assert np.array_equal(frame.xy, stored.xy)
    for kind in (Neighbours, DatasetCensus, DistanceHistogram):
        listener.until(kind, of_run(session, early), after=place)
    # what else belongs to the newest step is held back
    session.analysis.layout("settle")
    listener.until(Neighbours, of_run(session, early), after=place)
    late = [v for v in listener.heard[place:] if isinstance(v, Projection | Neighbours | DatasetCensus)]
    assert {value.step for value in late} == {early}
    place = listener.now()
    session.replay.show(-1)
    assert listener.until(StepShown, after=place).step == -1
    listener.until(Projection, lambda frame: frame.step >= newest, after=place)
    assert listener.until(Neighbours, lambda found: found.step >= newest, after=place).queries.tolist() == [3]


def test_a_run_trains_on_while_an_early_step_is_shown(start: Start) -> None:
    session, listener = start(recipe=SMALL)
    session.train()
    early = listener.until(KeptStep).step
    session.replay.show(early)
    place = listener.now()
    listener.until(StepShown)
    shown = listener.now()
    last = listener.all(StepMetrics)[-1].step
    listener.until(StepMetrics, lambda metrics: metrics.step > last + 20, after=place)
    listener.until(KeptStep, after=shown)
    assert {value.step for value in listener.heard[shown:] if isinstance(value, Projection)} <= {early}
    place = listener.now()
    session.replay.show(-1)
    listener.until(Projection, lambda frame: frame.step > early, after=place)


def test_the_last_step_asked_for_wins(start: Start) -> None:
    session, listener = trained(start)
    steps = [kept.step for kept in session.replay.steps]
    place = listener.now()
    for step in (*steps, *reversed(steps), *steps[:-1], steps[1]):
        session.replay.show(step)
    found = listener.until(Neighbours, of_run(session, steps[1]), after=place)
    assert found.queries.tolist() == [3]
    shown = [value.step for value in listener.heard[place:] if isinstance(value, StepShown)]
    assert shown[-1] == steps[1]
    analysed = {value.step for value in listener.heard[place:] if isinstance(value, Neighbours)}
    assert analysed == {steps[1]}


def test_a_process_that_dies_comes_back_to_the_kept_step(start: Start) -> None:
    session, listener = trained(start)
    early = session.replay.steps[0].step
    session.replay.show(early)
    listener.until(Neighbours, of_run(session, early))
    place = listener.now()
    session.analysis.kill()
    listener.until(AnalysisRestarted, after=place)
    listener.until(Neighbours, of_run(session, early), after=place)
    session.replay.show(-1)
    newest = session.replay.steps[-1].step
    listener.until(Neighbours, lambda found: found.step >= newest, after=place)


def test_a_saved_run_is_scrubbed(start: Start, run_folder: Path) -> None:
    session, listener = start(spec="")
    session.open_run(run_folder)
    opened = listener.until(RunOpened)
    steps = RunFolder.open(run_folder).kept_steps()
    assert session.replay.steps == steps
    assert steps[-1].step == opened.snapshots[-1]
    # not every snapshot has a map: a busy machine may be late with its first frame, or with one of two that are near
    assert {kept.step for kept in steps} <= set(opened.snapshots)
    listener.until(KeptStep, lambda kept: kept == steps[-1])
    session.analysis.pin([5], 4)
    for kept in (steps[0], steps[-1], steps[1]):
        place = listener.now()
        session.replay.show(kept.step)
        listener.until(Projection, of_run(session, kept.step), after=place)
        listener.until(Neighbours, of_run(session, kept.step), after=place)
    place = listener.now()
    session.open("sample:digits")
    listener.until(DatasetOpened, after=place)
    assert session.replay.steps == ()
    session.replay.show(steps[0].step)
    told = listener.until(Notice, after=place)
    assert "cannot be shown: Nothing of a run is kept yet" in told.text


def test_going_on_with_a_run_goes_back_to_the_newest_step(start: Start, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    session, listener = start(spec="")
    session.open_run(tmp_path / "run")
    listener.until(RunOpened)
    before = session.replay.steps
    session.replay.show(before[0].step)
    listener.until(StepShown)
    place = listener.now()
    session.train(resume=True)
    assert listener.until(StepShown, after=place).step == -1
    new = listener.until(KeptStep, lambda kept: kept.step > before[-1].step, after=place)
    assert set(before) <= {*session.replay.steps, *before[-1:]}
    listener.until(Projection, lambda frame: frame.step >= new.step, after=place)
    session.stop()
    listener.until(RunFinished, after=place)


@pytest.mark.parametrize("folder", ["projections", "snapshots"])
def test_a_step_that_was_damaged_since_says_so(start: Start, run_folder: Path, tmp_path: Path, folder: str) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    session, listener = start(spec="")
    session.open_run(tmp_path / "run")
    listener.until(RunOpened)
    kept = session.replay.steps
    for path in (tmp_path / "run" / folder).glob(f"{kept[0].step:08d}-*.npy"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    place = listener.now()
    session.replay.show(kept[0].step)
    told = listener.until(Notice, after=place)
    if folder == "projections":
        assert told.text.startswith(f"Step {kept[0].step:,} cannot be shown")
        assert listener.until(StepShown, after=place).step == -1
        assert session.replay.steps == kept[1:]
    else:
        assert told.text.startswith(f"Only the map of step {kept[0].step:,} is shown")
        assert listener.until(Projection, of_run(session, kept[0].step), after=place)


def test_kept_steps_are_laid_over_another_map_where_the_newest_is(start: Start, run_folder: Path) -> None:
    session, listener = start(spec="")
    session.open_run(run_folder)
    newest = listener.until(Projection, lambda frame: frame.run == session.run != PIXELS_RUN).step
    kept = RunFolder.open(run_folder).projection(session.replay.steps[0].step)
    mirrored = replace(kept, xy=kept.xy * np.array([-1, 1], np.float32) + np.float32(60))
    session.lay_over(mirrored)

    def near(frame: Projection) -> bool:
        return frame.method == "umap" and abs(float(frame.xy.mean()) - 60) < 10

    listener.until(Projection, near)
    session.replay.show(kept.step)
    listener.until(StepShown)
    place = listener.now()
    frame = listener.until(Projection, of_run(session, kept.step), after=place)
    assert near(frame)
    listener.until(DatasetCensus, of_run(session, kept.step))
    assert session.shown_map is not None
    assert session.shown_map.step == kept.step
    session.replay.show(-1)
    listener.until(StepShown, lambda shown: shown.step == -1)
    assert near(listener.until(Projection, lambda frame: frame.step == newest and near(frame), after=listener.now()))
