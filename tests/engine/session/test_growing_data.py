"""Training on the decoded part of a large set, in a session: small sets with small limits, held while they decode."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.events import ItemsReady, RunFailed, RunFinished, RunPaused, RunResumed, RunStarted
from explorer.core.types import PIXELS_RUN, Evaluation, JobStatus, Snapshot, StepMetrics
from explorer.data import growth
from explorer.data.decoding import decode_all
from explorer.data.opening import open_dataset
from explorer.engine.events import DatasetComplete, DatasetOpened, StateChanged
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SMALL, Desk
from tests.helpers.data import picture_folder
from tests.helpers.listening import Listener

Start = Callable[..., Desk]

QUICK = SMALL.with_settings(["sampler.classes=4", "encoder.width=16", "encoder.layers=1", "encoder.dimension=8"])
FEW = QUICK.model_copy(update={"epochs": 3})
ITEMS, FIRST = 120, 48


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Return what has to be set before more than the first pictures are decoded."""
    opened = threading.Event()
    really = decode_all.decode_all

    def held(pictures: Any, shape: Any, sink: Any, watch: Any) -> None:
        def later(at: int, result: Any) -> None:
            while at >= FIRST and not opened.wait(0.01):
                watch.check()
            sink(at, result)

        really(pictures, shape, later, watch)

    monkeypatch.setattr("explorer.data.decoding.decode_growing.decode_all", held)
    monkeypatch.setattr(growth, "GROWS_FROM", 100)
    monkeypatch.setattr(growth, "FIRST_SOON", FIRST)
    monkeypatch.setattr(growth, "TOGETHER", 4)
    monkeypatch.setattr(growth, "WORTH_SECONDS", 0.0)
    yield opened
    opened.set()


def training(start: Start, data: Path) -> Desk:
    """Return a session that has trained a few steps on some of the data."""
    session, heard = start(spec=str(data), recipe=QUICK)
    session.train()
    heard.until(StepMetrics)
    return session, heard


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return picture_folder(tmp_path / "set", {f"class {i}": 20 for i in range(6)}, channels=1)


@pytest.fixture
def broken(pictures: Path, gate: threading.Event) -> Path:
    """Return the pictures with three that cannot be read, none of them among the first."""
    order = growth.spread_order(np.repeat(np.arange(6), 20), together=4)
    files = sorted(pictures.rglob("*.png"))
    for index in order[-40:-10:12].tolist():
        files[index].write_bytes(b"no picture")
    return pictures


def test_it_trains_while_the_rest_is_decoded_and_all_of_it_is_measured(
    start: Start, gate: threading.Event, pictures: Path
) -> None:
    session, heard = start(spec=str(pictures), recipe=FEW)
    dataset = session.dataset
    assert dataset is not None
    assert dataset.growing
    assert session.why_not() == ""
    session.train()
    assert heard.until(ItemsReady).ready == 48
    first = heard.until(Snapshot)
    assert dataset.growth is not None
    assert dataset.growth.ready[first.indices].all()
    assert not heard.all(DatasetComplete)
    gate.set()
    assert heard.until(DatasetComplete).dataset is dataset
    assert heard.until(ItemsReady, lambda ready: ready.ready == ITEMS).items == ITEMS
    assert heard.until(RunFinished).epoch == 3
    exact = heard.until(Snapshot, lambda shot: shot.exact and shot.run != PIXELS_RUN)
    assert len(exact.indices) == ITEMS
    assert heard.until(Evaluation, lambda found: found.run == exact.run).metrics
    at_once = open_dataset(str(pictures))
    assert (dataset.fingerprint, dataset.ids) == (at_once.fingerprint, at_once.ids)
    assert session.run_folder is not None
    with RunFolder.open(session.run_folder) as folder:
        assert folder.data.fingerprint == at_once.fingerprint
        began = [event for event in folder.history().lifecycle if isinstance(event, ItemsReady)]
    assert (began[0].ready, began[-1].ready) == (48, ITEMS)


def test_without_a_run_the_map_comes_when_all_is_there(start: Start, gate: threading.Event, pictures: Path) -> None:
    _, heard = start(spec=str(pictures))
    gate.set()
    heard.until(DatasetComplete)
    raw = heard.until(Snapshot)
    assert (raw.run, len(raw.indices)) == (PIXELS_RUN, ITEMS)


