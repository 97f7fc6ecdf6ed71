from __future__ import annotations

import shutil
import weakref
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue

import numpy as np
import pytest

from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import Projection, Snapshot, StepMetrics
from explorer.engine.run.recorder import Recorder
from explorer.runs.folder import RunFolder
from explorer.runs.header import DataRecord
from explorer.runs.items import RunItems
from explorer.runs.journal import Entry

LABELS = np.array([0, 0, 1, 1])


def folder(path: Path) -> RunFolder:
    data = DataRecord(
        name="four", uri="four", fingerprint="f", items=4, shape=(2, 2, 1), class_names=("a", "b"), split="items",
        unseen=False, modality="pictures",
    )  # fmt: skip
    return RunFolder.create(
        path, Recipe(), data, RunItems(TextColumn.of("1234"), LABELS, TextColumn.repeated("train", 4))
    )


def metrics(run: str, step: int) -> StepMetrics:
    return StepMetrics(run, step, 0, 0.5, 0.5, 1.0, 0.1, 100.0)


def test_everything_is_written_in_order_and_the_summary_last(tmp_path: Path) -> None:
    complaints: list[str] = []
    recorder = Recorder(folder(tmp_path / "run"), complaints.append)
    run = recorder.folder.run
    x = np.ones((4, 3), np.float32)
    for step in range(1, 101):
        recorder.put(metrics(run, step))
    for step in (7, 8, 9):
        recorder.put(Snapshot(run, step, np.arange(4), x * step, True, "euclidean"))
        recorder.put(Projection(run, step, np.arange(4), x[:, :2], 1, "umap", True))
    recorder.finish({"ended": "well"})
    assert recorder.wait(20)
    recorder.put(metrics(run, 101))
    assert recorder.close(20)
    recorder.put(metrics(run, 102))
    with RunFolder.open(tmp_path / "run") as saved:
        assert [entry.step for entry in saved.history().metrics] == list(range(1, 102))
        assert saved.snapshot_steps()[-1] == 9
        last = saved.last_projection()
        assert last is not None
        assert last.step == 9
        assert saved.summary() == {"ended": "well"}
    assert complaints == []


def test_what_was_written_is_let_go_of(tmp_path: Path) -> None:
    recorder = Recorder(folder(tmp_path / "run"), lambda _: None)
    made = checkpoint(recorder.folder.run, 1)
    weights = weakref.ref(made.tensors["encoder.weight"])
    recorder.put(made)
    del made
    assert recorder.wait(20)
    assert weights() is None
    assert recorder.close(20)


def test_metrics_wait_for_more_of_them_and_for_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.engine.run.recorder.LINGER_SECONDS", 1e6)
    saved: Queue[int] = Queue()
    recorder = Recorder(folder(tmp_path / "run"), lambda _: None, saved=lambda step, _: saved.put(step))
    run = recorder.folder.run
    for step in (1, 2):
        recorder.put(metrics(run, step))
    assert recorder.folder.history().metrics == ()
    assert recorder.wait(20)
    assert [entry.step for entry in recorder.folder.history().metrics] == [1, 2]
    recorder.put(metrics(run, 3))
    recorder.put(replace(checkpoint(run, 3), asked=True))
    assert saved.get(timeout=20) == 3
    assert [entry.step for entry in recorder.folder.history().metrics] == [1, 2, 3]
    recorder.put(metrics(run, 4))
    assert recorder.close(20)
    with RunFolder.open(tmp_path / "run") as kept:
        assert [entry.step for entry in kept.history().metrics] == [1, 2, 3, 4]


def checkpoint(run: str, step: int) -> Checkpoint:
    return Checkpoint(run, step, 0, {"encoder.weight": np.full(3, step, np.float32)}, {"position": 0})


def test_what_a_disk_refuses_is_told_once_kept_and_written_when_it_no_longer_does(tmp_path: Path) -> None:
    told: list[str] = []
    path, aside = tmp_path / "run", tmp_path / "aside"
    recorder = Recorder(folder(path), told.append)
    run = recorder.folder.run
    path.rename(aside)
    for step in (1, 2, 3):
        recorder.put(metrics(run, step))
        recorder.put(checkpoint(run, step))
        assert not recorder.wait(20)
    assert "is gone" in recorder.problem
    assert told == [recorder.problem]
    recorder.retry()
    assert not recorder.wait(20)
    assert told == [recorder.problem] * 2  # it was asked for, and is answered
    aside.rename(path)
    recorder.put(metrics(run, 4))
    recorder.finish({"ended": "well"})
    recorder.retry()
    assert recorder.wait(20)
    assert told[2:] == [""]
    assert recorder.problem == ""
    assert recorder.close(20)
    with RunFolder.open(path) as saved:
        assert [entry.step for entry in saved.history().metrics] == [1, 2, 3, 4]
        assert saved.checkpoint_steps() == (3,)  # of those that wait only the newest is worth the room
        assert saved.summary() == {"ended": "well"}


