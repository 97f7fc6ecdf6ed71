"""A disk that fills up while a run is saved: what was acknowledged stays whole, and the writer says why it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.data.cache import PixelCache
from explorer.runs.folder import RunFolder
from explorer.runs.gallery import StoredGallery, read_gallery, write_gallery
from explorer.runs.threshold import Threshold, read_threshold, write_threshold
from tests.faults.test_kill import WRITER
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
    subprocess.run(["umount", str(place)], check=True)


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


def test_every_other_writer_keeps_what_was_there(small_disk: Path) -> None:
    run = small_disk / "run"
    new_run(run).close()
    x = np.ones((3, 4), np.float32)
    small = StoredGallery(2, "w", "euclidean", ("a",), np.array([0, 3]), x, ("p", "q", "r"))
    kept = Threshold(distance=1, fmr=0, fnmr=0, step=2, target=0, same_pairs=1, different_pairs=1, split="items")
    write_gallery(run, small)
    write_threshold(run, kept)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        _fill(filler)
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
