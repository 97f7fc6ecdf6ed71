"""Films on disk, a picture at a time: GIF by Pillow's coder, MP4 by ffmpeg."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from explorer.core.types import ByteArray

BITS = 5
"""Bits of each channel by which the colours of a GIF are looked up."""


class GifWriter:
    """A GIF that plays for ever, with one palette for all pictures; what is written is not kept in memory.

    ``samples``: pictures (H, W, 3) with the colours that the palette shall have.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int, samples: Sequence[ByteArray]) -> None:
        self._file = open(path, "wb")  # noqa: SIM115  closed by __exit__
        self._hundredths = max(2, round(100 / fps))
        self._palette = _palette(samples)
        self._places = _places(self._palette)
        self._last: ByteArray | None = None
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0xF7, 0, 0) + self._palette.tobytes())
        self._file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")

    def __enter__(self) -> GifWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, where: TracebackType | None) -> None:
        with self._file as file:
            file.write(b";")

    def add(self, picture: ByteArray) -> None:
        """Write a picture (H, W, 3): of what is as before only the smallest box around what is not."""
        from PIL import GifImagePlugin, Image

        coarse = (picture >> (8 - BITS)).astype(np.uint16)
        indexed: ByteArray = self._places[coarse[..., 0] << 2 * BITS | coarse[..., 1] << BITS | coarse[..., 2]]
        left, top, right, bottom = _changed(self._last, indexed)
        self._last = indexed
        image = Image.fromarray(np.ascontiguousarray(indexed[top:bottom, left:right]), "P")
        image.putpalette(self._palette.tobytes())
        for data in GifImagePlugin.getdata(image, (left, top), duration=10 * self._hundredths, disposal=1):
            self._file.write(data)


def _changed(before: ByteArray | None, now: ByteArray) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what differs; one pixel where nothing does."""
    if before is None:
        return 0, 0, now.shape[1], now.shape[0]
    differs = before != now
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _palette(samples: Sequence[ByteArray]) -> ByteArray:
    """Return the 256 colours (256, 3) that suit the samples best: median cut (Heckbert, 1982)."""
    from PIL import Image

    pixels = np.concatenate(samples)
    together = Image.fromarray(pixels)
    found = together.quantize(256, Image.Quantize.MEDIANCUT).getpalette() or []
    colours = np.zeros((256, 3), np.uint8)
    given = np.array(found, np.uint8).reshape(-1, 3)[:256]
    colours[: len(given)] = given
    colours[255] = pixels[0, 0]  # the backdrop, exactly as it is
    return colours


def _places(palette: ByteArray) -> ByteArray:
    """Return the nearest row of the palette for every colour of ``BITS`` bits a channel."""
    steps = (np.arange(1 << BITS) << (8 - BITS)) + (1 << (7 - BITS))
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.float32)
    colours = palette.astype(np.float32)
    away = (colours**2).sum(axis=1) - 2.0 * grid @ colours.T
    places: ByteArray = away.argmin(axis=1).astype(np.uint8)
    coarse = (palette[255] >> (8 - BITS)).astype(np.int64)
    places[coarse[0] << 2 * BITS | coarse[1] << BITS | coarse[2]] = 255
    return places


class Mp4Writer:
    """An MP4 (H.264), made by ffmpeg through imageio."""

    def __init__(self, path: Path, size: tuple[int, int], fps: int, samples: Sequence[ByteArray]) -> None:
        import imageio.v2

        self._writer: Any = imageio.v2.get_writer(
            path, format="FFMPEG", fps=fps, codec="libx264", quality=8, macro_block_size=2, ffmpeg_log_level="error"
        )

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, where: TracebackType | None) -> None:
        self._writer.close()

    def add(self, picture: ByteArray) -> None:
        """Hand over a picture (H, W, 3)."""
        self._writer.append_data(picture)
