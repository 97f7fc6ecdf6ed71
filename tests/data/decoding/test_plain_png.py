from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from explorer.core.types import ByteArray
from explorer.data.decoding.plain_png import SIGNATURE, plain_pixels
from tests.helpers.data import picture

SIDE = 28


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(bits: int = 8, colour: int = 0, interlaced: int = 0, side: int = SIDE) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, interlaced))


def rows(pixels: ByteArray, filters: int = 0) -> bytes:
    """Return what is packed: each row after its filter; that of row i is i modulo ``filters``, which may be 1 or 2."""
    before = np.zeros(pixels[0].size, np.uint8)
    made = b""
    for number, row in enumerate(pixels.reshape(len(pixels), -1)):
        kind = 2 * (number % filters) if filters else 0
        made += bytes([kind]) + (row - (before if kind else 0)).astype(np.uint8).tobytes()
        before = row
    return made


def encoded(pixels: ByteArray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "PNG", **options)
    return file.getvalue()


def pillows(data: bytes, channels: int) -> ByteArray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L" if channels == 1 else "RGB")).reshape(image.height, image.width, channels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("options", [{}, {"compress_level": 0}, {"optimize": True}, {"dpi": (72, 72)}])
def test_plain_pictures_have_the_pixels_that_pillow_decodes(channels: int, options: dict[str, object]) -> None:
    smooth = np.cumsum(picture(1, SIDE, SIDE, channels), axis=1, dtype=np.uint8) // 9  # every filter is of use in it
    for pixels in (picture(0, SIDE, SIDE, channels), smooth, np.zeros_like(smooth)):
        data = encoded(pixels, **options)
        found = plain_pixels(data, SIDE, channels)
        assert found is not None
        assert np.array_equal(found, pixels)
        assert np.array_equal(found, pillows(data, channels))


def test_pixels_in_several_chunks_and_behind_some_that_change_none() -> None:
    pixels = picture(2, SIDE, SIDE, 1)
    packed = zlib.compress(rows(pixels, 2))
    parts = [chunk(b"IDAT", packed[at : at + 100]) for at in range(0, len(packed), 100)]
    gamma = chunk(b"gAMA", struct.pack(">I", 45455))
    found = plain_pixels(SIGNATURE + header() + gamma + b"".join(parts) + chunk(b"IEND", b""), SIDE, 1)
    assert found is not None
    assert np.array_equal(found, pixels)


def test_other_pictures_are_left_to_pillow() -> None:
    grey = picture(3, SIDE, SIDE, 1)
    packed, end = chunk(b"IDAT", zlib.compress(rows(grey))), chunk(b"IEND", b"")
    assert plain_pixels(SIGNATURE + header() + packed + end, SIDE, 1) is not None
    turned = Image.Exif()
    turned[0x0112] = 3
    others = [
        encoded(picture(3, SIDE, SIDE, 3)),
        encoded(picture(3, SIDE + 1, SIDE, 1)),
        encoded(grey, exif=turned),
        encoded(grey, transparency=7),
        SIGNATURE + header(bits=4) + packed + end,
        SIGNATURE + header(interlaced=1) + packed + end,
        SIGNATURE + header() + chunk(b"tEXt", b"Raw profile type exif\0") + packed + end,
        SIGNATURE + header() + packed,
        SIGNATURE + header() + end,
        SIGNATURE + header() + chunk(b"IDAT", zlib.compress(rows(grey)[:-1])) + end,
        SIGNATURE + header() + chunk(b"IDAT", b"no stream") + end,
        b"",
    ]
    assert [number for number, data in enumerate(others) if plain_pixels(data, SIDE, 1) is not None] == []


def test_no_byte_of_a_file_can_be_another() -> None:
    """Whatever is damaged is left to Pillow, which says what is wrong with it."""
    data = encoded(picture(4, SIDE, SIDE, 1))
    for at in range(len(data)):
        damaged = data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]
        assert plain_pixels(damaged, SIDE, 1) is None, f"byte {at}"
        assert plain_pixels(data[:at], SIDE, 1) is None, f"cut at {at}"
