"""Arrays handed to the analysis process through memory without a name, so that nothing can be left behind.

The sender writes into an anonymous file in memory (a deleted file of the cache folder where memory refuses) and
passes its descriptor; the kernel frees it with the last process that maps it, however that process ends.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BY_DESCRIPTOR = os.name == "posix"
"""Whether open files can be passed between processes here; elsewhere the bytes go through the pipe."""


def share(array: npt.NDArray[Any], folder: Path | None = None) -> int:
    """Copy ``array`` into memory that another process can map, and return its descriptor, which the caller closes.

    Parameters
    ----------
    folder: where to put a (deleted) file if there is not enough memory; None: the folder for temporary files.

    Raises
    ------
    OSError: if neither memory nor the folder has room.
    """
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else memoryview(b"")
    try:
        return _filled(_in_memory(), data)
    except OSError:
        with tempfile.TemporaryFile(dir=folder) as file:
            return _filled(os.dup(file.fileno()), data)


def _in_memory() -> int:
    if sys.platform == "linux":
        return os.memfd_create("embedding-explorer", os.MFD_CLOEXEC)
    raise OSError("no anonymous memory files on this system")


def _filled(descriptor: int, data: memoryview) -> int:
    try:
        with open(descriptor, "wb", buffering=0, closefd=False) as file:
            written = 0
            while written < len(data):  # not through a mapping: a full disk would then be a crash and not an error
                written += file.write(data[written:]) or 0
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def mapped(descriptor: int, shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """Map what ``share`` wrote, read-only, and close the descriptor; the memory goes with the array."""
    try:
        if 0 in shape:
            return np.zeros(shape, dtype)
        memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
    return np.frombuffer(memory, dtype).reshape(shape)


class Parcel:
    """An array that is ready to be sent; everything that can fail for want of room has been done by then.

    Raises
    ------
    OSError: when it is made, if neither memory nor ``folder`` has room.
    """

    def __init__(self, array: npt.NDArray[Any], folder: Path | None = None) -> None:
        self._descriptor = share(array, folder) if BY_DESCRIPTOR else -1
        self._bytes = b"" if BY_DESCRIPTOR else np.ascontiguousarray(array).tobytes()

    def send(self, pipe: Connection, receiver: int) -> None:
        """Send it; ``receiver`` is the process id at the other end, which calls ``receive_array`` next."""
        if BY_DESCRIPTOR:
            send_handle(pipe, self._descriptor, receiver)
        else:
            pipe.send_bytes(self._bytes)

    def close(self) -> None:
        """Let go of it; the receiver keeps what it got."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def receive_array(pipe: Connection, shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """Return the array that a ``Parcel`` brought, read-only."""
    if not BY_DESCRIPTOR:
        return np.frombuffer(pipe.recv_bytes(), dtype).reshape(shape)
    return mapped(recv_handle(pipe), shape, dtype)
