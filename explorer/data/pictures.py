"""Where the bytes of each picture come from: kept by value, opened only while something is read."""

from __future__ import annotations

import json
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import numpy as np

from explorer.core.plain_json import parse_json
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray

LARGEST_FILE = 256 * 1024 * 1024
"""A compressed picture of more bytes than this is refused; 50 million pixels need less in every common format."""

WHITE = 65535
"""The greatest value of a 16-bit picture."""

ReadCall = Callable[[int], bytes]


class PictureError(Exception):
    """One picture cannot be used. ``lasting``: it is the file itself, so that trying again is of no use."""

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting


class Pictures(Protocol):
    """The encoded pictures of a listing, by position."""

    def __len__(self) -> int: ...

    def reading(self) -> AbstractContextManager[ReadCall]:
        """Open what has to be opened and give a thread-safe ``read(i) -> bytes`` that raises ``PictureError``."""

    def subset(self, indices: IntArray) -> Pictures:
        """Return the pictures at ``indices`` only."""

    def path(self, index: int) -> str:
        """Return where a picture lies, for people to read."""


def os_reason(error: OSError) -> str:
    """Return in words why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "the file is no longer there"
    if isinstance(error, PermissionError):
        return "no permission to read the file"
    return f"the file cannot be read: {error.strerror or error}"


@dataclass(frozen=True, slots=True)
class FilePictures:
    """Pictures in files: ``names`` relative to ``root``, as the file system spells them."""

    root: str
    names: Sequence[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", TextColumn.of(self.names))

    def __len__(self) -> int:
        return len(self.names)

    def _read(self, index: int) -> bytes:
        try:
            with open(os.path.join(self.root, self.names[index]), "rb") as file:
                size = os.fstat(file.fileno()).st_size  # room is made for what is asked for
                data = file.read(min(size, LARGEST_FILE) + 1)
        except (OSError, ValueError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else f"the file cannot be read: {error}"
            raise PictureError(reason, lasting=False) from error
        if len(data) > LARGEST_FILE:
            raise PictureError(f"the file is larger than {LARGEST_FILE // 2**20} MB")
        return data

    @contextmanager
    def reading(self) -> Iterator[ReadCall]:
        """Give a thread-safe reader; see ``Pictures``."""
        yield self._read

    def subset(self, indices: IntArray) -> FilePictures:
        """Return the pictures at ``indices`` only."""
        return FilePictures(self.root, TextColumn.of(self.names).take(indices))

    def path(self, index: int) -> str:
        """Return the path of a file."""
        return os.path.join(self.root, self.names[index])


_LOCAL_HEADER = struct.Struct("<4s22xHH")
STORED, DEFLATED = 0, 8
LEAST_AHEAD, MOST_AHEAD = 1 << 12, 1 << 20
"""How many bytes of an archive are read at least, and at most beyond what is asked for."""


@dataclass(frozen=True, slots=True)
class ZipPictures:
    """Pictures in a zip, read straight from their place, so that one picture never costs a reading of the directory.

    ``table`` (N, 5) int64: offset of the local header, stored bytes, unpacked bytes, CRC-32, method (0 or 8).
    """

    archive: str
    names: Sequence[str]
    table: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", TextColumn.of(self.names))

    def __len__(self) -> int:
        return len(self.names)

    @contextmanager
    def reading(self) -> Iterator[ReadCall]:
        """Open the archive and give a thread-safe reader; see ``Pictures``."""
        lock = threading.Lock()
        try:
            file = open(self.archive, "rb")  # noqa: SIM115
        except OSError as error:
            raise PictureError(f"{self.archive}: {os_reason(error)}", lasting=False) from error
        with file:
            archive = _ReadAhead(file)

            def read(index: int) -> bytes:
                offset, stored, size, crc, method = self.table[index].tolist()
                try:
                    with lock:
                        packed = _packed(archive, offset, stored)
                    data = packed if method == STORED else _inflated(packed, size)
                except OSError as error:
                    raise PictureError(f"the archive cannot be read: {error}", lasting=False) from error
                if len(data) != size or zlib.crc32(data) != crc:
                    raise PictureError("damaged in the archive: its checksum does not agree")
                return data

            yield read

    def subset(self, indices: IntArray) -> ZipPictures:
        """Return the pictures at ``indices`` only."""
        return ZipPictures(self.archive, TextColumn.of(self.names).take(indices), self.table[indices])

    def path(self, index: int) -> str:
        """Return archive and member."""
        return f"{self.archive}/{self.names[index]}"


class _ReadAhead:
    """Parts of a file, read some more at a time the longer they are asked for one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self._start, self._block = 0, b""

    def part(self, start: int, size: int) -> bytes:
        """Return ``size`` bytes from ``start`` on, fewer where the file ends before."""
        begin = start - self._start
        if begin < 0 or begin + size > len(self._block):
            goes_on = 0 <= begin <= len(self._block) + LEAST_AHEAD
            ahead = min(2 * len(self._block), MOST_AHEAD) if goes_on else 0
            self._file.seek(start)
            self._block, self._start, begin = self._file.read(max(size, ahead, LEAST_AHEAD)), start, 0
        return self._block[begin : begin + size]


