from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.core.types import ByteArray
from explorer.data.decoding.plain_png import SIGNATURE, SMALL, may_be_plain, plain_pixels, plain_together
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


FEW = 5
"""Pixels of a side where every filter is drawn."""


@st.composite
def drawn(draw: st.DrawFn, channels: int) -> bytes:
    """Draw a PNG of any bytes behind any filters, also unknown ones, with some rows too many or too few, or damaged."""
    kinds = draw(st.lists(st.integers(0, draw(st.sampled_from([4, 4, 4, 5]))), min_size=FEW, max_size=FEW))
    row = st.binary(min_size=FEW * channels, max_size=FEW * channels)
    filtered = b"".join(bytes([kind]) + draw(row) for kind in kinds)
    filtered = filtered[: draw(st.sampled_from([None, None, None, -1]))] + b"more" * draw(st.sampled_from([0, 0, 0, 1]))
    packed = zlib.compress(filtered, draw(st.integers(0, 9)))
    packed = packed[: draw(st.sampled_from([None, None, None, -1, -5, 9]))]
    begun = SIGNATURE + header(colour=0 if channels == 1 else 2, side=FEW)
    return begun + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@given(st.data(), st.sampled_from([1, 3]))
def test_many_at_once_have_the_pixels_of_each(data: st.DataObject, channels: int) -> None:
    files = data.draw(st.lists(st.one_of(drawn(channels), st.just(b"none")), max_size=6))
    found = plain_together(files, FEW, channels)
    assert len(found) == len(files)
    for one, file in zip(found, files, strict=True):
        alone = plain_pixels(file, FEW, channels)
        if one is not None:  # what is longer than its pictures, or cut behind its last row, only Pillow alone takes
            assert alone is not None
            assert np.array_equal(one, alone)
            assert np.array_equal(one, pillows(file, channels))


@pytest.mark.parametrize("channels", [1, 3])
def test_whole_pictures_are_all_read_at_once(channels: int) -> None:
    smooth = [np.cumsum(picture(seed, SIDE, SIDE, channels), axis=1, dtype=np.uint8) // 9 for seed in range(9)]
    files = [encoded(pixels) for pixels in smooth]
    assert all(may_be_plain(file, SIDE, channels) for file in files)
    found = plain_together([*files[:4], b"", *files[4:]], SIDE, channels)
    assert found.pop(4) is None
    assert np.array_equal(np.array(found), np.array(smooth).reshape(9, SIDE, SIDE, channels))


def test_large_pictures_are_not_held_together() -> None:
    side = int(SMALL**0.5)
    assert may_be_plain(encoded(np.zeros((side, side), np.uint8)), side, 1)
    assert not may_be_plain(encoded(np.zeros((side + 1, side + 1), np.uint8)), side + 1, 1)
    noise = chunk(b"tIME", bytes(SIDE * SIDE + 4096))
    assert not may_be_plain(SIGNATURE + header() + noise, SIDE, 1)
