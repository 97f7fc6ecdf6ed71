from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from explorer.core.shared_arrays import KEPT_FROM, opened, shareable
from explorer.core.types import Snapshot
from explorer.engine.analysis import shared_memory
from explorer.engine.analysis.messages import MapPositions, Result
from explorer.engine.analysis.shared_memory import (
    BY_DESCRIPTOR,
    LARGE,
    Packet,
    Parcel,
    mapped,
    receive_array,
    receive_message,
    share,
)

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


def test_large_arrays_anywhere_in_a_message_are_shared_and_small_ones_copied() -> None:
    ours, theirs = multiprocessing.Pipe()
    before = descriptors()
    xy = np.random.default_rng(0).normal(size=(LARGE // 8 + 1, 2)).astype(np.float32)
    for sharing in (True, False):
        with_arrays = Result(3, MapPositions(3, np.arange(5), xy))
        packet = Packet(with_arrays, shared=sharing)
        try:
            sender = threading.Thread(target=packet.send, args=(ours, os.getpid()))  # a pipe holds less than it
            sender.start()
            found = receive_message(theirs)
            sender.join()
        finally:
            packet.close()
        assert found.generation == 3
        np.testing.assert_array_equal(found.value.indices, np.arange(5))
        np.testing.assert_array_equal(found.value.xy, xy)
        assert found.value.xy.flags.writeable == (not sharing)
    ours.close()
    theirs.close()
    del found
    assert descriptors() == before - 2


def test_a_message_that_is_cut_off_is_the_end_of_the_pipe() -> None:
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        ours.send([(LARGE, 0)])
        ours.send_bytes(b"")
        ours.close()
        with pytest.raises((EOFError, OSError)):
            receive_message(theirs)


def test_without_room_a_packet_is_refused_and_leaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [0]
    share_one = shared_memory.share

    def full(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], folder: Path | None = None) -> int:
        made[0] += 1
        if made[0] > 1:
            raise OSError(28, "No space left on device")
        return share_one(array, folder)

    monkeypatch.setattr(shared_memory, "share", full)
    before = descriptors()
    large = np.zeros((LARGE, 2), np.float32)
    with pytest.raises(OSError, match="No space"):
        Packet(MapPositions(1, np.zeros(LARGE, np.int64), large))
    assert made[0] == 2
    assert descriptors() == before


@pytest.mark.skipif(sys.platform != "linux", reason="memory without a name is asked of Linux alone")
def test_what_is_shareable_is_sent_without_a_copy() -> None:
    array: npt.NDArray[np.float32] = shareable((LARGE // 16, 4), np.float32)
    array[:] = 1
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        packet = Packet(Snapshot("run", 1, np.arange(len(array)), array, True, "euclidean"))
        packet.send(ours, os.getpid())
        packet.close()
        found: Snapshot = receive_message(theirs)
    array[3] = 7
    assert found.embeddings[3].tolist() == [7, 7, 7, 7]
    assert not found.embeddings.flags.writeable


@pytest.mark.skipif(sys.platform != "linux", reason="files are passed by their descriptor on Linux")
def test_what_is_mapped_from_a_file_is_sent_without_a_copy_and_so_it_comes_back(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(KEPT_FROM // 16, 8)).astype(np.float32)
    values.tofile(tmp_path / "rows")
    mapped_rows = np.memmap(tmp_path / "rows", np.float32, "r", shape=values.shape)
    ours, theirs = multiprocessing.Pipe()
    sent: npt.NDArray[np.float32] = mapped_rows[3:]
    (tmp_path / "rows").rename(tmp_path / "moved")  # it has a name no more: this once it is copied
    with ours, theirs:
        for rows, copied in ((sent, True), (np.memmap(tmp_path / "moved", np.float32, "r", shape=values.shape), False)):
            packet = Packet(Snapshot("run", 1, np.arange(len(rows)), rows, True, "euclidean"))
            assert len(packet._head) < 1_000
            packet.send(ours, os.getpid())
            packet.close()
            found: Snapshot = receive_message(theirs)
            np.testing.assert_array_equal(found.embeddings, rows)
            assert type(found.embeddings) is np.ndarray
            place = opened(found.embeddings[1:].data)
            assert place is not None
            assert os.path.samestat(os.fstat(place.descriptor), (tmp_path / "moved").stat()) is not copied
            assert place.offset == 32
            os.close(place.descriptor)


def test_large_arrays_in_any_order_are_shared() -> None:
    ours, theirs = multiprocessing.Pipe()
    values = np.arange(LARGE, dtype=np.float32).reshape(-1, 8)
    with ours, theirs:
        for array in (values.T, values[:, ::2], values[::-1]):
            packet = Packet(Result(1, array))
            assert len(packet._head) < 1_000
            packet.send(ours, os.getpid())
            packet.close()
            np.testing.assert_array_equal(receive_message(theirs).value, array)
