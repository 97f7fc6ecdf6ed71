from __future__ import annotations

import csv
import io
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from explorer.core.recipe import DataOptions
from explorer.core.types import ByteArray
from explorer.data.decoding import decode_picture
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.opening import open_dataset
from explorer.data.pictures import PictureError
from tests.helpers.data import picture, real_data, save_picture


@pytest.fixture(autouse=True)
def _quiet() -> None:
    quiet_decoders()


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(pixels: ByteArray | npt.NDArray[np.uint16]) -> bytes:
    return encoded(Image.fromarray(pixels))


def reason(data: bytes, call: Callable[[bytes], object] = lambda data: decode_picture.decode(data, 28, 3)) -> str:
    with pytest.raises(PictureError) as caught:
        call(data)
    return caught.value.reason


def test_a_picture_of_the_right_size_is_kept_exactly() -> None:
    pixels = picture(0, 28, 28)
    assert np.array_equal(decode_picture.decode(png(pixels), 28, 3), pixels)


def test_grey_is_repeated_and_colour_is_weighed() -> None:
    grey = picture(1, 28, 28, 1)
    assert np.array_equal(decode_picture.decode(png(grey[:, :, 0]), 28, 1), grey)
    assert np.array_equal(decode_picture.decode(png(grey[:, :, 0]), 28, 3), np.repeat(grey, 3, axis=2))
    colour = picture(2, 28, 28)
    luma = colour.astype(np.float64) @ [0.299, 0.587, 0.114]  # ITU-R 601, as Pillow documents
    assert np.abs(decode_picture.decode(png(colour), 28, 1)[:, :, 0] - luma).max() <= 1


def test_other_shapes_are_centred_on_the_colour_of_their_border() -> None:
    wide = np.full((20, 40, 3), (10, 200, 30), dtype=np.uint8)
    wide[8:12, 18:22] = 255
    result = decode_picture.decode(png(wide), 40, 3)
    assert np.array_equal(result[10:30], wide)
    assert (result[:10] == (10, 200, 30)).all()
    assert (result[30:] == (10, 200, 30)).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 60_000), (60_000, 1), (3, 2)])
