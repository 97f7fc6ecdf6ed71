"""The plainest of PNGs, of which large sets of small pictures are made, unpacked without a look at what they have not.

For a picture of a few hundred bytes most of the time goes into finding out what it is.
"""

from __future__ import annotations

import functools
import struct
import zlib

import numpy as np
from PIL import Image

from explorer.core.types import ByteArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = {1: (0, "L"), 3: (2, "RGB")}
"""What PNG and Pillow call pictures of so many channels."""
PASSED_OVER = frozenset({b"cHRM", b"gAMA", b"pHYs", b"sBIT", b"sRGB", b"tIME"})
"""Chunks that change no pixel as they are read here."""

_CHUNK, _CHECKSUM = struct.Struct(">I4s"), struct.Struct(">I")


@functools.cache
def _beginning(size: int, channels: int) -> bytes:
    """Return how a file of a plain picture begins: up to and with the checksum of its header."""
    header = b"IHDR" + struct.pack(">IIBBBBB", size, size, 8, COLOURS[channels][0], 0, 0, 0)
    return SIGNATURE + _CHECKSUM.pack(len(header) - 4) + header + _CHECKSUM.pack(zlib.crc32(header))


def plain_pixels(data: bytes, size: int, channels: int) -> ByteArray | None:
    """Return the pixels (size, size, channels) of a whole PNG that has just these, 8 bits each, and nothing to apply.

    None: of any other, also of a damaged one. The pixels are those that Pillow decodes.
    """
    beginning = _beginning(size, channels)
    if not data.startswith(beginning):
        return None
    packed = _packed(data, len(beginning))
    if packed is None:
        return None
    mode = COLOURS[channels][1]
    try:
        unpacked = Image.frombytes(mode, (size, size), packed, "zip", mode, False).tobytes()
    except ValueError:
        return None
    return np.frombuffer(unpacked, np.uint8).reshape(size, size, channels)


def _packed(data: bytes, at: int) -> bytes | None:
    """Return what the chunks of pixels hold from there on; None where there are others that matter, or damaged ones."""
    parts: list[bytes] = []
    while at + 12 <= len(data):
        length, kind = _CHUNK.unpack_from(data, at)
        end = at + 8 + length
        if end + 4 > len(data) or _CHECKSUM.unpack_from(data, end)[0] != zlib.crc32(data[at + 4 : end]):
            return None
        if kind == b"IDAT":
            parts.append(data[at + 8 : end])
        elif kind == b"IEND":
            return b"".join(parts)
        elif kind not in PASSED_OVER:
            return None
        at = end + 4
    return None
