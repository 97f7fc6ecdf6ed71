"""What the program keeps of its own: runs, checkpoints, recipes, settings, decoded pixels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.label_decisions import Decision
from explorer.core.recipe import Recipe
from explorer.data.cache import PixelCache
from explorer.runs.checkpoints import MANIFEST, TENSORS, CheckpointStore
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import StoredGallery, read_gallery, write_gallery
from explorer.runs.label_file import LABELS_NAME, read_decisions, write_decisions
from explorer.runs.notes import RunNotes, read_notes, write_notes
from explorer.runs.sealed import sealed, unsealed
from explorer.runs.seen_inputs import read_inputs, write_inputs
from explorer.runs.threshold import Threshold, read_threshold, write_threshold
from tests.faults.importer import Importer
from tests.helpers.runs import checkpoint, metrics, new_run, projection, same_checkpoint, snapshot

RUN_FILES = ("run.json", "items.csv", "checksums.json", "inputs.json", "summary.json", "threshold.json", "notes.json",
             "manifest.json",
             "snapshots/00000002.json", "snapshots/00000002-embeddings-*.npy", "projections/00000002.json",
             "checkpoints/00000002/state.json", "checkpoints/00000002/manifest.json",
             "checkpoints/00000002/tensors.safetensors", "metrics.jsonl", "gallery.npz")  # fmt: skip


def _tensors(folder: Path) -> Importer:
    """Damage the tensors of a checkpoint under a manifest that fits, so that their own reader is reached."""
    folder.mkdir()
    store = CheckpointStore(folder)
    store.write(checkpoint(1))
    file, manifest = folder / "00000001" / TENSORS, folder / "00000001" / MANIFEST

    def read() -> None:
        content = file.read_bytes()
        files = unsealed(manifest.read_bytes())["files"]
        files[TENSORS] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest.write_bytes(sealed({"files": files}))
        store.read(1)

    return Importer(file, read)


def _recipe(folder: Path) -> Importer:
    folder.mkdir()
    file = folder / "recipe.toml"
    file.write_text(Recipe().resolved().to_toml(), encoding="utf-8")
    return Importer(file, lambda: Recipe.load(file).resolved())


def _settings(folder: Path) -> Importer:
    from explorer.ui.session.settings import KeptLayout, Settings

    file = folder / "settings.json"
    settings = Settings(file)
    settings.set_theme("dark")
    settings.add_recent("/data/pictures")
    settings.set_window(b"abc", {"train": KeptLayout.of(b"def", (1440, 900), {})}, "train")

    def read() -> None:
        kept = Settings(file)
        assert kept.theme in ("system", "dark", "light")
        assert (isinstance(kept.recents, tuple), isinstance(kept.geometry, bytes)) == (True, True)
        kept.set_more_shown(True)

    return Importer(file, read)


def _cache(damaged: str, folder: Path) -> Importer:
    """Write a set of pixels; what is damaged of it is no set any more."""
    cache, rows = PixelCache(folder), np.arange(2 * 9 * 9 * 3, dtype=np.uint8).reshape(2, 9, 9, 3)
    with cache.write("key", (9, 9, 3)) as writer:
        writer.append(rows)
        writer.commit({5: "damaged"})
    (file,) = (folder / "pixels").glob(damaged)

    def read() -> tuple[bytes, dict[int, str], int]:
        entry = PixelCache(folder).load("key")
        if entry is None:
            raise UserError("it is read anew")
        return np.asarray(entry.pixels).tobytes(), dict(entry.skipped), entry.white

    return Importer(file, read, hashed=True)


def _decisions(folder: Path) -> Importer:
    folder.mkdir()
    ids, classes = ("x/0", "=x/1", "é"), ("a", "=b")
    write_decisions(folder, {0: Decision("keep"), 1: Decision("relabel", 1), 2: Decision("exclude")}, ids, classes)
    return Importer(folder / LABELS_NAME, lambda: read_decisions(folder, ids, classes))


def _hub(folder: Path) -> Importer:
    from explorer.learn.encoders import hub  # it imports torch, which the others need not wait for

    folder.mkdir()
    file = folder / "config.json"
    file.write_text(json.dumps({"model_type": "vit", "hidden_size": 8, "architectures": ["ViTModel"]}))
    return Importer(file, lambda: hub.read_json(file))


def _run_file(name: str, folder: Path) -> Importer:
    run = _run(folder)
    (file,) = run.glob(name)
    return Importer(file, lambda: said_by(run), hashed=True)


def _run(folder: Path) -> Path:
    with new_run(folder) as run:
        run.append([metrics(step) for step in range(1, 20)])
        for step in (1, 2):
            run.write_checkpoint(checkpoint(step))
            run.write_snapshot(snapshot(step))
            run.write_projection(projection(step))
        run.finish({"ended": "well", "step": 2})
    write_threshold(
        folder,
        Threshold(distance=0.5, fmr=0.1, fnmr=0.1, step=2, target=0.1, same_pairs=3, different_pairs=4, split="items"),
    )
    write_inputs(folder, {"a/0": "12ab", "é": "34cd"})
    write_notes(folder, RunNotes(name="the one", tags=("good", "é"), note="two\nlines"))
    x = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    write_gallery(folder, StoredGallery(2, "w", "euclidean", ("a", "b"), np.array([0, 2, 3]), x, ("p", "q", "r")))
    return folder


def said_by(path: Path) -> tuple[Any, ...]:
    """Return all that a run says; UserError where it is refused. What is left out of it is left out here."""
    run = RunFolder.open(path)
    items, last, history = run.items, run.latest_checkpoint(), run.history()
    right = {metrics(step) for step in range(1, 20)}
    shown = [(s.step, s.exact, s.distance, s.embeddings.tobytes()) for s in map(run.snapshot, run.snapshot_steps())]
    maps = [(p.step, p.epoch, p.method, p.xy.tobytes()) for p in map(run.projection, run.projection_steps())]
    texts = (tuple(items.ids), items.labels.tolist(), tuple(items.parts), *map(tuple, items.columns.values()))
    stored = read_gallery(path)
    gallery = stored and (stored.step, stored.weights, stored.distance, stored.names, stored.starts.tolist(),
                          stored.embeddings.tobytes(), stored.sources)  # fmt: skip
    return (
        run.header,
        texts,
        last is None or same_checkpoint(last, checkpoint(last.step)),
        [] if len(shown) < 2 else shown,
        [] if len(maps) < 2 else maps,
        run.summary() in (None, {"ended": "well", "step": 2}),
        read_threshold(path),
        read_inputs(path),
        read_notes(path),
        set(history.metrics) <= right,
        json.dumps(gallery, default=bytes.hex) if gallery else None,
    )


KEPT: dict[str, Callable[[Path], Importer]] = {
    "safetensors": _tensors,
    "recipe": _recipe,
    "settings": _settings,
    "cache index": partial(_cache, "*.json"),
    "cache pixels": partial(_cache, "*.pixels"),
    "decisions": _decisions,
    "hub config": _hub,
}
RUN: dict[str, Callable[[Path], Importer]] = {f"run {name}": partial(_run_file, name) for name in RUN_FILES}
