"""The only place that opens a video file.

Formats are an allowlist and nothing but the file itself is read, so that a playlist that calls itself a video leads
nowhere. What a clip becomes: frames spread evenly over it, each in the middle of its share; turned and mirrored as the
camera says they are meant; stretched where pixels are not square; the longer side S, centred on a square.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.extras import extra_line, installed
from explorer.core.types import ByteArray
from explorer.data.decoding.decode_picture import COLOURED, COLOURED_SHARE, LARGEST_AREA, ColourFoundError, padded
from explorer.data.pictures import PictureError

ENDINGS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ts"})
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg"

LONGEST = 60.0
"""Seconds of one core that the frames of a clip may take."""
SEEN_THROUGH = 1500
"""Frames up to which a clip is decoded from its beginning; in a longer one each wanted frame is sought."""
MOST_FRAMES = 2_000_000


@dataclass(frozen=True, slots=True)
class ClipShape:
    """What every clip becomes: ``frames`` of (``size``, ``size``, ``channels``).

    ``guessed``: grey by a sample, so that colour elsewhere must be told.
    """

    frames: int
    size: int
    channels: int
    guessed: bool = False


def check_installed() -> None:
    """Check that clips can be read.

    Raises
    ------
    UserError: if the package for them is not installed.
    """
    if not installed("av"):
        raise UserError("Clips are read by PyAV, which is not installed", remedy=f"Install it: {extra_line('video')}")


def decode(encoded: bytes, shape: ClipShape) -> ByteArray:
    """Return the frames (F, S, S, C) of a clip; some come twice where it has fewer.

    Raises
    ------
    PictureError: with one sentence, whatever is wrong with it. ColourFoundError: if grey was a guess and it has colour.
    """
    pictures = [padded(picture, shape.size) for picture in _frames(encoded, shape.frames, shape.size)]
    frames = np.stack(pictures)
    if shape.channels == 3:
        return frames
    if shape.guessed and _coloured(frames):
        raise ColourFoundError
    grey = frames @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.round(grey).astype(np.uint8)[..., np.newaxis]


def examine(encoded: bytes) -> tuple[int, bool]:
    """Return the longer side of a clip in pixels, upright, and whether it is grey.

    Raises
    ------
    PictureError: if it cannot be decoded.
    """
    with _opened(encoded) as container:
        context = container.streams.video[0].codec_context
        side = max(context.width, context.height)
    return side, not _coloured(np.stack([padded(picture, 32) for picture in _frames(encoded, 3, 32)]))


def _coloured(frames: ByteArray) -> bool:
    return float(np.mean(np.ptp(frames.astype(np.int16), axis=-1) > COLOURED)) > COLOURED_SHARE


@contextmanager
def _opened(encoded: bytes) -> Iterator[Any]:
    """Open a clip; whatever a decoder raises on a damaged file becomes a ``PictureError``."""
    import av

    if not encoded:
        raise PictureError("the file is empty")
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    try:
        with av.open(io.BytesIO(encoded), options=options, metadata_errors="replace") as container:
            if not container.streams.video:
                raise PictureError("has no pictures: no video stream")
            context = container.streams.video[0].codec_context
            if context.width * context.height > LARGEST_AREA:
                raise PictureError(f"has frames of more than {LARGEST_AREA // 10**6} million pixels")
            context.thread_count = 1  # several clips are decoded at once
            yield container
    except (PictureError, ColourFoundError):
        raise
    except MemoryError as error:
        raise PictureError("needs more memory than there is") from error
    except Exception as error:
        raise PictureError("damaged, or not a video in a format that is read (MP4, MOV, MKV, WebM, AVI)") from error


def _frames(encoded: bytes, wanted: int, size: int) -> list[ByteArray]:
    """Return ``wanted`` frames (h, w, 3), the longer side ``size``, in their order."""
    with _opened(encoded) as container:
        stream = container.streams.video[0]
        times: list[int | None] = []
        for packet in container.demux(stream):
            if packet.size:
                times.append(packet.pts)
            if len(times) > MOST_FRAMES:
                raise PictureError(f"has more than {MOST_FRAMES:,} frames")
        known = sorted(at for at in times if at is not None)
        sought = len(times) > SEEN_THROUGH and len(known) == len(times)
    if not times:
        raise PictureError("has no frames")
    places = [min(int((at + 0.5) * len(times) / wanted), len(times) - 1) for at in range(wanted)]
    with _opened(encoded) as container:
        stream = container.streams.video[0]
        ratio = _ratio(stream.sample_aspect_ratio)
        found = _sought(container, [known[at] for at in places]) if sought else _in_order(container, places)
        return [_picture(frame, size, ratio) for frame in found]


class _Clock:
    """Stops what takes too long of this thread's own time, so that a busy machine skips nothing."""

    def __init__(self) -> None:
        self._end = time.thread_time() + LONGEST

    def check(self) -> None:
        if time.thread_time() > self._end:
            raise PictureError(f"takes more than {LONGEST:.0f} seconds to decode")


def _in_order(container: Any, places: Sequence[int]) -> list[Any]:
    """Return the frames at some places, decoding from the beginning; the last one again where there are fewer."""
    clock, found = _Clock(), []
    frame = None
    for at, frame in enumerate(container.decode(video=0)):
        clock.check()
        found += [frame] * (places.count(at))
        if at >= places[-1]:
            break
    if frame is None:
        raise PictureError("has no frames that can be decoded")
    return found + [frame] * (len(places) - len(found))


def _sought(container: Any, times: Sequence[int]) -> list[Any]:
    """Return the frames at some times, each from the key frame before it."""
    clock, found = _Clock(), []
    stream = container.streams.video[0]
    for wanted in times:
        container.seek(wanted, stream=stream, backward=True)
        chosen = None
        for frame in container.decode(video=0):
            clock.check()
            chosen = frame
            if frame.pts is not None and frame.pts >= wanted:
                break
        if chosen is None:
            raise PictureError("cut short: the file ends before the clip does")
        found.append(chosen)
    return found


def _ratio(found: Any) -> float:
    """Return how many times wider than high a pixel is."""
    ratio = float(found) if found else 1.0
    return ratio if 0.1 < ratio < 10 else 1.0


def _picture(frame: Any, size: int, ratio: float) -> ByteArray:
    """Return a frame (h, w, 3), upright, its longer side ``size``."""
    wide, high = frame.width * max(ratio, 1.0), frame.height / min(ratio, 1.0)
    scale = size / max(wide, high)
    width, height = max(1, round(wide * scale)), max(1, round(high * scale))
    how = "AREA" if scale < 1 else "BICUBIC"
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation=how).to_ndarray()
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return small if matrix is None else upright(small, np.frombuffer(bytes(matrix), np.int32))


def upright(picture: ByteArray, matrix: np.ndarray[Any, np.dtype[np.int32]]) -> ByteArray:
    """Return a picture (H, W, C) turned by quarters and mirrored as a display matrix (9,) says.

    A pixel (x, y) is shown at (a x + c y, b x + d y), where the matrix begins a, b, u, c, d.
    """
    a, b, _, c, d = matrix[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        right, down, shown = a, d, picture
    else:
        right, down, shown = c, b, picture.swapaxes(0, 1)
    shown = shown[:, ::-1] if right < 0 else shown
    shown = shown[::-1] if down < 0 else shown
    return np.ascontiguousarray(shown)
