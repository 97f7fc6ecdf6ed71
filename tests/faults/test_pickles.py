"""A pickle under every name that anything reads: none of them is ever run."""

from __future__ import annotations

import io
import json
import pickle  # noqa: TID251 - the attack
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue
from explorer.data.bids import bids_for
from explorer.data.cache import PixelCache
from explorer.data.modalities.base import modality_named
from explorer.data.opening import check, open_dataset
from explorer.data.pictures import PictureError
from explorer.learn.encoders import hub
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import GALLERY_NAME, read_gallery
from explorer.runs.notes import NOTES_NAME, read_notes
from explorer.runs.threshold import THRESHOLD_NAME, read_threshold
from explorer.ui.session.settings import Settings
from tests.faults.importers import IMPORTERS
from tests.helpers.data import picture_folder
from tests.helpers.runs import checkpoint, new_run, snapshot

ENDINGS = (
    "npy", "npz", "csv", "tsv", "txt", "parquet", "zip", "pkl", "pickle", "pt", "pth", "bin", "joblib", "h5", "hdf5",
    "h5ad", "mat", "png", "jpg", "tif", "gif", "jp2", "avif", "webp", "safetensors", "json", "toml", "idx", "tar", "gz",
    "wav", "flac", "mp4", "ply", "stl", "obj", "glb", "fvecs", "ivecs", "bvecs", "vec", "index", "faiss", "",
)  # fmt: skip


class Canary:
    """Sings, by making a file, when it is unpickled."""

    def __init__(self, song: Path) -> None:
        self.song = song

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return (Path.write_text, (self.song, "sung"))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return tmp_path / "song"


def test_the_canary_can_sing(song: Path) -> None:
    pickle.loads(pickle.dumps(Canary(song)))
    assert song.read_text() == "sung"


def _forms(song: Path) -> list[bytes]:
    """Return a pickle as it is, as an array of objects, and in archives as numpy and torch write them."""
    plain = pickle.dumps(Canary(song))
    objects = np.empty(4, dtype=object)
    objects[:] = Canary(song)
    array, arrays, torch_like = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(array, objects, allow_pickle=True)
    np.savez(arrays, vectors=np.ones((4, 2)), labels=objects)
    with zipfile.ZipFile(torch_like, "w") as archive:
        archive.writestr("archive/data.pkl", plain)
        archive.writestr("c0/0.png", plain)
    return [plain, array.getvalue(), arrays.getvalue(), torch_like.getvalue()]


def test_no_importer_runs_a_pickle(tmp_path: Path, song: Path) -> None:
    pictures, vectors = modality_named("pictures"), modality_named("vectors")
    for number, content in enumerate(_forms(song)):
        for ending in ENDINGS:
            file = tmp_path / f"f{number}" / f"of {ending}" / f"a.{ending}".rstrip(".")
            file.parent.mkdir(parents=True)
            file.write_bytes(content)
            for ask in (
                lambda file=file: check(str(file)),
                lambda file=file: open_dataset(str(file), cache_folder=tmp_path / "cache"),
                lambda file=file: open_dataset(str(file.parent), cache_folder=tmp_path / "cache"),
                lambda file=file: pictures.read(file, (8, 8, 3)),
                lambda file=file: vectors.read(file, (1, 1, 2)),
                lambda file=file: Recipe.load(file),
                lambda file=file: RunFolder.open(file),
                lambda file=file: hub.read_json(file),
            ):
                with suppress(UserError, PictureError):
                    ask()
    assert not song.exists()


def test_no_importer_runs_a_pickle_in_the_place_of_its_file(tmp_path: Path, song: Path) -> None:
    sources = {"sample", "lance"}  # made by the program: it has no file; read by another library, in its own process
    forms = _forms(song)
    for number, (name, make) in enumerate(IMPORTERS.items()):
        importer = make(tmp_path / f"i{number}")
        if importer.opened is not None:
            sources |= {bids_for(str(importer.opened), importer.options)[0].source}
        for content in forms:
            importer.file.write_bytes(content)
            with suppress(UserError, PictureError):
                importer.read()
        assert not song.exists(), name
    assert sources == set(catalogue("source")), "each source needs an importer in tests/faults"


def test_no_file_of_a_run_and_no_setting_runs_a_pickle(tmp_path: Path, song: Path) -> None:
    picture_folder(tmp_path / "data", {"a": 2, "b": 2})
    open_dataset(str(tmp_path / "data"), cache_folder=tmp_path / "cache")
    with new_run(tmp_path / "run") as run:
        run.write_checkpoint(checkpoint(1))
        run.write_snapshot(snapshot(1))
        run.finish({"ended": "well"})
    for name in (GALLERY_NAME, THRESHOLD_NAME, NOTES_NAME, "labels.csv"):
        (tmp_path / "run" / name).write_bytes(b"")
    Settings(tmp_path / "settings.json").set_more_shown(True)
    asked = (
        lambda: RunFolder.open(tmp_path / "run").items,
        lambda: RunFolder.open(tmp_path / "run").latest_checkpoint(),
        lambda: RunFolder.open(tmp_path / "run").snapshot(1),
        lambda: RunFolder.open(tmp_path / "run").history(),
        lambda: RunFolder.open(tmp_path / "run").summary(),
        lambda: RunFolder.open(tmp_path / "run").verify(),
        lambda: read_gallery(tmp_path / "run"),
        lambda: read_threshold(tmp_path / "run"),
        lambda: read_notes(tmp_path / "run"),
        lambda: PixelCache(tmp_path / "cache").load(next((tmp_path / "cache").rglob("*.json")).stem),
        lambda: Settings(tmp_path / "settings.json").theme,
    )
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".png"]
    assert len(files) > 12
    for content in (*_forms(song), json.dumps({"py/object": "os.system"}).encode()):
        for file in files:
            before = file.read_bytes() if file.exists() else b""
            file.write_bytes(content)
            for ask in asked:
                with suppress(UserError, StopIteration):
                    ask()
            file.write_bytes(before)
    assert not song.exists()
