"""The plainest of JPEGs, decoded by Pillow's decoder without what Pillow looks at before: of small ones a tenth.

One scan of grey or colour in eight bits, and no segment that turns it or says how its values are meant.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from PIL import Image

BEGINS = b"\xff\xd8\xff"
FRAME, SCAN = 0xC0, 0xDA
PASSED_OVER = frozenset({0xC4, 0xDB, 0xDD, 0xE0, 0xE2, 0xFE})
"""Tables, and what changes no pixel as it is read here: the headers of JFIF, colour profiles and comments."""
SCALES = (8, 4, 2, 1)
"""By what a JPEG may be decoded reduced."""

_SEGMENT, _FRAME = struct.Struct(">BBH"), struct.Struct(">BHHB")


class Frame(NamedTuple):
    """Size in pixels of a JPEG, and how many channels it has: 1 or 3."""

    width: int
    height: int
    channels: int


def plain_frame(data: bytes) -> Frame | None:
    """Return what the header of a plain JPEG says; None of any other, also of a damaged one."""
    if not data.startswith(BEGINS):
        return None
    at, frame = 2, None
    while at + _SEGMENT.size <= len(data):
        begins, kind, length = _SEGMENT.unpack_from(data, at)
        inside, at = at + _SEGMENT.size, at + 2 + length
        if begins != 0xFF or length < 2 or at >= len(data):
            return None
        if kind == FRAME and frame is None:
            frame = _frame(data, inside, length)
            if frame is None:
                return None
        elif kind == SCAN:
            return frame if frame is not None and data[inside] == frame.channels else None
        elif kind not in PASSED_OVER:
            return None
    return None


def _frame(data: bytes, at: int, length: int) -> Frame | None:
    if length < 2 + _FRAME.size:
        return None
    bits, height, width, channels = _FRAME.unpack_from(data, at)
    plain = bits == 8 and width and height and channels in (1, 3) and length == 8 + 3 * channels
    return Frame(width, height, channels) if plain else None


def scale_for(frame: Frame, asked: tuple[int, int]) -> int:
    """Return by what it is reduced so that neither side is less than is ``asked`` for: see ``Image.draft``."""
    most = min(frame.width // asked[0], frame.height // asked[1])
    return next((scale for scale in SCALES if scale <= most), 1)


def decoded_plain(data: bytes, frame: Frame, scale: int) -> Image.Image | None:
    """Return what Pillow decodes, reduced by ``scale``; None where that fails: it has to say why."""
    mode = "L" if frame.channels == 1 else "RGB"
    size = (-(-frame.width // scale), -(-frame.height // scale))
    try:
        return Image.frombytes(mode, size, data, "jpeg", mode, "", scale, 0)
    except Exception:  # noqa: BLE001
        return None