def test_no_fault_ends_what_writes_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as memory that is full for a while: the thread was gone, and what was trained on was lost unsaid."""
    monkeypatch.setattr("explorer.engine.run.recorder.RETRY_SECONDS", 0.01)
    complaints: Queue[str] = Queue()
    recorder = Recorder(folder(tmp_path / "run"), complaints.put)
    append, full = recorder.folder.append, [MemoryError("no room")]

    def refused(lines: list[Entry]) -> None:
        if full:
            raise full.pop()
        append(lines)

    monkeypatch.setattr(recorder.folder, "append", refused)
    recorder.put(metrics(recorder.folder.run, 1))
    assert complaints.get(timeout=20) == "The run cannot be saved (MemoryError): no room"
    assert complaints.get(timeout=20) == ""
    assert recorder.close(20)
    with RunFolder.open(tmp_path / "run") as saved:
        assert [entry.step for entry in saved.history().metrics] == [1]


def test_a_disk_that_is_mended_is_noticed_without_being_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.engine.run.recorder.RETRY_SECONDS", 0.05)
    told: Queue[str] = Queue()
    path, aside = tmp_path / "run", tmp_path / "aside"
    recorder = Recorder(folder(path), told.put)
    path.rename(aside)
    recorder.put(metrics(recorder.folder.run, 1))
    assert "is gone" in told.get(timeout=20)
    aside.rename(path)
    assert told.get(timeout=20) == ""
    assert recorder.close(20)
    with RunFolder.open(path) as saved:
        assert [entry.step for entry in saved.history().metrics] == [1]


def test_a_folder_that_goes_while_nothing_is_written_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.engine.run.recorder.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("explorer.engine.run.recorder.RETRY_SECONDS", 0.05)
    told: Queue[str] = Queue()
    path, aside = tmp_path / "run", tmp_path / "aside"
    recorder = Recorder(folder(path), told.put)
    path.rename(aside)
    assert "is gone" in told.get(timeout=20)
    aside.rename(path)
    assert told.get(timeout=20) == ""
    recorder.finish({"ended": "well"})
    assert recorder.wait(20)
    path.rename(aside)  # of a run that has ended nothing can be lost
    with pytest.raises(Empty):
        told.get(timeout=0.3)
    assert recorder.close(20)


@pytest.mark.parametrize("lost", [True, False])
def test_a_run_goes_on_in_another_place_with_what_can_be_read_of_the_first(tmp_path: Path, lost: bool) -> None:
    told: list[str] = []
    path, other = tmp_path / "run", tmp_path / "other"
    recorder = Recorder(folder(path), told.append)
    run = recorder.folder.run
    recorder.put(metrics(run, 1))
    recorder.put(checkpoint(run, 1))
    assert recorder.wait(20)
    if lost:
        shutil.rmtree(path)
        recorder.put(metrics(run, 2))
        assert not recorder.wait(20)
    recorder.move(other)
    recorder.put(checkpoint(run, 2))
    assert recorder.wait(20)
    assert recorder.folder.path == other
    assert recorder.close(20)
    with RunFolder.open(other) as saved:
        assert saved.run == run
        assert [entry.step for entry in saved.history().metrics] == ([2] if lost else [1])
        assert saved.checkpoint_steps() == ((2,) if lost else (1, 2))
    if not lost:
        with RunFolder.open(path, writable=True) as before:  # it was let go
            assert before.checkpoint_steps() == (1,)


def test_a_place_that_is_taken_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    told: Queue[str] = Queue()
    path, taken = tmp_path / "run", tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    recorder = Recorder(folder(path), told.put)
    run = recorder.folder.run
    recorder.put(metrics(run, 1))
    recorder.move(taken)
    assert "not empty" in told.get(timeout=20)
    recorder.retry()
    assert recorder.wait(20)
    assert recorder.close(20)
    with RunFolder.open(path) as saved:
        assert [entry.step for entry in saved.history().metrics] == [1]
    assert (taken / "mine.txt").read_text() == "mine"
