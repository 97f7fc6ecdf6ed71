"""Clips whose class is a motion and not what moves: handwritten digits that go eight ways or turn two ways, as MP4."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explorer.core.types import ByteArray
from explorer.data.opening import open_dataset

SIDE = 36
WAYS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
MOTIONS = (*WAYS, "turns left", "turns right")
LENGTH = 12


def moved(glyph: ByteArray, motion: str, draws: np.random.Generator) -> list[ByteArray]:
    """Return frames (SIDE, SIDE) of a glyph (h, w) that moves, from anywhere at a speed of its own."""
    picture = Image.fromarray(glyph).resize((18, 18))
    middle = draws.uniform(-4.0, 4.0, 2)
    speed, start = draws.uniform(0.8, 1.4), draws.uniform(0, 360)
    frames = []
    for at in range(LENGTH):
        step = at - (LENGTH - 1) / 2
        right = down = angle = 0.0
        if motion in WAYS:
            way = np.radians(45.0 * WAYS.index(motion))
            right, down, angle = speed * step * np.cos(way), -speed * step * np.sin(way), draws.uniform(-3, 3)
        else:
            angle = start + 14.0 * speed * step * (1 if motion == "turns left" else -1)
        frame = Image.new("L", (SIDE, SIDE))
        corner = (round(SIDE / 2 - 9 + middle[0] + right), round(SIDE / 2 - 9 + middle[1] + down))
        turned = picture.rotate(angle, Image.Resampling.BILINEAR)
        frame.paste(turned, corner)
        frames.append(np.asarray(frame))
    return frames


def written(frames: Sequence[ByteArray], *, kind: str = "mp4", codec: str = "libx264", rate: int = 12) -> bytes:
    """Return frames, (H, W) grey or (H, W, 3), as the content of a video file."""
    av = pytest.importorskip("av")
    stream = io.BytesIO()
    container: Any = av.open(stream, "w", format=kind)
    video = container.add_stream(codec, rate=rate)
    video.height, video.width = frames[0].shape[:2]
    video.pix_fmt = "yuv420p"
    video.options = {"crf": "18", "preset": "ultrafast"} if codec == "libx264" else {}
    for frame in frames:
        shown = av.VideoFrame.from_ndarray(frame, format="gray" if frame.ndim == 2 else "rgb24")
        for packet in video.encode(shown):
            container.mux(packet)
    for packet in video.encode():
        container.mux(packet)
    container.close()
    return stream.getvalue()


def clip_folder(root: Path, train: int, test: int, *, motions: Sequence[str] = MOTIONS, seed: int = 0) -> Path:
    """Write so many clips of each motion into ``train`` and ``test``; no digit is in both."""
    digits = open_dataset("sample:digits", cache_folder=root / "digits").inputs
    draws = np.random.default_rng(seed)
    order = draws.permutation(len(digits)).tolist()
    for motion in motions:
        for part, count in (("train", train), ("test", test)):
            folder = root / "clips" / part / motion
            folder.mkdir(parents=True, exist_ok=True)
            for at in range(count):
                glyph = np.asarray(digits[order.pop()][:, :, 0])
                (folder / f"{at:03d}.mp4").write_bytes(written(moved(glyph, motion, draws)))
    return root / "clips"