def _packed(archive: _ReadAhead, offset: int, stored: int) -> bytes:
    header = archive.part(offset, _LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise PictureError("damaged in the archive: its entry does not start where the directory says")
    _, name, extra = _LOCAL_HEADER.unpack(header)
    start = offset + _LOCAL_HEADER.size + name + extra
    if stored > archive.size - start:  # room is made for all of it before it is read
        raise PictureError("damaged in the archive: it claims more bytes than there are")
    return archive.part(start, stored)


def _inflated(packed: bytes, size: int) -> bytes:
    try:
        # One byte more than promised is enough to see a lie, and a bomb never unpacks further.
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    except zlib.error as error:
        raise PictureError("damaged in the archive: it cannot be unpacked") from error


def state_of(pictures: Any) -> str:
    """Return what tells an archive from what it was before, where its directory says the same of its pictures.

    A member that is damaged, or mended, keeps the checksum that the directory has of it. Empty where files tell by
    themselves, and where nothing is known.
    """
    match pictures:
        case ZipPictures():
            try:
                found = os.stat(pictures.archive)
            except OSError:
                return ""
            return f"{found.st_size}|{found.st_mtime_ns}"
        case JoinedPictures():
            return state_of(pictures.first) + state_of(pictures.second)
    return state_of(inner) if (inner := getattr(pictures, "pictures", None)) is not None else ""


def where_told(pictures: Pictures) -> bytes | None:
    """Return what ``pictures_told`` in another process makes the same pictures of; None: they cannot be read there."""
    if isinstance(pictures, FilePictures):
        return json.dumps({"root": pictures.root, "names": list(pictures.names)}).encode("ascii")
    if isinstance(pictures, ZipPictures):
        return json.dumps({"archive": pictures.archive, "table": pictures.table.tolist()}).encode("ascii")
    return None


def pictures_told(told: bytes) -> FilePictures | ZipPictures:
    """Return the pictures of which another process has told where they lie."""
    found = parse_json(told)
    if "root" in found:
        return FilePictures(found["root"], tuple(found["names"]))
    table = np.array(found["table"], np.int64).reshape(-1, 5)
    return ZipPictures(found["archive"], ("",) * len(table), table)


@dataclass(frozen=True, slots=True)
class MemoryPictures:
    """Encoded pictures that are small enough to be held in memory: the built-in samples."""

    uri: str
    encoded: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.encoded)

    @contextmanager
    def reading(self) -> Iterator[ReadCall]:
        """Give a thread-safe reader; see ``Pictures``."""
        yield self.encoded.__getitem__

    def subset(self, indices: IntArray) -> MemoryPictures:
        """Return the pictures at ``indices`` only."""
        return MemoryPictures(self.uri, tuple(self.encoded[i] for i in indices.tolist()))

    def path(self, index: int) -> str:
        """Return the sample and the position."""
        return f"{self.uri}/{index}"


@dataclass(frozen=True, slots=True)
class JoinedPictures:
    """The pictures of one listing followed by those of another."""

    first: Pictures
    second: Pictures

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @contextmanager
    def reading(self) -> Iterator[ReadCall]:
        """Give a thread-safe reader; see ``Pictures``."""
        start = len(self.first)
        with self.first.reading() as first, self.second.reading() as second:
            yield lambda index: first(index) if index < start else second(index - start)

    def subset(self, indices: IntArray) -> Pictures:
        """Return the pictures at ``indices`` only; those of the first must come first."""
        start = len(self.first)
        in_first = indices < start
        if np.any(np.diff(in_first.astype(np.int8)) > 0):
            raise ValueError("indices of the first part must come first")
        return JoinedPictures(self.first.subset(indices[in_first]), self.second.subset(indices[~in_first] - start))

    def path(self, index: int) -> str:
        """Return where a picture lies."""
        start = len(self.first)
        return self.first.path(index) if index < start else self.second.path(index - start)
