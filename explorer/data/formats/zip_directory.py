"""A peek at the directory of a zip: how much is in it and the first names, without reading all of it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_END, _END_64, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x01\x02"
_END_BYTES, _ENTRY_BYTES = 22, 46
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
    names: list[str] = []
    at = 0
    while directory[at : at + 4] == _ENTRY and at + _ENTRY_BYTES <= len(directory):
        (flags,) = struct.unpack_from("<H", directory, at + 8)
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        text = directory[at + _ENTRY_BYTES : at + _ENTRY_BYTES + name]
        if len(text) == name:
            names.append(text.decode("utf-8", "replace") if flags & _UTF_8 else text.decode("cp437"))
        at += _ENTRY_BYTES + name + extra + comment
    return names
