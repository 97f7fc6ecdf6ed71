from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer.core.shared_arrays import KEPT_FROM, SHARED_FROM, opened, read_from, shareable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory without a name is asked of Linux alone")

LONG = SHARED_FROM // 4


def place_of(content: memoryview) -> int:
    """Return an open file of an array, which is closed already, −1 for none."""
    found = opened(content)
    if found is None:
        return -1
    os.close(found.descriptor)
    return found.descriptor


def descriptors() -> int:
    gc.collect()  # what other tests have left, or it would be closed meanwhile
    return len(os.listdir("/proc/self/fd"))


def test_large_arrays_are_known_by_their_open_file_as_long_as_they_live() -> None:
    gc.collect()
    before = descriptors()
    array = shareable((LONG // 4, 4), np.float32)
    array[:] = np.arange(LONG, dtype=np.float32).reshape(-1, 4)
    found = opened(array.data)
    assert found is not None
    assert os.pread(found.descriptor, 8, 4) == np.array([1, 2], np.float32).tobytes()
    os.close(found.descriptor)
    assert place_of(array.reshape(-1).view(np.uint8).data) >= 0
    assert place_of(array[1:].data) == -1
    assert place_of(array[:, 1:].data) == -1
    del array
    assert descriptors() == before


def test_other_arrays_have_none() -> None:
    assert place_of(shareable((LONG - 1,), np.float32).data) == -1
    assert place_of(np.zeros(LONG, np.float32).data) == -1
    assert shareable((0, 7), np.float32).shape == (0, 7)


def test_without_room_it_is_an_array_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    before = descriptors()
    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert place_of(shareable((LONG,), np.float32).data) == -1
    assert descriptors() == before


def test_a_part_of_a_file_is_read_from_any_place(tmp_path: Path) -> None:
    content = np.random.default_rng(0).integers(0, 256, 3 * KEPT_FROM // 2, np.uint8)
    content.tofile(tmp_path / "file")
    before = descriptors()
    for offset, size in ((0, 10), (5001, 70_001), (4096, KEPT_FROM), (8191, KEPT_FROM + 1)):
        part = read_from(os.open(tmp_path / "file", os.O_RDONLY), offset, size)
        np.testing.assert_array_equal(part, content[offset : offset + size])
        assert not part.flags.writeable
        again = opened(part[7:].data)
        assert (again is not None) == (size >= KEPT_FROM)
        if again is not None:
            assert again.offset == offset + 7
            os.close(again.descriptor)
        del part
    with pytest.raises((ValueError, OSError)):
        read_from(os.open(tmp_path / "file", os.O_RDONLY), KEPT_FROM, KEPT_FROM)
    assert descriptors() == before


def test_where_a_mapped_file_lies_is_known_while_it_has_its_name(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.arange(LONG, dtype=np.float32).reshape(-1, 4))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    for array in (rows, rows[5:9], np.asarray(rows)[2:]):
        found = opened(array.data)
        assert found is not None
        assert os.pread(found.descriptor, array.nbytes, found.offset) == array.tobytes()
        os.close(found.descriptor)
    assert opened(rows[:, 1:].data) is None
    assert opened(np.load(tmp_path / "rows.npy", mmap_mode="c").data) is None  # what was changed is not in the file
    (tmp_path / "rows.npy").write_bytes(b"shorter")
    assert opened(rows.data) is None
    (tmp_path / "rows.npy").unlink()
    assert opened(rows.data) is None
