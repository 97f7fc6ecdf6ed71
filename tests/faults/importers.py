"""What reads files of strangers, each with a whole file to damage, and how it is asked to read that."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from explorer.core.recipe import DataOptions, Recipe
from explorer.runs.checkpoints import MANIFEST, TENSORS, CheckpointStore
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import StoredGallery, read_gallery, write_gallery
from explorer.runs.sealed import sealed, unsealed
from explorer.runs.threshold import Threshold, read_threshold, write_threshold
from tests.helpers.data import picture
from tests.helpers.runs import checkpoint, metrics, new_run, projection, same_checkpoint, snapshot

FORMATS = {"jpeg": "jpg", "png": "png", "gif": "gif", "bmp": "bmp", "webp": "webp", "tiff": "tif", "ppm": "ppm",
           "jpeg2000": "jp2", "avif": "avif"}  # fmt: skip
RUN_FILES = ("run.json", "items.csv", "checksums.json", "summary.json", "threshold.json", "manifest.json",
             "snapshots/00000002.json", "projections/00000002.json", "checkpoints/00000002/state.json",
             "checkpoints/00000002/manifest.json", "checkpoints/00000002/tensors.safetensors", "metrics.jsonl",
             "gallery.npz")  # fmt: skip
OPTIONS = DataOptions(size=28)


@dataclass(frozen=True)
class Importer:
    """``file``: what is damaged; ``read``: reads it and returns what it says, to be compared where ``hashed``."""

    file: Path
    read: Callable[[], Any]
    hashed: bool = False


def importers(folder: Path) -> Iterator[tuple[str, Importer]]:
    """Yield the name of each importer with one, its whole file written below ``folder``."""
    for name, ending in FORMATS.items():
        if name.upper() in Image.registered_extensions().values() and name.upper() in Image.SAVE:
            yield f"image {name}", _picture(folder / name, name.upper(), ending)
    for name, write in _DATA.items():
        file = write(folder / name.replace(" ", "_"))
        if file is not None:
            yield name, Importer(file, partial(_opened, file, folder / "cache"))
    yield "safetensors", _tensors(folder / "tensors")
    yield "recipe", _recipe(folder / "recipe.toml")
    yield "settings", _settings(folder / "settings")
    run = _run(folder / "run")
    (first,) = list(run.rglob("00000002-embeddings-*.npy"))
    for name in (*RUN_FILES, first.relative_to(run).as_posix()):
        shown = "snapshots/00000002-embeddings.npy" if name.endswith(".npy") else name
        yield f"run {shown}", Importer(run / name, lambda: said_by(run), hashed=True)


def _picture(folder: Path, kind: str, ending: str) -> Importer:
    from explorer.data.decoding import decode_picture

    folder.mkdir()
    file = folder / f"a.{ending}"
    pixels = Image.fromarray(picture(1, 33, 47) // 2 + np.arange(47, dtype=np.uint8)[None, :, None])
    pixels.save(file, kind)

    def read() -> None:
        data = file.read_bytes()
        decode_picture.decode(data, 28, 3)
        decode_picture.full(data)
        decode_picture.longer_side(data)

    return Importer(file, read)


def _opened(file: Path, cache: Path) -> None:
    from explorer.data.opening import open_dataset

    shutil.rmtree(cache, ignore_errors=True)
    dataset = open_dataset(str(file), OPTIONS, cache_folder=cache)
    np.asarray(dataset.inputs).sum()
    list(dataset.ids)


def _rows() -> tuple[Any, list[str]]:
    rows = np.random.default_rng(5).normal(size=(24, 6)).astype(np.float32)
    return rows, [f"class {i % 4}" for i in range(len(rows))]


def _table(folder: Path, delimiter: str, ending: str) -> Path:
    folder.mkdir()
    rows, labels = _rows()
    file = folder / f"table.{ending}"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(["id", "label", *(f"x{i}" for i in range(6))])
        for i, (row, label) in enumerate(zip(rows.tolist(), labels, strict=True)):
            writer.writerow([f'"{i},é', label, *row])
    return file


def _paths(folder: Path) -> Path:
    """Write a table that names pictures."""
    folder.mkdir()
    for i in range(6):
        Image.fromarray(picture(i, 9, 9)).save(folder / f"{i}.png")
    file = folder / "labels.csv"
    file.write_text("path,label\n" + "".join(f"{i}.png,c{i % 2}\n" for i in range(6)))
    return file


def _npy(folder: Path) -> Path:
    folder.mkdir()
    np.save(folder / "a.npy", _rows()[0])
    return folder / "a.npy"


def _npz(folder: Path) -> Path:
    folder.mkdir()
    rows, labels = _rows()
    np.savez_compressed(folder / "a.npz", vectors=rows, labels=np.array(labels))
    return folder / "a.npz"


def _parquet(folder: Path) -> Path | None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return None
    folder.mkdir()
    rows, labels = _rows()
    columns = {"vector": pa.array(rows.tolist(), pa.list_(pa.float32(), 6)), "label": pa.array(labels)}
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


def _zip(folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(6):
            data = io.BytesIO()
            Image.fromarray(picture(i, 9, 9)).save(data, "PNG")
            archive.writestr(f"c{i % 2}/{i}.png", data.getvalue())
    return folder / "a.zip"


def _idx(folder: Path) -> Path:
    folder.mkdir()
    pixels = np.random.default_rng(1).integers(0, 256, (12, 8, 8), np.uint8)
    head = b"\x00\x00\x08\x03" + b"".join(n.to_bytes(4, "big") for n in pixels.shape)
    (folder / "train-images-idx3-ubyte").write_bytes(head + pixels.tobytes())
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\x00\x00\x08\x01" + (12).to_bytes(4, "big") + bytes([0, 1] * 6))
    return folder / "train-images-idx3-ubyte"


def _hdf5(folder: Path) -> Path | None:
    try:
        import h5py
    except ImportError:
        return None
    folder.mkdir()
    rows = _rows()[0]
    with h5py.File(folder / "a.h5", "w") as file:
        file["train"], file["test"] = rows, rows[:5]
        file.attrs["distance"] = "euclidean"
    return folder / "a.h5"


_DATA: dict[str, Callable[[Path], Path | None]] = {
    "csv": lambda folder: _table(folder, ",", "csv"),
    "tsv": lambda folder: _table(folder, "\t", "tsv"),
    "csv of pictures": _paths,
    "npy": _npy,
    "npz": _npz,
    "parquet": _parquet,
    "zip": _zip,
    "idx": _idx,
    "hdf5": _hdf5,
}


def _tensors(folder: Path) -> Importer:
    """Damage the tensors of a checkpoint under a manifest that fits, so that their own reader is reached."""
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


def _recipe(file: Path) -> Importer:
    file.write_text(Recipe().resolved().to_toml(), encoding="utf-8")
    return Importer(file, lambda: Recipe.load(file).resolved())


def _settings(folder: Path) -> Importer:
    from explorer.ui.session.settings import Settings

    file = folder / "settings.json"
    settings = Settings(file)
    settings.set_theme("dark")
    settings.add_recent("/data/pictures")
    settings.set_window(b"abc", b"def")

    def read() -> None:
        kept = Settings(file)
        assert kept.theme in ("system", "dark", "light")
        assert (isinstance(kept.recents, tuple), isinstance(kept.geometry, bytes)) == (True, True)
        kept.set_more_shown(True)

    return Importer(file, read)


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
        set(history.metrics) <= right,
        json.dumps(gallery, default=bytes.hex) if gallery else None,
    )
