"""A saved run with maps, made without training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import ByteArray, Evaluation, Projection, Snapshot
from explorer.runs.folder import RunFolder
from explorer.runs.header import DataRecord
from explorer.runs.items import RunItems
from tests.helpers.blobs import blobs

CLASSES = ("=a", "b", "<c>")


def mapped_run(path: Path, *, items: int = 60, steps: tuple[int, ...] = (0, 10, 20), maps: bool = True) -> RunFolder:
    """Return a closed run whose points travel from a heap to their classes; the last item has no place."""
    xy, labels = blobs(items, 3)
    data = DataRecord(
        name="blobs", uri="sample:blobs", fingerprint="f", items=items, shape=(8, 8, 1), class_names=CLASSES,
        split="items", unseen=False, modality="pictures",
    )  # fmt: skip
    parts = tuple("held-out" if i % 3 == 0 else "train" for i in range(items))
    ids = tuple(f"{'=' if i == 1 else ''}x,{i}.png" for i in range(items))
    run = RunFolder.create(path, Recipe(), data, RunItems(TextColumn.of(ids), labels, TextColumn.of(parts)))
    heap = np.random.default_rng(0).normal(size=xy.shape).astype(np.float32)
    for step in steps:
        share = np.float32(step / max(steps[-1], 1))
        places = heap * (1 - share) + xy * share
        placed = np.arange(items - 1)
        if maps:
            run.write_projection(Projection(run.run, step, placed, places[:-1], 0, "umap", True))
        run.write_snapshot(Snapshot(run.run, step, placed, np.c_[places, places[:, :1]][:-1], True, "euclidean"))
        run.append([Evaluation(run.run, step, "held-out", {"recall@1": 0.5 + step / 100}, 20, 3, unseen=False)])
    run.close()
    return run


def pictures_of(gif: Path) -> list[ByteArray]:
    """Return the pictures of a film, (H, W, 3) each."""
    with Image.open(gif) as film:
        return [np.asarray(picture.convert("RGB")) for picture in ImageSequence.Iterator(film)]
