from __future__ import annotations

import gc
import os
import sys

import numpy as np
import pytest

from explorer.core.shared_arrays import SHARED_FROM, descriptor_of, shareable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory without a name is asked of Linux alone")

LONG = SHARED_FROM // 4


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_large_arrays_are_known_by_their_open_file_as_long_as_they_live() -> None:
    gc.collect()
    before = descriptors()
    array = shareable((LONG // 4, 4), np.float32)
    array[:] = np.arange(LONG, dtype=np.float32).reshape(-1, 4)
    found = descriptor_of(array.data)
    assert os.pread(found, 8, 4) == np.array([1, 2], np.float32).tobytes()
    assert descriptor_of(array.reshape(-1).view(np.uint8).data) == found
    assert descriptor_of(array[1:].data) == -1
    assert descriptor_of(array[:, 1:].data) == -1
    del array
    assert descriptors() == before


def test_other_arrays_have_none() -> None:
    assert descriptor_of(shareable((LONG - 1,), np.float32).data) == -1
    assert descriptor_of(np.zeros(LONG, np.float32).data) == -1
    assert shareable((0, 7), np.float32).shape == (0, 7)


def test_without_room_it_is_an_array_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    before = descriptors()
    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert descriptor_of(shareable((LONG,), np.float32).data) == -1
    assert descriptors() == before