def test_extreme_shapes_load(size: tuple[int, int]) -> None:
    assert decode_picture.decode(encoded(Image.new("RGB", size, (9, 9, 9))), 32, 3).shape == (32, 32, 3)
    assert max(decode_picture.full(encoded(Image.new("RGB", size, (9, 9, 9)))).shape) <= 512


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(kind: str, orientation: int) -> None:
    upright = np.zeros((48, 64, 3), dtype=np.uint8)
    upright[:24, :32] = 255  # white at the top left
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # transpose methods that the orientation tag reverses
    image = Image.fromarray(upright)
    if orientation in undo:
        image = image.transpose(list(Image.Transpose)[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = decode_picture.full(encoded(image, kind, exif=exif))
    assert result.shape == (48, 64, 3)
    assert result[12, 16].min() > 200
    assert max(result[12, 48].max(), result[36, 16].max(), result[36, 48].max()) < 60


def test_transparency_lies_on_white() -> None:
    clear = np.zeros((28, 28, 4), dtype=np.uint8)
    clear[14:, :, 0], clear[14:, :, 3] = 200, 255
    result = decode_picture.decode(png(clear), 28, 3)
    assert (result[:14] == 255).all()
    assert (result[14:] == (200, 0, 0)).all()
    palette = Image.new("P", (28, 28))
    palette.putpalette([7, 7, 7] * 256)
    assert (decode_picture.decode(encoded(palette, transparency=0), 28, 3) == 255).all()
    assert (decode_picture.decode(encoded(palette), 28, 3) == 7).all()


def test_deep_values_are_brought_to_bytes() -> None:
    deep = (np.arange(28 * 28, dtype=np.uint32).reshape(28, 28) * 83).astype(np.uint16)
    assert np.array_equal(decode_picture.decode(png(deep), 28, 1)[:, :, 0], deep >> 8)
    floats = np.linspace(0, 1, 28 * 28, dtype=np.float32).reshape(28, 28)
    result = decode_picture.decode(encoded(Image.fromarray(floats), "TIFF"), 28, 1)[:, :, 0]
    assert np.array_equal(result, np.round(floats * 255.0).astype(np.uint8))


@pytest.mark.parametrize(("most", "white"), [(200, 255), (1000, 1023), (4095, 4095), (9000, 16383), (30000, 65535)])
def test_the_range_of_deep_pictures_is_that_of_their_set(tmp_path: Path, most: int, white: int) -> None:
    for i, share in enumerate((1.0, 0.25)):  # a dark one stays dark
        deep = np.linspace(0, most * share, 28 * 28).reshape(28, 28).astype(np.uint16)
        (tmp_path / "set" / "a").mkdir(exist_ok=True, parents=True)
        (tmp_path / "set" / "a" / f"{i}.png").write_bytes(png(deep))
    dataset = open_dataset(str(tmp_path / "set"), cache_folder=tmp_path / "cache")
    assert dataset.white == white
    again = open_dataset(str(tmp_path / "set"), cache_folder=tmp_path / "cache")
    assert (again.white, again.report.notes) == (white, dataset.report.notes)
    bright, dark = (int(dataset.inputs[i].max()) for i in range(2))
    assert bright == pytest.approx(255 * most / white, abs=1)
    assert dark == pytest.approx(bright / 4, abs=1)
    assert dataset.full_picture(1).max() == dark
    assert any("16-bit" in note for note in dataset.report.notes) == (white < 65535)
    asked = open_dataset(str(tmp_path / "set"), DataOptions(white=65535), cache_folder=tmp_path / "cache")
    assert asked.inputs[0].max() == most >> 8


def test_one_picture_of_full_range_does_not_darken_a_set_of_twelve_bits(tmp_path: Path) -> None:
    (tmp_path / "set" / "a").mkdir(parents=True)
    for i in range(24):
        deep = np.linspace(0, 60000 if i == 5 else 4000, 28 * 28).reshape(28, 28).astype(np.uint16)
        (tmp_path / "set" / "a" / f"{i:02}.png").write_bytes(png(deep))
    dataset = open_dataset(str(tmp_path / "set"), cache_folder=tmp_path / "cache")
    assert dataset.white == 4095
    assert int(dataset.inputs[0].max()) == pytest.approx(255 * 4000 / 4095, abs=1)
    assert int(dataset.inputs[5].max()) == 255
    told = "1 of 24 16-bit pictures looked at go beyond 4,095 and are white there: data.white=65535 keeps that"
    assert any(note.startswith(told) for note in dataset.report.notes)
    again = open_dataset(str(tmp_path / "set"), cache_folder=tmp_path / "cache")
    assert again.report.notes == dataset.report.notes


def test_rare_colour_stays(tmp_path: Path) -> None:
    for i in range(300):
        colour = i == 7
        pixels = picture(i, 28, 28) if colour else np.repeat(picture(i, 28, 28, 1), 3, axis=2)
        save_picture(tmp_path / "set" / "a" / f"{i:03}.png", pixels)
    dataset = open_dataset(str(tmp_path / "set"), cache_folder=tmp_path / "cache")
    assert dataset.shape == (28, 28, 3)
    assert np.array_equal(dataset.inputs[7], picture(7, 28, 28))
    grey = open_dataset(str(tmp_path / "set"), DataOptions(colour="grey"), cache_folder=tmp_path / "cache")
    assert grey.shape == (28, 28, 1)


def test_cmyk_and_animations() -> None:
    cmyk = Image.new("CMYK", (28, 28), (0, 255, 255, 0))
    red = decode_picture.decode(encoded(cmyk, "JPEG", quality=95), 28, 3)
    assert red[:, :, 0].min() > 200
    assert red[:, :, 1:].max() < 60
    frames = [Image.new("L", (28, 28), value) for value in (10, 100, 200)]
    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (decode_picture.decode(gif, 28, 1) == 10).all()


def test_corrupt_profiles_and_exif_keep_the_pixels() -> None:
    pixels = picture(3, 28, 28)
    broken = encoded(Image.fromarray(pixels), icc_profile=b"nonsense", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(decode_picture.decode(broken, 28, 3), pixels)


def test_what_cannot_be_used_says_why() -> None:
    photo = encoded(Image.fromarray(picture(4, 64, 64)), "JPEG")
    assert reason(b"") == "the file is empty"
    assert reason(photo[: len(photo) // 2]).startswith("cut short")
    assert reason(np.random.default_rng(0).bytes(2000)).startswith("not a picture")
    assert reason(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n").startswith("not a picture")


def bomb(side: int) -> bytes:
    rows = zlib.compress(b"\0" * (side // 8 + 1) * side, 9)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + b"\x01\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7_200, 13_000, 20_000])
def test_bombs_are_refused_before_they_unpack(side: int) -> None:
    data = bomb(side)
    start = time.monotonic()
    assert "50 million" in reason(data)
    assert time.monotonic() - start < 1.0


def _jpegs() -> dict[str, bytes]:
    """Return JPEGs of many sorts, damaged ones too."""
    colour = Image.fromarray(picture(3, 90, 150, 3))
    turned = Image.Exif()
    turned[0x0112] = 6
    whole = encoded(colour, "JPEG", quality=90)
    several = io.BytesIO()
    colour.save(several, "MPO", save_all=True, append_images=[colour.rotate(180)])
    return {
        "colour": whole,
        "grey": encoded(colour.convert("L"), "JPEG"),
        "four inks": encoded(colour.convert("CMYK"), "JPEG"),
        "progressive": encoded(colour, "JPEG", progressive=True),
        "turned": encoded(colour, "JPEG", exif=turned),
        "several": several.getvalue(),
        "cut in its header": whole[:100],
        "cut short": whole[: len(whole) // 2],
        "only begun": whole[:3],
        "another after the mark": whole[:3] + b"\x89PNG" * 30,
        "no size": whole.replace(b"\xff\xc0\x00\x11\x08\x00\x5a\x00\x96", b"\xff\xc0\x00\x11\x08\x00\x00\x00\x00"),
        "a bomb": whole.replace(b"\xff\xc0\x00\x11\x08\x00\x5a\x00\x96", b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff"),
    }


def _pixels_or_reason(data: bytes) -> bytes | str:
    try:
        return decode_picture.decode(data, 28, 3).tobytes()
    except PictureError as error:
        return error.reason


def test_a_jpeg_that_is_opened_at_once_is_what_pillow_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    jpegs = _jpegs()
    assert b"\xff\xff\xff\xff" in jpegs["a bomb"]
    at_once = {name: _pixels_or_reason(data) for name, data in jpegs.items()}
    monkeypatch.setattr(decode_picture, "_plain_jpeg", lambda data: None)
    assert at_once == {name: _pixels_or_reason(data) for name, data in jpegs.items()}
    assert sum(isinstance(found, bytes) for found in at_once.values()) == 6


@pytest.mark.parametrize("spare", [b"", b"\0"])
def test_a_jpeg_of_endless_scans_is_refused(spare: bytes) -> None:
    photo = encoded(Image.fromarray(picture(5, 64, 64)), "JPEG", progressive=True, comment=spare * 3)
    start = photo.index(b"\xff\xda")
    scans = photo[start:-2] + spare * ((len(photo) - start) % 2)  # marks at even and at odd places
    assert "scans" in reason(photo[:start] + scans * 300 + photo[-2:])


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    "shape", [(240, 320), (225, 300), (375, 500), (264, 264), (512, 512), (600, 601), (480, 640), (900, 1200), (3, 999)]
)
def test_a_jpeg_that_is_decoded_reduced_lies_as_the_full_one_does(shape: tuple[int, int], orientation: int) -> None:
    height, width = shape
    down, across = np.mgrid[:height, :width] * 6.0 / max(shape)
    waves = [np.sin(across * (1 + channel) + channel) * np.cos(down) for channel in range(3)]
    photo = Image.fromarray((np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo, "JPEG", quality=95, exif=exif)
    box = max(1, round(width * 64 / max(shape))), max(1, round(height * 64 / max(shape)))
    near = np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize(box, Image.Resampling.HAMMING))
    near = np.rot90(near, -1) if orientation == 6 else near
    decoded = decode_picture.decode(data, 64, 3)
    top, left = ((64 - side) // 2 for side in near.shape[:2])
    inside = decoded[top : top + near.shape[0], left : left + near.shape[1]].astype(np.int64)
    assert np.abs(inside - near).max() <= 6
    assert np.abs(inside - near).mean() <= 1


def test_photographs_that_are_decoded_reduced_are_those_that_are_decoded_whole() -> None:
    """By the scaled transform to about the size, on average no more than 2 of 255 from all pixels, antialiased."""
    different = []
    for path in sorted(real_data("grocery_store").rglob("*.jpg"))[::97]:
        with Image.open(path) as image:
            width, height = (max(1, round(side * 64 / max(image.size))) for side in image.size)
            whole = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC))
        top, left = (64 - height) // 2, (64 - width) // 2
        found = decode_picture.decode(path.read_bytes(), 64, 3)[top : top + height, left : left + width]
        different.append(float(np.abs(found.astype(np.int64) - whole).mean()))
    assert np.mean(different) <= 2
    assert max(different) <= 3


def test_sizes_are_chosen_from_the_pictures() -> None:
    chosen = {
        side: decode_picture.chosen_size(np.array([side]), grey=False) for side in (8, 28, 29, 32, 40, 41, 105, 4000)
    }
    assert chosen == {8: 28, 28: 28, 29: 32, 32: 32, 40: 40, 41: 64, 105: 64, 4000: 64}
    drawings = {
        side: decode_picture.chosen_size(np.array([side]), grey=True) for side in (8, 32, 41, 105, 128, 129, 4000)
    }
    assert drawings == {8: 28, 32: 32, 41: 28, 105: 28, 128: 28, 129: 64, 4000: 64}


def test_grey_is_told_from_the_pixels() -> None:
    grey = np.repeat(picture(6, 32, 32, 1), 3, axis=2)
    assert decode_picture.is_grey(encoded(Image.fromarray(grey), "JPEG"))
    assert not decode_picture.is_grey(png(picture(7, 32, 32)))


STRICTER = {"pillow/broken_data_stream.png", "pillow/truncated_end_chunk.png"}
"""Damaged at the end: the survey counted what its decoder gave before it failed."""


@pytest.mark.data
def test_unusual_files_decode_as_surveyed_or_say_why(capfd: pytest.CaptureFixture[str]) -> None:
    root = real_data("tricky")
    with (root / "survey.csv").open(newline="") as file:
        survey = {row["path"]: row for row in csv.DictReader(file)}
    formats = {*decode_picture.FORMATS, "MPO"}
    wrong, slowest = [], 0.0
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        start = time.monotonic()
        said = _outcome(path)
        slowest = max(slowest, time.monotonic() - start)
        assert "\n" not in said
        row = survey.get(name)
        if row and row["format"] in formats and (row["decodes"] == "1") != (not said) and name not in STRICTER:
            wrong.append((name, row["error"], said))
    assert wrong == []
    assert slowest < 5.0
    assert capfd.readouterr().err == ""


def _outcome(path: Path) -> str:
    data = path.read_bytes()
    try:
        assert decode_picture.decode(data, 64, 3).shape == (64, 64, 3)
        assert max(decode_picture.full(data).shape) <= 512
    except PictureError as error:
        return error.reason or "no reason"
    return ""
