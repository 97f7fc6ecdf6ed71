"""Reading arrays of NumPy: ``.npy`` and the members of ``.npz``. Nothing is unpickled, and nothing is believed.

What a header promises is held against the bytes that are there before any memory is taken.
"""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.data.listing import Watch
from explorer.data.pictures import DEFLATED, STORED

AnyArray = npt.NDArray[Any]

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 16
READ_AT_ONCE = 16 << 20
MAPPED_FROM = 512 << 20
"""Bytes from which a file is mapped and not copied."""
BOMB_BYTES, BOMB_RATIO = 256 << 20, 100
"""A member larger than this that is packed more than so many times is refused: numbers of a measurement are not."""

PICKLED = "holds Python objects, which can run code when they are read, so it is not opened"
SAVE_AGAIN = "Save numbers or text, for example numpy.asarray(rows, dtype=numpy.float32)"

_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([^'"]{1,16})['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d\s,]{0,200})\)""")


class DamagedError(Exception):
    """The bytes are no array; the text says why, to stand behind the name of the file."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the header of an array says; ``offset``: bytes before its numbers."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    offset: int

    @property
    def bytes(self) -> int:
        """How many bytes its numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def numeric(self) -> bool:
        """Whether it holds real numbers."""
        return self.dtype.kind in "fiub"

    @property
    def pickled(self) -> bool:
        """Whether it holds Python objects."""
        return self.dtype.hasobject

    def __str__(self) -> str:
        kind = "text" if self.dtype.kind in "US" else "objects" if self.pickled else self.dtype.name
        return f"{' × '.join(map(str, self.shape)) or 'a single value'} ({kind})"


def read_head(file: IO[bytes]) -> Head:
    """Read the header at the start of ``file``.

    Raises
    ------
    DamagedError: if there is none.
    """
    start = file.read(8)
    if len(start) < 8 or not start.startswith(MAGIC):
        raise DamagedError("is not an array of NumPy")
    width, form = (2, "<H") if start[6] == 1 else (4, "<I")
    size = file.read(width)
    length = struct.unpack(form, size)[0] if len(size) == width else LONGEST_HEADER + 1
    text = file.read(length).decode("latin-1") if length <= LONGEST_HEADER else ""
    found = _DESCR.search(text), _ORDER.search(text), _SHAPE.search(text)
    descr, order, shape = found
    if descr is None or order is None or shape is None:
        what = "holds records with named fields" if "'descr': [" in text else "is damaged: its header cannot be read"
        raise DamagedError(what)
    try:
        dtype = np.dtype(descr[1])
        sizes = tuple(int(number) for number in shape[1].split(",") if number.strip())
    except (TypeError, ValueError, SyntaxError, Warning):
        raise DamagedError("is damaged: its header cannot be read") from None
    if not dtype.itemsize:
        raise DamagedError("holds text of no length")
    return Head(sizes, dtype, order[1] == "True", 8 + width + length)


def open_npy(path: Path) -> tuple[Head, AnyArray]:
    """Return the array of a ``.npy`` file, read-only: in memory, or mapped where it is large.

    Who cuts a mapped file off ends the process that looks at it, so ``rows_of`` reads the rows of one.

    Raises
    ------
    UserError: in one sentence, if it is none, is cut off or holds objects.
    """
    shown = printable(str(path))
    try:
        with path.open("rb") as file:
            head = read_head(file)
        _refuse_objects(shown, head)
        there = path.stat().st_size - head.offset
        if there < head.bytes:
            raise DamagedError(f"is cut off: {head.bytes - there:,} of its bytes are missing")
        if not head.bytes:
            return head, np.empty(head.shape, head.dtype)
        order: Any = "F" if head.fortran else "C"
        if head.bytes < MAPPED_FROM:
            array = _read(path, head.dtype, head.offset, math.prod(head.shape)).reshape(head.shape, order=order)
            array.setflags(write=False)
            return head, array
        return head, np.memmap(path, head.dtype, "r", head.offset, head.shape, order)
    except DamagedError as error:
        raise UserError(f"{shown} {error}", remedy="Save it again with numpy.save") from None
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(f"{shown} cannot be read: {error}", remedy="Check the file") from error


def rows_of(array: AnyArray, start: int, stop: int) -> AnyArray:
    """Return some rows of an array (N, D); those of a mapped file are read from it.

    Raises
    ------
    UserError: if the file has become shorter meanwhile.
    """
    if not isinstance(array, np.memmap) or not array.flags.c_contiguous or array.filename is None:
        return array[start:stop]
    path, width = Path(array.filename), int(np.prod(array.shape[1:]))
    stop = min(stop, len(array))
    try:
        offset = array.offset + start * width * array.itemsize
        return _read(path, array.dtype, offset, (stop - start) * width).reshape(-1, *array.shape[1:])
    except (OSError, DamagedError) as error:
        raise UserError(f"{printable(str(path))} changed while it was read", remedy="Open it again") from error


def _read(path: Path, dtype: np.dtype[Any], offset: int, count: int) -> AnyArray:
    array: AnyArray = np.fromfile(path, dtype, count, offset=offset)
    if len(array) < count:
        raise DamagedError(f"is cut off: {(count - len(array)) * dtype.itemsize:,} of its bytes are missing")
    return array


def _refuse_objects(shown: str, head: Head) -> None:
    if head.pickled:
        raise UserError(f"{shown} {PICKLED}", remedy=SAVE_AGAIN)


class Npz:
    """The arrays of an open ``.npz``: their ``heads`` by name, without the ``.npy``, and why members are none.

    Use ``opened_npz`` to open one.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._members = _members(path, archive)
        self.heads: dict[str, Head] = {}
        self.unread: dict[str, str] = {}
        for name, member in self._members.items():
            try:
                with self._archive.open(member) as file:
                    head = read_head(file)
                if not head.pickled and head.offset + head.bytes != member.file_size:
                    raise DamagedError("is damaged: its size is not what its header promises")
                self.heads[name] = head
            except DamagedError as error:
                self.unread[name] = str(error)

    def read(self, name: str, watch: Watch) -> AnyArray:
        """Return one array.

        Raises
        ------
        UserError: if it holds objects, is damaged, or there is no memory for it.
        """
        head = self.heads[name]
        _refuse_objects(f"The array {printable(name)} of {printable(str(self.path))}", head)
        array = np.empty(math.prod(head.shape), head.dtype)
        target = array.view(np.uint8).data if array.nbytes else memoryview(b"")
        with self._archive.open(self._members[name]) as file:
            file.read(head.offset)
            done = 0
            while done < len(target):
                watch.check()
                taken = file.readinto(target[done : done + READ_AT_ONCE])  # type: ignore[attr-defined]
                if not taken:
                    raise zipfile.BadZipFile(f"{name} is cut off")
                done += taken
            file.read(1)  # at its end the checksum is compared
        return array.reshape(head.shape, order="F" if head.fortran else "C")


