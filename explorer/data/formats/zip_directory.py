"""The directory of a zip: all of it, or a peek at how much is in it and the first names."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

_END, _END_64, _LARGE, _ENTRY_BEGINS = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
_END_BYTES, _LOCATOR_BYTES = 22, 20
_ENTRY = struct.Struct("<4s2xBxHH4xIIIHHH4xII")
"""Mark, version, flags, method, checksum, packed and unpacked bytes, lengths of name, further fields and comment,
attributes, place of the local header."""
_CLOSING = struct.Struct("<4s8xIIH")
"""The mark of the end, length and place of the directory, and how long the comment is."""
_CLOSING_64 = struct.Struct("<4s36xQQ4sIQI")
"""What lies before that in an archive of more than 65,535 members or 4 GB: its mark, length and place of the directory,
the mark of where it lies, in which file and there, and of how many files the archive is."""
_Fields = tuple[bytes, int, int, int, int, int, int, int, int, int, int, int]
_MOST, _NEWEST = 0xFFFFFFFF, 63
"""What says that a number stands elsewhere, and the newest version of the format that is known."""
_OTHER_NAME = b"up"
"""How a further field begins that holds the name anew."""
_TAIL = (1 << 16) + _END_BYTES + 128
"""Bytes in which the end of the directory lies: a comment is at most 64 KB, and a zip of more than 4 GB has two."""
_UTF_8 = 0x800
PEEKED_BYTES = 1 << 17


@dataclass(frozen=True, slots=True)
class Peek:
    """``count``: how many entries the directory says there are; ``names``: of the first of them."""

    count: int
    names: tuple[str, ...]


def peek_members(path: Path, most: int = PEEKED_BYTES) -> Peek | None:
    """Return the entries in the first bytes of a zip's directory, or nothing where it does not end as one; no raise.

    ``most``: so many bytes of it are read.
    """
    try:
        with path.open("rb") as file:
            return _peek(file, most)
    except (OSError, ValueError, struct.error):
        return None


def _peek(file: BinaryIO, most: int) -> Peek | None:
    size = file.seek(0, 2)
    start = file.seek(max(0, size - _TAIL))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0:
        return None
    count, length = struct.unpack_from("<HI", tail, end + 10)
    large = tail.rfind(_END_64, 0, end)
    if large >= 0:
        end = large
        count, length = struct.unpack_from("<QQ", tail, end + 32)
    first = start + end - length  # counted from its end, as bytes may have been put before the archive
    if first < 0:
        return None
    file.seek(first)
    return Peek(count, tuple(_names(file.read(min(length, most)))))


def _names(directory: bytes) -> list[str]:
    return [
        _text(name, flags, "replace") for (_, _, flags, *_, length, _, _, _, _), name, _ in _entries(directory)
        if len(name) == length
    ]  # fmt: skip


def _text(name: bytes, flags: int, errors: str = "strict") -> str:
    if name.isascii():
        return name.decode("ascii")
    return name.decode("utf-8", errors) if flags & _UTF_8 else name.decode("cp437")


def _entries(directory: bytes) -> Iterator[tuple[_Fields, bytes, bytes]]:
    """Yield the fields, the name and the further fields of each entry, as far as there are any."""
    at, last = 0, len(directory) - _ENTRY.size
    while at <= last:
        fields = _ENTRY.unpack_from(directory, at)
        if fields[0] != _ENTRY_BEGINS:
            return
        name = at + _ENTRY.size
        extra = name + fields[7]
        at = extra + fields[8] + fields[9]
        yield fields, directory[name:extra], directory[extra : extra + fields[8]]


class Member(NamedTuple):
    """A file or a folder in a zip, as its directory says; the fields are those of ``zipfile.ZipInfo``."""

    filename: str
    flag_bits: int
    compress_type: int
    crc: int
    compress_size: int
    file_size: int
    external_attr: int
    header_offset: int


def members_of(path: Path) -> list[Member]:
    """Return all members of a zip, in the order of its directory.

    Raises
    ------
    OSError, zipfile.BadZipFile, NotImplementedError, ValueError: as ``zipfile.ZipFile``, which reads every directory
    but the plainest: it takes four times as long.
    """
    with path.open("rb") as file:
        found = _plain_members(file)
    if found is not None:
        return found
    with zipfile.ZipFile(path) as archive:
        return [
            Member(
                one.filename, one.flag_bits, one.compress_type, one.CRC, one.compress_size, one.file_size,
                one.external_attr, one.header_offset,
            )
            for one in archive.infolist()
        ]  # fmt: skip


def _plain_members(file: BinaryIO) -> list[Member] | None:
    """Return the members where nothing but a directory and its end close the file; None: ``zipfile`` has to look."""
    place = _plain_place(file)
    if place is None:
        return None
    first, length, offset = place
    file.seek(first)
    directory = file.read(length)
    found, taken = [], 0
    for fields, name, extra in _entries(directory):
        member = _plain_member(fields, name, extra, first - offset)
        if member is None:
            return None
        found.append(member)
        taken += _ENTRY.size + fields[7] + fields[8] + fields[9]
    return found if taken == length else None


def _plain_place(file: BinaryIO) -> tuple[int, int, int] | None:
    """Return where the directory begins, its length, and where it says that it begins; None as ``_plain_members``."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _CLOSING_64.size - _CLOSING.size))
    tail = file.read()
    before, tail = tail[: -_CLOSING.size], tail[-_CLOSING.size :]
    if len(tail) < _CLOSING.size:
        return None
    end, length, offset, comment = _CLOSING.unpack(tail)
    closes = size - _CLOSING.size
    if before[-_LOCATOR_BYTES:].startswith(_LARGE):
        if len(before) < _CLOSING_64.size:
            return None
        closes -= _CLOSING_64.size
        large, length, offset, _, file_of_it, place, files = _CLOSING_64.unpack(before)
        if large != _END_64 or file_of_it or files > 1 or place - offset != length:
            return None
    first = closes - length
    plain = end == _END and not comment and first >= offset and length < _MOST
    return (first, length, offset) if plain else None


def _plain_member(fields: _Fields, name: bytes, extra: bytes, before: int) -> Member | None:
    """Return a member of an archive that begins so many bytes after its file does; None: ``zipfile`` has to look."""
    _, version, flags, method, crc, packed, size, _, _, _, attributes, offset = fields
    if version > _NEWEST or _MOST in (packed, size, offset) or b"\0" in name or (extra and _OTHER_NAME in extra):
        return None
    try:
        called = _text(name, flags)
    except UnicodeDecodeError:
        return None
    if os.sep != "/":
        called = called.replace(os.sep, "/")
    return Member(called, flags, method, crc, packed, size, attributes, offset + before)
