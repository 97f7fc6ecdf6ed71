"""Arrays handed between the two processes through memory without a name, so that nothing can be left behind.

The sender writes into an anonymous file in memory (a deleted file of the cache folder where memory refuses) and
passes its descriptor; the kernel frees it with the last process that maps it, however that process ends.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from contextlib import ExitStack
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler, recv_handle, send_handle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.shared_arrays import SHARED_FROM, opened, read_from

BY_DESCRIPTOR = os.name == "posix"
"""Whether open files can be passed between processes here; elsewhere the bytes go through the pipe."""

LARGE = SHARED_FROM
"""From this size in bytes an array is shared; a smaller one is copied through the pipe sooner than it is mapped."""


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


def mapped(descriptor: int, shape: tuple[int, ...], dtype: str, offset: int = 0) -> npt.NDArray[Any]:
    """Map what ``share`` wrote, read-only, and close the descriptor; the memory goes with the array."""
    if 0 in shape:
        os.close(descriptor)
        return np.zeros(shape, dtype)
    return read_from(descriptor, offset, int(np.prod(shape)) * np.dtype(dtype).itemsize).view(dtype).reshape(shape)


class Parcel:
    """An array that is ready to be sent; everything that can fail for want of room has been done by then.

    It is at ``offset`` in what is passed, which is not 0 where it lies in a file anyway.

    Raises
    ------
    OSError: when it is made, if neither memory nor ``folder`` has room.
    """

    def __init__(self, array: npt.NDArray[Any], folder: Path | None = None) -> None:
        lying = opened(array.data) if BY_DESCRIPTOR and array.size else None
        if lying is not None:
            self._descriptor, self.offset = lying
        else:
            self._descriptor, self.offset = share(array, folder) if BY_DESCRIPTOR else -1, 0
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


def receive_array(pipe: Connection, shape: tuple[int, ...], dtype: str, offset: int = 0) -> npt.NDArray[Any]:
    """Return the array that a ``Parcel`` brought, read-only."""
    if not BY_DESCRIPTOR:
        return np.frombuffer(pipe.recv_bytes(), dtype).reshape(shape)
    return mapped(recv_handle(pipe), shape, dtype, offset)


class _Pickler(ForkingPickler):
    """Leaves out of the message what numpy would copy into it, while the interpreter waits: no array goes that way."""

    def reducer_override(self, value: object) -> Any:
        """Take large arrays in a row, and those mapped from a file as what they are: arrays."""
        if isinstance(value, np.ndarray) and value.nbytes >= LARGE and not value.dtype.hasobject:
            plain: npt.NDArray[Any] = value.view(np.ndarray)
            whole = plain if plain.flags.c_contiguous or plain.flags.f_contiguous else plain.copy()
            return whole.__reduce_ex__(5)
        return NotImplemented


class Packet:
    """A message that is ready to be sent: the arrays inside it that are large are shared, the rest is copied.

    Parameters
    ----------
    message: one of the values of ``messages``.
    shared: whether to share at all; without it nothing can fail for want of room.

    Raises
    ------
    OSError: when it is made, if neither memory nor the folder for temporary files has room.
    """

    def __init__(self, message: object, *, shared: bool = True) -> None:
        arrays: list[npt.NDArray[np.uint8]] = []

        def copied(buffer: Any) -> bool:
            content = buffer.raw()
            if not shared or content.nbytes < LARGE:
                return True
            arrays.append(np.frombuffer(content, np.uint8))
            return False

        head = io.BytesIO()
        _Pickler(head, 5, True, copied).dump(message)
        self._head = head.getbuffer()
        with ExitStack() as made:
            self._parcels = []
            for array in arrays:
                self._parcels.append(Parcel(array))
                made.callback(self._parcels[-1].close)
            self._parts = made.pop_all()
        self._sizes = [(len(array), parcel.offset) for array, parcel in zip(arrays, self._parcels, strict=True)]

    def send(self, pipe: Connection, receiver: int) -> None:
        """Send it; the process ``receiver`` at the other end calls ``receive_message``."""
        pipe.send(self._sizes)
        pipe.send_bytes(self._head)
        for parcel in self._parcels:
            parcel.send(pipe, receiver)

    def close(self) -> None:
        """Let go of the arrays; the receiver keeps what it got."""
        self._parts.close()


def receive_message(pipe: Connection) -> Any:
    """Wait for what a ``Packet`` brought; shared arrays in it are read-only.

    Raises
    ------
    EOFError or OSError: if the other end is closed.
    """
    sizes = pipe.recv()
    head = pipe.recv_bytes()
    return ForkingPickler.loads(head, buffers=[receive_array(pipe, (size,), "uint8", at) for size, at in sizes])
