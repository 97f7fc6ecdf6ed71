from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import Projection, Snapshot, StepMetrics
from explorer.engine.run.recorder import Recorder
from explorer.runs.folder import RunFolder
from explorer.runs.header import DataRecord
from explorer.runs.items import RunItems

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


def test_a_disk_that_refuses_is_told_once_and_does_not_end_the_run(tmp_path: Path) -> None:
    complaints: list[str] = []
    written = folder(tmp_path / "run")
    recorder = Recorder(written, complaints.append)
    run = written.run

    def refuse(entries: object) -> None:
        raise UserError("the disk is full", remedy="Free some space")

    keep = written.append
    written.append = refuse  # type: ignore[method-assign]
    recorder.put(metrics(run, 1))
    assert recorder.wait(20)
    recorder.put(metrics(run, 2))
    assert recorder.wait(20)
    written.append = keep  # type: ignore[method-assign]
    recorder.put(metrics(run, 3))
    assert recorder.close(20)
    assert complaints == ["The run cannot be saved: the disk is full. Free some space"]
    with RunFolder.open(tmp_path / "run") as saved:
        assert [entry.step for entry in saved.history().metrics] == [3]
