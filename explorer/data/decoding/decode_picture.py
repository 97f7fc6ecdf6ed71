"""The only place that opens an image file.

Formats are an allowlist, told from the content and never from the name. What a picture becomes: its first frame;
turned upright once as its EXIF data says; transparency laid on white; 16-bit values brought to bytes by the one value
that is white in their set (divided by 256 where they use the whole range); CMYK, palettes and the rest converted to
grey or RGB. Colour profiles are not applied, so that a corrupt one does no harm.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin, UnidentifiedImageError

from explorer.core.types import ByteArray, IntArray
from explorer.data.decoding.plain_jpeg import decoded_plain, plain_frame, scale_for
from explorer.data.decoding.plain_png import plain_pixels
from explorer.data.pictures import WHITE, PictureError

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM", "AVIF", "JPEG2000")
LARGEST_AREA = 50_000_000
"""Pixels; a small file can claim billions (a decompression bomb)."""

SLOW_FORMATS, WIDE_MODES = ("JPEG2000", "AVIF"), ("I", "F")
SLOW_AREA = 25_000_000
"""Pixels of formats that are decoded slowly, and of modes of four bytes a value."""

MOST_SCANS = 200
"""Of a JPEG; a real progressive one has about ten, and each costs a pass over the whole picture."""

JPEGS, SCAN, JPEG_BEGINS = ("JPEG", "MPO"), 0xDAFF, b"\xff\xd8\xff"
"""Formats of JPEG, the mark of a scan as a little-endian number, and how a file of one begins."""

JPEG_SCALES, SPARE, SOFT = (2, 4, 8), 1.25, 1.5
"""A JPEG may be decoded reduced by these, to no less than ``SPARE`` times its size, or to just that; where that is less
than ``SOFT`` times its size it is resized by a sharper filter. It stays as near to the full picture resized (38 dB or
more, the median of photographs) as one common filter is to another."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its EXIF orientation."""
EXIF_PLACES = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")
"""What Pillow calls where a picture may say how it is turned; the last is ImageMagick's in PNG."""

VALUES_AT_ONCE = 1 << 20
SMALLEST_SIZE = 28
KEPT_SIZE = 40
CHARACTER_SIZE = 128
DEFAULT_SIZE = 64
GREY_TOLERANCE = 8
"""Greatest difference between the channels of a picture that counts as grey (JPEG rounding)."""
COLOURED, COLOURED_SHARE = 16, 0.01
"""A picture whose channels differ by more than this in more than this share of its pixels has colour for certain."""
WHITES = (255, 1023, 4095, 16383, WHITE)
"""What may be white in 16-bit pictures: of 8, 10, 12, 14 and 16 bits."""


OTHER_ASPECT = 1.02
"""How much the aspects of a picture and of the one that a box was drawn on may differ, by the rounding of sizes."""
_IN_PNG = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})


class ColourFoundError(Exception):
    """A picture has colour, in a set that was taken for grey."""


