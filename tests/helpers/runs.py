"""A small run to write to and break."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import (
    ByteArray,
    Evaluation,
    FloatArray,
    IntArray,
    Projection,
    Snapshot,
    StepMetrics,
    TripletCensus,
)
from explorer.runs.folder import RunFolder
from explorer.runs.header import DataRecord
from explorer.runs.items import RunItems
from explorer.runs.retention import DEFAULT, Retention

ITEMS = 6


def data_record(**changes: object) -> DataRecord:
    values = {
        "name": "d",
        "uri": "sample:d",
        "fingerprint": "f",
        "items": ITEMS,
        "shape": (8, 8, 1),
        "class_names": ("a", "=b"),
        "split": "items",
        "unseen": False,
        "modality": "pictures",
    }
    return DataRecord.model_validate({**values, **changes})


def run_items() -> RunItems:
    ids = TextColumn.of(("x/0", "=x/1", "'x/2", "x,\n3", 'x"4', "x\udcff5"))
    parts = TextColumn.of(("train", "train", "train", "held-out", "held-out", ""))
    writers = TextColumn.of(("-", "", "é", "@", "\t", "z"))
    return RunItems(ids, np.array([0, 1, 0, 1, 0, -1]), parts, {"writer": writers})


def new_run(path: Path, retention: Retention = DEFAULT) -> RunFolder:
    return RunFolder.create(path, Recipe(), data_record(), run_items(), retention=retention)


def metrics(step: int, run: str = "r") -> StepMetrics:
    return StepMetrics(run, step, step // 10, 1.0 / step, 0.5, 2.0, 1e-3, 900.0, TripletCensus(0.2, step, 2, 1))


def evaluation(step: int, run: str = "r") -> Evaluation:
    return Evaluation(run, step, "held-out", {"recall@1": 0.5 + step / 1000}, 30, 3, unseen=False)


def checkpoint(step: int, size: int = 8, run: str = "r") -> Checkpoint:
    """Return a checkpoint whose every value says which step it is of."""
    tensors: dict[str, FloatArray | IntArray | ByteArray] = {
        "encoder.weight": np.full((size, 3), step, np.float32),
        "random.device": np.full(5, step % 256, np.uint8),
        "count": np.array(step),
    }
    return Checkpoint(run, step, step // 10, tensors, {"position": step, "live.loss.margin": 0.3, "live.miner": "hard"})


def same_checkpoint(a: Checkpoint | None, b: Checkpoint) -> bool:
    if a is None or (a.run, a.step, a.epoch, dict(a.scalars)) != (b.run, b.step, b.epoch, dict(b.scalars)):
        return False
    return a.tensors.keys() == b.tensors.keys() and all(
        a.tensors[name].dtype == b.tensors[name].dtype and np.array_equal(a.tensors[name], b.tensors[name])
        for name in a.tensors
    )


def snapshot(step: int, *, exact: bool = True, run: str = "r", items: int = ITEMS) -> Snapshot:
    x = np.random.default_rng(step).normal(size=(items, 4)).astype(np.float16).astype(np.float32)
    return Snapshot(run, step, np.arange(items), x, exact, "euclidean")


def projection(step: int, *, epoch: int = 1, run: str = "r") -> Projection:
    xy = np.random.default_rng(step).normal(size=(ITEMS, 2)).astype(np.float32)
    return Projection(run, step, np.arange(ITEMS), xy, epoch, "umap", True)
