"""Pictures that lie by the thousand in a few large files, each read from its place when it is needed.

A place is a shard and two numbers, which are for the shard to understand: in most an offset and a count of bytes.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray
from explorer.data.pictures import PictureError, ReadCall, os_reason

ReadPlace = Callable[[int, int], bytes]

MOST_OPEN = 4
"""So many shards are open at a time; the one that was not used for longest is closed for another."""
UNPACKED_AT_ONCE = 1 << 20
DAMAGED = "the file is cut off or damaged at or before this picture"
CUT_OFF = "the file is cut off before the end of this picture"
_DISK = Path("/var/tmp")  # on a disk, where /tmp may be memory


class Shard(Protocol):
    """One of the large files, kept by value."""

    @property
    def path(self) -> str:
        """Where it lies."""

    def opened(self) -> AbstractContextManager[ReadPlace]:
        """Open it in ``with`` and give ``read(a, b)``, for one thread at a time.

        What it raises is of ``OSError``, or a ``PictureError`` of the one picture.
        """


@dataclass(frozen=True, slots=True)
class PlainShard:
    """A file in which pictures lie as they are; a place is an offset and a count of bytes."""

    path: str

    @contextmanager
    def opened(self) -> Iterator[ReadPlace]:
        """Open the file; see ``Shard``."""
        with open(self.path, "rb") as file:
            yield lambda offset, size: _part(file, offset, size)


@dataclass(frozen=True, slots=True)
class PackedShard:
    """A file of gzip, or the ``member`` of a zip; a place is an offset and a count of the unpacked bytes.

    It is unpacked as far as is asked for, once while it is open, into a file without a name.
    """

    path: str
    member: str = ""

    @contextmanager
    def opened(self) -> Iterator[ReadPlace]:
        """Open the file; see ``Shard``."""
        with ExitStack() as stack:
            packed: Any  # of two types, and both are read in pieces
            if self.member:
                packed = stack.enter_context(zipfile.ZipFile(self.path)).open(self.member)
            else:
                packed = gzip.open(self.path, "rb")  # noqa: SIM115
            stack.enter_context(packed)
            unpacked = stack.enter_context(tempfile.TemporaryFile(dir=_DISK if _DISK.is_dir() else None))
            done = 0

            def read(offset: int, size: int) -> bytes:
                nonlocal done
                unpacked.seek(done)
                while done < offset + size:
                    part = _unpacked(packed)
                    done += unpacked.write(part)
                return _part(unpacked, offset, size)

            yield read


def _unpacked(packed: Any) -> bytes:
    try:
        part: bytes = packed.read1(UNPACKED_AT_ONCE)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise PictureError(DAMAGED) from error
    if not part:
        raise PictureError(DAMAGED)
    return part


def _part(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) < size:
        raise PictureError(CUT_OFF)
    return data


@dataclass(frozen=True, slots=True)
class RawPixels:
    """How the bytes lie of a picture without encoding: ``shape``, and the ``axes`` that make it (H, W[, C]), C 1 or 3.

    It is handed on as PNM, so that there is one way in for all pictures.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of a picture."""
        return int(np.prod(self.shape))

    def encoded(self, raw: bytes) -> bytes:
        """Return a picture as PNM."""
        pixels = np.frombuffer(raw, np.uint8).reshape(self.shape).transpose(self.axes)
        form = b"P6" if pixels.ndim == 3 and pixels.shape[2] == 3 else b"P5"
        return b"%s %d %d 255\n" % (form, pixels.shape[1], pixels.shape[0]) + pixels.tobytes()


@dataclass(frozen=True, slots=True)
class ShardPictures:
    """Pictures in ``shards``: ``table`` (N, 3) int64 says the shard and the place in it of each.

    ``names`` (N,) are those in the shards, for people; ``raw``: how the pixels lie, None where they are encoded.
    """

    shards: tuple[Shard, ...]
    table: IntArray
    names: Sequence[str]
    raw: RawPixels | None = None

    def __len__(self) -> int:
        return len(self.table)

    @contextmanager
    def reading(self) -> Iterator[ReadCall]:
        """Open shards as they are needed and give a thread-safe reader; see ``Pictures``."""
        lock = threading.Lock()
        with _Open(self.shards) as opened:

            def read(index: int) -> bytes:
                shard, first, second = self.table[index].tolist()
                try:
                    with lock:
                        data = opened.reader(shard)(first, second)
                except OSError as error:
                    raise PictureError(f"{self.shards[shard].path}: {os_reason(error)}", lasting=False) from error
                return data if self.raw is None else self.raw.encoded(data)

            yield read

    def subset(self, indices: IntArray) -> ShardPictures:
        """Return the pictures at ``indices`` only."""
        return ShardPictures(self.shards, self.table[indices], TextColumn.of(self.names).take(indices), self.raw)

    def path(self, index: int) -> str:
        """Return the shard and the name of a picture in it."""
        return f"{self.shards[int(self.table[index, 0])].path}/{self.names[index]}"


class _Open:
    """The shards that are open."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = shards
        self._open: OrderedDict[int, tuple[ExitStack, ReadPlace]] = OrderedDict()

    def __enter__(self) -> _Open:
        return self

    def reader(self, shard: int) -> ReadPlace:
        """Return what reads a shard."""
        if shard not in self._open:
            if len(self._open) == MOST_OPEN:
                self._open.popitem(last=False)[1][0].close()
            stack = ExitStack()
            self._open[shard] = stack, stack.enter_context(self._shards[shard].opened())
        self._open.move_to_end(shard)
        return self._open[shard][1]

    def __exit__(self, *error: object) -> None:
        for stack, _ in self._open.values():
            stack.close()


def file_marks(paths: Sequence[str]) -> list[str]:
    """Return a line for each file, its name, bytes and time of change, which together stand for what they hold.

    Raises
    ------
    OSError: if one is gone.
    """
    marks = []
    for path in paths:
        status = os.stat(path)
        marks.append(f"{os.path.basename(path)}|{status.st_size}|{status.st_mtime_ns}")
    return marks