def _members(path: Path, archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    shown = printable(str(path))
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        if not member.filename.endswith(".npy"):
            continue
        if member.flag_bits & 0x1 or member.compress_type not in (STORED, DEFLATED):
            raise UserError(f"{shown} is packed by a method that is not read", remedy="Save it with numpy.savez")
        if member.file_size > BOMB_BYTES and member.file_size > BOMB_RATIO * member.compress_size:
            raise UserError(
                f"{shown} is refused: a few bytes claim to unpack to {member.file_size / 2**30:.1f} GB, "
                "as in a zip bomb",
                remedy="Save it with numpy.savez",
            )
        members[member.filename.removesuffix(".npy")] = member
    return members


@contextmanager
def opened_npz(path: Path) -> Iterator[Npz]:
    """Open a ``.npz`` in ``with``; whatever is wrong with it, also while it is read, becomes a ``UserError``."""
    shown = printable(str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            yield Npz(path, archive)
    except MemoryError as error:
        raise UserError(f"There is not enough memory for {shown}", remedy="Close other programs") from error
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ValueError, EOFError, struct.error,
            NotImplementedError, RuntimeError, UnicodeError) as error:  # fmt: skip
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise UserError(
            f"{shown} cannot be read as an archive of arrays: {printable(reason)}", remedy="Save it with numpy.savez"
        ) from error
