"""A disk that fills up while a run is saved: what was acknowledged stays whole, and the writer says why it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import catalogue, create
from explorer.data.cache import PixelCache
from explorer.engine.embedding_formats.base import EmbeddedItems, write_embeddings
from explorer.engine.export.selected_items import write_selected
from explorer.engine.export.subjects import subject_of_run
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import StoredGallery, read_gallery, write_gallery
from explorer.runs.threshold import Threshold, read_threshold, write_threshold
from tests.engine.session.test_miner_bench import Progress
from tests.faults.test_failing_calls import WRITERS
from tests.faults.test_kill import WRITER
from tests.helpers.blobs import blobs, dataset_of
from tests.helpers.mapped import mapped_run
from tests.helpers.runs import checkpoint, new_run, same_checkpoint

SIZE = 3 << 20


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if made.returncode:
        pytest.skip("mounting is not allowed")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path) -> None:
    path, rows = small_disk / "run", 20_000
    new_run(path).close()
    done = subprocess.run(
        [sys.executable, str(WRITER), str(path), str(rows)], capture_output=True, check=False, text=True, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert "No space left" in done.stderr
    acknowledged = int((done.stdout.split() or ["0"])[-1])
    assert acknowledged >= 1
    for _ in range(2):
        with RunFolder.open(path, writable=False) as run:
            last = run.latest_checkpoint()
            assert last is not None
            assert last.step >= acknowledged
            assert same_checkpoint(last, checkpoint(last.step, rows))
            assert run.history().damaged == 0


def _to_fill(disk: Path) -> Path:
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        _fill(filler)
    return filler


@pytest.mark.parametrize("name", list(WRITERS))
def test_a_small_file_of_a_run_stays_as_it_was(small_disk: Path, name: str) -> None:
    writer, run = WRITERS[name], small_disk / "run"
    new_run(run).close()
    writer.write(run, 1)
    before = {path for path in run.rglob("*") if path.is_file()}
    filler = _to_fill(small_disk)
    with suppress(UserError) if writer.silent else pytest.raises(UserError, match="No space left"):
        writer.write(run, 2)
    assert writer.read(run) == 1
    left = {path for path in run.rglob("*") if path.is_file() and path.stat().st_size} - before
    assert not left
    filler.unlink()
    writer.write(run, 2)
    assert writer.read(run) == 2


def _embeddings(path: Path, _: Path) -> None:
    write_embeddings(path, EmbeddedItems(("a",) * 99, ("c",) * 99, np.ones((99, 40), np.float32)))


def _coordinates(path: Path, run: Path) -> None:
    create("export", "coordinates", {}).write(path, subject_of_run(run), Progress())


def _film(path: Path, run: Path) -> None:
    create("export", "film", {}).write(path, subject_of_run(run), Progress())


def _selected(path: Path, _: Path) -> None:
    data = dataset_of(blobs(50, 4)[1])
    write_selected(path, data, None, np.arange(50))


FOR_THE_USER: dict[str, Callable[[Path, Path], object]] = {
    "a.npy": _embeddings,
    "a.npz": _embeddings,
    "a.csv": _embeddings,
    "a.parquet": _embeddings,
    "map.csv": _coordinates,
    "map.parquet": _coordinates,
    "film.gif": _film,
    "selected.csv": _selected,
}


@pytest.mark.parametrize("name", FOR_THE_USER)
def test_a_file_for_the_user_is_whole_or_as_it_was(small_disk: Path, tmp_path: Path, name: str) -> None:
    mapped_run(tmp_path / "run").close()
    out = small_disk / name
    out.write_text("as it was")
    filler = _to_fill(small_disk)
    with pytest.raises(UserError, match=r"cannot be written.*(?i:No space left)"):
        FOR_THE_USER[name](out, tmp_path / "run")
    assert out.read_text() == "as it was"
    assert sorted(path.name for path in small_disk.iterdir()) == sorted(["filler", name])
    filler.unlink()
    FOR_THE_USER[name](out, tmp_path / "run")
    assert out.stat().st_size > 99


@pytest.mark.parametrize("name", ["projector", "faiss", "lance"])
def test_a_folder_for_the_user_is_whole_or_not_there(small_disk: Path, tmp_path: Path, name: str) -> None:
    if not catalogue("export")[name].available:
        pytest.skip(f"{name} needs what is not installed")
    run, out = tmp_path / "run", small_disk / "out"
    mapped_run(run).close()
    filler = _to_fill(small_disk)
    with pytest.raises(UserError, match=r"cannot be written.*(?i:No space left)") as told:
        create("export", name, {}).write(out, subject_of_run(run), Progress())
    assert ".rs:" not in str(told.value)  # where in the sources of another library
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    filler.unlink()
    create("export", name, {}).write(out, subject_of_run(run), Progress())
    assert (out / "README.md").is_file()


def test_every_other_writer_keeps_what_was_there(small_disk: Path) -> None:
    run = small_disk / "run"
    new_run(run).close()
    x = np.ones((3, 4), np.float32)
    small = StoredGallery(2, "w", "euclidean", ("a",), np.array([0, 3]), x, ("p", "q", "r"))
    kept = Threshold(distance=1, fmr=0, fnmr=0, step=2, target=0, same_pairs=1, different_pairs=1, split="items")
    write_gallery(run, small)
    write_threshold(run, kept)
    filler = _to_fill(small_disk)
    with pytest.raises(UserError, match="No space left"):
        write_gallery(run, StoredGallery(2, "w", "euclidean", ("b",), np.array([0, 3]), x, ("p", "q", "r")))
    with pytest.raises(UserError, match="No space left"):
        write_threshold(run, kept.model_copy(update={"distance": 2.0}))
    with pytest.raises(UserError, match="No space left"):
        new_run(small_disk / "other")
    with (
        pytest.raises(UserError, match="No space left"),
        PixelCache(small_disk / "cache").write("key", (64, 64, 3)) as writer,
    ):
        writer.append(np.zeros((400, 64, 64, 3), np.uint8))
    filler.unlink()
    gallery = read_gallery(run)
    assert gallery is not None
    assert gallery.names == ("a",)
    assert read_threshold(run) == kept
    assert not [path for path in small_disk.rglob("*") if ".tmp-" in path.name or path.suffix == ".pixels"]
    with RunFolder.open(run, writable=True) as opened:
        opened.write_checkpoint(checkpoint(3))
