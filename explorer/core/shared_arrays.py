"""Arrays that lie from the beginning in memory that another process can map, so that it needs no copy of them."""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SHARED_FROM = 1 << 18
"""From this size in bytes an array lies in such memory; a smaller one is copied sooner than it is mapped."""


KEPT_FROM = 1 << 24
"""From this size in bytes the open file of what was received is kept, to be sent on; there are never many of them."""

GRAIN = mmap.ALLOCATIONGRANULARITY
"""Bytes at multiples of which a file can be mapped."""


class _Shared(mmap.mmap):
    """Memory, mostly without a name, and the open file that stands for it as long as somebody uses the memory."""

    descriptor: int
    offset: int
    changes: bool


def shareable(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return a new array to be filled, which ``opened`` knows where the system has room and means for that."""
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
    return _kept(memory, descriptor, 0, changes=True)


def _kept(memory: _Shared, descriptor: int, offset: int, *, changes: bool) -> _Shared:
    memory.descriptor, memory.offset, memory.changes = descriptor, offset, changes
    weakref.finalize(memory, os.close, descriptor).atexit = False
    return memory


class Opened(NamedTuple):
    """An open file, which who asked for it closes, and where in it an array begins, in bytes."""

    descriptor: int
    offset: int


def opened(content: memoryview) -> Opened | None:
    """Return the file in which contiguous bytes lie that nobody writes over, None where they lie in none.

    In memory without a name, or in a file mapped to be read, which is then one of the cache or of a run: these are
    replaced and never changed.
    """
    owner: Any = content
    mapped: np.memmap[Any, Any] | None = None
    while owner is not None and not isinstance(owner, mmap.mmap):
        mapped = owner if isinstance(owner, np.memmap) else mapped
        owner = getattr(owner, "obj", None) if isinstance(owner, memoryview) else getattr(owner, "base", None)
    if owner is None or not content.contiguous or not content.nbytes:
        return None
    begin = _address(content) - _address(owner)
    if isinstance(owner, _Shared):
        part = owner.changes and content.nbytes != len(owner)  # of what is filled again: a part of it is copied
        return None if part else Opened(os.dup(owner.descriptor), owner.offset + begin)
    if mapped is None or mapped.mode != "r" or not isinstance(mapped.filename, str | Path):
        return None
    return _of_file(Path(mapped.filename), begin + mapped.offset // GRAIN * GRAIN, content.nbytes)


def _of_file(path: Path, offset: int, size: int) -> Opened | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:  # it is mapped still, but has gone from its folder
        return None
    if os.fstat(descriptor).st_size < offset + size:
        os.close(descriptor)
        return None
    return Opened(descriptor, offset)


def _address(content: Any) -> int:
    place: int = np.frombuffer(content, np.uint8).__array_interface__["data"][0]
    return place


def read_from(descriptor: int, offset: int, size: int) -> npt.NDArray[np.uint8]:
    """Map so many bytes of a file (size,), read-only, and close it; of many ``opened`` knows where they lie.

    Raises
    ------
    OSError or ValueError: if it cannot be mapped, or has fewer.
    """
    before = offset % GRAIN
    many = size >= KEPT_FROM
    try:
        kind = _Shared if many else mmap.mmap
        memory = kind(descriptor, size + before, access=mmap.ACCESS_READ, offset=offset - before)
    except BaseException:
        os.close(descriptor)
        raise
    if isinstance(memory, _Shared):
        _kept(memory, descriptor, offset - before, changes=False)
    else:
        os.close(descriptor)
    return np.frombuffer(memory, np.uint8, size, before)