def chosen_size(sides: IntArray, *, grey: bool) -> int:
    """Return the side in pixels for pictures whose longer sides are ``sides``.

    Small pictures keep their size (rounded up to a multiple of 4, at least 28). Grey ones up to 128 px, such as
    characters, become 28, which is what their benchmarks use and trains five times as fast; others become 64.
    """
    typical = int(np.median(sides)) if len(sides) else DEFAULT_SIZE
    if typical <= KEPT_SIZE:
        return max(SMALLEST_SIZE, -(-typical // 4) * 4)
    return SMALLEST_SIZE if grey and typical <= CHARACTER_SIZE else DEFAULT_SIZE


def _sentence(error: BaseException) -> str:
    message = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, UnidentifiedImageError):
        return "not a picture in a format that is read (JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, AVIF, JPEG 2000)"
    if isinstance(error, Image.DecompressionBombError):
        return f"claims more than {LARGEST_AREA // 10**6} million pixels"
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if "truncated" in message.lower():
        return "cut short: the file ends before the picture does"
    if not message or "decoder error" in message:
        return "damaged: its data cannot be decoded"
    return f"damaged: {message}"


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn whatever a decoder raises into a ``PictureError``: on a damaged file it may be almost anything."""
    try:
        yield
    except PictureError:
        raise
    except Exception as error:
        raise PictureError(_sentence(error)) from error


def _opened(data: bytes) -> Image.Image:
    if not data:
        raise PictureError("the file is empty")
    image = _plain_jpeg(data) or Image.open(io.BytesIO(data), formats=FORMATS)
    width, height = image.size
    slow = image.format in SLOW_FORMATS or image.mode in WIDE_MODES
    most = SLOW_AREA if slow else LARGEST_AREA
    if width * height > most:
        kind = f" of a {image.format or 'slow'} of mode {image.mode}" if slow else ""
        raise PictureError(f"has {width} × {height} pixels, more than the {most // 10**6} million{kind} that are read")
    if not width or not height:
        raise PictureError("has no pixels")
    if image.format in JPEGS and _scans(data) > MOST_SCANS:
        raise PictureError("made of more scans than a picture has; refused, as it would take minutes to decode")
    return image


def _plain_jpeg(data: bytes) -> Image.Image | None:
    """Open a JPEG without a look at what else it might be, which takes as long; None: Pillow has to say what it is."""
    if not data.startswith(JPEG_BEGINS):
        return None
    try:
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    except Exception:  # noqa: BLE001
        return None
    return image if image.width * image.height <= LARGEST_AREA else None


def _scans(data: bytes) -> int:
    """Return how often the mark of a scan of a JPEG occurs: ``data.count``, a few times as fast."""
    return sum(
        int(np.count_nonzero(np.frombuffer(data, "<u2", (len(data) - start) // 2, start) == SCAN)) for start in (0, 1)
    )


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return what turns a decoded picture upright, as its EXIF or XMP data say; corrupt ones leave it as it is."""
    info = image.info
    if not any(name in info for name in EXIF_PLACES):
        return None
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001
        return None


def _turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image, white: int) -> Image.Image:
    """Return the picture in mode L or RGB; ``white``: that value of a 16-bit one, and all above it."""
    mode = image.mode
    if mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if mode == "1":
        return image.convert("L")
    if mode.startswith("I;16"):
        return Image.fromarray(_of_range(np.asarray(image).astype(np.uint16), white))
    if mode in ("I", "F"):
        return Image.fromarray(_squeezed(np.asarray(image)))
    if mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGB", image.size, (255, 255, 255))
        paper.paste(clear, mask=clear.getchannel("A"))
        return paper.convert("L") if mode in ("L", "LA", "La") else paper
    return image.convert("RGB")


def _of_range(values: np.ndarray[Any, np.dtype[np.uint16]], white: int) -> ByteArray:
    """Bring 16-bit values to bytes."""
    if white == WHITE:
        return np.asarray(values >> 8, dtype=np.uint8)
    return np.asarray(np.round(np.minimum(values, white) * (255.0 / white)), dtype=np.uint8)


