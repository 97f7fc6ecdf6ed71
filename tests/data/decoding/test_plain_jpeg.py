from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.core.types import ByteArray
from explorer.data.decoding import decode_picture
from explorer.data.decoding.decode_picture import decode
from explorer.data.decoding.plain_jpeg import Frame, decoded_plain, plain_frame
from explorer.data.pictures import PictureError
from tests.helpers.data import picture


def encoded(width: int, height: int, channels: int = 3, **options: Any) -> bytes:
    smooth = np.cumsum(picture(1, height, width, channels), axis=1, dtype=np.uint8) // 9
    file = io.BytesIO()
    Image.fromarray(smooth.squeeze(-1) if channels == 1 else smooth).save(file, "JPEG", **options)
    return file.getvalue()


def by_pillow(data: bytes, size: int, channels: int, monkeypatch: pytest.MonkeyPatch) -> ByteArray | str:
    """Return what ``decode`` does where no JPEG is taken for a plain one."""
    with monkeypatch.context() as patch:
        patch.setattr(decode_picture, "plain_frame", lambda data: None)
        return told(data, size, channels)


def told(data: bytes, size: int, channels: int) -> ByteArray | str:
    try:
        return decode(data, size, channels)
    except PictureError as error:
        return error.reason


@given(
    sides=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    channels=st.sampled_from([1, 3]),
    size=st.sampled_from([8, 16, 28]),
    quality=st.sampled_from([30, 95]),
    subsampling=st.sampled_from([0, 1, 2]),
)
def test_pixels_are_those_of_pillow(
    sides: tuple[int, int], channels: int, size: int, quality: int, subsampling: int
) -> None:
    data = encoded(*sides, channels, quality=quality, subsampling=subsampling)
    assert plain_frame(data) == (*sides, channels)
    with pytest.MonkeyPatch.context() as patch:
        assert np.array_equal(told(data, size, channels), by_pillow(data, size, channels, patch))


def test_what_changes_no_pixel_is_passed_over() -> None:
    for options in ({"comment": b"said"}, {"icc_profile": bytes(40)}, {"optimize": True}, {"dpi": (72, 72)}):
        assert plain_frame(encoded(40, 30, **options)) == Frame(40, 30, 3)


def test_others_are_left_to_pillow() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    cmyk = io.BytesIO()
    Image.new("CMYK", (20, 20)).save(cmyk, "JPEG")
    whole = encoded(40, 30)
    others = [
        encoded(40, 30, progressive=True),
        encoded(40, 30, exif=turned),
        cmyk.getvalue(),
        b"",
        whole[:80],
        b"GIF89a",
    ]
    assert [number for number, data in enumerate(others) if plain_frame(data) is not None] == []
    assert decoded_plain(whole[:-40], Frame(40, 30, 3), 1) is None
    assert decode(encoded(40, 30, exif=turned), 16, 3).shape == (16, 16, 3)


def test_damaged_ones_are_told_as_by_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(17, 9)
    for at in range(0, len(data), 3):
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]):
            ours, theirs = told(damaged, 8, 3), by_pillow(damaged, 8, 3, monkeypatch)
            assert np.array_equal(ours, theirs), f"byte {at}: {ours} {theirs}"
