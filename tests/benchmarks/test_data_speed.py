"""How fast data are opened, by processor time, against a loop of Pillow in a DataLoader in the same run; ``-s`` says.

Run with ``pytest tests/benchmarks/test_data_speed.py -s --override-ini addopts=``. Wall time is said beside it and not
judged: the machine may be shared.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from tests.benchmarks.vectors import say
from tests.helpers.data import real_data

CLASSES, EACH, DIFFERENT = 10, 240, 60
SIZE = 64
PHOTOGRAPHS = {
    "320x240": 1.7,
    "500x375": 2.5,
    "500x375 grey": 2.9,
    "500x375 progressive": 1.5,
    "640x480": 3,
    "800x600": 3,
}
"""Kinds of photographs, and how many times as fast as the loop they must be decoded on a machine that is shared.

Those of birds and of species are of 500 and of 800 pixels. Of small ones, and of progressive ones, most of the time of
both is spent on the entropy code, which has to be read whole. A set is still smaller than those of the field: starting
the process in which a Parquet file is looked through first takes about 0.2 s, whatever its size.
"""
ROUNDS = 3
ROWS, FOLDERS = 1_000_000, 100


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds: of processors, of this process and of those it started, and by the clock."""

    processor: float
    wall: float


def took(work: Callable[[], object]) -> Took:
    """Return how long some work takes; processes that it starts must have ended with it."""
    before, start = _used(), time.perf_counter()
    work()
    return Took(_used() - before, time.perf_counter() - start)


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


class Plain(Dataset[tuple[torch.Tensor, int]]):
    """What one writes without a second thought: open, convert, resize, to a tensor."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        with Image.open(self.files[index]) as image:
            pixels = np.array(image.convert("RGB").resize((SIZE, SIZE)))
        return torch.from_numpy(pixels).permute(2, 0, 1), index


@pytest.fixture(scope="module", params=PHOTOGRAPHS)
def photographs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder, a tar and Parquet of the same JPEGs."""
    size, _, form = request.param.partition(" ")
    width, height = map(int, size.split("x"))
    root = tmp_path_factory.mktemp(request.param, numbered=False)
    encoded = []
    for seed in range(DIFFERENT):
        generator = np.random.default_rng(seed)
        rough = Image.fromarray(generator.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((width, height))
        noise = generator.integers(-6, 7, (height, width, 3))
        photo = Image.fromarray(np.clip(np.asarray(rough, np.int64) + noise, 0, 255).astype(np.uint8))
        saved = io.BytesIO()
        photo.convert("L" if form == "grey" else "RGB").save(
            saved, "JPEG", quality=90, progressive=form == "progressive"
        )
        encoded.append(saved.getvalue())
    rows = [(f"{name:02d}/{i:04d}.jpg", encoded[(name * EACH + i) % DIFFERENT], name)
            for name in range(CLASSES) for i in range(EACH)]  # fmt: skip
    with tarfile.open(root / "set.tar", "w") as archive:
        for path, data, _ in rows:
            file = root / "folder" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": data, "path": path} for path, data, _ in rows], kind)
    labels = [name for *_, name in rows]
    pq.write_table(pa.table({"image": images, "label": labels}), root / "set.parquet", row_group_size=100)
    return root


def test_photographs_are_decoded_faster_than_by_a_loop(photographs: Path, tmp_path: Path) -> None:
    assert _times_as_fast(photographs.name, photographs / "folder", tmp_path) >= PHOTOGRAPHS[photographs.name]


@pytest.mark.data
def test_groceries_are_decoded_faster_than_by_a_loop(tmp_path: Path) -> None:
    # Meant are 3 times on an idle machine: of 348 pixels most of the time goes into the entropy code.
    assert _times_as_fast("groceries", real_data("grocery_store/dataset/train"), tmp_path) >= 2.5


def _times_as_fast(name: str, folder: Path, caches: Path) -> float:
    """Return how many times the processor time a loop takes that opening a folder of JPEGs does, and say it."""
    files = sorted(folder.rglob("*.jpg"))

    def loop() -> None:
        for _ in DataLoader(Plain(files), batch_size=64, num_workers=2):
            pass

    def opened(cache: Path) -> None:
        assert len(open_dataset(str(folder), DataOptions(size=SIZE), cache_folder=cache)) == len(files)

    ours, theirs = [], []
    for number in range(ROUNDS):
        ours.append(took(partial(opened, caches / str(number))))
        theirs.append(took(loop))
    own, other = (min(found, key=lambda one: one.processor) for found in (ours, theirs))
    ratio = other.processor / own.processor
    say(
        f"{name}: {len(files):,} to {SIZE} px in {own.processor:.1f} s of a processor ({own.wall:.1f} s); "
        f"Pillow in a DataLoader of two workers {other.processor:.1f} s ({other.wall:.1f} s): {ratio:.1f} times"
    )
    return ratio


def test_parquet_and_tar_are_as_fast_as_the_folder(photographs: Path, tmp_path: Path) -> None:
    kinds = ("folder", "set.tar", "set.parquet")
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(ROUNDS):
        for kind in kinds:
            work = partial(_opened, photographs / kind, tmp_path / f"{kind} {number}")
            seconds[kind].append(took(work).processor)
    best = {kind: min(found) for kind, found in seconds.items()}
    told = ", ".join(f"{kind} {found:.2f}" for kind, found in best.items())
    say(f"{photographs.name}, seconds of a processor: {told}")
    pixels = [open_dataset(str(photographs / kind), DataOptions(size=SIZE), cache_folder=tmp_path / f"{kind} 0").inputs
              for kind in kinds]  # fmt: skip
    assert np.array_equal(pixels[0], pixels[1])
    assert np.array_equal(pixels[0], pixels[2])
    assert max(best.values()) <= 1.1 * best["folder"]


def _opened(path: Path, cache: Path) -> None:
    assert len(open_dataset(str(path), DataOptions(size=SIZE), cache_folder=cache)) == CLASSES * EACH


LISTED = """
import resource, sys, time
from explorer.core.recipe import DataOptions
from explorer.data.listing import Watch
from explorer.data.opening import _scan
began = time.process_time(), time.perf_counter()
listing = _scan(sys.argv[1], DataOptions(), Watch())
print(len(listing), time.process_time() - began[0], time.perf_counter() - began[1],
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a million empty files and two tables of them."""
    root = tmp_path_factory.mktemp("million")
    paths = [f"c{folder:02d}/{i:05d}.png" for folder in range(FOLDERS) for i in range(ROWS // FOLDERS)]
    for folder in range(FOLDERS):
        (root / f"c{folder:02d}").mkdir()
    for path in paths:
        os.close(os.open(root / path, os.O_CREAT | os.O_WRONLY))
    labels = [f"class {path[:3]}" for path in paths]
    (root / "set.csv").write_text(
        "path,label\n" + "".join(f"{path},{label}\n" for path, label in zip(paths, labels, strict=True))
    )
    pq.write_table(pa.table({"path": paths, "label": labels}), root / "set.parquet")
    return root


@pytest.mark.parametrize("name", ["set.csv", "set.parquet"])
def test_a_million_rows_are_listed(name: str, million: Path) -> None:
    command = [sys.executable, "-c", LISTED, str(million / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    count, processor, wall, megabytes = map(float, done.stdout.split())
    say(f"{count:,.0f} rows of {name}: {processor:.1f} s of a processor ({wall:.1f} s), {megabytes:,.0f} MB")
    assert count == ROWS
    assert processor <= 15
    assert megabytes <= 1000
