from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from explorer.engine.analysis.shared import BY_DESCRIPTOR, Parcel, mapped, receive_array, share

pytestmark = pytest.mark.skipif(not BY_DESCRIPTOR, reason="descriptors are passed on POSIX systems only")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0


@pytest.mark.parametrize("shape", [(0, 4), (5, 0), (1, 1), (300, 7)])
def test_what_is_shared_is_what_is_mapped(shape: tuple[int, int]) -> None:
    before = descriptors()
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = mapped(share(array), shape, "float32")
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.float32
    if found.size:
        assert not found.flags.writeable
    del found
    assert descriptors() == before


def test_without_memory_files_a_deleted_file_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, flags: int = 0) -> int:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    array = np.arange(1000, dtype=np.uint8)
    found = mapped(share(array, tmp_path), (1000,), "uint8")
    np.testing.assert_array_equal(found, array)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_no_room_is_an_error_and_leaks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(name: str, flags: int = 0) -> int:
        return os.open("/dev/full", os.O_RDWR)

    monkeypatch.setattr(os, "memfd_create", full, raising=False)
    before = descriptors()
    with pytest.raises(OSError):
        share(np.zeros(100, np.uint8), tmp_path / "missing")
    assert descriptors() == before


def test_a_parcel_goes_through_a_pipe_in_order_with_other_messages() -> None:
    ours, theirs = multiprocessing.Pipe()
    arrays = [np.full((3, 2), value, np.float32) for value in range(3)]
    with ours, theirs:
        for number, array in enumerate(arrays):
            ours.send(number)
            parcel = Parcel(array)
            parcel.send(ours, os.getpid())
            parcel.close()
            parcel.close()
        for number, array in enumerate(arrays):
            assert theirs.recv() == number
            np.testing.assert_array_equal(receive_array(theirs, (3, 2), "float32"), array)