def test_what_is_broken_leaves_a_run_that_trains(start: Start, gate: threading.Event, broken: Path) -> None:
    session, heard = training(start, broken)
    run = session.run
    place = heard.now()
    gate.set()
    whole = heard.until(DatasetOpened, after=place)
    assert len(whole.dataset) == ITEMS - 3
    assert len(whole.dataset.report.skipped) == 3
    again = heard.until(RunStarted, after=place)
    assert (again.run, session.run) == (run, run)
    assert again.step > 0
    later = heard.until(StepMetrics, lambda metrics: metrics.step > again.step + 3, after=place)
    assert later.run == run
    assert not heard.all(RunFinished)
    stopped_at = heard.now()
    session.stop()
    heard.at_rest(after=stopped_at)
    assert heard.until(Snapshot, lambda shot: shot.exact, after=place).indices.max() < ITEMS - 3
    assert session.run_folder is not None
    at_once = open_dataset(str(broken))
    with RunFolder.open(session.run_folder) as folder:
        assert folder.data.fingerprint == at_once.fingerprint
        assert folder.items.ids == at_once.ids
        assert np.array_equal(folder.items.labels, at_once.labels)
        assert [m.step for m in folder.history().metrics] == list(range(1, folder.history().metrics[-1].step + 1))
    assert not list(session.run_folder.parent.glob("*.before"))
    session.train(resume=True)
    assert heard.until(RunStarted, after=heard.now()).run == run


def test_a_paused_run_stays_paused_without_what_is_broken(start: Start, gate: threading.Event, broken: Path) -> None:
    session, heard = training(start, broken)
    session.pause()
    heard.until(RunPaused)
    place = heard.now()
    gate.set()
    paused = heard.until(RunPaused, after=place)
    heard.until(StateChanged, lambda changed: changed.state == "paused", after=place)
    session.resume()
    heard.until(RunResumed, after=place)
    heard.until(StepMetrics, lambda metrics: metrics.step > paused.step, after=place)


def test_a_run_that_stopped_while_decoding_goes_on(start: Start, gate: threading.Event, pictures: Path) -> None:
    session, heard = training(start, pictures)
    session.stop()
    stopped = heard.until(RunFinished)
    heard.at_rest()
    shot = heard.until(Snapshot, lambda shot: shot.exact)
    assert len(shot.indices) == 48
    gate.set()
    heard.until(DatasetComplete)
    place = heard.now()
    session.train(resume=True)
    assert heard.until(RunStarted, after=place).step == stopped.step
    heard.until(StepMetrics, lambda metrics: metrics.step > stopped.step, after=place)


def test_a_run_that_ended_before_broken_ones_were_found_goes_on_without_them(
    start: Start, gate: threading.Event, broken: Path
) -> None:
    session, heard = training(start, broken)
    session.stop()
    heard.at_rest()
    path, place = session.run_folder, heard.now()
    gate.set()
    assert len(heard.until(DatasetOpened, after=place).dataset) == ITEMS - 3
    place = heard.now()
    session.train(path, resume=True)
    started = heard.until(RunStarted, after=place)
    assert started.step > 0
    heard.until(StepMetrics, lambda metrics: metrics.step > started.step, after=place)
    assert not heard.all(RunFailed)


def test_cancel_while_decoding_ends_the_run_and_says_what_to_do(
    start: Start, gate: threading.Event, pictures: Path
) -> None:
    session, heard = training(start, pictures)
    session.cancel(heard.until(JobStatus, lambda job: job.title.startswith("Open data: set")).id)
    heard.until(RunFinished)
    heard.until(StateChanged, lambda changed: "Decoding was cancelled at 48 of 120" in changed.why_not)
    assert session.why_not()
    place = heard.now()
    gate.set()
    session.open(str(pictures))
    heard.until(DatasetOpened, after=place)
    heard.until(DatasetComplete, after=place)
    assert session.why_not() == ""


def test_what_needs_all_pictures_waits_for_them(start: Start, gate: threading.Event, pictures: Path) -> None:
    session, heard = start(spec=str(pictures), recipe=QUICK.with_settings(["fitter=pca"]))
    assert "waits until all pictures are decoded: 48 of 120" in session.why_not()
    gate.set()
    heard.until(DatasetComplete)
    heard.until(StateChanged, lambda changed: not changed.why_not)


def test_a_second_run_at_once_waits_for_all(start: Start, gate: threading.Event, broken: Path) -> None:
    session, heard = training(start, broken)
    beside = session.beside()
    try:
        assert beside.dataset is None
        place = heard.now()
        gate.set()
        heard.until(RunStarted, after=place)
        other = Listener()
        other.listen(beside.lanes)
        assert len(other.until(DatasetOpened).dataset) == ITEMS - 3
        beside.train()
        other.until(StepMetrics)
        heard.until(StepMetrics, after=heard.now())
    finally:
        assert beside.close()
