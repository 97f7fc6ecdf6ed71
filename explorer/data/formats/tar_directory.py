"""The members of a tar without compression, read from its headers alone: names, places and sizes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

BLOCK = 512
LONGEST_NAME = 1 << 16
"""Bytes of a record that holds a long name; one that claims more is no name."""
FILES = (b"0", b"\0", b"7")
_PAX = re.compile(rb"\d+ (path|size)=([^\n]*)\n")
_OCTAL = re.compile(rb"[0-7]{1,12}")
_OTHERS = {
    b"1": "a link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a file with holes",
}

ReadBlock = Callable[[int, int], bytes]


class DamagedTarError(Exception):
    """The rest of a tar cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a tar: where its bytes begin and how many there are; ``refused``: why it is not read, if so."""

    name: str
    offset: int
    size: int
    refused: str = ""


def is_tar(head: bytes) -> bool:
    """Whether the first 512 bytes of a file are the header of a member."""
    return len(head) == BLOCK and any(head) and _sum_agrees(head)


def tar_members(read: ReadBlock, total: int) -> Iterator[Member]:
    """Yield the files of a tar in their order. ``read(offset, size)`` reads it; ``total``: its bytes.

    Raises
    ------
    DamagedTarError: where it goes on and cannot be read; what came before holds.
    """
    at = 0
    name, size = "", -1
    while at + BLOCK <= total:
        head = read(at, BLOCK)
        if not any(head):
            return
        if len(head) < BLOCK or not _sum_agrees(head):
            raise DamagedTarError("the archive is damaged: a header's checksum does not agree")
        kind, stored = head[156:157], _number(head[124:136])
        at += BLOCK
        if kind in (b"L", b"x"):
            said = _record(read(at, stored) if stored <= LONGEST_NAME else b"", kind)
            name, size = said[0] or name, said[1] if said[1] >= 0 else size
        elif kind not in (b"g", b"K"):
            stored = size if size >= 0 else stored
            if at + stored > total:
                raise DamagedTarError(f"the archive is cut off within {name or _name(head)}")
            if kind in FILES:
                yield Member(name or _name(head), at, stored)
            elif kind in _OTHERS:
                yield Member(name or _name(head), at, 0, f"refused: {_OTHERS[kind]} in an archive")
            name, size = "", -1
        at += -(-stored // BLOCK) * BLOCK
    raise DamagedTarError("the archive is cut off: it has no end")


def _record(data: bytes, kind: bytes) -> tuple[str, int]:
    """Return the name and the size, empty and -1 where they are not said, of a record before the next header."""
    if kind == b"L":
        return os.fsdecode(data.rstrip(b"\0")), -1
    said = dict(_PAX.findall(data))
    size = said.get(b"size", b"")
    return os.fsdecode(said.get(b"path", b"")), int(size) if size.isdigit() and len(size) < 20 else -1


def _sum_agrees(head: bytes) -> bool:
    said = head[148:156].strip(b" \0")
    counted = sum(head) - sum(head[148:156]) + 8 * 32
    return _OCTAL.fullmatch(said) is not None and int(said, 8) == counted


def _number(field: bytes) -> int:
    """Return a size: octal digits, or where it is larger, binary."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if digits and not _OCTAL.fullmatch(digits):
        raise DamagedTarError("the archive is damaged: a size is no number")
    return int(digits or b"0", 8)


def _name(head: bytes) -> str:
    name = head[:100].rstrip(b"\0")
    prefix = head[345:500].rstrip(b"\0") if head[257:263] == b"ustar\0" else b""
    return os.fsdecode(prefix + b"/" + name if prefix else name)