def _squeezed(values: np.ndarray[Any, np.dtype[Any]]) -> ByteArray:
    """Bring 32-bit values to bytes: by their usual range (1, 255 or 65,535), else from least to greatest.

    Some rows at a time: eight bytes a value of a large picture are more than there may be room for.
    """
    step = max(1, VALUES_AT_ONCE // values.shape[1])
    blocks = [slice(start, start + step) for start in range(0, len(values), step)]
    low = min(float(_finite(values[rows]).min()) for rows in blocks)
    high = max(float(_finite(values[rows]).max()) for rows in blocks)
    least, most = low, high
    for top in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= top:
            least, most = 0.0, top
            break
    pixels = np.empty(values.shape, np.uint8)
    for rows in blocks:
        pixels[rows] = np.round((_finite(values[rows]) - least) * (255.0 / max(most - least, 1e-300)))
    return pixels


def _finite(values: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.nan_to_num(np.asarray(values, np.float64), posinf=0.0, neginf=0.0)


def _box(width: float, height: float, size: int) -> tuple[int, int]:
    """Return width and height with a longer side of ``size``."""
    longer = max(width, height)
    return max(1, round(width * size / longer)), max(1, round(height * size / longer))


def _reduced(image: Image.Image, size: int) -> tuple[float, float] | None:
    """Let a JPEG be decoded as small as ``size`` allows; return how many columns and rows it then has, None: as ever.

    The last column and row may be only partly picture.
    """
    width, height = image.size
    drafted = image.draft(None, _least(width, height, size))
    right, bottom = drafted[1][2:] if drafted else (width, height)
    return (right, bottom) if right < width else None


def _least(width: int, height: int, size: int) -> tuple[int, int]:
    """Return columns and rows that a JPEG has to keep where it is decoded reduced."""
    wanted = _box(width, height, size)
    just = any((width, height) == (wanted[0] * scale, wanted[1] * scale) for scale in JPEG_SCALES)
    return wanted if just else _box(width, height, math.ceil(SPARE * size))


def _of_plain_jpeg(data: bytes, size: int) -> tuple[Image.Image, tuple[float, float] | None] | None:
    """Return a plain JPEG decoded and what ``_reduced`` says of it; None of any other, or of what cannot be decoded."""
    frame = plain_frame(data)
    if frame is None or frame.width * frame.height > LARGEST_AREA:
        return None
    scale = scale_for(frame, _least(frame.width, frame.height, size))
    image = decoded_plain(data, frame, scale)
    if image is None:
        return None
    return image, (frame.width / scale, frame.height / scale) if scale > 1 else None


def _fitted(image: Image.Image, size: int, reduced: tuple[float, float] | None) -> Image.Image:
    """Resize to a longer side of ``size``, the aspect kept; smooth when enlarged, averaged when reduced.

    ``reduced``: columns and rows of a JPEG whose pixels are averages already.
    """
    width, height = reduced or image.size
    longer = max(width, height)
    if longer == size:
        return image
    sharp = longer < (SOFT * size if reduced else size)
    method = Image.Resampling.BICUBIC if sharp else Image.Resampling.HAMMING
    return image.resize(_box(width, height, size), method, box=(0, 0, width, height), reducing_gap=2.0)


def padded(pixels: ByteArray, size: int) -> ByteArray:
    """Centre (h, w, C) pixels on a square of the median colour of their border."""
    height, width, channels = pixels.shape
    if height == width == size:
        return pixels
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    border.sort(axis=0)
    middles = zip(border[(len(border) - 1) // 2].tolist(), border[len(border) // 2].tolist(), strict=True)
    colour = bytes((low + high) // 2 for low, high in middles)
    # Three times as fast as numpy.median and an assignment of three values to every pixel.
    square = np.frombuffer(bytearray(colour * (size * size)), np.uint8).reshape(size, size, channels)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def _decoded(data: bytes, size: int, white: int, *, enlarged: bool = True) -> Image.Image:
    """Open, decode, resize and turn upright; JPEGs are decoded no larger than that needs."""
    if plain := _of_plain_jpeg(data, size):
        image, reduced = plain
    else:
        image = _opened(data)
        reduced = _reduced(image, size) if image.format in JPEGS else None
        image.load()
    picture = _plain(image, white)
    if enlarged or max(image.size) > size:
        picture = _fitted(picture, size, reduced)
    return _turned(picture, _turn(image))


def decode(data: bytes, size: int, channels: int, white: int = WHITE, *, watchful: bool = False) -> ByteArray:
    """Decode one picture to (size, size, channels) uint8, ``channels`` 1 or 3.

    ``white``: that value of 16-bit pictures. ``watchful``: look whether a picture that is made grey has colour.

    Raises
    ------
    PictureError: with one sentence, whatever is wrong with the file. ColourFoundError: see ``watchful``.
    """
    if (plain := plain_pixels(data, size, channels)) is not None:
        return plain
    with _in_words():
        image = _decoded(data, size, white)
        mode = "L" if channels == 1 else "RGB"
        coloured = watchful and mode == "L" and image.mode == "RGB" and _has_colour(image)
        if image.mode != mode:
            image = image.convert(mode)
        pixels = np.asarray(image).reshape(image.height, image.width, channels)
    if coloured:
        raise ColourFoundError
    return padded(pixels, size)


@dataclass(frozen=True, slots=True)
class Whole:
    """A picture of which parts are cut: as it is ``stored``, the ``turn`` that it needs, and turned ``upright``."""

    stored: Image.Image
    turn: Image.Transpose | None
    upright: Image.Image


def whole(data: bytes) -> Whole:
    """Decode a picture at full size, to cut parts of it.

    Raises
    ------
    PictureError: with one sentence, whatever is wrong with the file.
    """
    with _in_words():
        image = _opened(data)
        image.load()
        turn = _turn(image)
        return Whole(image, turn, _turned(image, turn))


def part(picture: Whole, box: Sequence[float], frame: Sequence[float]) -> bytes:
    """Return a part of a picture, encoded without loss; its 16 bits, its palette and its transparency stay.

    Parameters
    ----------
    box: left, top, width and height, cut off at the edges of the picture.
    frame: width and height of the picture that the box was drawn on; (1, 1): in shares of them; (0, 0): this picture.

    Raises
    ------
    PictureError: if the picture has another aspect than that, or the box holds nothing of it.
    """
    image, (width, height) = picture.upright, picture.upright.size
    if frame[0] <= 0 or frame[1] <= 0:
        frame = (width, height)
    elif tuple(frame) != (1, 1) and not _alike(image, frame):
        image = picture.stored  # as it lies in the file, before it is turned
        if not _alike(image, frame):
            drawn = f"{frame[0]:g} × {frame[1]:g}"
            raise PictureError(f"has {width} × {height} pixels, and its box was drawn on {drawn}")
    width, height = image.size
    across, down = width / frame[0], height / frame[1]
    if not all(map(math.isfinite, box)):
        raise PictureError("its box is not made of numbers")
    left, top = max(0.0, box[0] * across), max(0.0, box[1] * down)
    right, bottom = min(width, (box[0] + box[2]) * across), min(height, (box[1] + box[3]) * down)
    if not (left < right and top < bottom):
        raise PictureError("its box is empty, or lies outside the picture")
    left, top = min(round(left), width - 1), min(round(top), height - 1)
    with _in_words():
        cut = image.crop((left, top, max(left + 1, round(right)), max(top + 1, round(bottom))))
        return _encoded(cut if image is picture.upright else _turned(cut, picture.turn))


def _alike(image: Image.Image, frame: Sequence[float]) -> bool:
    ratio = image.width * frame[1] / (image.height * frame[0])
    return 1 / OTHER_ASPECT <= ratio <= OTHER_ASPECT


def _encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    if image.mode in ("I", "F"):
        image.save(file, "TIFF")
    else:
        plain = image if image.mode in _IN_PNG else image.convert("RGB")
        plain.save(file, "PNG", compress_level=0, icc_profile=None)
    return file.getvalue()


def _has_colour(image: Image.Image) -> bool:
    pixels = np.asarray(image).astype(np.int16)
    return float(np.mean(np.ptp(pixels, axis=-1) > COLOURED)) > COLOURED_SHARE


def full(data: bytes, longest: int = 512, white: int = WHITE) -> ByteArray:
    """Decode one picture to (H, W, 3) uint8, its own aspect, no side longer than ``longest`` pixels.

    Raises
    ------
    PictureError: with one sentence, whatever is wrong with the file.
    """
    with _in_words():
        image = _decoded(data, longest, white, enlarged=False)
        return np.array(image.convert("RGB"), dtype=np.uint8)


def greatest(data: bytes) -> int:
    """Return the greatest value of a 16-bit picture, 0 where it is none; others are told from the header alone.

    Raises
    ------
    PictureError: if it cannot be decoded.
    """
    with _in_words():
        image = _opened(data)
        return int(np.asarray(image).max()) if image.mode.startswith("I;16") else 0


def longer_side(data: bytes) -> int:
    """Return the longer side in pixels, from the header alone.

    Raises
    ------
    PictureError: if the header is damaged.
    """
    with _in_words():
        return max(_opened(data).size)


def is_grey(data: bytes) -> bool:
    """Whether a picture has no colour.

    Raises
    ------
    PictureError: if it cannot be decoded.
    """
    pixels = decode(data, 32, 3).astype(np.int16)
    return int((pixels.max(axis=-1) - pixels.min(axis=-1)).max()) <= GREY_TOLERANCE
