"""Boxes of pictures, cut while they are read, held against slices of the pixels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.data.decoding import decode_picture
from explorer.data.decoding.cropped_pictures import RELATIVE, WHOLE, CroppedPictures, cropped
from explorer.data.pictures import FilePictures, PictureError
from tests.helpers.data import picture, save_picture

PIXELS = picture(0, 30, 50)


def _pixels(encoded: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(encoded)))


@pytest.fixture
def files(tmp_path: Path) -> FilePictures:
    save_picture(tmp_path / "a.png", PIXELS)
    save_picture(tmp_path / "b.png", picture(1, 20, 20, 1))
    (tmp_path / "c.png").write_bytes(b"no picture")
    return FilePictures(str(tmp_path), ("a.png", "b.png", "c.png"))


def _read(pictures: CroppedPictures, index: int) -> bytes:
    with pictures.reading() as read:
        return read(index)


def test_boxes_are_slices_of_the_pixels(files: FilePictures) -> None:
    boxes = [(10, 5, 20, 8), (-5, -5, 10, 10), (45, 25, 100, 100), (0.2, 0.5, 0.4, 0.2), (20, 10, 40, 16)]
    frames = [(0, 0), (0, 0), (50, 30), RELATIVE, (100, 60)]
    made = cropped(files, [0] * 5, boxes, frames)
    slices = [PIXELS[5:13, 10:30], PIXELS[:5, :5], PIXELS[25:, 45:], PIXELS[15:21, 10:30], PIXELS[5:13, 10:30]]
    for index, wanted in enumerate(slices):
        np.testing.assert_array_equal(_pixels(_read(made, index)), wanted)
    assert len(made) == 5
    assert made.path(0) == f"{files.path(0)} [10, 5, 20, 8]"


def test_a_whole_picture_stays_the_bytes_that_it_is(files: FilePictures) -> None:
    made = cropped(files, [1, 0], [WHOLE, (0, 0, 3, 3)]).subset(np.array([0]))
    assert _read(made, 0) == Path(files.path(1)).read_bytes()
    assert made.path(0) == files.path(1)


@pytest.mark.parametrize(
    ("box", "frame", "reason"),
    [
        ((60, 0, 5, 5), (0, 0), "outside"),
        ((0, 0, 0, 5), (0, 0), "empty"),
        ((0, 0, -5, 5), (0, 0), "empty"),
        ((0, 0, np.inf, 5), (0, 0), "not made of numbers"),
        ((0, 0, 5, 5), (100, 100), "50 × 30 pixels, and its box was drawn on 100 × 100"),
    ],
)
def test_a_box_that_cannot_be_is_said(
    files: FilePictures, box: tuple[float, ...], frame: tuple[float, float], reason: str
) -> None:
    with pytest.raises(PictureError, match=reason):
        _read(cropped(files, [0], [box], [frame]), 0)


def test_a_damaged_picture_has_its_own_reason(files: FilePictures) -> None:
    with pytest.raises(PictureError, match="not a picture"):
        _read(cropped(files, [2], [(0, 0, 5, 5)]), 0)


def test_a_box_is_of_the_picture_as_people_see_it_unless_it_was_drawn_on_the_stored_one(tmp_path: Path) -> None:
    stored = np.zeros((30, 50, 3), np.uint8)
    stored[:10, :10] = (200, 0, 0)  # turned by 90° it is at the top right of 30 × 50
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    files = FilePictures(str(tmp_path), ("a.png",))
    upright, as_stored = (20, 0, 10, 10), (0, 0, 20, 10)
    made = cropped(files, [0, 0, 0], [upright, upright, as_stored], [(0, 0), (30, 50), (50, 30)])
    for index in (0, 1):
        assert (_pixels(_read(made, index)) == (200, 0, 0)).all()
    turned = _pixels(_read(made, 2))
    assert turned.shape == (20, 10, 3)
    assert (turned[:10] == (200, 0, 0)).all()
    assert not turned[10:].any()


def test_sixteen_bits_palettes_and_transparency_stay(tmp_path: Path) -> None:
    deep = np.arange(400, dtype=np.uint16).reshape(20, 20) * 100
    Image.fromarray(deep).save(tmp_path / "deep.png")
    Image.fromarray(deep.astype(np.int32)).save(tmp_path / "int.tif")
    clear = np.dstack([picture(3, 20, 20), np.full((20, 20), 128, np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    Image.fromarray(picture(4, 20, 20)).convert("CMYK").save(tmp_path / "print.jpg")
    names = ("deep.png", "int.tif", "clear.png", "print.jpg")
    made = cropped(FilePictures(str(tmp_path), names), range(4), [(2, 3, 10, 10)] * 4)
    np.testing.assert_array_equal(_pixels(_read(made, 0)), deep[3:13, 2:12])
    np.testing.assert_array_equal(_pixels(_read(made, 1)), deep[3:13, 2:12])
    np.testing.assert_array_equal(_pixels(_read(made, 2)), clear[3:13, 2:12])
    assert _pixels(_read(made, 3)).shape == (10, 10, 3)
    assert decode_picture.greatest(_read(made, 0)) == deep[12, 11]


def test_pictures_of_intricate_formats_are_cut_apart(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.tif", PIXELS)
    (tmp_path / "b.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:300])
    made = cropped(FilePictures(str(tmp_path), ("a.tif", "b.tif")), [0, 1], [(10, 5, 20, 8)] * 2)
    np.testing.assert_array_equal(_pixels(_read(made, 0)), PIXELS[5:13, 10:30])
    with pytest.raises(PictureError):
        _read(made, 1)


def test_other_boxes_are_another_set(files: FilePictures) -> None:
    said = {cropped(files, [0], [(0, 0, 5, width)]).said for width in (5, 6, 5)}
    assert len(said) == 2
