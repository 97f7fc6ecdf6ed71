"""Arrays that lie from the beginning in memory that another process can map, so that it needs no copy of them."""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

SHARED_FROM = 1 << 18
"""From this size in bytes an array lies in such memory; a smaller one is copied sooner than it is mapped."""


class _Shared(mmap.mmap):
    """Memory without a name, and the open file that stands for it as long as somebody uses the memory."""

    descriptor: int


def shareable(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return a new array to be filled, which ``descriptor_of`` knows where the system has room and means for that."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size < SHARED_FROM or sys.platform != "linux":
        return np.empty(shape, dtype)
    try:
        memory = _memory(size)
    except OSError:
        return np.empty(shape, dtype)
    return np.frombuffer(memory, dtype).reshape(shape)


def _memory(size: int) -> _Shared:
    descriptor = os.memfd_create("embedding-explorer", os.MFD_CLOEXEC)
    try:
        os.posix_fallocate(descriptor, 0, size)  # where there is no room this fails, and does not kill who writes later
        memory = _Shared(descriptor, size)
    except OSError:
        os.close(descriptor)
        raise
    memory.descriptor = descriptor
    weakref.finalize(memory, os.close, descriptor).atexit = False
    return memory


def descriptor_of(content: memoryview) -> int:
    """Return the open file of the memory that this is all of, -1 where it has none; who keeps it duplicates it."""
    owner: Any = content
    while not isinstance(owner, _Shared):
        owner = getattr(owner, "obj", None) if isinstance(owner, memoryview) else getattr(owner, "base", None)
        if owner is None:
            return -1
    return owner.descriptor if content.nbytes == len(owner) and content.contiguous else -1
