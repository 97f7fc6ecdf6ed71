"""Decoding on all cores: the same pixels and the same reasons, wherever a picture is decoded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from explorer.core.types import ByteArray
from explorer.data.decoding import decode_all
from explorer.data.decoding.decode_all import Shape
from explorer.data.decoding.decode_apart import Decoders, end_resting
from explorer.data.decoding.decode_divided import Divided
from explorer.data.decoding.decoder_process import BEHIND
from explorer.data.listing import Watch, never
from explorer.data.opening import listing_of, open_dataset
from explorer.data.pictures import FilePictures, MemoryPictures, PictureError, Pictures, pictures_told, where_told
from tests.helpers.data import picture_folder
from tests.helpers.guards import children

SHAPE = Shape(28, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return 40 pictures, one of them broken, and one that is no longer there once they are listed."""
    root: Path = picture_folder(tmp_path / "set", {"a": 20, "b": 20}, channels=1)
    file = sorted(root.rglob("*.png"))[7]
    file.write_bytes(file.read_bytes()[:60])
    return root


def decoded(pictures: Pictures, watch: Watch) -> list[ByteArray | tuple[str, bool]]:
    """Return each picture, or why there is none and whether that lasts."""
    found: list[ByteArray | tuple[str, bool]] = []

    def sink(index: int, result: ByteArray | PictureError) -> None:
        assert index == len(found)
        found.append((result.reason, result.lasting) if isinstance(result, PictureError) else result)

    decode_all.decode_all(pictures, SHAPE, sink, watch)
    return found


def same(one: list[ByteArray | tuple[str, bool]], other: list[ByteArray | tuple[str, bool]]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in zip(one, other, strict=True)
    )


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MANY", "MANY_TINY"):
        monkeypatch.setattr(decode_all, name, 20)
    monkeypatch.setattr(decode_all, "TINY_TOGETHER", 5)


@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("kind", ["folder", "zip", "memory"])
@pytest.mark.parametrize("occupied", [True, False])
def test_they_become_the_same_in_other_processes(folder: Path, tmp_path: Path, kind: str, occupied: bool) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "set"), "zip", folder))
    pictures = listing_of(str(packed if kind == "zip" else folder)).items
    if kind == "memory":
        pictures = MemoryPictures("sample:none", tuple(file.read_bytes() for file in sorted(folder.rglob("*.png"))))
    if kind == "folder":
        sorted(folder.rglob("*.png"))[11].unlink()
    before = children()
    with pictures.reading() as read, Decoders() as decoders:
        values = SHAPE.values()
        here = Divided(pictures, read, decoders, values, seats=1, threads=1, occupied=never)
        alone = list(here.here(range(len(pictures))))
    told = [(one.reason, one.lasting) if isinstance(one, PictureError) else one for one in alone]
    assert same(decoded(pictures, Watch(occupied=lambda: occupied)), told)
    broken = [one for one in told if isinstance(one, tuple)]
    assert [lasting for _, lasting in broken] == ([True, False] if kind == "folder" else [True])
    end_resting()
    assert not children() - before


def test_while_a_process_is_occupied_it_decodes_only_until_another_has_started(folder: Path) -> None:
    pictures = listing_of(str(folder)).items
    with pictures.reading() as read, Decoders() as decoders:
        divided = Divided(pictures, read, decoders, SHAPE.values(), seats=2, threads=1, occupied=lambda: True)
        while not decoders.ready():
            list(divided.here([0]))
        divided._read = lambda index: pytest.fail(f"{index} was read here")
        found = [one for one in divided(range(8, 30)) if isinstance(one, np.ndarray)]
    with pictures.reading() as read, Decoders() as decoders:
        expected = [decoders.decode(read(index), **SHAPE.values()) for index in range(8, 30)]
    assert np.array_equal(np.stack(found), np.stack(expected))


def test_nobody_starts_or_waits_for_a_process_while_there_is_a_seat(folder: Path) -> None:
    pictures, before, asked = listing_of(str(folder)).items, children(), threading.Event()
    end_resting()
    with pictures.reading() as read, Decoders() as decoders, ThreadPoolExecutor(1) as pool:
        divided = Divided(pictures, read, decoders, SHAPE.values(), seats=1, threads=1, occupied=asked.set)  # type: ignore[arg-type]
        assert divided._seats.acquire(blocking=False)  # by another thread
        asked.clear()
        found = pool.submit(lambda: list(divided(range(12))))
        assert asked.wait(30)
        divided._seats.release()
        assert len(found.result(30)) == 12
        assert not children() - before


def test_a_process_that_is_soon_occupied_waits_for_others_then(folder: Path) -> None:
    pictures, behind = listing_of(str(folder)).items, os.getpriority(os.PRIO_PROCESS, 0) + BEHIND
    occupied = {False}
    before = children()
    with pictures.reading() as read, Decoders() as decoders:
        how = SHAPE.values()
        divided = Divided(
            pictures, read, decoders, how, seats=2, threads=1, occupied=lambda: True in occupied, soon=True
        )
        (worker,) = children() - before  # before anybody is occupied
        assert isinstance(next(iter(divided(range(8)))), np.ndarray)
        occupied.add(True)
        divided._read = lambda index: pytest.fail(f"{index} was read here")
        found = [one for one in divided(range(8, 30)) if isinstance(one, np.ndarray)]
        assert len(found) == 22
        assert os.getpriority(os.PRIO_PROCESS, worker) == min(behind, 19)
    assert worker not in children()  # it would be too slow for whoever decodes next


def test_a_worker_that_breaks_costs_one_picture_of_those_that_it_reads(folder: Path, tmp_path: Path) -> None:
    names = tuple(str(file.relative_to(folder)) for file in sorted(folder.rglob("*.png")))
    pictures = FilePictures(str(folder), (*names[:5], "../pipe"))
    os.mkfifo(tmp_path / "pipe")  # whoever reads it waits for ever
    with Decoders(seconds=0.2) as decoders:
        found = decoders.decode_many(pictures, lambda index: b"II" if index == 5 else pictures._read(index), 28, 1)
    assert [isinstance(one, PictureError) for one in found] == [False] * 5 + [True]


def test_where_pictures_lie_is_told_whatever_they_are_called() -> None:
    odd = FilePictures("/set", ("é/ü.png", os.fsdecode(b"\xff.png")))
    told = where_told(odd)
    assert told is not None
    assert pictures_told(told) == odd
    assert where_told(MemoryPictures("sample:none", ())) is None


def test_a_decoder_process_loads_little() -> None:
    program = (
        "import sys, explorer.data.decoding.decoder_process\n"
        "print(*{'pydantic', 'av', 'soundfile', 'explorer.core.recipe', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.usefixtures("few_are_many")
def test_a_set_is_the_same_with_and_without_other_processes(folder: Path, tmp_path: Path) -> None:
    one = open_dataset(str(folder), cache_folder=tmp_path / "one", occupied=lambda: True)
    other = open_dataset(str(folder), cache_folder=tmp_path / "two")
    again = open_dataset(str(folder), cache_folder=tmp_path / "one")
    for dataset in (other, again):
        assert np.array_equal(one.inputs, dataset.inputs)
        assert one.fingerprint == dataset.fingerprint
        assert one.report == dataset.report
